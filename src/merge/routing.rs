//! What an event does by its route: the members that no step reads, then its steps, one after another.

use super::call::{close, tell_held_call};
use super::document::{MEMBER, Node, NodeId, ROOT};
use super::item::{item_at, items_at, items_in};
use super::items::Items;
use super::keys::KeyId;
use super::list::index_of;
use super::message::{Chunk, Message};
use super::put::{put, put_item, put_object};
use super::trace::HoleKind;
use super::{apply, scalar};
use crate::delta::{DeltaValue, Fragment, Kind};
use crate::json::Tag;
use crate::report::Counts;
use crate::route::{Beside, Place, Route, RouteStep, StepOp, reach};
use crate::rule::Rule;

/// Digits of the number of an event; a longer one counts as missing.
const DIGITS: usize = 18;

/// Where an address leads: a member of an object, or an object: an item of the list of that rule, or the message.
#[derive(Clone, Copy)]
struct Target<'d> {
    rule: &'d Rule,
    object: NodeId,
    key: Option<KeyId>,
}

/// Merges an event of that name by its route; one that has none is counted.
pub(super) fn merge_routed(m: &mut Message, c: Chunk<'_>, chunk: u32, name: &str) {
    let routes = &c.dialect.routes;
    check_sequence(m, c, chunk);
    let Some(route) = routes.find(c.payload, chunk, name) else {
        return m.unknown.add(&routes.unknown(name));
    };
    // What the message has no place for is no news.
    if route.steps.is_empty() {
        return;
    }
    if m.document.is_empty() {
        m.begin(c);
    }
    m.closes = route.ends;
    // What is told of an end depends on more than the event.
    m.trace.blocked |= route.ends;
    if m.trace.on {
        routes.named_by(c.payload, chunk).for_each(|value| m.trace.steers(c.payload.entry(value)));
    }
    merge_rest(m, c, route, chunk);
    for step in &route.steps {
        m.index = None;
        run(m, c, step, chunk);
    }
    m.index = None;
}

/// Counts a gap in the numbers of the events.
fn check_sequence(m: &mut Message, c: Chunk<'_>, chunk: u32) {
    let name = c.dialect.routes.sequence.as_ref();
    let Some(value) = name.and_then(|name| c.payload.named(chunk, name)) else { return };
    let entry = c.payload.entry(value);
    let token = c.payload.tape.str_of(c.payload.text, entry);
    let digits = token.strip_prefix('-').unwrap_or(token).len();
    let Some(number) = token.parse().ok().filter(|_| entry.tag == Tag::Int && digits <= DIGITS) else { return };
    if !m.take_sequence(number) {
        m.trace.blocked = true;
    } else if m.trace.on {
        m.add_hole(HoleKind::Sequence, entry, c.dialect.rule(c.dialect.root), ROOT, (ROOT, 0));
    }
}

impl Message {
    /// Takes note of the number of an event; false, and a quirk, where it doesn't follow the last one.
    pub(super) fn take_sequence(&mut self, number: i64) -> bool {
        follow(&mut self.sequence, &mut self.quirks, number)
    }
}

/// The same, of what was the last number.
#[inline]
pub(super) fn follow(last: &mut Option<i64>, quirks: &mut Counts, number: i64) -> bool {
    let follows = last.is_none_or(|last| number == last + 1);
    if !follows {
        quirks.add("sequence_gap");
    }
    *last = Some(number);
    follows
}

/// Merges the members that no step reads into the message, where the route says so; else counts them.
fn merge_rest(m: &mut Message, c: Chunk<'_>, route: &Route, chunk: u32) {
    for (name, value) in c.payload.tape.fields(chunk) {
        if c.payload.entry(value).tag == Tag::Null {
            continue;
        }
        match route.beside(name.next, &c.payload.name_of(name)) {
            Beside::Read => {}
            Beside::Ignored(rule) => scalar::drop(m, c, c.dialect.rule(rule), value),
            Beside::Rest if route.rest => m.field(c, c.dialect.rule(c.dialect.root), name, value, ROOT),
            Beside::Rest => m.unknown.add(&c.payload.tape.text_of(c.payload.text, name)),
        }
    }
}

/// Takes one step.
fn run(m: &mut Message, c: Chunk<'_>, step: &RouteStep, chunk: u32) {
    match step.op {
        StepOp::End => m.ended = true,
        StepOp::Finish => tell_finish(m, c),
        StepOp::Rest => {}
        StepOp::Close | StepOp::Merge | StepOp::Put => {
            let value = reach(c.payload, chunk, &step.take).filter(|value| c.payload.entry(*value).tag != Tag::Null);
            let Some(value) = value else { return };
            let Some(target) = find(m, c, step, chunk) else { return };
            // What says how something ends, or begins, comes once.
            m.trace.blocked |= step.op != StepOp::Merge;
            match (step.op, target.key) {
                (StepOp::Close, _) => close(m, c.dialect, target.rule, target.object),
                // A buffer is a text.
                (StepOp::Put, Some(_)) if is_buffer(step) && c.payload.string(value).is_none() => m.wrong_type(),
                (StepOp::Put, Some(key)) => put(m, c, target.rule, target.object, key, value),
                (_, Some(key)) => apply(m, c, target.rule, target.object, key, value),
                (_, None) if c.payload.entry(value).tag == Tag::Object => merge_object(m, c, step, target, value),
                _ => m.wrong_type(),
            }
        }
    }
}

