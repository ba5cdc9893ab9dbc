//! What a message that has lost values gives back: slots of nodes, and names.

use super::document::Document;

impl Document {
    /// Slots were given back since deltas were handed out, or values replaced; or there are many names.
    #[inline]
    pub(crate) fn is_unsettled(&self) -> bool {
        self.replaced || !self.freed.is_empty() || self.keys.is_crowded()
    }

    /// Deltas were handed out: slots given back may be used again.
    #[inline]
    pub(crate) fn settle(&mut self) {
        if self.is_unsettled() {
            self.give_back();
        }
    }

    #[cold]
    fn give_back(&mut self) {
        self.free.append(&mut self.freed);
        self.replaced = false;
        if self.keys.is_crowded() {
            self.sweep();
        }
    }

    /// Gives up the names that no member has any more. Numbers may come to stand for other names, so that whoever remembers
    /// places is told that they have moved.
    fn sweep(&mut self) {
        let mut used = self.keys.unused();
        for at in 0..crate::narrow(self.slots.len()) {
            self.members(at).for_each(|member| self.keys.note_used(&mut used, member.0));
        }
        self.keys.keep(&used, self.slots.len());
        self.epoch += 1;
        self.layout += 1;
    }
}
