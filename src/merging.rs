//! What events do to a stream: detection, chunks merged by the dialect's rules, and how the message ends.

use std::sync::Arc;

use crate::delta::Delta;
use crate::dialect::{Dialect, detect};
use crate::error::{StreamError, is_error, reason};
use crate::json::{JsonErrorKind, Tag, Tape};
use crate::limits::{MAX_ITEMS, MAX_USAGE};
use crate::merge::{Given, Message, Payload, ROOT};
use crate::outcome::{Outcome, Termination};
use crate::report::{Counts, Report};
use crate::route::{is_among, reach};
use crate::sse::{LimitError, RawEvent, decode_lossy};
use crate::template::{Learned, Templates};
use crate::view::Path;

const JSON_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
const NO_OBJECT: &str = "a chunk that is no object";

/// The payload without space around it; most have none.
fn trimmed(data: &str) -> &str {
    match data.as_bytes() {
        [b'!'..=0xff, .., b'!'..=0xff] => data,
        _ => data.trim_matches(JSON_SPACE),
    }
}

/// What events do to a stream.
pub(crate) struct Merging {
    pub(crate) dialect: Option<Arc<Dialect>>,
    pub(crate) message: Option<Box<Message>>,
    pub(crate) max_message_size: Option<u64>,
    pub(crate) termination: Termination,
    pub(crate) failure: Option<StreamError>,
    /// Chunks that told no dialect, each with the type of its block.
    pub(crate) held: Vec<(String, String)>,
    /// Their sizes, as a message's.
    pub(crate) held_size: u64,
    pub(crate) quirks: Counts,
    pub(crate) chunks: u64,
    /// The number of the event at hand.
    pub(crate) event: u64,
    pub(crate) invalid_utf8: u64,
    /// The bytes ended within an event.
    pub(crate) cut: bool,
    pub(crate) looking: bool,
    /// The message of an earlier stream, for its memory.
    spare: Option<Box<Message>>,
}

impl Merging {
    pub(crate) fn new(dialect: Option<Arc<Dialect>>, max_message_size: Option<u64>) -> Self {
        Self {
            message: dialect.as_deref().map(Message::new).map(Box::new),
            dialect,
            max_message_size,
            termination: Termination::Open,
            failure: None,
            held: Vec::new(),
            held_size: 0,
            quirks: Counts::default(),
            chunks: 0,
            event: 0,
            invalid_utf8: 0,
            cut: false,
            looking: false,
            spare: None,
        }
    }

    /// Ends the stream: returns what came of it, and begins anew in the memory that it had.
    pub(crate) fn take(&mut self, dialect: Option<Arc<Dialect>>) -> Outcome {
        let mut report = Report { events: self.event, chunks: self.chunks, ..Report::default() };
        report.invalid_utf8 = self.invalid_utf8;
        report.quirks = self.quirks.take();
        let mut snapshot = None;
        if let Some(mut message) = self.message.take() {
            report.quirks = message.quirks.take();
            report.unknown_fields = message.unknown.take();
            snapshot = message.document.take_snapshot();
            self.spare = Some(message);
        }
        let outcome = Outcome {
            message: snapshot,
            dialect: std::mem::replace(&mut self.dialect, dialect),
            termination: std::mem::replace(&mut self.termination, Termination::Open),
            error: self.failure.take(),
            report,
        };
        self.held.clear();
        self.held_size = 0;
        (self.chunks, self.event, self.invalid_utf8) = (0, 0, 0);
        (self.cut, self.looking) = (false, false);
        self.message = self.dialect.clone().map(|dialect| self.fresh(&dialect));
        outcome
    }

    /// A new message, in the memory of an earlier one.
    pub(crate) fn fresh(&mut self, dialect: &Dialect) -> Box<Message> {
        match self.spare.take() {
            Some(mut message) => {
                message.renew(dialect);
                message
            }
            None => Box::new(Message::new(dialect)),
        }
    }

    /// Events are merged, and by a known dialect.
    pub(crate) fn is_live(&self) -> bool {
        self.message.is_some() && self.failure.is_none() && self.termination == Termination::Open
    }