/// Whether a step leads to the buffer beside a member.
fn is_buffer(step: &RouteStep) -> bool {
    step.into.last().is_some_and(|place| place.is_buffer)
}

/// Merges an object into an item or the message, or puts it there.
fn merge_object(m: &mut Message, c: Chunk<'_>, step: &RouteStep, target: Target<'_>, value: u32) {
    let Target { rule, object, .. } = target;
    match step.op {
        StepOp::Put if object == ROOT => put_message(m, c, rule, value),
        StepOp::Put => put_item(m, c, rule, object, value),
        _ if object == ROOT => m.fields(c, rule, value, object),
        _ => {
            let variant = c.dialect.rule(rule.of_item(&m.document, object));
            m.fields(c, variant, value, object);
            if let Some(call) = variant.call.as_ref() {
                tell_held_call(m, c, call, object, value);
            }
        }
    }
}

/// Lets the message be an object, unless that is what it was put as last.
fn put_message(m: &mut Message, c: Chunk<'_>, rule: &Rule, value: u32) {
    let text = c.payload.tape.str_of(c.payload.text, c.payload.entry(value));
    if !m.states(text) {
        let before = m.quirks.log.len();
        m.stated.odd = false;
        put_object(m, c, rule, ROOT, value);
        m.note_stated(text, m.quirks.log.len() != before);
    }
}

/// Follows the address of a step, and makes what isn't there; None where it leads to no rule, to nothing to close, or to an
/// item that a full list has no room for.
fn find<'d>(m: &mut Message, c: Chunk<'d>, step: &RouteStep, chunk: u32) -> Option<Target<'d>> {
    let root = c.dialect.rule(c.dialect.root);
    let (mut list, mut rule, mut object) = (root, root, ROOT);
    for (at, place) in step.into.iter().enumerate() {
        let (child, key) = child_at(m, c, rule, place)?;
        if let Some(member) = &place.index {
            let said = c.payload.named(chunk, member);
            if let Some(said) = said {
                m.trace.steers(c.payload.entry(said));
            }
            let index = index_of(c.payload, said);
            if step.op == StepOp::Close && !has_item(m, object, key, index) {
                return None;
            }
            let items = items_at(m, object, key);
            object = item_at(m, child, items, index, place.kind.as_deref())?;
            (list, rule) = (child, c.dialect.rule(child.of_item(&m.document, object)));
        } else if at + 1 < step.into.len() {
            object = m.open(c.dialect, child, object, key);
            rule = child;
        } else {
            if place.is_buffer {
                if m.document.member(object, key).is_none() {
                    // What the deltas' path leads to, until the buffer becomes its value.
                    m.document.put(object, key, Node::Null);
                    m.trace.settled += 1;
                }
                m.open_item(list.number, object);
                object = m.document.shadow_of(object);
            }
            return Some(Target { rule: child, object, key: Some(key) });
        }
    }
    Some(Target { rule: list, object, key: None })
}

/// The rule of a place, and its key.
fn child_at<'d>(m: &mut Message, c: Chunk<'d>, rule: &'d Rule, place: &Place) -> Option<(&'d Rule, KeyId)> {
    let own = if place.is_buffer {
        rule.buffer(&place.name.text)
    } else {
        rule.fields.find(place.name.hash, &place.name.text)
    };
    if let Some(own) = own {
        let own = c.dialect.rule(own);
        return Some((own, own.to));
    }
    let other = rule.other.filter(|_| !place.is_buffer)?;
    Some((c.dialect.rule(other), m.document.keys.intern_hashed(place.name.hash, &place.name.text)))
}

/// Whether a list has the item of that index, or any for a missing one.
fn has_item(m: &Message, object: NodeId, key: KeyId, index: Option<u64>) -> bool {
    let held = m.document.member(object, key);
    let has = |items: &Items| match index {
        Some(_) => items.find(None, index, 0).is_some(),
        None => items.len() > 0,
    };
    held.and_then(|held| items_in(&m.document, held)).is_some_and(has)
}

/// Tells the finish reason where it is a view of more than one member.
fn tell_finish(m: &mut Message, c: Chunk<'_>) {
    // Not looked at again while nothing has changed: it may be long.
    if std::mem::replace(&mut m.finished_at, m.document.changes + 1) == m.document.changes + 1 {
        return;
    }
    let Some((reason, key)) = c.dialect.view.finish_of(&m.document) else { return };
    if m.finish.as_deref() != Some(&*reason) {
        let reason = reason.into_owned();
        m.document.epoch += 1;
        m.emit(Kind::Finish, Some((ROOT, key | MEMBER)), Fragment::from(&*reason), None, DeltaValue::None, None);
        m.finish = Some(reason);
    }
}
