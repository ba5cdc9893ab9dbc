//! What a message that loses values gives back: members, slots of nodes, names; in the end all of them.

use super::buffer::Buffer;
use super::document::{Document, FEW_MEMBERS, NONE, Node, NodeId, Text};
use super::keys::KeyId;

/// The slots that a document keeps for another message: those of a message of a hundred blocks.
const KEPT: usize = 1 << 10;

/// Of how many texts it keeps the memory, and of how many bytes at most.
const KEPT_TEXTS: usize = 8;
const KEPT_TEXT: usize = 1 << 14;

/// What a text has room for at first: most that grow at all grow beyond it.
const TEXT_CAPACITY: usize = 128;

impl Document {
    /// Takes members out of an object; their keys are sorted.
    pub(crate) fn remove(&mut self, object: NodeId, keys: &[KeyId]) {
        let (gone, kept): (Vec<_>, Vec<_>) =
            self.members(object).partition(|member| keys.binary_search(&member.0).is_ok());
        let before = gone.len() + kept.len();
        if before > FEW_MEMBERS as usize {
            for (key, _) in gone.iter().chain(&kept) {
                self.large.remove(&(object, *key));
            }
        }
        if let Node::Object(inner) = self.node_mut(object) {
            (inner.first, inner.last, inner.count) = (NONE, NONE, 0);
        }
        for (key, id) in kept {
            self.link(id, NONE);
            self.attach(object, key, id);
        }
        for (key, id) in gone {
            self.size -= self.keys.name(key).len() as u64 + self.size_of(id);
            self.clear(id);
            self.freed.push(id);
            self.layout += 1;
            self.replaced = true;
            self.changes += 1;
            self.epoch += 1;
        }
    }

    /// An empty buffer for a text.
    pub(super) fn buffer(&mut self) -> Buffer {
        self.spare.pop().unwrap_or_else(|| Buffer::with_capacity(TEXT_CAPACITY))
    }

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

    /// Begins anew, in the memory of what it was.
    pub(super) fn renew(&mut self) {
        let Self { slots, free, freed, dropped, keys, tails, large, spare, beside, .. } = self;
        for slot in slots.drain(..) {
            if let Node::Text(Text { mut buffer, .. }) = slot.node {
                if (TEXT_CAPACITY..=KEPT_TEXT).contains(&buffer.capacity()) && spare.len() < KEPT_TEXTS {
                    buffer.clear();
                    spare.push(buffer);
                }
            }
        }
        if slots.capacity() > KEPT {
            *slots = Vec::new();
        }
        free.clear();
        freed.clear();
        dropped.clear();
        keys.renew();
        // To clear an empty map takes twenty instructions.
        if !tails.is_empty() {
            tails.clear();
        }
        if !large.is_empty() {
            large.clear();
        }
        if !beside.is_empty() {
            beside.clear();
        }
        (self.replaced, self.layout, self.size, self.changes, self.epoch) = (false, 0, 0, 0, 0);
    }
}
