//! An event that a template fits, merged as the full path would merge it.

use super::document::{Node, NodeId};
use super::keys::KeyId;
use super::list::extend_list;
use super::message::Message;
use super::payload::Payload;
use super::routing::follow;
use super::text::{extend_simply, extend_text, push_simply};
use super::trace::{Effect, HoleKind};
use crate::ahead::fetch_ahead;
use crate::dialect::Dialect;
use crate::json::{Tag, Tape, small_int, unescape};
use crate::rule::{Op, Rule};
use crate::run::{Growing, Grown, Run};
use crate::template::{Filling, Hit};

/// A text of the call that an event's index selects, standing where an effect's text stands in its own call.
#[derive(Clone, Copy)]
struct Selected {
    slot: u32,
    text: NodeId,
    holder: NodeId,
}

/// Texts selected lately, by index: they stay where they are while the epoch does.
#[derive(Default)]
pub(super) struct Selection {
    epoch: u64,
    place: (NodeId, KeyId),
    by_index: Vec<Option<Selected>>,
}

impl Selection {
    /// Ready for another message.
    pub(super) fn forget(&mut self) {
        (self.epoch, self.place) = (0, (0, 0));
        self.by_index.clear();
    }
}

/// What halves of characters that wait may add to a message, beside what an event appends, in bytes: 3 a hole.
const WAITING: u64 = 64;

/// Indexes kept in mind; interleaved calls are few.
const KEPT: usize = 32;

impl Message {
    /// Merges the events at the front of the input that only append, while nobody looks and no bound is near; returns how
    /// many, and whether the next one is known not to be like them.
    #[inline]
    pub(crate) fn run(
        &mut self,
        dialect: &Dialect,
        mut run: Run<'_>,
        data: &mut &[u8],
        bounds: [Option<u64>; 2],
    ) -> (u64, bool) {
        let [max_event_size, max_message_size] = bounds.map(|bound| bound.unwrap_or(u64::MAX));
        let room = max_message_size.saturating_sub(WAITING);
        // Who looks gets a delta; a first fragment of reasoning may settle which field it is.
        if self.looking || !run.effects().all(|effect| self.only_grows(dialect, effect)) {
            return (0, false);
        }
        let (mut events, mut missed) = match run.growing() {
            Some(growing) => self.run_growing(growing, data, max_event_size, room),
            None => (0, false),
        };
        let numbered = run.hit(0).is_numbered();
        missed = missed
            || loop {
                let Some(size) = run.fit(data) else { break true };
                let hit = run.hit(size);
                // It appends less than its own length.
                if size as u64 > max_event_size || self.document.size + size as u64 > room {
                    break false;
                }
                let Ok(selected) = self.find_selected(&hit, data) else { break false };
                for (effect, filling) in hit.effects().zip(hit.fillings()) {
                    if effect.kind == HoleKind::Append && !filling.is_empty() {
                        self.append_unseen(dialect, effect, filling, data, selected);
                    }
                }
                if numbered {
                    hit.sequence(data).map(|number| self.take_sequence(number));
                }
                self.set_last(&hit, selected);
                fetch_ahead(data, size);
                events += 1;
                *data = data.get(size..).unwrap_or_default();
            };
        self.quirks.replay(run.quirks(), events);
        self.unknown.replay(run.unknown(), events);
        (events, missed)
    }

    /// The same where one text grows, until a fragment has half a character.
    #[inline]
    fn run_growing(
        &mut self,
        mut growing: Growing<'_>,
        data: &mut &[u8],
        max_event_size: u64,
        room: u64,
    ) -> (u64, bool) {
        let room = room.saturating_sub(self.document.size);
        let Node::Text(text) = self.document.node_mut(growing.effect.node) else { return (0, false) };
        let (before, mut events) = (text.buffer.len(), 0);
        let missed = loop {
            if text.pending.is_some() {
                break false;
            }
            let Some(Grown { body, escaped, number, size }) = growing.fit(data) else { break true };
            // It appends less than its own length.
            let grown = text.buffer.len() - before + size;
            if size as u64 > max_event_size || grown as u64 > room || !text.buffer.push_body(body, escaped) {
                break false;
            }
            if let Some(number) = number {
                follow(&mut self.sequence, &mut self.quirks, number);
            }
            fetch_ahead(data, size);
            events += 1;
            *data = data.get(size..).unwrap_or_default();
        };
        let added = text.buffer.len() - before;
        if added > 0 {
            self.document.grow_text(added as u64);
        }
        (events, missed)
    }

