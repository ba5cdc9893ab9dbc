//! One stream: bytes in, a message out. Ties framing, JSON, detection and the merge rules together.
//!
//! After an error or the end, events are still framed and counted, so that a report doesn't depend on how the bytes were
//! cut; they are merged no more.

use std::sync::Arc;

use crate::ahead::fetch_ahead;
use crate::delta::Delta;
use crate::dialect::Dialect;
use crate::error::StreamError;
use crate::json::Tape;
use crate::merge::Snapshot;
use crate::merging::Merging;
use crate::outcome::{Outcome, Termination};
use crate::report::Report;
use crate::sniff::{Body, Opening, sniff};
use crate::sse::Decoder;
use crate::template::{Learned, Templates};

/// No template fits fewer bytes: nothing is looked for while they trickle in.
const SHORTEST: usize = 8;

/// Bounds in bytes; None is no bound.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of one event.
    pub max_event_size: Option<u64>,
    /// Of the message.
    pub max_message_size: Option<u64>,
}

/// The state of one stream.
///
/// ```
/// use ssefold::{Limits, Stream};
/// let mut stream = Stream::new(None, Limits { max_event_size: None, max_message_size: None });
/// stream.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n", false);
/// assert_eq!(stream.outcome().text(), "Hi");
/// ```
pub struct Stream {
    decoder: Decoder,
    merging: Merging,
    tape: Tape,
    templates: Templates,
    /// The first bytes, while they may begin a binary body.
    head: Option<Vec<u8>>,
    /// What the body begins with.
    opening: Opening,
    /// The body is none that can be framed.
    binary: bool,
    bytes: u64,
    max_event_size: Option<u64>,
}

impl Stream {
    /// Begins a stream of `dialect`, or of one to be detected.
    #[must_use]
    pub fn new(dialect: Option<Arc<Dialect>>, limits: Limits) -> Self {
        let merging = Merging::new(dialect, limits.max_message_size);
        let decoder = Decoder::new(limits.max_event_size, true);
        let templates = Templates::default();
        Self {
            decoder,
            merging,
            tape: Tape::new(),
            templates,
            head: Some(Vec::new()),
            opening: Opening::new(),
            binary: false,
            bytes: 0,
            max_event_size: limits.max_event_size,
        }
    }

    /// Merges the next bytes; returns the deltas if `looking`.
    pub fn feed(&mut self, data: &[u8], looking: bool) -> Vec<Delta> {
        let mut deltas = Vec::new();
        self.feed_into(data, looking, &mut deltas);
        deltas
    }

    /// The same, with a vector that the caller uses again.
    pub fn feed_into(&mut self, data: &[u8], looking: bool, deltas: &mut Vec<Delta>) {
        self.bytes += data.len() as u64;
        self.opening.take(data);
        self.merging.look(looking);
        match self.head.as_mut().map(std::mem::take) {
            None => self.pull(data),
            Some(head) if head.is_empty() => self.begin(data),
            Some(mut head) => {
                head.extend_from_slice(data);
                self.begin(&head);
            }
        }
        self.merging.drain(deltas);
    }

    /// Holds the first bytes back until they tell text from binary.
    fn begin(&mut self, head: &[u8]) {
        match sniff(head) {
            Body::Text => {
                self.head = None;
                self.pull(head);
            }
            Body::Open => self.head = Some(head.to_vec()),
            Body::Binary(reason) => {
                (self.head, self.binary) = (None, true);
                self.merging.fail(StreamError::malformed(0, 0, reason, ""));
            }
        }
    }

    /// Sends every event the full path: for tests, which compare.
    #[must_use]
    pub fn without_templates(mut self) -> Self {
        self.templates.enabled = false;
        self
    }

    /// Merges the events in `data`.
    fn pull(&mut self, mut data: &[u8]) {
        if self.binary {
            return;
        }
        while !data.is_empty() {
            // A template has places of 32 bits.
            let fits = (SHORTEST..=u32::MAX as usize).contains(&data.len());
            let learns = fits && self.templates.enabled && self.merging.learns();
            let learning = learns && self.decoder.at_event_start();
            let array = self.decoder.in_array();
            if learning {
                self.templates.enter(array);
                self.repeat(&mut data);
                if data.is_empty() {
                    return;
                }
            }
            let before = data;
            match self.decoder.next(&mut data) {
                Ok(Some(event)) => {
                    let raw = before.split_at_checked(before.len() - data.len()).unwrap_or_default().0;
                    fetch_ahead(before, raw.len());
                    let learned = Learned::new(raw, event.data, array).filter(|_| learning);
                    let epoch = self.merging.begin_trace(learned.is_some());
                    self.merging.event(&mut self.tape, event, false);
                    if let Some(learned) = learned {
                        self.merging.learn(&mut self.templates, learned, epoch);
                    }
                }
                Ok(None) => return,
                Err(error) => return self.merging.exceed(error),
            }
        }
    }

