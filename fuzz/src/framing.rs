//! Framing: every cut gives the same events, those of a plain reading of the standard; bare JSON comes value by value.

use serde_json::Value;
use ssefold::sse::{Decoder, Event, EventDecoder, FeedError, decode_lossy};

use crate::grammar;
use crate::input::{Input, dialect_of};
use crate::reference::{Events, events};

pub(crate) fn input(data: &[u8]) -> Option<Input> {
    Input::read(data, |byte| grammar::of_dialect(dialect_of(byte.max(1)).unwrap_or("ollama")))
}

pub(crate) fn run(data: &[u8]) {
    let Some(input) = input(data) else { return };
    let (body, pieces) = (input.body.as_slice(), input.pieces());
    for limit in [None, input.limits[0]] {
        let whole = decoded(limit, &[body]);
        assert_eq!(whole, decoded(limit, &pieces), "events, whole and cut");
        if limit.is_none() {
            assert_eq!(whole.0, events(body), "events, by the standard");
        }
        assert_eq!(bare(limit, &[body]), bare(limit, &pieces), "bare values, whole and cut");
    }
    values(body);
}

/// Events, what the decoder knows besides, and the error.
fn decoded(limit: Option<u64>, pieces: &[&[u8]]) -> (Events, Option<FeedError>) {
    let (mut decoder, mut events, mut error) = (EventDecoder::new(limit), Vec::new(), None);
    for piece in pieces {
        if let Err(found) = decoder.feed(piece, &mut events) {
            assert_eq!(error.replace(found), None, "raised once");
        }
    }
    assert_eq!(decoder.finish(false).err(), error, "raised again at the end");
    let row = |event: &Event| (event.event.to_string(), event.data.clone(), event.id.to_string(), event.retry);
    let rows = events.iter().map(row).collect();
    (
        Events { rows, id: decoder.last_event_id().to_owned(), retry: decoder.retry(), comments: decoder.comments() },
        error,
    )
}

/// Events where bare JSON counts, each with whether it is bare.
fn bare(limit: Option<u64>, pieces: &[&[u8]]) -> (Vec<(bool, String)>, String) {
    let (mut decoder, mut found, mut error) = (Decoder::new(limit, true), Vec::new(), None);
    for piece in pieces {
        let mut data = *piece;
        while !data.is_empty() {
            match decoder.next(&mut data) {
                Ok(Some(event)) => found.push((event.bare, decode_lossy(event.data).0.into_owned())),
                Ok(None) => break,
                Err(limit) => error = Some(limit),
            }
        }
    }
    match decoder.finish(true) {
        Ok(last) => found.extend(last.map(|event| (event.bare, decode_lossy(event.data).0.into_owned()))),
        Err(limit) => assert_eq!(error, Some(limit), "raised again at the end"),
    }
    (found, format!("{error:?} {}", decoder.events()))
}

/// A body that is one JSON array, or an object a line, comes as its values.
fn values(body: &[u8]) {
    let Ok(text) = std::str::from_utf8(body) else { return };
    let items = if body.first() == Some(&b'[') {
        let Ok(Value::Array(items)) = serde_json::from_str(text) else { return };
        items
    } else {
        let lines = text.lines().map(serde_json::from_str::<Value>);
        let Ok(items) = lines.collect::<Result<Vec<_>, _>>() else { return };
        if !items.iter().all(Value::is_object) || text.lines().any(|line| !line.starts_with('{')) {
            return;
        }
        items
    };
    let found = bare(None, &[body]).0;
    let found: Vec<Value> = found.iter().map(|(_, data)| serde_json::from_str(data).expect("a value")).collect();
    assert_eq!(found, items, "the values of a bare body");
}