    /// Its events may be learned and repeated.
    pub(crate) fn learns(&self) -> bool {
        self.is_live() && self.dialect.as_ref().is_some_and(|dialect| dialect.learns)
    }

    /// Begins to trace the next event, or not to; returns the epoch.
    pub(crate) fn begin_trace(&mut self, on: bool) -> u64 {
        self.quirks.log.clear();
        let Some(message) = self.message.as_deref_mut() else { return 0 };
        message.trace.begin(on);
        message.quirks.log.clear();
        message.unknown.log.clear();
        message.document.epoch
    }

    /// The event at hand is none for a template.
    fn block(&mut self, blocked: bool) {
        if let Some(message) = &mut self.message {
            message.trace.blocked |= blocked;
        }
    }

    /// Makes a template of the event that was traced, if it can be repeated.
    pub(crate) fn learn(&mut self, templates: &mut Templates, event: Learned<'_>, epoch: u64) {
        let live = self.is_live();
        if let Some(message) = self.message.as_mut().filter(|_| live) {
            let now = message.document.epoch;
            if now == epoch + message.trace.settled && !message.trace.blocked && !message.trace.is_steered() {
                let counts = [message.quirks.log.as_slice(), &message.unknown.log];
                templates.learn(event, &mut message.trace, now, counts);
            }
            message.trace.on = false;
        }
    }

    /// Lets deltas be queued, or not.
    pub(crate) fn look(&mut self, looking: bool) {
        if self.looking != looking {
            self.looking = looking;
            self.message.iter_mut().for_each(|message| message.looking = looking);
        }
    }

    pub(crate) fn drain(&mut self, deltas: &mut Vec<Delta>) {
        if let Some(message) = self.message.as_mut().filter(|message| message.has_news()) {
            message.drain(deltas);
        }
    }

    /// Counts a tolerated oddity.
    pub(crate) fn quirk(&mut self, name: &str) {
        self.message.as_mut().map_or(&mut self.quirks, |message| &mut message.quirks).add(name);
    }

    /// Keeps the first error.
    pub(crate) fn fail(&mut self, failure: StreamError) {
        if self.failure.is_none() && self.termination == Termination::Open {
            self.termination = match failure {
                StreamError::Limit { .. } => Termination::Limit,
                StreamError::Provider(_) => Termination::Error,
                StreamError::Incomplete(_) => Termination::Eof,
                StreamError::Malformed { .. } | StreamError::Unknown(_) => Termination::Malformed,
            };
            self.failure = Some(failure);
        }
    }

    pub(crate) fn exceed(&mut self, error: LimitError) {
        let LimitError { event, offset, value } = error;
        self.fail(StreamError::Limit { limit: "max_event_size", value, event, offset });
    }

    /// Merges one event; `last` if the bytes ended before its blank line.
    pub(crate) fn event(&mut self, tape: &mut Tape, event: RawEvent<'_>, last: bool) {
        self.event += 1;
        let (data, replaced) = decode_lossy(event.data);
        self.invalid_utf8 += replaced;
        // Holes are places of the repaired text, which is longer than the bytes of the event.
        self.block(replaced > 0);
        let text = trimmed(&data);
        if text.is_empty() || (self.failure.is_some() && !self.reads_on()) {
            return self.block(true);
        }
        let event_type = if event.event_type.is_empty() { "".into() } else { decode_lossy(event.event_type).0 };
        let ended = self.failure.is_none() && self.termination != Termination::Open;
        if ended && !self.begins(tape, &data, &event_type) {
            return self.quirk("data_after_done");
        }
        if text == "[DONE]" || self.dialect.as_ref().is_some_and(|dialect| dialect.done == text) {
            return self.end(tape);
        }
        if event.bare {
            self.quirk("bare_json_line");
        }
        if let Err(error) = tape.parse_again(&data) {
            return match error.kind {
                _ if event_type == "error" => self.fail(StreamError::message(text)),
                JsonErrorKind::Truncated if last => self.cut = true,
                kind => self.fail(StreamError::malformed(self.event - 1, error.offset, reason(kind), &data)),
            };
        }
        // The last value in the first's place: the order of effects is not that of the text.
        self.block(tape.duplicates);
        self.value(tape, &data, &event_type);
        if self.message.as_mut().is_some_and(|message| std::mem::take(&mut message.ended)) {
            self.block(true);
            self.end(tape);
        }
        self.check_message_size(data.len() as u64);
    }

