//! The merger against the vectors that the Python tests read too (`test_merge_vectors.py` describes them), with every
//! cut of the bytes, with and without templates.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a vector that is missing fails the test")]

use std::sync::LazyLock;

use serde_json::{Map, Number, Value, json};
use ssefold::{Counts, Delta, DeltaValue, Limits, Outcome, Snapshot, Step, Stream, StreamError, dialects, named};

/// What Miri folds, which takes 100,000 times as long: a vector for each dialect, among them one for each strategy. The
/// tables alone take it minutes to compile.
const SAMPLE: [&str; 14] = [
    "arguments cut short",
    "a list of blocks",
    "audio in padded pieces",
    "unknown fields",
    "an answer that was not streamed",
    "bytes that are no UTF-8",
    "legacy completions",
    "anthropic, cut off",
    "anthropic, a block of a new kind",
    "responses, failed",
    "gemini, an array",
    "gemini, citations",
    "cohere",
    "ollama",
];

/// The vectors; of them Miri reads those of the sample alone. Each ends at a line of its own and begins with its name.
static VECTORS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/merge.json")).unwrap();
    let rows = text.split_inclusive("\n  }").map(|row| row.trim_start_matches(['[', ',', '\n', ' ']));
    let rows =
        rows.filter(|row| row.starts_with('{') && (!cfg!(miri) || row.split('"').nth(3).is_some_and(is_sampled)));
    let vectors: Vec<Value> = rows.map(|row| serde_json::from_str(row).unwrap()).collect();
    assert!(cfg!(miri) || vectors.len() >= 50);
    vectors
});

fn is_sampled(name: &str) -> bool {
    SAMPLE.contains(&name)
}

/// With templates and without, which is how every stream begins: Miri has seen it then.
const TEMPLATES: &[bool] = if cfg!(miri) { &[true] } else { &[true, false] };

fn body_of(vector: &Value) -> Vec<u8> {
    match vector["bytes"].as_str() {
        Some(bytes) => bytes.chars().map(|byte| u8::try_from(u32::from(byte)).unwrap()).collect(),
        None => vector["body"].as_str().unwrap().as_bytes().to_vec(),
    }
}

fn stream_of(vector: &Value, templates: bool) -> Stream {
    let dialect = vector["dialect"].as_str().map(|name| named(name).unwrap());
    let limits = Limits {
        max_event_size: vector["max_event_size"].as_u64().or(Some(16 << 20)),
        max_message_size: vector["max_message_size"].as_u64().or(Some(256 << 20)),
    };
    let stream = Stream::new(dialect, limits);
    if templates { stream } else { stream.without_templates() }
}

/// The value as `serde_json` has it: by way of its JSON, which keeps numbers as they are spelled.
fn value_of(snapshot: &Snapshot) -> Value {
    serde_json::from_str(&snapshot.to_json()).unwrap()
}

fn error_of(error: &StreamError) -> Value {
    let message = error.text();
    match error {
        StreamError::Malformed { event, offset, excerpt, .. } => {
            json!({"kind": "MalformedStreamError", "message": message, "event": event, "offset": offset, "excerpt": excerpt})
        }
        StreamError::Limit { limit, value, event, offset } => json!({
            "kind": "StreamLimitError", "message": message, "event": event, "offset": offset, "limit": limit, "value": value,
        }),
        StreamError::Provider(error) => {
            json!({"kind": "ProviderError", "message": message, "error": value_of(error)})
        }
        StreamError::Incomplete(_) => json!({"kind": "IncompleteStreamError", "message": message}),
        StreamError::Unknown(_) => json!({"kind": "UnknownDialectError", "message": message}),
    }
}

fn delta_of(delta: &Delta) -> Value {
    let value = match &delta.value {
        DeltaValue::None => Value::Null,
        DeltaValue::Text(text) => json!(text),
        DeltaValue::Value(snapshot) => value_of(snapshot),
    };
    let step = |step: &Step| match step {
        Step::Key(name) => json!(&**name),
        Step::Index(place) => json!(place),
    };
    let path: Vec<Value> = delta.path.iter().map(step).collect();
    json!([delta.kind.name(), delta.text.as_str(), delta.choice, delta.index, delta.id, value, path])
}

fn counts_of(counts: &Counts) -> Value {
    counts.iter().map(|(name, count)| (name.to_owned(), json!(count))).collect::<Map<_, _>>().into()
}

