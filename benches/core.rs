//! The core without Python: `cargo bench --bench core [-- NAME FOLDER ...]` prints nanoseconds an event, of the streams in each
//! folder of `.sse` files; by default those of `tests/cassettes`.
//!
//! With `--count` it takes `NAME FOLDER TWICE_AS_LONG` and runs each part once on each folder, for
//! `python -m benches.instructions` to count under callgrind: calls of `getppid` mark where the counted parts begin and end.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a program at a terminal")]
#![expect(clippy::disallowed_methods, reason = "a bench has a clock, the core hasn't")]

use std::hint::black_box;
use std::os::unix::process::parent_id;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use ssefold::json::Tape;
use ssefold::sse::{Decoder, RawEvent, decode_lossy};
use ssefold::{Limits, Outcome, Stream};

const NO_LIMITS: Limits = Limits { max_event_size: None, max_message_size: None };
/// How long a figure is measured for.
const TIME: Duration = Duration::from_millis(300);

/// A whole body, and the same cut into a feed for each event.
struct Body {
    whole: Vec<u8>,
    feeds: Vec<Vec<u8>>,
}

impl Body {
    fn read(path: &Path) -> Self {
        let whole = fs::read(path).expect("a readable stream");
        let (mut feeds, mut feed) = (Vec::new(), Vec::new());
        for line in whole.split_inclusive(|byte| *byte == b'\n') {
            feed.extend_from_slice(line);
            if matches!(line, b"\n" | b"\r\n") {
                feeds.push(std::mem::take(&mut feed));
            }
        }
        feeds.push(feed);
        Self { whole, feeds }
    }

    /// The streams of a folder, in the order of their names.
    fn folder(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder).expect("a folder of streams");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|name| name == "sse"));
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }
}

/// Frames a body; returns how many events it has.
fn each_event(body: &Body, mut look: impl FnMut(RawEvent<'_>)) -> u64 {
    let mut decoder = Decoder::new(None, true);
    let mut data = body.whole.as_slice();
    while let Some(event) = decoder.next(&mut data).expect("no limit") {
        look(event);
    }
    decoder.events()
}

/// Cuts events.
fn framing(body: &Body) -> u64 {
    each_event(body, |event| {
        black_box(event.data);
    })
}

/// Cuts events and parses their payloads.
fn tape(body: &Body) -> u64 {
    let mut tape = Tape::new();
    each_event(body, |event| {
        // The last payload, `[DONE]`, is no JSON.
        black_box(tape.parse(&decode_lossy(event.data).0).is_ok());
    })
}

fn end(mut stream: Stream) -> u64 {
    stream.finish();
    let outcome: Outcome = stream.take_outcome(None);
    black_box(outcome.text().len()) as u64
}

/// Merges a body, with no deltas.
fn merge(body: &Body) -> u64 {
    let mut stream = Stream::new(None, NO_LIMITS);
    stream.feed(&body.whole, false);
    end(stream)
}

/// Merges a body on the full path, as if no event were like another.
fn full(body: &Body) -> u64 {
    let mut stream = Stream::new(None, NO_LIMITS).without_templates();
    stream.feed(&body.whole, false);
    end(stream)
}

/// Merges an event a feed, with deltas.
fn deltas(body: &Body) -> u64 {
    let mut stream = Stream::new(None, NO_LIMITS);
    for feed in &body.feeds {
        black_box(stream.feed(feed, true));
    }
    end(stream)
}

type Part = (&'static str, fn(&Body) -> u64);
const PARTS: [Part; 5] = [("framing", framing), ("tape", tape), ("full", full), ("merge", merge), ("deltas", deltas)];

fn run(part: fn(&Body) -> u64, bodies: &[Body]) -> u64 {
    bodies.iter().map(part).sum()
}

fn mark() {
    black_box(parent_id());
}

fn count(arguments: &[String]) {
    for trio in arguments.chunks_exact(3) {
        let [name, folder, twice] = trio else { continue };
        let (once, twice) = (Body::folder(Path::new(folder)), Body::folder(Path::new(twice)));
        for (way, part) in PARTS {
            run(part, &once);
            mark();
            run(part, &once);
            mark();
            run(part, &twice);
            mark();
            println!(r#"{{"way": "{way}", "workload": "{name}"}}"#);
        }
    }
}

/// The least that a run takes, in nanoseconds.
fn best(part: fn(&Body) -> u64, bodies: &[Body]) -> u128 {
    let (begin, mut best) = (Instant::now(), u128::MAX);
    while begin.elapsed() < TIME {
        let start = Instant::now();
        black_box(run(part, bodies));
        best = best.min(start.elapsed().as_nanos());
    }
    best
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52")]
fn time(name: &str, folder: &Path) {
    let bodies = Body::folder(folder);
    let events: u64 = bodies.iter().map(framing).sum();
    print!("{name:12} {events:8} events");
    for (way, part) in PARTS {
        print!("  {way} {:7.1} ns", best(part, &bodies) as f64 / events as f64);
    }
    println!();
}

fn main() {
    // cargo bench says so itself.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.as_slice() {
        [] => time("cassettes", &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cassettes")),
        [first, trios @ ..] if first == "--count" => count(trios),
        pairs => pairs.chunks_exact(2).for_each(|pair| {
            if let [name, folder] = pair {
                time(name, Path::new(folder));
            }
        }),
    }
}
