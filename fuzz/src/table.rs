//! Tables of users: any text compiles or is refused with a line, and what compiles merges as ours do.

use std::sync::{Arc, LazyLock};

use arbitrary::Unstructured;
use ssefold::Dialect;
use ssefold::sse::decode_lossy;

use crate::TABLES;
use crate::differential::compare;
use crate::generate::Generator;
use crate::grammar::Grammar;
use crate::input::pieces;
use crate::state::Setting;

/// Parts the text of a table from the choices of a stream.
const END: u8 = 0;
const LONGEST: usize = 16 << 10;

static LINES: LazyLock<Vec<&str>> =
    LazyLock::new(|| TABLES.iter().flat_map(|(_, text)| text.lines()).filter(|line| !line.starts_with('#')).collect());
/// What stands between quotes, and names of members.
static WORDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words: Vec<&str> = LINES.iter().flat_map(|line| line.split(['"', ' ', ',', '{', '}', '='])).collect();
    words.extend([
        "true", "false", "7", "-1", "[]", "''", "\"x\"", "a.b", "a[]", "a[0]", "a[b=c]", "*", "a~", "[[on]]", "inf",
    ]);
    words.sort_unstable();
    words.dedup();
    words
});

/// The text of a table, and the choices that are left for a stream.
fn read(data: &[u8]) -> Option<(String, &[u8])> {
    let (first, rest) = data.split_first()?;
    let (text, rest) = if *first == b'=' {
        let end = rest.iter().position(|byte| *byte == END).unwrap_or(rest.len());
        (decode_lossy(&rest[..end]).0.into_owned(), rest.get(end + 1..).unwrap_or_default())
    } else {
        let mut choices = Unstructured::new(rest);
        let text = changed(*first, &mut choices);
        (text, choices.take_rest())
    };
    (text.len() <= LONGEST).then_some((text, rest))
}

fn stream(grammar: &Grammar, choices: &[u8]) -> Vec<u8> {
    Generator::new(grammar, Unstructured::new(choices)).body()
}

/// A table with the stream that is merged by it.
pub(crate) fn body(data: &[u8]) -> Option<(String, Vec<u8>)> {
    let (text, rest) = read(data)?;
    let body = Grammar::of_table(&text).map(|grammar| stream(&grammar, rest)).unwrap_or_default();
    Some((text, body))
}

pub(crate) fn run(data: &[u8]) {
    let Some((text, rest)) = read(data) else { return };
    match Dialect::from_toml(&text) {
        Err(error) => {
            assert_eq!(Dialect::from_toml(&text).err().as_ref(), Some(&error), "told alike again");
            let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)), "{error:?} of {lines}");
        }
        Ok(dialect) => {
            let Some(grammar) = Grammar::of_table(&text) else { return };
            let body = stream(&grammar, rest);
            let cut = rest.first().copied().unwrap_or_default();
            compare(&Setting::new(Some(Arc::new(dialect)), [None, None]), &body, &pieces(&body, cut));
        }
    }
}

/// A table of the package with some of its lines and words changed.
fn changed(table: u8, choices: &mut Unstructured<'_>) -> String {
    let mut dice = |bound: usize| usize::from(choices.arbitrary::<u16>().unwrap_or(0)) % bound.max(1);
    let mut lines: Vec<String> = TABLES[usize::from(table) % TABLES.len()].1.lines().map(str::to_owned).collect();
    for _ in 0..dice(12) {
        let at = dice(lines.len());
        match dice(6) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, LINES[dice(LINES.len())].to_owned()),
            2 => LINES[dice(LINES.len())].clone_into(&mut lines[at]),
            _ => {
                let line = &lines[at];
                let words: Vec<&str> =
                    line.split(['"', ' ', ',', '{', '}', '=']).filter(|word| !word.is_empty()).collect();
                if let Some(word) = words.get(dice(words.len())) {
                    lines[at] = line.replacen(word, WORDS[dice(WORDS.len())], 1);
                }
            }
        }
        if lines.is_empty() {
            break;
        }
    }
    lines.join("\n")
}
