//! `ssefold.Event`: owns the core's event; Python strings are made when they are read.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::argument::Arg;

/// An event as dispatched; immutable, hashable, picklable.
///
/// ``event`` is the event type, "message" where the block names none. ``data`` is the data lines joined by LF, ``id``
/// the last event ID in force when it was dispatched, ``retry`` the reconnection time set inside this event's own
/// block, in milliseconds, or None.
///
/// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
///
/// >>> Event(data="hello", id="7")
/// Event(event='message', data='hello', id='7', retry=None)
#[pyclass(frozen, eq, module = "ssefold")]
#[derive(PartialEq, Eq)]
pub(crate) struct Event(ssefold::sse::Event);

impl From<ssefold::sse::Event> for Event {
    fn from(event: ssefold::sse::Event) -> Self {
        Self(event)
    }
}

#[pymethods]
impl Event {
    #[new]
    #[pyo3(
        signature = (event = Arg(Ok("message")), data = Arg(Ok("")), id = Arg(Ok("")), retry = Arg(Ok(None))),
        text_signature = "(event='message', data='', id='', retry=None)"
    )]
    fn new(event: Arg<&str>, data: Arg<&str>, id: Arg<&str>, retry: Arg<Option<u64>>) -> PyResult<Self> {
        let (event, data, id) = (event.0?.to_owned().into(), data.0?.to_owned(), id.0?.into());
        Ok(Self(ssefold::sse::Event { event, data, id, retry: retry.0? }))
    }

    /// The event type, "message" where the block names none.
    #[getter]
    fn event<'py>(&self, py: Python<'py>) -> Bound<'py, PyString> {
        match self.0.event.as_ref() {
            "message" => intern!(py, "message").clone(),
            name => PyString::new(py, name),
        }
    }

    /// The data lines joined by LF.
    #[getter]
    fn data(&self) -> &str {
        &self.0.data
    }

    /// The last event ID in force when the event was dispatched.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// The reconnection time set inside this event's block, in milliseconds, or None.
    #[getter]
    fn retry(&self) -> Option<u64> {
        self.0.retry
    }

    /// Parse ``data`` as ``json.loads`` does, with exact integers of any length.
    ///
    /// Raises json.JSONDecodeError (a ValueError) if it is not JSON.
    ///
    /// >>> Event(data='{"n": [1, 2.5]}').json()
    /// {'n': [1, 2.5]}
    fn json<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import(intern!(py, "ssefold.integers"))?.call_method1(intern!(py, "loads"), (self.data(),))
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        self.values(py)?.hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (event, data, id) = (self.event(py).repr()?, PyString::new(py, self.data()), PyString::new(py, self.id()));
        let retry = self.0.retry.map_or_else(|| "None".to_owned(), |time| time.to_string());
        Ok(format!("Event(event={event}, data={}, id={}, retry={retry})", data.repr()?, id.repr()?))
    }

    fn __copy__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __deepcopy__<'py>(slf: Bound<'py, Self>, memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        let _ = memo;
        slf
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        // The public class of the active backend, so that either backend's events load anywhere.
        let public = py.import(intern!(py, "ssefold"))?.getattr(intern!(py, "Event"))?;
        Ok((public, self.values(py)?))
    }
}

impl Event {
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        (self.event(py), self.data(), self.id(), self.0.retry).into_pyobject(py)
    }
}