    /// Whether some events count after the error that came.
    fn reads_on(&self) -> bool {
        let reads_on = |dialect: &Arc<Dialect>| !dialect.routes.after_error.is_empty();
        self.termination == Termination::Error && self.dialect.as_ref().is_some_and(reads_on)
    }

    /// Whether an event after the end begins a new message; the last one wins.
    fn begins(&mut self, tape: &mut Tape, data: &str, event_type: &str) -> bool {
        let (Some(dialect), Some(message)) = (&self.dialect, &mut self.message) else { return false };
        let routes = &dialect.routes;
        if routes.begins.is_empty() || tape.parse(data).is_err() || tape.entry(0).tag != Tag::Object {
            return false;
        }
        let name = routes.name_of(Payload { text: data, tape }, 0, event_type);
        let begins = is_among(&routes.begins, &name);
        if begins {
            message.restart();
            self.termination = Termination::Open;
        }
        begins
    }

    /// Merges a payload: an object is a chunk, an array a list of chunks, null nothing.
    fn value(&mut self, tape: &mut Tape, data: &str, event_type: &str) {
        match tape.entry(0).tag {
            Tag::Object => {
                self.chunk(Payload { text: data, tape }, 0, event_type);
                for key in self.message.iter_mut().flat_map(|message| message.lasting.drain(..)) {
                    tape.mark(key);
                }
            }
            Tag::Null => self.block(true),
            Tag::List => self.list(tape, data, event_type),
            Tag::Str | Tag::Escaped if event_type == "error" => {
                self.fail(StreamError::provider(Payload { text: data, tape }, 0));
            }
            _ => self.fail(StreamError::malformed(self.event - 1, 0, NO_OBJECT, data)),
        }
    }

    fn list(&mut self, tape: &Tape, data: &str, event_type: &str) {
        self.block(true);
        for item in tape.items(0) {
            match tape.entry(item).tag {
                _ if self.failure.is_some() => break,
                Tag::Null => {}
                Tag::Object => self.chunk(Payload { text: data, tape }, item, event_type),
                _ => self.fail(StreamError::malformed(self.event - 1, 0, NO_OBJECT, data)),
            }
        }
        // The last value of a member may be that of a later chunk.
        self.message.iter_mut().for_each(|message| message.lasting.clear());
    }

    /// Merges one chunk, once the dialect is known, and what error it carries.
    fn chunk(&mut self, payload: Payload<'_>, value: u32, event_type: &str) {
        self.chunks += 1;
        if self.dialect.is_none() {
            if let Some(dialect) = detect(payload, value) {
                self.adopt(&mut Tape::new(), dialect);
            }
        }
        // Taken and put back: to count one more owner is a write that all threads which read the table wait for.
        let dialect = self.dialect.take();
        match &dialect {
            Some(dialect) => self.known_chunk(dialect, payload, value, event_type),
            None => self.hold(payload, value, event_type),
        }
        self.dialect = dialect.or_else(|| self.dialect.take());
    }

    /// Merges a chunk by its dialect, and what error it carries.
    fn known_chunk(&mut self, dialect: &Dialect, payload: Payload<'_>, value: u32, event_type: &str) {
        let routes = &dialect.routes;
        let name = routes.name_of(payload, value, event_type);
        if self.failure.is_some() {
            if is_among(&routes.after_error, &name) {
                self.merge_known(dialect, payload, value, (event_type, Some(&name)));
            }
            return;
        }
        let stated = self.error_of(Some(dialect), payload, value);
        let fails = event_type == "error" || is_among(&routes.fails, &name);
        let error = stated.or(fails.then_some(value));
        let failure = error.map(|error| StreamError::provider(payload, error));
        self.block(failure.is_some());
        if error != Some(value) || !routes.is_empty() {
            if is_among(&routes.restarts, &name) {
                if let Some(message) = &mut self.message {
                    message.restart();
                }
            }
            self.merge_known(dialect, payload, value, (event_type, Some(&name)));
        }
        if let Some(failure) = failure {
            self.fail(failure);
        }
    }

