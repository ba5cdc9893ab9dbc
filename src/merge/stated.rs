//! The object that an event put as the whole message: mostly the next event that does states the same, as Responses'
//! `created` and `in_progress` do. Then nothing is to be done, if nothing has happened in between.

use super::message::Message;

/// A longer one isn't kept: it would be held twice.
const KEPT: usize = 1 << 14;

/// What was put last as the whole message, and the state that the document was in afterwards.
#[derive(Default)]
pub(super) struct Stated {
    text: String,
    epoch: u64,
    changes: u64,
    /// Put again, it may do something else.
    pub(super) odd: bool,
}

impl Stated {
    /// Ready for another message.
    pub(super) fn forget(&mut self) {
        self.text.clear();
        (self.epoch, self.changes, self.odd) = (0, 0, false);
    }
}

impl Message {
    /// Whether the message was put as the object with that JSON last, and nothing has changed since.
    pub(super) fn states(&self, text: &str) -> bool {
        let Stated { text: known, epoch, changes, .. } = &self.stated;
        (*epoch, *changes) == (self.document.epoch, self.document.changes) && *known == *text
    }

    /// Takes note that it was; `counted` says that a quirk was, which each time would be again.
    pub(super) fn note_stated(&mut self, text: &str, counted: bool) {
        self.stated.text.clear();
        if !counted && !self.stated.odd && text.len() <= KEPT {
            self.stated.text.push_str(text);
            (self.stated.epoch, self.stated.changes) = (self.document.epoch, self.document.changes);
        }
    }
}
