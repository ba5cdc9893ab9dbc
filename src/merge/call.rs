//! Tool calls that are objects with an id and a name; their arguments come as text beside them, or whole.

use std::borrow::Cow;

use super::document::{MEMBER, Node, NodeId};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::payload::Payload;
use crate::delta::{DeltaValue, Fragment, Kind};
use crate::dialect::Dialect;
use crate::json::Tape;
use crate::rule::{Call, Member, Rule};

/// The string that is not empty at a path of members of the payload.
fn said_in<'a>(c: Chunk<'a>, value: u32, path: &[Member]) -> Option<Cow<'a, str>> {
    let found = path.iter().try_fold(value, |value, member| c.payload.named(value, &member.name))?;
    c.payload.string(found).filter(|text| !text.is_empty() && !path.is_empty())
}

/// What stands at a path of members in an object that the document holds.
fn held_at(m: &Message, object: NodeId, path: &[Member]) -> Option<NodeId> {
    path.iter().try_fold(object, |object, member| m.document.member(object, member.key)).filter(|_| !path.is_empty())
}

/// Tells that a call opened, or what was added to its id or name, as `value` says.
pub(super) fn tell_call(m: &mut Message, c: Chunk<'_>, call: &Call, object: NodeId, value: u32) {
    let (id, name) = (said_in(c, value, &call.id), said_in(c, value, &call.name).unwrap_or_default());
    let told = m.document.beside.get(&object).and_then(|beside| beside.told.as_ref());
    let known = told.map_or("", |told| told.1.as_str());
    let new_name = name.strip_prefix(known).unwrap_or_default().to_owned();
    tell(m, object, id.as_deref(), &new_name);
}

/// The same where fragments were merged, as it is held now; `value` is what they were of.
pub(super) fn tell_held_call(m: &mut Message, c: Chunk<'_>, call: &Call, object: NodeId, value: u32) {
    let states = |path: &[Member]| path.iter().try_fold(value, |value, member| c.payload.named(value, &member.name));
    let told = m.document.beside.get(&object).and_then(|beside| beside.told.as_ref());
    // What has been told isn't looked at again: it may be long.
    let id = if told.is_some_and(|told| told.0.is_some()) { None } else { held_at(m, object, &call.id) };
    let name = if told.is_none() || states(&call.name).is_some() { held_at(m, object, &call.name) } else { None };
    let known = told.map_or("", |told| told.1.as_str());
    let new_name = name.and_then(|name| match m.document.node(name) {
        // It has grown, if anything.
        Node::Text(text) => String::from_utf8(text.buffer.from(known.len()).to_vec()).ok(),
        _ => m.document.string(name)?.strip_prefix(known).map(str::to_owned),
    });
    let id = id.and_then(|id| m.document.string(id)).filter(|id| !id.is_empty()).map(Cow::into_owned);
    if told.is_none() || id.is_some() || new_name.as_ref().is_some_and(|name| !name.is_empty()) {
        tell(m, object, id.as_deref(), &new_name.unwrap_or_default());
    }
}

fn tell(m: &mut Message, object: NodeId, id: Option<&str>, new_name: &str) {
    let beside = m.document.beside.entry(object).or_default();
    let first = beside.told.is_none();
    let told = beside.told.get_or_insert_default();
    let new_id = id.filter(|_| told.0.is_none());
    if first || new_id.is_some() || !new_name.is_empty() {
        told.0 = told.0.take().or_else(|| new_id.map(str::to_owned));
        told.1.push_str(new_name);
        m.document.epoch += 1;
        if m.looking {
            let place = m.document.place(object);
            let id = new_id.map(Into::into);
            m.emit(Kind::ToolCall, Some(place), Fragment::from(new_name), id, DeltaValue::None, None);
        }
    }
}

/// Tells arguments that came as a whole value, as compact JSON: what stands at `path`, `{}` where nothing does.
pub(super) fn tell_whole(m: &mut Message, object: NodeId, path: &[Member]) {
    let Some((last, inner)) = path.split_last() else { return };
    if !m.looking {
        m.document.epoch += 1;
        return;
    }
    let holder = inner.iter().fold(object, |holder, member| {
        let inner = m.document.member(holder, member.key);
        inner.filter(|inner| matches!(m.document.node(*inner), Node::Object(_))).unwrap_or(holder)
    });
    tell_value(m, holder, last.key);
}