    /// The error that a chunk states, an object or a text.
    pub(crate) fn error_of(&mut self, dialect: Option<&Dialect>, payload: Payload<'_>, chunk: u32) -> Option<u32> {
        match dialect {
            None => self.judge(payload, payload.member(chunk, "error")?),
            Some(dialect) => dialect.errors.iter().find_map(|path| self.judge(payload, reach(payload, chunk, path)?)),
        }
    }

    /// A value that stands where errors are, if it is one.
    fn judge(&mut self, payload: Payload<'_>, said: u32) -> Option<u32> {
        if payload.entry(said).tag == Tag::Null {
            return None;
        }
        if !is_error(payload, said) {
            self.block(true);
            self.quirk("wrong_type");
            return None;
        }
        Some(said)
    }

    /// Merges a chunk; `event_type` is that of its block, the name what the chunk calls its event, where that is known.
    pub(crate) fn merge_known(
        &mut self,
        dialect: &Dialect,
        payload: Payload<'_>,
        value: u32,
        (event_type, name): (&str, Option<&str>),
    ) {
        if let Some(message) = self.message.as_deref_mut() {
            message.merge_chunk(&Given { dialect, payload }, value, event_type, name);
        }
    }

    /// Looks at the size of the message, or of what is held until its dialect is known, and at its lists, after an event.
    pub(crate) fn check_message_size(&mut self, offset: u64) {
        let event = self.event.saturating_sub(1);
        if let Some(message) = &self.message {
            let (full, large_usage) = (message.full, message.large_usage);
            if full {
                self.fail(StreamError::Limit { limit: "max_items", value: MAX_ITEMS as u64, event, offset });
            } else if large_usage {
                self.fail(StreamError::Limit { limit: "max_usage_size", value: MAX_USAGE, event, offset });
            }
        }
        let size = self.message.as_ref().map_or(self.held_size, |message| message.document.size);
        if let Some(value) = self.max_message_size.filter(|bound| size > *bound) {
            self.fail(StreamError::Limit { limit: "max_message_size", value, event, offset });
        }
    }

    pub(crate) fn end_message(&mut self) {
        if let (Some(message), Some(dialect)) = (&mut self.message, &self.dialect) {
            message.end(dialect);
        }
    }

    /// The protocol said that the message ended.
    fn end(&mut self, tape: &mut Tape) {
        if self.message.is_none() && !self.held.is_empty() && !self.assume(tape) {
            return;
        }
        self.end_message();
        self.check_message_size(0);
        if self.failure.is_none() {
            self.termination = Termination::Done;
        }
    }

    /// Decides what the end of the bytes means where nothing else ended the message.
    pub(crate) fn end_of_bytes(&mut self, tape: &mut Tape, nothing_came: bool) {
        if self.message.is_none() && self.held.is_empty() && nothing_came {
            return self.fail(StreamError::Incomplete("the stream ended before its first chunk".to_owned()));
        }
        if self.message.is_none() && !self.assume(tape) {
            return;
        }
        self.end_message();
        if self.is_complete() {
            self.check_message_size(0);
            if self.failure.is_none() {
                self.termination = Termination::FinishReason;
            }
            if self.dialect.as_ref().is_some_and(|dialect| dialect.ends) {
                self.quirk("done_missing");
            }
        } else {
            self.fail(StreamError::Incomplete("the stream ended before its message did".to_owned()));
        }
    }

    /// Whether every item that needs a finish reason has one.
    fn is_complete(&self) -> bool {
        let (Some(dialect), Some(message)) = (&self.dialect, &self.message) else { return false };
        let document = &message.document;
        let there = |path: &Path| path.string(document, ROOT).is_some_and(|reason| !reason.is_empty());
        if dialect.any_reason.iter().any(there) {
            return !self.cut;
        }
        if dialect.items.is_empty() {
            return !self.cut && there(&dialect.reason);
        }
        let (mut items, mut finished) = (0, 0);
        dialect.items.find(&message.document, ROOT, &mut |item| {
            items += 1;
            let reason = dialect.reason.string(&message.document, item);
            finished += u32::from(reason.is_some_and(|reason| !reason.is_empty()));
            true
        });
        !self.cut && items > 0 && items == finished
    }
}
