//! The public decoder: bytes in, events with decoded text out, owned so that nothing is borrowed once they are handed on.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage>

use std::borrow::Cow;
use std::sync::Arc;
use std::{error, fmt};

use super::event::{Decoder, LimitError, RawEvent};
use super::utf8::decode_lossy;

/// An event as dispatched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event type, "message" where the block names none.
    pub event: Cow<'static, str>,
    /// The data lines joined by LF.
    pub data: String,
    /// The last event ID in force.
    pub id: Arc<str>,
    /// The reconnection time set inside this event's block, in milliseconds.
    pub retry: Option<u64>,
}

impl From<RawEvent<'_>> for Event {
    fn from(raw: RawEvent<'_>) -> Self {
        Self {
            event: match raw.event_type {
                [] => Cow::Borrowed("message"),
                name => Cow::Owned(decode_lossy(name).0.into_owned()),
            },
            data: decode_lossy(raw.data).0.into_owned(),
            id: Arc::clone(raw.id),
            retry: raw.retry,
        }
    }
}

/// Why an [`EventDecoder`] refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedError {
    /// Fed after its end.
    Finished,
    /// An event is too large.
    Limit(LimitError),
}

impl fmt::Display for FeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("feed after finish: reset the decoder first"),
            Self::Limit(limit) => limit.fmt(f),
        }
    }
}

impl error::Error for FeedError {}

/// Decodes an event stream.
///
/// ```
/// let mut decoder = ssefold::sse::EventDecoder::new(None);
/// let mut events = Vec::new();
/// decoder.feed(b"event: greeting\ndata: hel", &mut events)?;
/// decoder.feed(b"lo\n\n", &mut events)?;
/// assert_eq!((events[0].event.as_ref(), events[0].data.as_str()), ("greeting", "hello"));
/// # Ok::<(), ssefold::sse::FeedError>(())
/// ```
#[derive(Debug)]
pub struct EventDecoder {
    decoder: Decoder,
    finished: bool,
}

impl EventDecoder {
    /// `max_event_size` bounds the data buffer plus the current line, in bytes.
    #[must_use]
    pub fn new(max_event_size: Option<u64>) -> Self {
        Self { decoder: Decoder::new(max_event_size, false), finished: false }
    }

    /// Decodes the next bytes of the stream, cut anywhere, and pushes the events that they complete.
    ///
    /// # Errors
    /// Fed after its end; an event larger than the bound, once: later bytes are ignored.
    pub fn feed(&mut self, mut data: &[u8], events: &mut Vec<Event>) -> Result<(), FeedError> {
        if self.finished {
            return Err(FeedError::Finished);
        }
        while let Some(raw) = self.decoder.next(&mut data).map_err(FeedError::Limit)? {
            events.push(raw.into());
        }
        Ok(())
    }

    /// Ends the stream; `dispatch` gives an event that lacks its blank line.
    ///
    /// # Errors
    /// The bound was passed: again the error that `feed` returned.
    pub fn finish(&mut self, dispatch: bool) -> Result<Option<Event>, FeedError> {
        self.finished = true;
        Ok(self.decoder.finish(dispatch).map_err(FeedError::Limit)?.map(Event::from))
    }

    /// Ready for another stream; keeps the last event ID and the reconnection time.
    pub fn reset(&mut self) {
        self.finished = false;
        self.decoder.reset();
    }

    /// The ID of the last dispatched block that had or inherited one.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// The last reconnection time seen, in milliseconds.
    #[must_use]
    pub fn retry(&self) -> Option<u64> {
        self.decoder.retry()
    }

    /// Comment lines seen.
    #[must_use]
    pub fn comments(&self) -> u64 {
        self.decoder.comments()
    }
}
