//! Streams made to hurt, without Python: `WAY DIALECT SMALL LARGE LARGER` for each shape, three bodies of which each is twice
//! as long as the one before. For `python -m benches.adversarial` to count under callgrind: calls of `getppid` mark where
//! the counted parts begin and end.

#![expect(clippy::print_stdout, clippy::expect_used, reason = "a program at a terminal")]

use std::hint::black_box;
use std::os::unix::process::parent_id;
use std::sync::Arc;
use std::{env, fs};

use ssefold::{Dialect, Limits, Outcome, Stream};

const NO_LIMITS: Limits = Limits { max_event_size: None, max_message_size: None };

/// The feeds of a body: whole, an event each, or a byte each.
fn cut<'b>(way: &str, body: &'b [u8]) -> Vec<&'b [u8]> {
    match way {
        "deltas" => {
            let ends = body.windows(2).enumerate().filter(|(_, pair)| pair == b"\n\n").map(|(at, _)| at + 2);
            let ends: Vec<usize> = ends.chain([body.len()]).collect();
            let starts = [0].into_iter().chain(ends.iter().copied());
            starts.zip(&ends).filter_map(|(start, end)| body.get(start..*end)).collect()
        }
        "bytes" => body.chunks(1).collect(),
        _ => vec![body],
    }
}

fn fold(way: &str, dialect: Option<&Arc<Dialect>>, feeds: &[&[u8]]) {
    let mut stream = Stream::new(dialect.cloned(), NO_LIMITS);
    if way == "full" {
        stream = stream.without_templates();
    }
    for feed in feeds {
        black_box(stream.feed(feed, way == "deltas"));
    }
    stream.finish();
    let outcome: Outcome = stream.take_outcome(None);
    black_box(outcome.text().len());
}

fn mark() {
    black_box(parent_id());
}

fn main() {
    // cargo bench says so itself.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    for shape in arguments.chunks_exact(5) {
        let [way, dialect, bodies @ ..] = shape else { continue };
        let dialect = ssefold::named(dialect);
        let bodies: Vec<Vec<u8>> = bodies.iter().map(|path| fs::read(path).expect("a readable stream")).collect();
        let bodies: Vec<Vec<&[u8]>> = bodies.iter().map(|body| cut(way, body)).collect();
        fold(way, dialect.as_ref(), bodies.first().map(Vec::as_slice).unwrap_or_default());
        for feeds in &bodies {
            mark();
            fold(way, dialect.as_ref(), feeds);
        }
        mark();
        println!("{way}");
    }
}