fn tell_value(m: &mut Message, holder: NodeId, key: KeyId) {
    m.document.epoch += 1;
    if m.looking {
        let held = m.document.held(holder, key);
        let text =
            |held| m.document.string(held).map_or_else(|| m.document.snapshot_of(held).to_json(), Cow::into_owned);
        let text = held.map_or_else(|| "{}".to_owned(), text);
        // A path leads to what stands in the message: where nothing does, to what would hold it.
        let there = m.document.member(holder, key).is_some();
        let place = if there { (holder, key | MEMBER) } else { m.document.place(holder) };
        m.emit(Kind::Arguments, Some(place), Fragment::from(&*text), None, DeltaValue::None, None);
    }
}

/// Ends an item of the list of `rule`: its buffers become values. One that is no JSON stays a string.
///
/// What became a value stays one, also where the item is stated again. If the buffer goes on, it is parsed again once it is
/// twice as long, and at the end of the stream: else each end of an item would take as long as its input is.
pub(super) fn close(m: &mut Message, dialect: &Dialect, rule: &Rule, item: NodeId) {
    let Some(ticket) = m.document.beside.get_mut(&item).and_then(|beside| beside.opened.take()) else { return };
    m.opened.remove(&ticket);
    m.document.epoch += 1;
    let shadow = m.document.shadow(item);
    for (_, child) in &dialect.rule(rule.of_item(&m.document, item)).buffers {
        let child = dialect.rule(*child);
        let text = shadow.and_then(|shadow| m.document.member(shadow, child.to));
        let whole = m.document.member(item, child.to).filter(|held| !matches!(m.document.node(*held), Node::Null));
        let streamed = text.filter(|text| match m.document.node(*text) {
            Node::Text(text) => !text.buffer.is_empty() || text.pending.is_some(),
            _ => false,
        });
        if let Some(text) = streamed {
            match parsed_of(m, text) {
                (parsed, length) if parsed == length => {}
                (parsed, length) if length / 2 < parsed && !m.ending => m.open_item(rule.number, item),
                _ => close_buffer(m, dialect, (item, child.to), text),
            }
        } else if child.kind == Kind::Arguments && whole.is_some() {
            let beside = m.document.beside.entry(item).or_default();
            if !std::mem::replace(&mut beside.told_whole, true) {
                tell_value(m, item, child.to);
            }
        }
    }
}

/// How much of a buffer has become a value, and how long it is, with half a character that waits.
fn parsed_of(m: &Message, text: NodeId) -> (usize, usize) {
    match m.document.node(text) {
        Node::Text(text) => (text.parsed, text.buffer.len() + usize::from(text.pending.is_some())),
        _ => (0, 0),
    }
}

/// Whether the member of an item is what its buffer became.
pub(super) fn is_parsed(m: &Message, item: NodeId, key: KeyId) -> bool {
    let text = m.document.shadow(item).and_then(|shadow| m.document.member(shadow, key));
    text.is_some_and(|text| parsed_of(m, text).0 > 0)
}

/// Parses the text of a buffer into the member that it stands beside.
fn close_buffer(m: &mut Message, dialect: &Dialect, member: (NodeId, KeyId), text: NodeId) {
    let ticket = match m.document.node(text) {
        Node::Text(text) => text.ticket,
        _ => 0,
    };
    if let Some(waiting) = m.pending.remove(&ticket) {
        m.finish_text(dialect, waiting, "\u{fffd}");
    }
    let body = m.document.string(text).unwrap_or_default().into_owned();
    if let Node::Text(text) = m.document.node_mut(text) {
        text.parsed = body.len();
    }
    let mut tape = Tape::new();
    if tape.parse(&body).is_ok() {
        m.document.put_value(member.0, member.1, Payload { text: &body, tape: &tape }, 0, false);
    } else {
        m.quirks.add("input_unparsable");
        m.document.put(member.0, member.1, Node::Str(body.as_str().into()));
    }
}
