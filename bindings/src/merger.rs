//! `ssefold.Merger`: the core's stream, one call at a time; none is under way while Python objects are made.

use std::cell::Cell;
use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;
use ssefold::{Limits, Stream};

use crate::argument::{Arg, Bytes, Limit};
use crate::convert;
use crate::delta::Delta;
use crate::dialect::Asked;
use crate::outcome::Outcome;
use crate::turn::Turns;

struct State {
    stream: Stream,
    finished: bool,
    /// The error was raised.
    told: bool,
}

thread_local! {
    /// The memory of the last call's deltas. With the state it would take a second turn, 5 % of a short feed.
    static SPARE: Cell<Vec<ssefold::Delta>> = const { Cell::new(Vec::new()) };
}

/// Of more deltas than that no memory is kept.
const MAX_SPARE: usize = 256;

/// Folds one event stream into the message that the provider would have sent without streaming.
///
/// ``dialect`` is "auto", a name of :func:`dialects`, or a :class:`Dialect`. ``max_event_size`` and
/// ``max_message_size`` bound one event and the whole message, in bytes; None is no bound. With ``on_error="record"``
/// nothing is raised: the error is in :meth:`result`. A Merger may be used by several threads: calls wait for each
/// other.
///
/// Raises UnknownDialectError for a name that is none, ValueError for a negative bound or another ``on_error``.
///
/// >>> merger = Merger()
/// >>> [d.kind for d in merger.feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')]
/// ['start', 'text']
/// >>> merger.feed(b"data: [DONE]\n\n"), merger.finish(), merger.result().text
/// ([], [], 'Hi')
#[pyclass(frozen, module = "ssefold")]
pub(crate) struct Merger {
    dialect: Option<Arc<ssefold::Dialect>>,
    limits: Limits,
    raises: bool,
    state: Turns<State>,
}

/// Whether errors are raised.
struct OnError(bool);

impl FromPyObject<'_, '_> for OnError {
    type Error = PyErr;

    fn extract(on_error: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if on_error.eq("raise")? {
            return Ok(Self(true));
        }
        if on_error.eq("record")? {
            return Ok(Self(false));
        }
        Err(PyValueError::new_err(format!("on_error is 'raise' or 'record', not {}", on_error.repr()?)))
    }
}

/// What a call found: deltas, and the outcome if it has an error to raise.
struct Taken {
    deltas: Vec<ssefold::Delta>,
    /// In a box: 700 bytes that every call would move.
    failed: Option<Box<ssefold::Outcome>>,
}

