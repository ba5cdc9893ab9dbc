//! One call at a time: threads wait for each other, the same thread may not come in twice.
//!
//! The lock is held for moments and never while Python runs. Work that is long is done detached, on a state that was
//! taken out, and signals are looked for between its slices: their handlers may call anything, this object too.

use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use ssefold::sse;

use crate::pulse::{BEAT, Watch};

/// A state of the core that many threads use.
pub(crate) struct Turns<T> {
    place: Mutex<Place<T>>,
    back: Condvar,
}

/// Where the state is.
enum Place<T> {
    Here(Kept<T>),
    /// A thread is at work on it.
    With(ThreadId),
}

struct Kept<T> {
    state: T,
    /// A call ended in the middle of its bytes: those that would come next don't follow on what was merged.
    torn: bool,
}

impl<T: Send> Turns<T> {
    pub(crate) fn new(state: T) -> Self {
        Self { place: Mutex::new(Place::Here(Kept { state, torn: false })), back: Condvar::new() }
    }

    /// Reads.
    ///
    /// # Errors
    /// RuntimeError where this thread is at work on the state; while others are, what a signal's handler raises.
    #[inline]
    pub(crate) fn read<R>(&self, py: Python<'_>, read: impl FnOnce(&mut T) -> R) -> PyResult<R> {
        self.with(py, |kept| read(&mut kept.state))
    }

    /// Begins anew.
    ///
    /// # Errors
    /// As [`Turns::read`].
    pub(crate) fn renew<R>(&self, py: Python<'_>, renew: impl FnOnce(&mut T) -> R) -> PyResult<R> {
        self.with(py, |kept| {
            kept.torn = false;
            renew(&mut kept.state)
        })
    }

    /// Takes the stream further.
    ///
    /// # Errors
    /// As [`Turns::read`]; RuntimeError after an interrupt.
    #[inline]
    pub(crate) fn advance<R>(&self, py: Python<'_>, act: impl FnOnce(&mut T) -> R) -> PyResult<R> {
        self.with(py, |kept| if kept.torn { Err(torn()) } else { Ok(act(&mut kept.state)) })?
    }

    /// Takes the stream further by bytes, which `act` gets in slices if they are many.
    ///
    /// # Errors
    /// As [`Turns::advance`]; what a signal's handler raises between two slices.
    #[inline]
    pub(crate) fn feed<R: Send>(
        &self,
        py: Python<'_>,
        bytes: &[u8],
        act: impl FnOnce(&mut T, Slices<'_>) -> R + Send,
    ) -> PyResult<R> {
        if sse::is_long(bytes) {
            return self.feed_slices(py, bytes, act);
        }
        self.advance(py, |state| act(state, Slices { slices: sse::slices(bytes), watch: None }))
    }

    fn feed_slices<R: Send>(
        &self,
        py: Python<'_>,
        bytes: &[u8],
        act: impl FnOnce(&mut T, Slices<'_>) -> R + Send,
    ) -> PyResult<R> {
        let mut turn = self.begin(py)?;
        let kept = &mut turn.kept;
        py.detach(|| {
            let Some(kept) = kept.as_mut().filter(|kept| !kept.torn) else { return Err(torn()) };
            kept.torn = true;
            let mut watch = Watch::new();
            let done = act(&mut kept.state, Slices { slices: sse::slices(bytes), watch: Some(&mut watch) });
            kept.torn = watch.seen.is_err();
            watch.seen.map(|()| done)
        })
    }

    /// The guard must not outlive the statement: a collection that Python runs while it allocates may call us again.
    fn lock(&self) -> MutexGuard<'_, Place<T>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    fn with<R>(&self, py: Python<'_>, act: impl FnOnce(&mut Kept<T>) -> R) -> PyResult<R> {
        loop {
            if let Place::Here(kept) = &mut *self.lock() {
                return Ok(act(kept));
            }
            self.wait(py)?;
        }
    }

    /// Takes the state out.
    fn begin(&self, py: Python<'_>) -> PyResult<Turn<'_, T>> {
        loop {
            let mut place = self.lock();
            let me = Place::With(thread::current().id());
            match mem::replace(&mut *place, me) {
                Place::Here(kept) => return Ok(Turn { turns: self, kept: Some(kept) }),
                other @ Place::With(_) => *place = other,
            }
            drop(place);
            self.wait(py)?;
        }
    }

    /// Waits until the state may be back.
    #[cold]
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        let me = thread::current().id();
        let mine = matches!(&*self.lock(), Place::With(holder) if *holder == me);
        if mine {
            return Err(PyRuntimeError::new_err("re-entered from its own thread"));
        }
        py.detach(|| {
            let away = |place: &mut Place<T>| matches!(place, Place::With(_));
            drop(self.back.wait_timeout_while(self.lock(), BEAT, away));
        });
        py.check_signals()
    }
}

/// The bytes of a call, all at once where they are few; an interrupt ends them.
pub(crate) struct Slices<'a> {
    slices: sse::Slices<'a>,
    watch: Option<&'a mut Watch>,
}

impl<'a> Iterator for Slices<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.watch.as_mut().is_none_or(|watch| watch.goes_on()) { self.slices.next() } else { None }
    }
}

/// A state that was taken out; goes back when it is dropped, also by a panic.
struct Turn<'a, T> {
    turns: &'a Turns<T>,
    kept: Option<Kept<T>>,
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        if let Some(kept) = self.kept.take() {
            *self.turns.place.lock().unwrap_or_else(PoisonError::into_inner) = Place::Here(kept);
            self.turns.back.notify_all();
        }
    }
}

fn torn() -> PyErr {
    PyRuntimeError::new_err("interrupted in the middle of a call: reset it first")
}
