//! `ssefold.merge_many`: whole bodies on several threads, without the GIL.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use ssefold::{Limits, Stream};

use crate::argument::{Bytes, Limit};
use crate::dialect::Asked;
use crate::outcome::Outcome;

/// Merge whole streams, each a body, on ``threads`` threads (None: as many as there are cores).
///
/// Never raises for one body: see its ``error``. The compiled core does it without the GIL, the twin on one thread.
///
/// >>> [merged.text for merged in merge_many([b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'])]
/// ['Hi']
#[pyfunction]
#[pyo3(
    signature = (
        bodies,
        dialect = Asked(None),
        *,
        threads = None,
        max_event_size = Limit(Some(16_777_216)),
        max_message_size = Limit(Some(268_435_456))
    ),
    text_signature = "(bodies, dialect='auto', *, threads=None, max_event_size=16777216, max_message_size=268435456)"
)]
pub(crate) fn merge_many<'py>(
    py: Python<'py>,
    bodies: &Bound<'py, PyAny>,
    dialect: Asked,
    threads: Option<i64>,
    max_event_size: Limit,
    max_message_size: Limit,
) -> PyResult<Bound<'py, PyList>> {
    let Asked(dialect) = dialect;
    let threads = match threads.map(usize::try_from) {
        None => thread::available_parallelism().map_or(1, NonZero::get),
        Some(Ok(threads)) if threads > 0 => threads,
        Some(_) => return Err(PyValueError::new_err("threads must be at least 1")),
    };
    let held = bodies.try_iter()?.collect::<PyResult<Vec<_>>>()?;
    let bytes = held.iter().map(Bytes::new).collect::<PyResult<Vec<_>>>()?;
    let slices: Vec<&[u8]> = bytes.iter().map(Bytes::as_slice).collect();
    let limits = Limits { max_event_size: max_event_size.0, max_message_size: max_message_size.0 };
    let outcomes = py.detach(|| merge_all(&slices, dialect.as_ref(), limits, threads));
    let merged = outcomes.into_iter().map(|outcome| Outcome::merged(py, Arc::new(outcome)));
    PyList::new(py, merged.collect::<PyResult<Vec<_>>>()?)
}

fn merge_one(stream: &mut Stream, body: &[u8], dialect: Option<&Arc<ssefold::Dialect>>) -> ssefold::Outcome {
    stream.feed(body, false);
    stream.finish();
    stream.take_outcome(dialect.cloned())
}

/// The outcomes in the order of the bodies; a thread takes the next body when it is done with one.
fn merge_all(
    bodies: &[&[u8]],
    dialect: Option<&Arc<ssefold::Dialect>>,
    limits: Limits,
    threads: usize,
) -> Vec<ssefold::Outcome> {
    let threads = threads.min(bodies.len());
    if threads < 2 {
        let mut stream = Stream::new(dialect.cloned(), limits);
        return bodies.iter().map(|body| merge_one(&mut stream, body, dialect)).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(bodies.len()));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut mine = Vec::new();
                let mut stream = Stream::new(dialect.cloned(), limits);
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(body) = bodies.get(at) else { break };
                    mine.push((at, merge_one(&mut stream, body, dialect)));
                }
                done.lock().unwrap_or_else(PoisonError::into_inner).append(&mut mine);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, outcome)| outcome).collect()
}