#[pymethods]
impl Merger {
    #[new]
    #[pyo3(
        signature = (
            dialect = Arg(Ok(Asked(None))),
            *,
            max_event_size = Arg(Ok(Limit(Some(16_777_216)))),
            max_message_size = Arg(Ok(Limit(Some(268_435_456)))),
            on_error = Arg(Ok(OnError(true)))
        ),
        text_signature = "(dialect='auto', *, max_event_size=16777216, max_message_size=268435456, on_error='raise')"
    )]
    fn new(
        dialect: Arg<Asked>,
        max_event_size: Arg<Limit>,
        max_message_size: Arg<Limit>,
        on_error: Arg<OnError>,
    ) -> PyResult<Self> {
        let Asked(dialect) = dialect.0?;
        let limits = Limits { max_event_size: max_event_size.0?.0, max_message_size: max_message_size.0?.0 };
        let OnError(raises) = on_error.0?;
        let state = Turns::new(begin(dialect.as_ref(), limits));
        Ok(Self { dialect, limits, raises, state })
    }

    /// Merge the next bytes of the stream, cut anywhere, and return what they changed, in wire order.
    ///
    /// Processes all it was given, then raises the stream's first error, once: MalformedStreamError, StreamLimitError,
    /// ProviderError or UnknownDialectError, with the deltas of this call in ``.deltas``, the message in ``.merged``.
    /// Raises ValueError after :meth:`finish`, TypeError for what is not bytes.
    ///
    /// >>> Merger().feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')[1].text
    /// 'Hi'
    fn feed<'py>(&self, py: Python<'py>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let mut taken = self.take(data, true)?;
        let told = told(py, &mut taken)?;
        if taken.deltas.capacity() <= MAX_SPARE {
            SPARE.set(taken.deltas);
        }
        Ok(told)
    }

    /// Merge the next bytes as :meth:`feed` does, without telling what changed: for proxies and loggers.
    ///
    /// Raises what :meth:`feed` raises.
    ///
    /// >>> merger = Merger()
    /// >>> merger.observe(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')
    /// >>> merger.result().text
    /// 'Hi'
    fn observe(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let mut taken = self.take(data, false)?;
        if taken.failed.is_some() {
            told(py, &mut taken)?;
        }
        Ok(())
    }

    /// Take the end of the stream; return what only the end brought.
    ///
    /// That is a last event without its blank line, and U+FFFD for half a character. Raises the error of the stream
    /// again, as a fresh exception; IncompleteStreamError if the protocol has not said that the message ended.
    ///
    /// >>> merger = Merger()
    /// >>> merger.observe(b"data: [DONE]")
    /// >>> merger.finish()
    /// []
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let mut taken = self.state.advance(py, |state| {
            let deltas = if state.finished { Vec::new() } else { state.stream.finish() };
            state.finished = true;
            let failed = self.raises && state.stream.failure().is_some();
            Taken { deltas, failed: failed.then(|| Box::new(state.stream.outcome())) }
        })?;
        told(py, &mut taken)
    }

    /// Return the message so far as plain dicts and lists, None where nothing came; it never changes afterwards.
    ///
    /// >>> Merger().snapshot() is None
    /// True
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let message = self.state.read(py, |state| state.stream.snapshot())?;
        message.map(|message| convert::whole(py, &message)).transpose()
    }

    /// Return all that is known now; never raises.
    ///
    /// >>> Merger().result().termination
    /// 'open'
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let outcome = self.state.read(py, |state| state.stream.outcome())?;
        Outcome::merged(py, Arc::new(outcome))
    }

    /// Make ready for another stream, with the same settings.
    ///
    /// >>> merger = Merger()
    /// >>> merger.observe(b"data: [DONE]")
    /// >>> merger.reset()
    /// >>> merger.result().termination
    /// 'open'
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        let fresh = begin(self.dialect.as_ref(), self.limits);
        self.state.renew(py, |state| *state = fresh)
    }

    /// Send every event the full path, from a fresh start: for tests, which compare.
    fn _without_templates(&self, py: Python<'_>) -> PyResult<()> {
        let mut fresh = begin(self.dialect.as_ref(), self.limits);
        fresh.stream = fresh.stream.without_templates();
        self.state.renew(py, |state| *state = fresh)
    }

    /// The name of the dialect in use, None until it is known.
    ///
    /// >>> Merger("openai-chat").dialect
    /// 'openai-chat'
    #[getter]
    fn dialect(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.state.read(py, |state| state.stream.dialect().map(|dialect| dialect.name().to_owned()))
    }
}

impl Merger {
    fn take(&self, data: &Bound<'_, PyAny>, looking: bool) -> PyResult<Taken> {
        let bytes = Bytes::new(data)?;
        self.state.feed(data.py(), bytes.as_slice(), |state, slices| {
            if state.finished {
                return Err(PyValueError::new_err("feed after finish: reset the merger first"));
            }
            let mut deltas = SPARE.take();
            for slice in slices {
                state.stream.feed_into(slice, looking, &mut deltas);
            }
            let failed = self.raises && !state.told && state.stream.failure().is_some();
            state.told |= failed;
            Ok(Taken { deltas, failed: failed.then(|| Box::new(state.stream.outcome())) })
        })?
    }
}

fn begin(dialect: Option<&Arc<ssefold::Dialect>>, limits: Limits) -> State {
    State { stream: Stream::new(dialect.cloned(), limits), finished: false, told: false }
}

/// The deltas, or the error with them.
fn told<'py>(py: Python<'py>, taken: &mut Taken) -> PyResult<Bound<'py, PyList>> {
    let deltas = convert::list(py, taken.deltas.drain(..).map(|delta| Delta::of(py, delta)))?;
    let failed = taken.failed.take().map(|outcome| Arc::new(*outcome));
    if let Some(error) = failed.map(|outcome| Outcome::exception(py, &outcome)).transpose()?.flatten() {
        error.setattr(intern!(py, "deltas"), deltas)?;
        return Err(PyErr::from_value(error));
    }
    Ok(deltas)
}
