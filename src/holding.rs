//! Chunks that told no dialect: held until one does, or one has to be assumed.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::dialect::{Dialect, detect_last};
use crate::error::StreamError;
use crate::json::Tape;
use crate::limits::MAX_HELD;
use crate::merge::{Given, Payload};
use crate::merging::Merging;

/// Characters of a name that the message of an error shows.
const SHOWN: usize = 64;

/// The front of a name, as long as a message of an error shows it.
fn shown(name: &str) -> String {
    name.chars().take(SHOWN).collect()
}

impl Merging {
    /// Holds a chunk until the dialect is known, or takes the one that is to be assumed; and what error the chunk carries.
    pub(crate) fn hold(&mut self, payload: Payload<'_>, value: u32, event_type: &str) {
        if self.failure.is_some() {
            return;
        }
        let stated = self.error_of(None, payload, value);
        let name = payload.member(value, "type").and_then(|said| payload.string(said));
        let fails = event_type == "error" || name.is_some_and(|name| name == "error");
        let error = stated.or(fails.then_some(value));
        if error != Some(value) {
            self.hold_chunk(payload, value, event_type, error.is_some());
        }
        if let Some(error) = error {
            self.fail(StreamError::provider(payload, error));
        }
    }

    fn hold_chunk(&mut self, payload: Payload<'_>, value: u32, event_type: &str, failing: bool) {
        if !failing && self.held.len() < MAX_HELD {
            let size = payload.size_of(value);
            self.held_size += size;
            return self.held.push((payload.kept(value, size).into(), event_type.to_owned()));
        }
        match self.assumed(&mut Tape::new()) {
            Some(dialect) => {
                self.adopt(&mut Tape::new(), Arc::clone(&dialect));
                self.merge_known(&dialect, payload, value, (event_type, None));
            }
            None if failing => {}
            None => self.unknown(&mut Tape::new()),
        }
    }

    /// Merges by `dialect` from now on, what was held first.
    pub(crate) fn adopt(&mut self, tape: &mut Tape, dialect: Arc<Dialect>) {
        let mut message = self.fresh(&dialect);
        message.quirks = std::mem::take(&mut self.quirks);
        message.looking = self.looking;
        for (text, event_type) in self.held.drain(..) {
            if tape.parse(&text).is_ok() {
                let payload = Payload { text: &text, tape };
                message.merge_chunk(&Given { dialect: &dialect, payload }, 0, &event_type, None);
                message.lasting.clear();
            }
        }
        self.message = Some(message);
        self.dialect = Some(dialect);
    }

    /// The dialect to assume for what is held.
    fn assumed(&self, tape: &mut Tape) -> Option<Arc<Dialect>> {
        self.held.iter().find_map(|(text, _)| {
            tape.parse(text).ok()?;
            detect_last(Payload { text, tape }, 0)
        })
    }

    /// Merges what is held by the dialect to assume; false, and an error, where there is none.
    pub(crate) fn assume(&mut self, tape: &mut Tape) -> bool {
        let dialect = self.assumed(tape);
        let found = dialect.is_some();
        match dialect {
            Some(dialect) => self.adopt(tape, dialect),
            None => self.unknown(tape),
        }
        found
    }

    /// Tells that no dialect was recognised.
    fn unknown(&mut self, tape: &mut Tape) {
        let mut keys = BTreeSet::new();
        for (text, _) in &self.held {
            if tape.parse(text).is_ok() {
                keys.extend(tape.fields(0).map(|(key, _)| shown(&tape.text_of(text, key))));
            }
        }
        let keys: Vec<String> = keys.into_iter().take(8).collect();
        let seen = match keys.as_slice() {
            [] => "there is no chunk".to_owned(),
            keys => format!("chunks have the members {}", keys.join(", ")),
        };
        self.fail(StreamError::Unknown(format!("no dialect recognised: {seen}")));
    }
}
