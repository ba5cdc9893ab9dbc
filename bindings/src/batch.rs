//! `ssefold.merge_many`: whole bodies on several threads, without the GIL.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use pyo3::prelude::*;
use pyo3::types::PyList;
use ssefold::{Limits, Stream, sse};

use crate::argument::{Arg, Bytes, Limit, Threads};
use crate::dialect::Asked;
use crate::outcome::Outcome;
use crate::pulse::{BEAT, Pulse, Watch};

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
        dialect = Arg(Ok(Asked(None))),
        *,
        threads = Arg(Ok(Threads(None))),
        max_event_size = Arg(Ok(Limit(Some(16_777_216)))),
        max_message_size = Arg(Ok(Limit(Some(268_435_456))))
    ),
    text_signature = "(bodies, dialect='auto', *, threads=None, max_event_size=16777216, max_message_size=268435456)"
)]
pub(crate) fn merge_many<'py>(
    py: Python<'py>,
    bodies: &Bound<'py, PyAny>,
    dialect: Arg<Asked>,
    threads: Arg<Threads>,
    max_event_size: Arg<Limit>,
    max_message_size: Arg<Limit>,
) -> PyResult<Bound<'py, PyList>> {
    let (Asked(dialect), max_event_size, max_message_size) = (dialect.0?, max_event_size.0?, max_message_size.0?);
    let threads = threads.0?.0.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZero::get));
    let mut held = Vec::new();
    // Not collected: pyo3 would ask for the length by an import under a lock, which a fork meanwhile leaves to the child.
    for body in bodies.try_iter()? {
        held.push(body?);
    }
    let mut pulse = Pulse::new();
    let bytes = held.iter().map(|body| pulse.beat(py).and_then(|()| Bytes::new(body)));
    let bytes = bytes.collect::<PyResult<Vec<_>>>()?;
    let bodies: Vec<&[u8]> = bytes.iter().map(Bytes::as_slice).collect();
    let limits = Limits { max_event_size: max_event_size.0, max_message_size: max_message_size.0 };
    let batch = Batch { bodies: &bodies, dialect, limits, next: AtomicUsize::new(0), stopped: AtomicBool::new(false) };
    let outcomes = py.detach(|| batch.merge_all(threads))?;
    let merged = outcomes.into_iter().map(|outcome| {
        pulse.beat(py)?;
        Outcome::merged(py, outcome)
    });
    PyList::new(py, merged.collect::<PyResult<Vec<_>>>()?)
}

/// Bytes after which it is asked whether work goes on: a millisecond at a tenth of the usual speed. What a body takes beside
/// its bytes is as much as these.
const ASKED: usize = 1 << 16;
const BODY: usize = 1 << 10;

/// Bodies that several threads merge: each takes the next one when it is done with one.
struct Batch<'a> {
    bodies: &'a [&'a [u8]],
    dialect: Option<Arc<ssefold::Dialect>>,
    limits: Limits,
    next: AtomicUsize,
    /// An interrupt came.
    stopped: AtomicBool,
}

/// Outcomes, each with the place of its body.
type Done = Vec<(usize, Arc<ssefold::Outcome>)>;

impl Batch<'_> {
    /// The outcomes in the order of the bodies. The calling thread works too, and looks for signals.
    ///
    /// # Errors
    /// What a signal's handler raises; all threads stop then.
    fn merge_all(&self, threads: usize) -> PyResult<Vec<Arc<ssefold::Outcome>>> {
        let mut watch = Watch::new();
        let mut goes_on = || {
            let goes_on = watch.goes_on();
            if !goes_on {
                self.stopped.store(true, Ordering::Relaxed);
            }
            goes_on
        };
        let mut done = thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            for _ in 1..threads.min(self.bodies.len()) {
                let sender = sender.clone();
                let work = move || sender.send(self.work(|| !self.stopped.load(Ordering::Relaxed)));
                // A system that has no more threads to give: those that it gave do it all.
                if thread::Builder::new().spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            drop(sender);
            let mut done = self.work(&mut goes_on);
            loop {
                match receiver.recv_timeout(BEAT) {
                    Ok(theirs) => done.extend(theirs),
                    Err(RecvTimeoutError::Timeout) => _ = goes_on(),
                    Err(RecvTimeoutError::Disconnected) => return done,
                }
            }
        });
        watch.seen?;
        done.sort_by_key(|(at, _)| *at);
        Ok(done.into_iter().map(|(_, outcome)| outcome).collect())
    }

    /// Merges bodies while there are some and `goes_on` says so, which it is asked between two slices or some bodies.
    fn work(&self, mut goes_on: impl FnMut() -> bool) -> Done {
        let mut done = Vec::new();
        let mut unasked = 0;
        let mut stream = Stream::new(self.dialect.clone(), self.limits);
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(body) = self.bodies.get(at) else { return done };
            for slice in sse::slices(body) {
                stream.feed(slice, false);
                unasked += BODY + slice.len();
                if unasked >= ASKED {
                    unasked = 0;
                    if !goes_on() {
                        return done;
                    }
                }
            }
            stream.finish();
            done.push((at, Arc::new(stream.take_outcome(self.dialect.clone()))));
        }
    }
}
