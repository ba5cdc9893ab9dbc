//! An event that a template fits, merged as the full path would merge it.

use super::document::{Node, NodeId};
use super::keys::KeyId;
use super::list::extend_list;
use super::message::Message;
use super::payload::Payload;
use super::text::{extend_ascii, extend_text};
use super::trace::{Effect, HoleKind};
use crate::dialect::Dialect;
use crate::json::{Tag, Tape};
use crate::rule::{Op, Rule};
use crate::template::{Filling, Hit};

/// A text of the call that an event's index selects, standing where an effect's text stands in its own call.
#[derive(Clone, Copy)]
struct Selected {
    index: u64,
    place: (NodeId, KeyId),
    slot: u32,
    text: NodeId,
    holder: NodeId,
}

/// Texts selected lately: they stay where they are while the epoch does.
#[derive(Default)]
pub(super) struct Selection {
    epoch: u64,
    found: Vec<Selected>,
}

/// Texts kept in mind; interleaved calls are few.
const KEPT: usize = 32;

impl Message {
    /// Merges the event; false, with nothing changed, where its index selects no call that is like the one learned from.
    #[inline]
    pub(crate) fn repeat(&mut self, dialect: &Dialect, hit: &Hit<'_>, event: &[u8], tape: &Tape) -> bool {
        let Some(wanted) = self.find_selected(hit, event) else { return false };
        // A list of scalars extends, another one replaces.
        let nested = |item| matches!(tape.entry(item).tag, Tag::Object | Tag::List);
        let replaces = |effect: &Effect| {
            effect.kind == HoleKind::Extend && dialect.rule(effect.rule).op == Op::Scalars && tape.items(0).any(nested)
        };
        if hit.effects().any(replaces) {
            return false;
        }
        self.before = self.queue.len();
        let (choice, index) = (self.choice, self.index);
        let mut counted = None;
        for (effect, filling) in hit.effects().zip(hit.fillings()) {
            let body = filling.body(event);
            if let HoleKind::Count = effect.kind {
                if counted.is_some_and(|held: &Effect| held.place != effect.place) {
                    self.emit_counted(dialect, &mut counted);
                }
                let before = self.document.changes;
                self.document.set_count(effect.node, filling.text(event));
                if self.document.changes != before {
                    counted = Some(effect);
                }
                continue;
            }
            self.emit_counted(dialect, &mut counted);
            if body.is_empty() {
                continue;
            }
            match effect.kind {
                HoleKind::Append => {
                    (self.choice, self.index) = (effect.choice, effect.index);
                    self.append_again(dialect.rule(effect.rule), effect, filling, event, wanted);
                }
                HoleKind::Extend => {
                    (self.choice, self.index) = (effect.choice, effect.index);
                    let payload = Payload { text: filling.text(event), tape };
                    extend_list(self, payload, dialect.rule(effect.rule), effect.place, effect.node, 0);
                }
                HoleKind::Skip | HoleKind::Number | HoleKind::Select | HoleKind::Count => {}
            }
        }
        self.emit_counted(dialect, &mut counted);
        (self.choice, self.index) = (choice, index);
        for (list, slot) in hit.last() {
            let slot = hit.select().map_or(Some(*slot), |_| self.bound(*list, wanted));
            self.set_last_call(*list, slot.unwrap_or_default());
        }
        self.quirks.replay(hit.quirks());
        self.unknown.replay(hit.unknown());
        if !self.reasoning_now.is_empty() {
            self.settle_reasoning();
        }
        true
    }

    /// The index that selects a call, 0 where the event has none; None where that call lacks a text to append to.
    #[inline]
    fn find_selected(&mut self, hit: &Hit<'_>, event: &[u8]) -> Option<u64> {
        let Some(at) = hit.select() else { return Some(0) };
        let wanted = hit.fillings().get(at).and_then(|filling| index(filling.body(event)))?;
        let list = hit.effect(at)?.node;
        // Room for all of this event's texts, which must stay while it is merged.
        if self.selection.found.len() > KEPT {
            self.selection.found.clear();
        }
        let mut texts = 0;
        let mut selected = hit.effects().filter(|effect| effect.selected).inspect(|_| texts += 1);
        let fits = selected.all(|effect| self.select(list, wanted, effect).is_some());
        // Without a text nothing has asked for what the index is bound to.
        (fits && texts > 0).then_some(wanted)
    }

    /// Emits the usage once its counts are set, if one has changed.
    #[inline]
    fn emit_counted(&mut self, dialect: &Dialect, counted: &mut Option<&Effect>) {
        if let Some(effect) = counted.take() {
            (self.choice, self.index) = (effect.choice, effect.index);
            self.emit_value(dialect.rule(effect.rule), effect.place.0, effect.place.1);
        }
    }

    #[inline]
    fn append_again(&mut self, rule: &Rule, effect: &Effect, filling: &Filling, event: &[u8], index: u64) {
        let (mut node, mut place) = (effect.node, effect.place);
        if effect.selected {
            let found = self.selection.found.iter().find(|found| found.index == index && found.place == effect.place);
            let Some(found) = found else { return };
            self.index = Some(found.slot);
            (node, place) = (found.text, (found.holder, effect.place.1));
        }
        if !filling.ascii || !extend_ascii(self, rule, place, node, filling.body(event)) {
            extend_text(self, rule, place, node, filling.text(event), filling.escaped);
        }
    }

    /// The call bound to an index.
    fn bound(&self, list: NodeId, index: u64) -> Option<u32> {
        match self.document.node(list) {
            Node::Calls(calls) => calls.bound(index),
            _ => None,
        }
    }

    /// Finds the text that an effect is for in the call bound to `index`, if it has one.
    #[inline]
    fn select(&mut self, list: NodeId, index: u64, effect: &Effect) -> Option<()> {
        let selection = &mut self.selection;
        if selection.epoch != self.document.epoch {
            selection.epoch = self.document.epoch;
            selection.found.clear();
        }
        if selection.found.iter().any(|found| found.index == index && found.place == effect.place) {
            return Some(());
        }
        let slot = self.bound(list, index)?;
        let document = &self.document;
        let Node::Calls(calls) = document.node(list) else { return None };
        let holder = document.member(*calls.slots.get(slot as usize)?, document.place_key(effect.place.0))?;
        let text = document.member(holder, effect.place.1)?;
        if !matches!(document.node(text), Node::Text(_)) {
            return None;
        }
        self.selection.found.push(Selected { index, place: effect.place, slot, text, holder });
        Some(())
    }
}

/// The value of an integer token of at most 18 digits; a negative one is left to the full path.
#[inline]
fn index(token: &[u8]) -> Option<u64> {
    token.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}
