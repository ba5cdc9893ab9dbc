//! What only the end of a message decides: items and calls that go on, messages beside no delta, halves of characters;
//! and how another message begins.

use std::sync::Arc;

use super::apply;
use super::call::close;
use super::document::{Document, Node};
use super::item::index_of;
use super::keys::Keys;
use super::message::{Given, Message, Unfinished};
use super::parts::end_calls;
use super::payload::Payload;
use crate::dialect::Dialect;
use crate::json::{Sink, Tape};

impl Message {
    /// Merges what only the end decides: messages that no delta came beside, and halves of characters.
    pub(crate) fn end(&mut self, dialect: &Dialect) {
        self.before = self.queue.len();
        self.ending = true;
        self.end_whole(dialect);
        self.forget_dropped();
        self.close_all(dialect);
        for held in std::mem::take(&mut self.tails).into_values() {
            let (_, tail) = self.document.tails.remove(&held.node).unwrap_or_default();
            self.document.size -= tail.len() as u64;
            self.finish_text(dialect, held, &tail);
        }
        for held in std::mem::take(&mut self.pending).into_values() {
            self.finish_text(dialect, held, "\u{fffd}");
        }
        if !self.reasoning_now.is_empty() {
            self.settle_reasoning();
        }
        (self.choice, self.index, self.ending) = (0, None, false);
    }

    /// Merges the messages that no delta came beside, in the order of their choices.
    fn end_whole(&mut self, dialect: &Dialect) {
        let whole = std::mem::take(&mut self.whole).into_iter();
        let choice = |(ticket, object)| Some((self.document.whole(object, ticket)?.choice, ticket, object));
        let mut there: Vec<_> = whole.filter_map(choice).collect();
        there.sort_unstable();
        let mut tape = Tape::new();
        for (_, ticket, object) in there {
            // One that was merged before may have replaced it.
            let Some(whole) = self.document.take_whole(object, ticket) else { continue };
            if tape.parse(&whole.text).is_ok() {
                self.choice = whole.choice;
                let c = &Given { dialect, payload: Payload { text: &whole.text, tape: &tape } };
                let rule = dialect.rule(whole.rule);
                apply(self, c, rule, object, rule.to, 0);
            }
        }
    }

    /// Ends the items and function calls that go on.
    fn close_all(&mut self, dialect: &Dialect) {
        let opened: Vec<_> = self.opened.values().copied().collect();
        for (rule, item) in opened {
            let rule = dialect.rule(rule);
            let (list, number) = self.document.place(item);
            if let (true, Node::Items(items)) = (rule.index, self.document.node(list)) {
                self.index = Some(items.place(number));
            }
            close(self, dialect, rule, item);
        }
        end_calls(self, dialect);
        self.index = None;
        self.forget_dropped();
    }

    pub(super) fn finish_text(&mut self, dialect: &Dialect, held: Unfinished, rest: &str) {
        // Items that came since may have moved the one that it is of.
        (self.choice, self.index) = (held.choice, index_of(&self.document, held.place).or(held.index));
        let Node::Text(text) = self.document.node_mut(held.node) else { return };
        let start = text.buffer.len();
        (text.pending, text.ticket) = (None, 0);
        text.buffer.push_str(rest);
        self.document.grow(rest.len() as u64);
        self.emit_text(dialect.rule(held.rule), held.place.0, held.place.1, (held.node, start));
    }

    /// Begins anew: another message comes in the same stream, and the last one wins.
    pub(crate) fn restart(&mut self) {
        if self.document.is_empty() {
            return;
        }
        self.quirks.add("message_restarted");
        let mut ready = std::mem::take(&mut self.ready);
        self.drain(&mut ready);
        self.ready = ready;
        let (epoch, layout) = (self.document.epoch + 1, self.document.layout + 1);
        self.document = Document::new(self.document.keys.fresh());
        (self.document.epoch, self.document.layout) = (epoch, layout);
        (self.index, self.sequence, self.finish, self.ended) = (None, None, None, false);
        self.forget_streamed();
    }

    /// Begins the message of another stream in the memory of this one.
    pub(crate) fn renew(&mut self, dialect: &Dialect) {
        if std::ptr::eq(self.document.table(), Arc::as_ptr(&dialect.keys)) {
            self.document.renew();
        } else {
            self.document = Document::new(Keys::new(Arc::clone(&dialect.keys)));
        }
        (self.choice, self.index, self.looking, self.before) = (0, None, false, 0);
        (self.finished, self.ending, self.ended) = (false, false, false);
        (self.full, self.large_usage) = (false, false);
        (self.tickets, self.sequence, self.finish) = (0, None, None);
        self.queue.clear();
        self.ready.clear();
        self.reasoning_now.clear();
        self.forget_streamed();
        self.trace.forget();
        self.selection.forget();
        self.stated.forget();
        self.paths.forget();
    }

    /// Forgets what is remembered of the nodes of a document that is gone.
    pub(super) fn forget_streamed(&mut self) {
        if !self.usage_room.is_empty() {
            self.usage_room.clear();
        }
        self.finished_at = 0;
        self.reasoning.clear();
        for waiting in [&mut self.pending, &mut self.tails] {
            // To clear an empty map takes twenty instructions.
            if !waiting.is_empty() {
                waiting.clear();
            }
        }
        if !self.opened.is_empty() {
            self.opened.clear();
        }
        if !self.parted.is_empty() {
            self.parted.clear();
        }
        self.whole.clear();
        self.copied.clear();
        (self.closes, self.matched) = (false, false);
    }
}