    /// Merges the events at the front of the input that a template fits.
    #[inline]
    fn repeat(&mut self, data: &mut &[u8]) {
        let merging = &mut self.merging;
        let (Some(message), Some(dialect)) = (merging.message.as_deref_mut(), &merging.dialect) else { return };
        while !data.is_empty() {
            let bounds = [self.max_event_size, merging.max_message_size];
            let run = self.templates.run(message.document.epoch);
            let ran = run.map(|run| message.run(dialect, run, data, bounds));
            let (events, missed) = ran.unwrap_or_default();
            self.decoder.skip_events(events);
            merging.event += events;
            merging.chunks += events;
            if data.is_empty() {
                return;
            }
            let found = self.templates.find(data, message.document.epoch, &mut self.tape, missed);
            let Some(hit) = found else { return };
            let (size, payload) = (hit.size, hit.payload());
            if self.max_event_size.is_some_and(|bound| size as u64 > bound)
                || !message.repeat(dialect, &hit, data, &self.tape)
            {
                return;
            }
            fetch_ahead(data, size);
            *data = data.get(size..).unwrap_or_default();
            self.decoder.skip_events(1);
            merging.event += 1;
            merging.chunks += 1;
            if merging.max_message_size.is_some_and(|bound| message.document.size > bound) {
                return merging.check_message_size(payload);
            }
        }
    }

    /// Takes the end of the bytes; returns what only that brought.
    pub fn finish(&mut self) -> Vec<Delta> {
        self.merging.look(true);
        if let Some(head) = self.head.take() {
            self.pull(&head);
        }
        let merging = &mut self.merging;
        match self.decoder.finish(!self.binary) {
            Ok(None) => {}
            Ok(Some(event)) => {
                merging.quirk("unterminated_event");
                merging.event(&mut self.tape, event, true);
            }
            Err(error) => merging.exceed(error),
        }
        if merging.failure.is_some() {
            merging.end_message();
        } else if merging.termination == Termination::Open {
            let nothing_came = self.bytes == 0
                || merging.cut
                || merging.event > 0
                || self.decoder.comments() > 0
                || self.decoder.retry().is_some()
                || !self.decoder.last_event_id().is_empty();
            merging.end_of_bytes(&mut self.tape, nothing_came);
            self.show_opening();
        }
        let merging = &mut self.merging;
        let mut deltas = Vec::new();
        merging.drain(&mut deltas);
        deltas
    }

    /// Where no message came of the bytes, the error says what they were: an error page, an answer of another dialect.
    fn show_opening(&mut self) {
        if self.bytes > 0 && !self.has_message() {
            if let Some(StreamError::Incomplete(reason) | StreamError::Unknown(reason)) = &mut self.merging.failure {
                *reason = format!("{reason}; the body begins \"{}\"", self.opening.text());
            }
        }
    }

    /// The message so far.
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        self.merging.message.as_ref().and_then(|message| message.document.snapshot())
    }

    /// Whether a message came.
    fn has_message(&self) -> bool {
        self.merging.message.as_ref().is_some_and(|message| !message.document.is_empty())
    }

    /// The dialect in use, None until it is known.
    #[must_use]
    pub fn dialect(&self) -> Option<&Arc<Dialect>> {
        self.merging.dialect.as_ref()
    }

    /// What went wrong.
    #[must_use]
    pub fn failure(&self) -> Option<&StreamError> {
        self.merging.failure.as_ref()
    }

    /// The report, but for its counts of names.
    fn report(&self) -> Report {
        let merging = &self.merging;
        Report {
            events: merging.event,
            chunks: merging.chunks,
            bytes: self.bytes,
            comments: self.decoder.comments(),
            invalid_utf8: merging.invalid_utf8,
            ..Report::default()
        }
    }

    /// All that is known now.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        let mut report = self.report();
        let message = self.merging.message.as_ref();
        report.quirks.clone_from(message.map_or(&self.merging.quirks, |message| &message.quirks));
        report.unknown_fields = message.map(|message| message.unknown.clone()).unwrap_or_default();
        Outcome {
            message: self.snapshot(),
            dialect: self.merging.dialect.clone(),
            termination: self.merging.termination,
            error: self.merging.failure.clone(),
            report,
        }
    }

    /// All that is known, without a copy of the message; the stream begins anew, with the memory that it has.
    #[must_use]
    pub fn take_outcome(&mut self, dialect: Option<Arc<Dialect>>) -> Outcome {
        let mut outcome = self.merging.take(dialect);
        (outcome.report.bytes, outcome.report.comments) = (self.bytes, self.decoder.comments());
        self.decoder = Decoder::new(self.max_event_size, true);
        self.templates.forget();
        self.tape.unmark();
        (self.head, self.opening, self.binary, self.bytes) = (Some(Vec::new()), Opening::new(), false, 0);
        outcome
    }
}
