//! JSON payloads: tape, judge and `serde_json` agree, whatever payload came before.

use arbitrary::Unstructured;
use serde_json::Value;
use ssefold::json::{Entry, JsonErrorKind, Tape, Verdict, compact, judge};
use ssefold::sse::decode_lossy;

use crate::generate::Generator;
use crate::grammar;
use crate::input::dialect_of;
use crate::spelled::spell;

/// What parts the payloads of an input that brings its own: a byte that JSON has no place for.
const SEPARATOR: char = '\u{1e}';

pub(crate) fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let payloads = match dialect_of(*first) {
        Some(dialect) if *first < 128 && *first != b'=' => {
            Generator::new(grammar::of_dialect(dialect), Unstructured::new(rest)).payloads()
        }
        _ => decode_lossy(rest).0.split(SEPARATOR).map(str::to_owned).collect(),
    };
    let mut tape = Tape::new();
    for payload in &payloads {
        check(&mut tape, payload);
    }
}

fn entries(tape: &Tape) -> Vec<Entry> {
    (0..u32::try_from(tape.len()).expect("short")).map(|at| tape.entry(at)).collect()
}

/// Parses a text after others, anew, by the judge and by `serde_json`.
fn check(tape: &mut Tape, text: &str) {
    let mut fresh = Tape::new();
    let parsed = fresh.parse(text).map(|()| entries(&fresh));
    assert_eq!(tape.parse_again(text).map(|()| entries(tape)), parsed, "after another payload");
    let verdict = judge(text);
    match (&parsed, verdict) {
        (Ok(_), verdict) => assert_eq!(verdict, Verdict::Complete),
        (Err(error), Verdict::Invalid { offset, kind }) => {
            assert_eq!((error.offset, error.kind), (offset as u64, kind));
            let before = judge(&text[..offset]);
            let overflows = matches!(before, Verdict::Invalid { kind: JsonErrorKind::NumberOverflow, .. });
            assert!(overflows || !matches!(before, Verdict::Invalid { .. }), "{before:?} before {offset}");
        }
        (Err(error), Verdict::Truncated | Verdict::Empty) => {
            assert_eq!((error.offset, error.kind), (text.len() as u64, JsonErrorKind::Truncated));
        }
        (Err(error), Verdict::Complete) => panic!("{error} in what is complete"),
    }
    let ours = parsed.ok().map(|_| {
        let mut out = String::new();
        compact(&fresh, text, 0, &mut out);
        out
    });
    // Ours has bounds and takes lone surrogates; theirs reads one member's name as a number's.
    let bounded = matches!(verdict, Verdict::Invalid { kind, .. } if kind != JsonErrorKind::Invalid);
    if bounded || text.contains("\\ud") || text.contains("\\uD") || text.contains("$serde_json") {
        return;
    }
    assert_eq!(ours, theirs(text), "ours and serde_json's");
}

/// What `serde_json` reads, spelled as ours is.
fn theirs(text: &str) -> Option<String> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.disable_recursion_limit();
    let value: Value = serde::Deserialize::deserialize(&mut json).ok()?;
    json.end().ok()?;
    let mut out = String::new();
    spell(&value, &mut out);
    Some(out)
}
