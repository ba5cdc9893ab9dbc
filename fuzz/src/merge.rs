//! A dialect's merge: no input makes it panic, what it leaves is JSON, deltas lead somewhere, a stream can be used again.

use ssefold::{Delta, Stream, named};

use crate::grammar;
use crate::input::Input;
use crate::state::{Setting, at, state_of};

pub(crate) fn input(dialect: &str, data: &[u8]) -> Option<Input> {
    Input::read(data, |_| grammar::of_dialect(dialect))
}

pub(crate) fn run(dialect: &str, data: &[u8]) {
    let Some(input) = input(dialect, data) else { return };
    let setting = Setting::new(named(dialect), input.limits);
    let pieces = input.pieces();
    let mut stream = setting.stream();
    let first = fold(&mut stream, &pieces);
    let outcome = stream.take_outcome(setting.dialect.clone());
    assert_eq!(state_of(&outcome), first, "taken and looked at");
    // The bounds that were passed hold again, and what was learned is forgotten.
    assert_eq!(fold(&mut stream, &pieces), first, "a stream that is used again");
}

/// Feeds and finishes; what is left, as text.
fn fold(stream: &mut Stream, pieces: &[&[u8]]) -> String {
    let mut lost = None;
    for piece in pieces {
        let deltas = stream.feed(piece, true);
        let message = stream.snapshot();
        let leads = |delta: &Delta| message.as_ref().is_some_and(|message| at(message, &delta.path).is_some());
        lost = lost.or(deltas.into_iter().find(|delta| !leads(delta)));
    }
    stream.finish();
    if let Some(message) = stream.snapshot() {
        let text = message.to_json();
        let mut json = serde_json::Deserializer::from_str(&text);
        json.disable_recursion_limit();
        let read: Result<serde_json::Value, _> = serde::Deserialize::deserialize(&mut json);
        assert!(read.is_ok(), "{text}");
    }
    let outcome = stream.outcome();
    // What was told of a message stays told when another one takes its place.
    let restarted = outcome.report.quirks.iter().any(|(name, _)| name == "message_restarted");
    assert!(restarted || lost.is_none(), "{lost:?} leads nowhere");
    state_of(&outcome)
}
