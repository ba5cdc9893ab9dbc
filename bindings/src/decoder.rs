//! `ssefold.EventDecoder`: the core's decoder behind a lock that is never held while Python objects are made.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use ssefold::sse::{self, FeedError};

use crate::argument::{Bytes, Incomplete, Limit};
use crate::convert;
use crate::event::Event;

/// Decodes an event stream by the rules of WHATWG HTML; does no I/O.
///
/// ``max_event_size`` bounds the data of one event plus the line being read, in bytes; None is no bound. Raises
/// ValueError if it is negative. A decoder may be used by several threads: calls wait for each other.
///
/// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
///
/// >>> decoder = EventDecoder()
/// >>> decoder.feed(b"event: greeting\ndata: hel")
/// []
/// >>> decoder.feed(b"lo\n\n")
/// [Event(event='greeting', data='hello', id='', retry=None)]
#[pyclass(frozen, module = "ssefold")]
pub(crate) struct EventDecoder(Mutex<sse::EventDecoder>);

#[pymethods]
impl EventDecoder {
    #[new]
    #[pyo3(signature = (*, max_event_size = Limit(Some(16_777_216))), text_signature = "(*, max_event_size=16777216)")]
    fn new(max_event_size: Limit) -> Self {
        Self(Mutex::new(sse::EventDecoder::new(max_event_size.0)))
    }

    /// Decode the next bytes of the stream, cut anywhere, and return the events that they complete.
    ///
    /// Bytes that are not UTF-8 become U+FFFD. A ``retry`` of more than 18 digits is ignored. Raises StreamLimitError
    /// once an event passes ``max_event_size``, with the events decoded in this call in ``.events``; later bytes are
    /// ignored. Raises ValueError after :meth:`finish`, TypeError for what is not bytes.
    ///
    /// >>> EventDecoder().feed(b"data: a\r\ndata: b\r\n\r\n")[0].data
    /// 'a\nb'
    fn feed(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Vec<Event>> {
        let bytes = Bytes::new(data)?;
        let mut events = Vec::new();
        let fed = self.lock().feed(bytes.as_slice(), &mut events);
        let events = events.into_iter().map(Event::from).collect();
        match fed {
            Ok(()) => Ok(events),
            Err(error) => Err(exception(py, error, events)?),
        }
    }

    /// End the stream. An event that lacks its blank line is discarded, as the standard says.
    ///
    /// With ``incomplete="dispatch"`` the unterminated last line is processed, and the event dispatched if it has data.
    /// Raises again, as a fresh exception, the StreamLimitError of :meth:`feed`; ValueError for another ``incomplete``.
    ///
    /// >>> decoder = EventDecoder()
    /// >>> decoder.feed(b"data: cut")
    /// []
    /// >>> decoder.finish(incomplete="dispatch")[0].data
    /// 'cut'
    #[pyo3(signature = (*, incomplete = Incomplete::Discard), text_signature = "($self, *, incomplete='discard')")]
    fn finish(&self, py: Python<'_>, incomplete: Incomplete) -> PyResult<Vec<Event>> {
        let finished = self.lock().finish(incomplete == Incomplete::Dispatch);
        match finished {
            Ok(event) => Ok(event.into_iter().map(Event::from).collect()),
            Err(error) => Err(exception(py, error, Vec::new())?),
        }
    }

    /// Make ready for another stream; keeps ``last_event_id`` and ``retry``, which a reconnecting client needs.
    ///
    /// >>> decoder = EventDecoder()
    /// >>> _ = decoder.feed(b"id: 7\ndata: a\n\ndata: cut off")
    /// >>> decoder.reset()
    /// >>> decoder.feed(b"data: b\n\n")
    /// [Event(event='message', data='b', id='7', retry=None)]
    fn reset(&self) {
        self.lock().reset();
    }

    /// The last event ID, which a reconnecting client sends; survives :meth:`reset`.
    #[getter]
    fn last_event_id(&self) -> String {
        self.lock().last_event_id().to_owned()
    }

    /// The last reconnection time seen, in milliseconds, or None; survives :meth:`reset`.
    #[getter]
    fn retry(&self) -> Option<u64> {
        self.lock().retry()
    }

    /// Comment lines seen: keep-alives.
    #[getter]
    fn comments(&self) -> u64 {
        self.lock().comments()
    }
}

impl EventDecoder {
    /// The guard must not outlive the statement: a collection that Python runs while it allocates may call us again.
    fn lock(&self) -> MutexGuard<'_, sse::EventDecoder> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn exception(py: Python<'_>, error: FeedError, events: Vec<Event>) -> PyResult<PyErr> {
    let FeedError::Limit(limit) = error else {
        return Ok(PyValueError::new_err(error.to_string()));
    };
    let details = convert::limit_details(py, "max_event_size", [limit.value, limit.event, limit.offset])?;
    let exception = convert::made(intern!(py, "StreamLimitError"), limit.to_string(), &details)?;
    exception.setattr(intern!(py, "events"), events)?;
    Ok(PyErr::from_value(exception))
}
