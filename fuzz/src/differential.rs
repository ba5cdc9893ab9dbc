//! However a body is cut, whether templates are on, whether deltas are asked for: the message and the report are the same.

use ssefold::sse::Decoder;
use ssefold::{Kind, Step, named};

use crate::grammar;
use crate::input::{Input, dialect_of, pieces};
use crate::state::{Run, Setting, at, state_of};

/// The kinds whose fragments, joined, are a text of the message.
const FRAGMENTS: [Kind; 4] = [Kind::Text, Kind::Reasoning, Kind::Refusal, Kind::Arguments];

pub(crate) fn input(data: &[u8]) -> Option<Input> {
    Input::read(data, |byte| grammar::of_dialect(dialect_of(byte.max(1)).unwrap_or("openai-chat")))
}

pub(crate) fn run(data: &[u8]) {
    let Some(input) = input(data) else { return };
    // One in four knows its dialect: detection is a part of the rest.
    let known = dialect_of(input.dialect).filter(|_| input.cut % 4 == 0).and_then(named);
    let setting = Setting::new(known, input.limits);
    compare(&setting, &input.body, &input.pieces());
    if input.cut % 3 == 0 {
        let array = array_of(&input.body, if input.cut % 2 == 0 { b"," } else { b",\n" });
        compare(&setting, &array, &pieces(&array, input.cut));
    }
}

/// What the events of a body say, as one array of chunks.
fn array_of(body: &[u8], between: &[u8]) -> Vec<u8> {
    let (mut decoder, mut data, mut chunks) = (Decoder::new(None, true), body, Vec::new());
    while let Ok(Some(event)) = decoder.next(&mut data) {
        chunks.push(event.data.to_vec());
    }
    [b"[", chunks.join(between).as_slice(), b"]"].concat()
}

/// Merges a body in each of the ways.
pub(crate) fn compare(on: &Setting, body: &[u8], pieces: &[&[u8]]) {
    let off = on.without_templates();
    let whole = Run::of(on, &[body]);
    let cut = Run::of(on, pieces);
    let state = state_of(&whole.outcome);
    assert_eq!(state, state_of(&cut.outcome), "whole and cut");
    assert!(whole.tells(&cut, false), "deltas, whole and cut: {:?} {:?}", whole.deltas, cut.deltas);
    for (way, pieces, same) in [("whole", &[body][..], &whole), ("cut", pieces, &cut)] {
        let full = Run::of(&off, pieces);
        assert_eq!(state, state_of(&full.outcome), "with and without templates, {way}");
        assert!(
            same.tells(&full, true),
            "deltas with and without templates, {way}: {:?} {:?}",
            same.deltas,
            full.deltas
        );
    }
    let mut observer = on.stream();
    for piece in pieces {
        assert!(observer.feed(piece, false).is_empty());
    }
    observer.finish();
    assert_eq!(state, state_of(&observer.outcome()), "observed");
    joined(&whole);
}

/// The fragments told of a text, joined, are the text: fed whole, their paths are those of the message. But for what was
/// told of a text that is contradicted or of a message that is gone, and where an event that only the end brought moved it.
fn joined(run: &Run) {
    const BUT: [&str; 3] = ["done_text_differs", "message_restarted", "unterminated_event"];
    if run.outcome.report.quirks.iter().any(|(name, _)| BUT.contains(&name)) {
        return;
    }
    let Some(message) = &run.outcome.message else { return };
    let mut told: Vec<(&[Step], String)> = Vec::new();
    for delta in run.deltas.iter().filter(|delta| FRAGMENTS.contains(&delta.kind)) {
        let at = told.iter().rposition(|(path, _)| **path == *delta.path).unwrap_or_else(|| {
            told.push((&delta.path, String::new()));
            told.len() - 1
        });
        told[at].1.push_str(delta.text.as_str());
    }
    // A text that a list took in was told as the member before.
    let moved = |path: &[Step]| told.iter().any(|(other, _)| other.len() < path.len() && path.starts_with(other));
    // Fragments of an item that said what it is too late were told by another kind from then on.
    let turned = |path: &[Step]| run.deltas.iter().any(|delta| delta.kind == Kind::Other && *delta.path == *path);
    for (path, text) in told.iter().filter(|(path, _)| !moved(path) && !turned(path)) {
        if let Some(found) = at(message, path).and_then(|id| message.string(id)) {
            // A buffer is told as JSON, and the message has the value: here a string.
            if serde_json::from_str::<String>(text).is_ok_and(|value| value == found) {
                continue;
            }
            assert_eq!(*text, found, "deltas of {path:?}, joined");
        }
    }
}