    /// Appends a fragment of a run.
    #[inline]
    fn append_unseen(
        &mut self,
        dialect: &Dialect,
        effect: &Effect,
        filling: &Filling,
        event: &[u8],
        selected: Option<Selected>,
    ) {
        let node = selected.filter(|_| effect.selected).map_or(effect.node, |found| found.text);
        if push_simply(&mut self.document, node, (filling.body(event), filling.escaped)).is_none() {
            self.append_effect(dialect, effect, filling, event, selected);
        }
    }

    /// Appends a fragment, whatever it holds.
    fn append_effect(
        &mut self,
        dialect: &Dialect,
        effect: &Effect,
        filling: &Filling,
        event: &[u8],
        selected: Option<Selected>,
    ) {
        let before = (self.choice, self.index);
        (self.choice, self.index) = (effect.choice, effect.index);
        self.append_again(dialect.rule(effect.rule), effect, filling, event, selected);
        (self.choice, self.index) = before;
    }

    /// Whether what an effect appends, unseen, does no more than make its text longer.
    #[inline]
    fn only_grows(&self, dialect: &Dialect, effect: &Effect) -> bool {
        let ranked = effect.kind == HoleKind::Append && dialect.rule(effect.rule).rank.is_some();
        !ranked || self.is_settled(effect.choice)
    }

    /// Merges the event; false, with nothing changed, where its index selects no call that is like the one learned from.
    #[inline]
    pub(crate) fn repeat(&mut self, dialect: &Dialect, hit: &Hit<'_>, event: &[u8], tape: &Tape) -> bool {
        self.before = self.queue.len();
        let repeated = if hit.is_plain() {
            self.repeat_plain(dialect, hit, event)
        } else {
            self.repeat_any(dialect, hit, event, tape)
        };
        if repeated {
            self.quirks.replay(hit.quirks(), 1);
            self.unknown.replay(hit.unknown(), 1);
            if !self.reasoning_now.is_empty() {
                self.settle_reasoning();
            }
        }
        repeated
    }

    /// Merges an event that appends and does nothing else, nine in ten; false, with nothing changed, as `repeat`.
    #[inline]
    fn repeat_plain(&mut self, dialect: &Dialect, hit: &Hit<'_>, event: &[u8]) -> bool {
        let Ok(selected) = self.find_selected(hit, event) else { return false };
        for (effect, filling) in hit.effects().zip(hit.fillings()) {
            if effect.kind == HoleKind::Append && !filling.is_empty() {
                self.append_effect(dialect, effect, filling, event, selected);
            }
        }
        hit.sequence(event).map(|number| self.take_sequence(number));
        self.set_last(hit, selected);
        true
    }

    /// The call that the event went to is the last one.
    #[inline]
    fn set_last(&mut self, hit: &Hit<'_>, selected: Option<Selected>) {
        for (list, slot) in hit.last() {
            self.set_last_call(*list, selected.map_or(*slot, |found| found.slot));
        }
    }

