//! `ssefold.EventDecoder`: the core's decoder, one call at a time; none is under way while Python objects are made.

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyList;
use ssefold::sse::{self, FeedError};

use crate::argument::{Arg, Bytes, Incomplete, Limit};
use crate::convert;
use crate::event::Event;
use crate::turn::Turns;

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
pub(crate) struct EventDecoder(Turns<sse::EventDecoder>);

#[pymethods]
impl EventDecoder {
    #[new]
    #[pyo3(
        signature = (*, max_event_size = Arg(Ok(Limit(Some(16_777_216))))),
        text_signature = "(*, max_event_size=16777216)"
    )]
    fn new(max_event_size: Arg<Limit>) -> PyResult<Self> {
        Ok(Self(Turns::new(sse::EventDecoder::new(max_event_size.0?.0))))
    }

    /// Decode the next bytes of the stream, cut anywhere, and return the events that they complete.
    ///
    /// Bytes that are not UTF-8 become U+FFFD. A ``retry`` of more than 18 digits is ignored. Raises StreamLimitError
    /// once an event passes ``max_event_size``, with the events decoded in this call in ``.events``; later bytes are
    /// ignored. Raises ValueError after :meth:`finish`, TypeError for what is not bytes.
    ///
    /// >>> EventDecoder().feed(b"data: a\r\ndata: b\r\n\r\n")[0].data
    /// 'a\nb'
    fn feed<'py>(&self, py: Python<'py>, data: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let bytes = Bytes::new(data)?;
        let (fed, events) = self.0.feed(py, bytes.as_slice(), |decoder, mut slices| {
            let mut events = Vec::new();
            let fed = slices.try_for_each(|slice| decoder.feed(slice, &mut events));
            (fed, events)
        })?;
        let events = convert::list(py, events.into_iter().map(Event::from))?;
        match fed {
            Ok(()) => Ok(events),
            Err(error) => Err(exception(&events, error)?),
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
    #[pyo3(
        signature = (*, incomplete = Arg(Ok(Incomplete::Discard))),
        text_signature = "($self, *, incomplete='discard')"
    )]
    fn finish<'py>(&self, py: Python<'py>, incomplete: Arg<Incomplete>) -> PyResult<Bound<'py, PyList>> {
        let incomplete = incomplete.0?;
        let finished = self.0.advance(py, |decoder| decoder.finish(incomplete == Incomplete::Dispatch))?;
        match finished {
            Ok(event) => PyList::new(py, event.map(Event::from)),
            Err(error) => Err(exception(&PyList::empty(py), error)?),
        }
    }

    /// Make ready for another stream; keeps ``last_event_id`` and ``retry``, which a reconnecting client needs.
    ///
    /// >>> decoder = EventDecoder()
    /// >>> _ = decoder.feed(b"id: 7\ndata: a\n\ndata: cut off")
    /// >>> decoder.reset()
    /// >>> decoder.feed(b"data: b\n\n")
    /// [Event(event='message', data='b', id='7', retry=None)]
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.0.renew(py, sse::EventDecoder::reset)
    }

    /// The last event ID, which a reconnecting client sends; survives :meth:`reset`.
    #[getter]
    fn last_event_id(&self, py: Python<'_>) -> PyResult<String> {
        self.0.read(py, |decoder| decoder.last_event_id().to_owned())
    }

    /// The last reconnection time seen, in milliseconds, or None; survives :meth:`reset`.
    #[getter]
    fn retry(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        self.0.read(py, |decoder| decoder.retry())
    }

    /// Comment lines seen: keep-alives.
    #[getter]
    fn comments(&self, py: Python<'_>) -> PyResult<u64> {
        self.0.read(py, |decoder| decoder.comments())
    }
}

fn exception(events: &Bound<'_, PyList>, error: FeedError) -> PyResult<PyErr> {
    let py = events.py();
    let FeedError::Limit(limit) = error else {
        return Ok(PyValueError::new_err(error.to_string()));
    };
    let details = convert::limit_details(py, "max_event_size", [limit.value, limit.event, limit.offset])?;
    let exception = convert::made(intern!(py, "StreamLimitError"), limit.to_string(), &details)?;
    exception.setattr(intern!(py, "events"), events)?;
    Ok(PyErr::from_value(exception))
}