/// What a vector expects, as the outcome has it.
fn state_of(outcome: &Outcome) -> Value {
    let call = |call: &ssefold::ToolCall| json!([call.id, call.name, call.arguments, call.status.name()]);
    let count = |count: &Option<String>| {
        count.clone().map_or(Value::Null, |token| Value::Number(Number::from_string_unchecked(token)))
    };
    let report = &outcome.report;
    json!({
        "dialect_found": outcome.dialect.as_ref().map(|dialect| dialect.name()),
        "termination": outcome.termination.name(),
        "error": outcome.error.as_ref().map(error_of),
        "message": outcome.message.as_ref().map(value_of),
        "views": {
            "id": outcome.id(),
            "model": outcome.model(),
            "text": outcome.text(),
            "reasoning": outcome.reasoning(),
            "refusal": outcome.refusal(),
            "finish_reason": outcome.finish_reason(),
            "tool_calls": outcome.tool_calls().iter().map(call).collect::<Vec<_>>(),
            "usage": outcome.usage().map(|usage| usage.counts.iter().map(count).collect::<Vec<_>>()),
        },
        "report": {
            "events": report.events,
            "chunks": report.chunks,
            "comments": report.comments,
            "invalid_utf8": report.invalid_utf8,
            "quirks": counts_of(&report.quirks),
            "unknown_fields": counts_of(&report.unknown_fields),
        },
    })
}

fn fold(mut stream: Stream, pieces: &[&[u8]]) -> (Value, Vec<Value>) {
    let mut deltas: Vec<Value> = Vec::new();
    for piece in pieces {
        deltas.extend(stream.feed(piece, true).iter().map(delta_of));
    }
    deltas.extend(stream.finish().iter().map(delta_of));
    (state_of(&stream.outcome()), deltas)
}

fn without_path(deltas: &[Value]) -> Vec<Vec<Value>> {
    deltas.iter().map(|delta| delta.as_array().unwrap()[..6].to_vec()).collect()
}

#[test]
fn the_sample_has_every_dialect() {
    let sampled: Vec<&Value> = VECTORS.iter().filter(|row| is_sampled(row["name"].as_str().unwrap())).collect();
    assert_eq!(sampled.len(), SAMPLE.len());
    for name in dialects() {
        assert!(sampled.iter().any(|vector| vector["dialect_found"] == name), "{name}");
    }
}

#[test]
fn merges_as_the_vectors_say() {
    for vector in &*VECTORS {
        let body = body_of(vector);
        for &templates in TEMPLATES {
            let (state, deltas) = fold(stream_of(vector, templates), &[&body]);
            for (name, found) in state.as_object().unwrap() {
                // As text: the order of the message's keys counts, and 1 is not 1.0. Counts have no order.
                if name == "report" {
                    assert_eq!(*found, vector[name], "{}: {name}", vector["name"]);
                } else {
                    assert_eq!(found.to_string(), vector[name].to_string(), "{}: {name}", vector["name"]);
                }
            }
            assert_eq!(json!(deltas).to_string(), vector["deltas"].to_string(), "{}: deltas", vector["name"]);
        }
    }
}

#[test]
fn any_cut_is_the_whole() {
    for vector in &*VECTORS {
        let body = body_of(vector);
        let (whole, deltas) = fold(stream_of(vector, true), &[&body]);
        // One cut, in the middle, does for Miri.
        let step = if cfg!(miri) { body.len() + 1 } else { 1 };
        let first = if cfg!(miri) { body.len() / 2 } else { 0 };
        let mut cuts: Vec<Vec<&[u8]>> =
            (first..=body.len()).step_by(step).map(|at| vec![&body[..at], &body[at..]]).collect();
        cuts.push(body.chunks(1).collect());
        for (at, pieces) in cuts.iter().enumerate() {
            for &templates in TEMPLATES {
                let (state, told) = fold(stream_of(vector, templates), pieces);
                assert_eq!(state, whole, "{} cut at {at}", vector["name"]);
                assert_eq!(without_path(&told), without_path(&deltas), "{} cut at {at}", vector["name"]);
            }
        }
    }
}

#[test]
fn observing_leaves_the_state_of_feeding() {
    for vector in &*VECTORS {
        let body = body_of(vector);
        let mut observed = stream_of(vector, true);
        for piece in body.chunks(7) {
            assert!(observed.feed(piece, false).is_empty());
        }
        observed.finish();
        assert_eq!(state_of(&observed.outcome()), fold(stream_of(vector, true), &[&body]).0, "{}", vector["name"]);
    }
}

/// Bytes are asked for 2 KiB ahead, only while there are so many: no vector is as long.
#[test]
fn hits_on_a_long_body_are_the_whole() {
    let line = |at: usize| format!("{{\"model\":\"m\",\"message\":{{\"content\":\"{at:0>300}\"}},\"done\":false}}\n");
    let body: String = (0..12).map(line).collect();
    let stream = || Stream::new(named("ollama"), Limits { max_event_size: None, max_message_size: None });
    let (state, deltas) = fold(stream(), &[body.as_bytes()]);
    assert_eq!((state.clone(), deltas), fold(stream().without_templates(), &[body.as_bytes()]));
    assert_eq!(state["views"]["text"].as_str().map(str::len), Some(12 * 300));
}