    /// The same for any event; false, with nothing changed, as `repeat`.
    fn repeat_any(&mut self, dialect: &Dialect, hit: &Hit<'_>, event: &[u8], tape: &Tape) -> bool {
        let Ok(selected) = self.find_selected(hit, event) else { return false };
        // A list of scalars extends, another one replaces.
        let nested = |item| matches!(tape.entry(item).tag, Tag::Object | Tag::List);
        let replaces = |effect: &Effect| {
            effect.kind == HoleKind::Extend && dialect.rule(effect.rule).op == Op::Scalars && tape.items(0).any(nested)
        };
        // One that is as held is not counted, nor is an empty one; escapes would have to be resolved.
        let counts = |(effect, filling): (&Effect, &Filling)| match self.document.node(effect.node) {
            _ if effect.kind != HoleKind::Changed => true,
            Node::Str(held) => !filling.is_empty() && !filling.escaped && held.as_bytes() != filling.body(event),
            _ => false,
        };
        if hit.effects().any(replaces) || (hit.differs() && !hit.effects().zip(hit.fillings()).all(counts)) {
            return false;
        }
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
            if body.is_empty() && effect.kind != HoleKind::Replace {
                continue;
            }
            match effect.kind {
                HoleKind::Replace => {
                    (self.choice, self.index) = (effect.choice, effect.index);
                    let text = unescape(filling.text(event));
                    self.replace_string(dialect.rule(effect.rule), effect.node, effect.place, &text);
                }
                HoleKind::Append => {
                    (self.choice, self.index) = (effect.choice, effect.index);
                    self.append_again(dialect.rule(effect.rule), effect, filling, event, selected);
                }
                HoleKind::Extend => {
                    (self.choice, self.index) = (effect.choice, effect.index);
                    let payload = Payload { text: filling.text(event), tape };
                    extend_list(self, payload, dialect.rule(effect.rule), effect.place, effect.node, 0);
                }
                HoleKind::Sequence => {
                    small_int(body).map(|number| self.take_sequence(number));
                }
                _ => {}
            }
        }
        self.emit_counted(dialect, &mut counted);
        (self.choice, self.index) = (choice, index);
        self.set_last(hit, selected);
        true
    }

    /// The text of the call that the event's index selects, None where it has no such index; an error where it selects no
    /// call that is like the one learned from.
    #[inline]
    fn find_selected(&mut self, hit: &Hit<'_>, event: &[u8]) -> Result<Option<Selected>, ()> {
        let Some(at) = hit.select() else { return Ok(None) };
        let wanted = hit.fillings().get(at).and_then(|filling| index(filling.body(event)));
        let list = hit.effect(at).map(|effect| effect.node);
        let effect = hit.effects().find(|effect| effect.selected);
        let (Some(wanted), Some(list), Some(effect)) = (wanted, list, effect) else { return Err(()) };
        let selection = &mut self.selection;
        if selection.epoch != self.document.epoch || selection.place != effect.place {
            (selection.epoch, selection.place) = (self.document.epoch, effect.place);
            selection.by_index.clear();
            selection.by_index.resize(KEPT, None);
        }
        let kept = usize::try_from(wanted).ok().filter(|wanted| *wanted < KEPT);
        if let Some(Some(found)) = kept.and_then(|wanted| selection.by_index.get(wanted)) {
            return Ok(Some(*found));
        }
        let found = self.select(list, wanted, effect).ok_or(())?;
        if let Some(place) = kept.and_then(|wanted| self.selection.by_index.get_mut(wanted)) {
            *place = Some(found);
        }
        Ok(Some(found))
    }

    /// Sets a string to another one: a change that a template repeats.
    pub(super) fn replace_string(&mut self, rule: &Rule, held: NodeId, place: (NodeId, KeyId), text: &str) {
        let Node::Str(known) = self.document.node_mut(held) else { return };
        if !known.is(text) {
            let gone = known.size();
            *known = text.into();
            self.document.size -= gone;
            self.document.grow_text(text.len() as u64);
            self.emit_value(rule, place.0, place.1);
        }
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
    fn append_again(
        &mut self,
        rule: &Rule,
        effect: &Effect,
        filling: &Filling,
        event: &[u8],
        selected: Option<Selected>,
    ) {
        let (mut node, mut place) = (effect.node, effect.place);
        if let Some(found) = selected.filter(|_| effect.selected) {
            self.index = Some(found.slot);
            (node, place) = (found.text, (found.holder, effect.place.1));
        }
        if !extend_simply(self, rule, place, node, (filling.body(event), filling.escaped)) {
            extend_text(self, rule, place, node, filling.text(event), filling.escaped);
        }
    }

    /// Finds the text that an effect is for in the call bound to `index`, if it has one.
    fn select(&self, list: NodeId, index: u64, effect: &Effect) -> Option<Selected> {
        let document = &self.document;
        let Node::Calls(calls) = document.node(list) else { return None };
        let slot = calls.bound(index)?;
        let holder = document.member(*calls.slots.get(slot as usize)?, document.place_key(effect.place.0))?;
        let text = document.member(holder, effect.place.1)?;
        matches!(document.node(text), Node::Text(_)).then_some(Selected { slot, text, holder })
    }
}

/// The value of an integer token of at most 18 digits; a negative one is left to the full path.
#[inline]
fn index(token: &[u8]) -> Option<u64> {
    token.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0')))
}
