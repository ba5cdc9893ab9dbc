//! The JSON layer against the vectors that the Python twin reads too, and against `serde_json` on damaged payloads.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a vector that is missing fails the test")]

mod spelled;

use serde_json::Value;
use spelled::spell;
use ssefold::json::{
    Entry, JsonErrorKind, Tag, Tape, Verdict, append_unescaped, float_repr, int_token, judge, parse_float, unescape,
    write_string,
};

fn section(file: &str, name: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let rows = serde_json::from_str::<Value>(&text).unwrap()[name].as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

/// Of how many rows one is read where all would take minutes: Miri takes a thousand times as long.
const EACH: usize = if cfg!(miri) { 24 } else { 1 };

/// A text is a string or a list of pieces with their counts.
fn text_of(pieces: &Value) -> String {
    let piece = |pair: &Value| pair[0].as_str().unwrap().repeat(usize::try_from(pair[1].as_u64().unwrap()).unwrap());
    match pieces {
        Value::String(text) => text.clone(),
        _ => pieces.as_array().unwrap().iter().map(piece).collect(),
    }
}

/// The tape as compact JSON; checks that it covers itself exactly.
fn compact(tape: &Tape, payload: &str) -> String {
    let mut out = String::new();
    write_value(tape, payload, 0, &mut out);
    assert_eq!(tape.entry(0).next as usize, tape.len());
    out
}

fn write_value(tape: &Tape, payload: &str, index: u32, out: &mut String) {
    let entry = tape.entry(index);
    match entry.tag {
        Tag::Object => {
            let fields: Vec<(Entry, u32)> = tape.fields(index).collect();
            for (place, (key, value)) in fields.iter().enumerate() {
                out.push(if place == 0 { '{' } else { ',' });
                write_string(&tape.text_of(payload, *key), out);
                out.push(':');
                write_value(tape, payload, *value, out);
            }
            out.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
        Tag::List => {
            let items: Vec<u32> = tape.items(index).collect();
            for (place, item) in items.iter().enumerate() {
                out.push(if place == 0 { '[' } else { ',' });
                write_value(tape, payload, *item, out);
            }
            out.push_str(if items.is_empty() { "[]" } else { "]" });
        }
        Tag::Str | Tag::Escaped => write_string(&tape.text_of(payload, entry), out),
        Tag::Int => out.push_str(int_token(tape.str_of(payload, entry))),
        Tag::Float => out.push_str(&float_repr(parse_float(tape.str_of(payload, entry)))),
        Tag::Null | Tag::True | Tag::False => out.push_str(tape.str_of(payload, entry)),
    }
}

/// (status, offset, kind), as the vectors have it.
fn spelled(verdict: Verdict, length: usize) -> (&'static str, u64, Option<&'static str>) {
    match verdict {
        Verdict::Complete => ("complete", length as u64, None),
        Verdict::Empty => ("empty", length as u64, None),
        Verdict::Truncated => ("truncated", length as u64, None),
        Verdict::Invalid { offset, kind } => ("invalid", offset as u64, Some(kind.as_str())),
    }
}

fn entries(tape: &Tape) -> Vec<Entry> {
    (0..u32::try_from(tape.len()).unwrap()).map(|at| tape.entry(at)).collect()
}

/// What parsing gives must be what the judge says, whatever was parsed before.
fn check_parse(tape: &mut Tape, text: &str) -> Option<String> {
    let again = tape.parse_again(text).map(|()| entries(tape));
    let mut fresh = Tape::new();
    assert_eq!(again, fresh.parse(text).map(|()| entries(&fresh)), "{text}");
    if again.is_ok() {
        // A payload that begins so, and goes on otherwise.
        let cut = text.char_indices().nth(text.chars().count() * 2 / 3).map_or(0, |(at, _)| at);
        for rest in ["", "}", "]", "0", ",\"a\":1}", "\"", "\\\"", "[{", " "] {
            let other = format!("{}{rest}", &text[..cut]);
            let _ = tape.parse_again(text);
            let again = tape.parse_again(&other).map(|()| entries(tape));
            assert_eq!(again, fresh.parse(&other).map(|()| entries(&fresh)), "{text} then {other}");
        }
    }
    let verdict = judge(text);
    match tape.parse(text) {
        Ok(()) => {
            assert_eq!(verdict, Verdict::Complete, "{text}");
            Some(compact(tape, text))
        }
        Err(error) => {
            let (_, offset, kind) = spelled(verdict, text.len());
            assert_ne!(verdict, Verdict::Complete, "{text}");
            assert_eq!((error.offset, error.kind.as_str()), (offset, kind.unwrap_or("truncated")), "{text}");
            assert!(tape.is_empty());
            None
        }
    }
}

#[test]
fn judges_as_the_twin() {
    let mut tape = Tape::new();
    let rows = [section("json.json", "judge"), section("json_mutants.json", "judge")].concat();
    for row in rows.iter().step_by(EACH) {
        let text = text_of(&row[0]);
        let expected = (row[1].as_str().unwrap(), row[2].as_u64().unwrap(), row[3].as_str());
        assert_eq!(spelled(judge(&text), text.len()), expected, "{text}");
        let value = check_parse(&mut tape, &text);
        if let Some(expected) = row.get(4) {
            assert_eq!(value.as_deref(), expected.as_str(), "{text}");
        }
    }
}

#[test]
fn reads_values_as_the_twin() {
    let mut tape = Tape::new();
    for row in section("json.json", "values") {
        let text = row[0].as_str().unwrap();
        assert_eq!(check_parse(&mut tape, text).as_deref(), row[1].as_str(), "{text}");
    }
}

#[test]
fn joins_fragments_as_the_twin() {
    for row in section("json.json", "joins") {
        let (mut text, mut pending) = (String::new(), None);
        for fragment in row[0].as_array().unwrap() {
            append_unescaped(fragment.as_str().unwrap(), &mut text, &mut pending);
        }
        let left = pending.map(|unit| format!("\\u{unit:04x}"));
        assert_eq!((text.as_str(), left.as_deref()), (row[1].as_str().unwrap(), row[2].as_str()), "{row}");
    }
}

#[test]
fn spells_floats_as_python() {
    for row in [section("json.json", "floats"), section("json_mutants.json", "floats")].concat().iter().step_by(EACH) {
        assert_eq!(float_repr(parse_float(row[0].as_str().unwrap())), row[1].as_str().unwrap());
    }
}

#[test]
fn spells_strings_as_python() {
    for row in section("json.json", "spelling") {
        let mut out = String::new();
        write_string(row[0].as_str().unwrap(), &mut out);
        assert_eq!(out, row[1].as_str().unwrap());
        assert_eq!(unescape(&out[1..out.len() - 1]), row[0].as_str().unwrap());
    }
}

#[test]
fn wide_objects_stay_linear_and_keep_the_last_value() {
    let mut tape = Tape::new();
    // The same first and last eight bytes and length: one hash for all.
    let fields =
        |count: usize| (0..count).map(|key| format!(r#""aaaaaaaa{key:06}bbbbbbbb":{key}"#)).collect::<Vec<_>>();
    for count in [2, 31, 32, 33, 34, 50_000 / (EACH * EACH)] {
        let mut text = format!("{{{}}}", fields(count).join(","));
        tape.parse(&text).unwrap();
        assert_eq!(tape.fields(0).count(), count);
        text = text.replace('}', r#","\u0061aaaaaaa000001bbbbbbbb":[7]}"#);
        tape.parse(&text).unwrap();
        assert_eq!(tape.fields(0).count(), count);
        let (_, value) = tape.fields(0).nth(1).unwrap();
        assert_eq!(tape.str_of(&text, tape.entry(value)), "[7]");
        assert_eq!(tape.entry(0).next as usize, tape.len());
    }
}

#[test]
fn reads_past_its_end_as_null() {
    let tape = Tape::new();
    assert_eq!(tape.entry(u32::MAX).tag, Tag::Null);
    assert_eq!(tape.str_of("x", tape.entry(3)), "");
    assert_eq!(tape.fields(u32::MAX).count() + tape.items(u32::MAX).count(), 0);
}

/// `xorshift64*`: enough chance for damage, and the same on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap() % bound
    }
}

fn damaged(seed: &str, chance: &mut Chance) -> String {
    const INSERTED: [&str; 22] = [
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "0",
        "-",
        ".",
        "e",
        "\\u00e9",
        "é",
        "null",
        "\u{1}",
        "\"a\":1,",
        "\\\"",
        "12345678901234567890",
        "\n",
        "1E5",
    ];
    let mut text: Vec<char> = seed.chars().collect();
    for _ in 0..=chance.below(3) {
        let at = chance.below(text.len() + 1);
        let until = (at + chance.below(3)).min(text.len());
        let inserted = INSERTED[chance.below(INSERTED.len())];
        match chance.below(4) {
            0 => text.truncate(at),
            1 => drop(text.drain(at..until)),
            _ => drop(text.splice(at..until, inserted.chars())),
        }
    }
    text.into_iter().collect()
}

#[test]
fn accepts_what_serde_json_accepts() {
    let mut chance = Chance(0x1234_5678_9abc_def1);
    let mut tape = Tape::new();
    let seeds: Vec<String> = section("json_mutants.json", "judge").iter().map(|row| text_of(&row[0])).collect();
    let mut accepted = 0;
    let rounds = if cfg!(miri) { 40 } else { 60_000 };
    for _ in 0..rounds {
        let seed = &seeds[chance.below(seeds.len())];
        let text = damaged(seed, &mut chance);
        let _ = tape.parse_again(seed);
        let ours = check_parse(&mut tape, &text);
        // serde_json refuses lone surrogates, and keeps numbers that overflow.
        let overflow = matches!(judge(&text), Verdict::Invalid { kind: JsonErrorKind::NumberOverflow, .. });
        if text.contains("\\ud") || overflow {
            continue;
        }
        let theirs = serde_json::from_str::<Value>(&text).ok().map(|value| {
            let mut out = String::new();
            spell(&value, &mut out);
            out
        });
        assert_eq!(ours, theirs, "{text}");
        accepted += usize::from(ours.is_some());
    }
    assert!(cfg!(miri) || accepted > 2_000, "{accepted}");
}
