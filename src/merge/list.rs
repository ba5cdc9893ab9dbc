//! Strategies for lists: EXTEND, BY a key, and those that look at what the list holds.

use super::document::{Document, MEMBER, Node, NodeId, Object, ROOT, VALUE_SIZE};
use super::item::items_in;
use super::items::{ItemKey, Items};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::payload::Payload;
use super::scalar::last;
use super::trace::HoleKind;
use crate::delta::{DeltaValue, Fragment};
use crate::json::{Name, Tag};
use crate::rule::{Op, Rule};

/// An index of the wire: an integer token below 2^63, a negative one as 0; None for whatever counts as missing.
pub(super) fn index_of(payload: Payload<'_>, value: Option<u32>) -> Option<u64> {
    let entry = payload.entry(value?);
    if entry.tag != Tag::Int {
        return None;
    }
    let token = payload.tape.str_of(payload.text, entry);
    if token.starts_with('-') {
        return Some(0);
    }
    token.parse().ok().filter(|index| i64::try_from(*index).is_ok())
}

/// A string that is not empty; None for anything else.
pub(super) fn identity(payload: Payload<'_>, value: Option<u32>) -> Option<std::borrow::Cow<'_, str>> {
    payload.string(value?).filter(|text| !text.is_empty())
}

/// EXTEND: list concatenation.
pub(super) fn extend(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.held(object, key);
    let is_list = held.is_none_or(|held| matches!(m.document.node(held), Node::List(_)));
    if c.payload.entry(value).tag != Tag::List || !is_list {
        return m.wrong_type();
    }
    match held {
        None => {
            m.document.put_value(object, key, c.payload, value, false);
            emit_added(m, c.payload, rule, (object, key), value);
        }
        Some(held) => {
            if rule.op == Op::Guess {
                m.document.epoch += 1;
            } else if m.trace.on {
                m.add_hole(HoleKind::Extend, c.payload.entry(value), rule, held, (object, key));
            }
            extend_list(m, c.payload, rule, (object, key), held, value);
        }
    }
}

/// EXTEND without what the list has already, LAST for anything else.
pub(super) fn extend_new(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.held(object, key);
    let is_list = held.is_none_or(|held| matches!(m.document.node(held), Node::List(_)));
    if c.payload.entry(value).tag != Tag::List || !is_list {
        return last(m, c, rule, object, key, value);
    }
    m.trace.blocked = true;
    let list = held.unwrap_or_else(|| m.document.put(object, key, Node::List(Vec::new())));
    let mut known = m.document.take_known(list);
    let mut added = Vec::new();
    for item in c.payload.tape.items(value) {
        let hash = known.hash(c.payload, item);
        if !m.document.has(&known, hash, c.payload, item) {
            known.add(hash, push_item(m, c.payload, list, item));
            added.push(item);
        }
    }
    m.document.keep_known(list, known);
    emit_items(m, c.payload, rule, (object, key), &added);
}

/// EXTEND by one item.
pub(super) fn push(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    m.trace.blocked = true;
    let held = m.document.held(object, key);
    if held.is_some_and(|held| !matches!(m.document.node(held), Node::List(_))) {
        return m.wrong_type();
    }
    let list = held.unwrap_or_else(|| m.document.put(object, key, Node::List(Vec::new())));
    push_item(m, c.payload, list, value);
    emit_items(m, c.payload, rule, (object, key), &[value]);
}

/// Adds an item to a list.
fn push_item(m: &mut Message, payload: Payload<'_>, list: NodeId, item: u32) -> NodeId {
    let (added, size) = m.document.push(list, payload, item);
    m.document.grow(size);
    added
}

/// Emits items that were added.
fn emit_items(m: &mut Message, payload: Payload<'_>, rule: &Rule, place: (NodeId, KeyId), items: &[u32]) {
    if m.looking && !items.is_empty() {
        let mut added = Document::new(m.document.keys.fresh());
        let list = added.add(Node::List(Vec::new()), ROOT, 0);
        for item in items {
            added.push(list, payload, *item);
        }
        let value = DeltaValue::Value(Box::new(added.snapshot_of(ROOT)));
        m.emit(rule.kind, Some((place.0, place.1 | MEMBER)), Fragment::default(), None, value, None);
    }
}

/// Adds the items of `value` to a list.
pub(super) fn extend_list(
    m: &mut Message,
    payload: Payload<'_>,
    rule: &Rule,
    place: (NodeId, KeyId),
    held: NodeId,
    value: u32,
) {
    let mut size = 0;
    for item in payload.tape.items(value) {
        size += m.document.push(held, payload, item).1;
    }
    m.document.grow_text(size);
    emit_added(m, payload, rule, place, value);
}

fn emit_added(m: &mut Message, payload: Payload<'_>, rule: &Rule, place: (NodeId, KeyId), value: u32) {
    if m.looking && payload.tape.items(value).next().is_some() {
        let added = Document::of_value(m.document.keys.fresh(), payload, value);
        let value = DeltaValue::Value(Box::new(added.snapshot_of(ROOT)));
        m.emit(rule.kind, Some((place.0, place.1 | MEMBER)), Fragment::default(), None, value, None);
    }
}

/// EXTEND for a list, LAST for anything else (log probabilities).
pub(super) fn collect(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.held(object, key);
    let is_list = held.is_none_or(|held| matches!(m.document.node(held), Node::List(_)));
    if c.payload.entry(value).tag == Tag::List && is_list {
        extend(m, c, rule, object, key, value);
    } else {
        last(m, c, rule, object, key, value);
    }
}

/// EXTEND for a list of scalars (`token_ids`), LAST for anything else.
pub(super) fn scalars(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let nested = |item| matches!(c.payload.entry(item).tag, Tag::Object | Tag::List);
    let is_list = c.payload.entry(value).tag == Tag::List;
    if is_list && !c.payload.tape.items(value).any(nested) {
        collect(m, c, rule, object, key, value);
    } else {
        // Equal now; once the list was extended it is not, and a template knows nothing of that.
        m.trace.blocked |= is_list;
        last(m, c, rule, object, key, value);
    }
}

/// BY: items that state the same key are one item; the key stays in it as data.
pub(super) fn by(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let entry = c.payload.entry(value);
    if entry.tag != Tag::List {
        return m.wrong_type();
    }
    if entry.next == value + 1 {
        return m.quirk(rule.empty.as_ref());
    }
    let held = m.document.member(object, key);
    let items = held.filter(|held| matches!(m.document.node(*held), Node::Items(_)));
    let list = items.unwrap_or_else(|| {
        let numeric = rule.group.is_none() && rule.by_position;
        m.document.put(object, key, Node::Items(Box::new(Items::new(numeric))))
    });
    let (choice, index) = (m.choice, m.index);
    for (position, item) in (0..).zip(c.payload.tape.items(value)) {
        match c.payload.entry(item).tag {
            Tag::Object => {
                let Some((found, child)) = item_of(m, c, rule, list, item, position) else { break };
                if let (true, Some(index)) = (rule.choice, found) {
                    m.choice = index;
                }
                if rule.group.is_some() && index.is_none() {
                    m.index = Some(m.document.place(child).1);
                }
                m.fields(c, rule, item, child);
            }
            Tag::Null => {}
            _ => m.wrong_type(),
        }
    }
    (m.choice, m.index) = (choice, index);
}

/// Finds the item that `item` belongs to, or makes it; returns its index too. None where the list is full.
fn item_of(
    m: &mut Message,
    c: Chunk<'_>,
    rule: &Rule,
    list: NodeId,
    item: u32,
    position: u64,
) -> Option<(Option<u64>, NodeId)> {
    let member = |name: &Name| c.payload.named(item, name);
    let said = rule.key.as_ref().and_then(|key| index_of(c.payload, member(&key.name)));
    let index = said.or_else(|| rule.by_position.then_some(position));
    let group = rule.group.as_ref().and_then(|group| c.payload.string(member(&group.name)?));
    let group = group.as_deref();
    m.trace.continued |= index.is_none();
    let found = match index {
        Some(_) => items_in(&m.document, list).and_then(|items| items.find(group, index, 0)),
        None if m.ending => None,
        None => continued(m, c, rule, list, item, group),
    };
    let (number, child) = match found {
        Some(found) => found,
        None => make_item(m, c, rule, list, group, index)?,
    };
    if let (true, Some(said), Some(key)) = (rule.stated, said, &rule.key) {
        if m.document.member(child, key.key).is_none() {
            m.document.put(child, key.key, index_node(said));
        }
    }
    if rule.group.is_some() {
        if let Node::Items(items) = m.document.node_mut(list) {
            if items.last(group) != Some(number) {
                items.set_last(group, number);
                m.document.epoch += 1;
                m.trace.settled += 1;
                m.trace.blocked |= m.trace.continued;
            }
        }
    }
    Some((index, child))
}

/// The last item of the group, if an item without key continues it: both have the same id, or none.
fn continued(
    m: &mut Message,
    c: Chunk<'_>,
    rule: &Rule,
    list: NodeId,
    item: u32,
    group: Option<&str>,
) -> Option<(u32, NodeId)> {
    let items = items_in(&m.document, list)?;
    let number = items.last(group)?;
    let held = items.node(number)?;
    let adopt = rule.adopt.as_ref();
    let said = adopt.and_then(|adopt| c.payload.named(item, &adopt.name));
    if let Some(said) = said {
        m.trace.steers(c.payload.entry(said));
    }
    let said = identity(c.payload, said);
    let known = adopt.and_then(|adopt| m.document.string(m.document.member(held, adopt.key)?));
    let known = known.filter(|known| !known.is_empty());
    (said == known).then_some((number, held))
}

fn make_item(
    m: &mut Message,
    c: Chunk<'_>,
    rule: &Rule,
    list: NodeId,
    group: Option<&str>,
    index: Option<u64>,
) -> Option<(u32, NodeId)> {
    let number = items_in(&m.document, list).map_or(0, Items::len);
    if !m.has_room(number) {
        return None;
    }
    let number = crate::narrow(number);
    let child = m.document.add(Node::Object(Object::default()), list, number);
    m.document.layout += 1;
    m.document.grow(VALUE_SIZE);
    if let Node::Items(items) = m.document.node_mut(list) {
        items.serial += u32::from(index.is_none());
        let serial = if index.is_none() { items.serial } else { 0 };
        items.add(ItemKey { group: group.map(Into::into), index, serial }, child);
    }
    if let (Some(member), Some(group)) = (&rule.group, group) {
        m.document.put(child, member.key, Node::Str(group.into()));
    }
    if let (false, Some(member), Some(index)) = (rule.stated, &rule.key, index) {
        m.document.put(child, member.key, index_node(index));
    }
    m.fill(c.dialect, rule, child, None);
    Some((number, child))
}

/// The node of an index, which is below 2^63.
pub(super) fn index_node(index: u64) -> Node {
    match i64::try_from(index) {
        Ok(small) if small < 1_000_000_000_000_000_000 => Node::Int(small),
        _ => Node::BigInt(index.to_string().into()),
    }
}
