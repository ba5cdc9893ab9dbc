//! The framing layer against the vectors that the Python tests read too, with every cut of the bytes.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a vector that is missing fails the test")]

use serde_json::{Value, json};
use ssefold::sse::{Decoder, Event, EventDecoder, FeedError, decode_lossy};

fn section(name: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/framing.json");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = serde_json::from_str::<Value>(&text).unwrap()[name].as_array().unwrap().clone();
    assert!(!rows.is_empty());
    rows
}

/// A character is a byte.
fn input(vector: &Value) -> Vec<u8> {
    vector["input"].as_str().unwrap().chars().map(|byte| u8::try_from(u32::from(byte)).unwrap()).collect()
}

/// How far the places lie apart at which a body is cut: Miri takes a thousand times as long.
const STEP: usize = if cfg!(miri) { 64 } else { 1 };

/// Whole, byte by byte, and in two at every place.
fn cuts(body: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut cuts: Vec<Vec<&[u8]>> = (0..=body.len()).step_by(STEP).map(|at| vec![&body[..at], &body[at..]]).collect();
    cuts.push(body.chunks(1).collect());
    cuts
}

fn limit_of(error: FeedError) -> Value {
    match error {
        FeedError::Limit(limit) => json!([limit.event, limit.offset]),
        FeedError::Finished => json!("finished"),
    }
}

fn row(event: &Event) -> Value {
    json!([event.event, event.data, &*event.id, event.retry])
}

#[test]
fn events_of_every_cut() {
    for vector in section("events") {
        for pieces in cuts(&input(&vector)) {
            let mut decoder = EventDecoder::new(vector["max_event_size"].as_u64());
            let (mut events, mut error) = (Vec::new(), Value::Null);
            for piece in &pieces {
                if let Err(limit) = decoder.feed(piece, &mut events) {
                    assert_eq!(error, Value::Null, "raised once");
                    error = limit_of(limit);
                }
            }
            match decoder.finish(vector["finish"] == "dispatch") {
                Ok(event) => events.extend(event),
                Err(again) => assert_eq!(limit_of(again), error),
            }
            let got = json!({
                "events": events.iter().map(row).collect::<Vec<_>>(),
                "last_event_id": decoder.last_event_id(),
                "retry": decoder.retry(),
                "comments": decoder.comments(),
                "error": error,
            });
            for (key, value) in got.as_object().unwrap() {
                assert_eq!(value, &vector[key], "{key} of {} in {pieces:?}", vector["name"]);
            }
            assert_eq!(decoder.feed(b"data", &mut events), Err(FeedError::Finished));
        }
    }
}

#[test]
fn bare_values_of_every_cut() {
    for vector in section("bare") {
        for pieces in cuts(&input(&vector)) {
            let mut decoder = Decoder::new(vector["max_event_size"].as_u64(), true);
            let (mut events, mut error, mut invalid) = (Vec::new(), Value::Null, 0);
            let mut push = |raw: ssefold::sse::RawEvent<'_>| {
                let (data, replaced) = decode_lossy(raw.data);
                invalid += replaced;
                events.push(json!([decode_lossy(raw.event_type).0, data, raw.bare]));
            };
            for mut piece in pieces.clone() {
                loop {
                    match decoder.next(&mut piece) {
                        Ok(Some(raw)) => push(raw),
                        Ok(None) => break,
                        Err(limit) => error = json!([limit.event, limit.offset]),
                    }
                }
            }
            if let Ok(Some(raw)) = decoder.finish(vector["finish"] == "dispatch") {
                push(raw);
            }
            let message = format!("{} in {pieces:?}", vector["name"]);
            assert_eq!(vector["invalid_utf8"].as_u64().unwrap_or(0), invalid, "{message}");
            assert_eq!(decoder.events(), events.len() as u64, "{message}");
            assert_eq!((&vector["events"], &vector["error"]), (&Value::from(events), &error), "{message}");
        }
    }
}

#[test]
fn whole_events_lie_in_the_input() {
    let mut decoder = Decoder::new(None, true);
    let body = b"data: a\n\nevent: b\r\nid: 1\r\ndata: c\r\n\r\n{\"d\":1}\n";
    let mut input: &[u8] = body;
    let range = body.as_ptr_range();
    let mut seen = 0;
    while let Some(event) = decoder.next(&mut input).unwrap() {
        assert!(range.contains(&event.data.as_ptr()));
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn event_start_is_where_nothing_is_pending() {
    let start = |body: &[u8]| {
        let mut decoder = Decoder::new(None, true);
        let mut input = body;
        while decoder.next(&mut input).unwrap().is_some() {}
        decoder.at_event_start()
    };
    for body in [&b"data: a\n\n"[..], b"data: a\r\n\r\n", b": c\n", b"id: 1\n\n", b"{}", b"[{}]", b"\n", b"[", b"[{},"]
    {
        assert!(start(body), "{body:?}");
    }
    for body in [&b""[..], b"\xef", b"d", b"data: a\n", b"data: a\r\n\r", b"id: 1\n", b"{", b"[{", b"[1", b" "] {
        assert!(!start(body), "{body:?}");
    }
}

#[test]
fn reset_begins_anew_but_for_what_reconnects() {
    let mut decoder = EventDecoder::new(Some(12));
    let mut events = Vec::new();
    decoder.feed(b": c\nretry: 5\nid: 1\ndata: a\n\nid: 2\ndata", &mut events).unwrap();
    decoder.feed(b": too long for it", &mut events).unwrap_err();
    decoder.finish(false).unwrap_err();
    decoder.reset();
    assert_eq!((decoder.last_event_id(), decoder.retry(), decoder.comments()), ("1", Some(5), 0));
    decoder.feed(b"\xef\xbb\xbfdata: b\n\n", &mut events).unwrap();
    assert_eq!(
        events.iter().map(row).collect::<Vec<_>>(),
        [json!(["message", "a", "1", 5]), json!(["message", "b", "1", null])]
    );
}

/// Scanning the carried line again at each feed would be 3 * 10^13 steps.
#[test]
#[cfg_attr(miri, ignore = "24 million steps take an interpreter an hour")]
fn eight_mebibytes_byte_by_byte() {
    let size = 8 << 20;
    for (first, last) in [("data: ", "\n\n"), ("{\"a\":\"", "\"}"), ("[\"", "\"]")] {
        let mut decoder = Decoder::new(None, true);
        let mut taken = None;
        let body = [first.as_bytes(), &vec![b'x'; size], last.as_bytes()].concat();
        for mut byte in body.chunks(1) {
            if let Some(event) = decoder.next(&mut byte).unwrap() {
                taken = Some(event.data.len());
            }
        }
        assert!(taken.unwrap() >= size);
    }
}
