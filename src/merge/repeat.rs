//! An event that a template fits, merged as the full path would merge it.

use super::document::{Node, NodeId};
use super::keys::KeyId;
use super::list::extend_list;
use super::message::Message;
use super::payload::Payload;
use super::text::extend_text;
use super::trace::{Effect, HoleKind};
use crate::dialect::Dialect;
use crate::json::Tape;
use crate::rule::Rule;
use crate::template::{Filling, Hit};

/// The call that an event's index selects.
#[derive(Clone, Copy)]
struct Selected {
    list: NodeId,
    slot: u32,
    call: NodeId,
}

impl Message {
    /// Merges the event; false, with nothing changed, where its index selects no call that is like the one learned from.
    #[inline]
    pub(crate) fn repeat(&mut self, dialect: &Dialect, hit: &Hit<'_>, fillings: &[Filling<'_>], tape: &Tape) -> bool {
        let mut selected = None;
        if let Some(at) = hit.select() {
            selected = fillings.get(at).and_then(|filling| self.select(hit.effect(at)?.node, filling.text));
            let selects = |effect: &Effect| selected.is_some_and(|found| self.text_of(found, effect).is_some());
            if selected.is_none() || !hit.effects().filter(|effect| effect.selected).all(selects) {
                return false;
            }
        }
        self.before = self.queue.len();
        let (choice, index) = (self.choice, self.index);
        for (effect, filling) in hit.effects().zip(fillings) {
            if filling.text.is_empty() {
                continue;
            }
            match effect.kind {
                HoleKind::Append => {
                    (self.choice, self.index) = (effect.choice, effect.index);
                    self.append_again(dialect.rule(effect.rule), effect, filling, selected);
                }
                HoleKind::Extend => {
                    (self.choice, self.index) = (effect.choice, effect.index);
                    let payload = Payload { text: filling.text, tape };
                    extend_list(self, payload, dialect.rule(effect.rule), effect.place, effect.node, 0);
                }
                HoleKind::Skip | HoleKind::Number | HoleKind::Select => {}
            }
        }
        (self.choice, self.index) = (choice, index);
        match selected {
            Some(found) => self.set_last_call(found.list, found.slot),
            None => hit.last().iter().for_each(|(list, slot)| self.set_last_call(*list, *slot)),
        }
        self.quirks.replay(hit.quirks());
        self.unknown.replay(hit.unknown());
        if !self.reasoning_now.is_empty() {
            self.settle_reasoning();
        }
        true
    }

    #[inline]
    fn append_again(&mut self, rule: &Rule, effect: &Effect, filling: &Filling<'_>, selected: Option<Selected>) {
        let (mut node, mut place) = (effect.node, effect.place);
        if let Some((found, text)) =
            selected.filter(|_| effect.selected).and_then(|found| self.text_of(found, effect).map(|text| (found, text)))
        {
            self.index = Some(found.slot);
            (node, place) = text;
        }
        extend_text(self, rule, place, node, filling.text, filling.escaped);
    }

    /// The call bound to an index.
    fn select(&self, list: NodeId, index: &str) -> Option<Selected> {
        let Node::Calls(calls) = self.document.node(list) else { return None };
        let slot = calls.bound(index.parse().ok()?)?;
        Some(Selected { list, slot, call: *calls.slots.get(slot as usize)? })
    }

    /// The text of the selected call that stands where the effect's text stands in its own: node, object and key.
    #[inline]
    fn text_of(&self, found: Selected, effect: &Effect) -> Option<(NodeId, (NodeId, KeyId))> {
        let document = &self.document;
        let holder = document.member(found.call, document.place_key(effect.place.0))?;
        let text = document.member(holder, effect.place.1)?;
        matches!(document.node(text), Node::Text(_)).then_some((text, (holder, effect.place.1)))
    }
}
