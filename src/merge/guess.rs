//! Strategy for fields that no rule names: a string that repeats the whole is dropped, else appended; the rest by type.
//!
//! Blind append and blind replace both caused reports (langchain#39924, openinference#3785).

use super::document::{Node, NodeId, Object, VALUE_SIZE};
use super::items::{ItemKey, Items};
use super::keys::KeyId;
use super::list::{extend, index_node, index_of};
use super::message::{Chunk, Message};
use super::scalar::last;
use super::text::append;
use crate::json::Tag;
use crate::rule::Rule;

/// Merges a field by what it holds.
pub(super) fn guess(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.held(object, key);
    match c.payload.entry(value).tag {
        Tag::Str | Tag::Escaped => match held.map(|held| m.document.node(held)) {
            Some(Node::Text(text)) => {
                let said = c.payload.string(value).unwrap_or_default();
                if text.buffer.len() != said.len()
                    || said.is_empty()
                    || text.pending.is_some()
                    || text.buffer.as_str() != said
                {
                    append(m, c, rule, object, key, value);
                }
            }
            None => append(m, c, rule, object, key, value),
            Some(_) => last(m, c, rule, object, key, value),
        },
        Tag::Object => guess_object(m, c, rule, object, key, value),
        Tag::List => guess_list(m, c, rule, object, key, value),
        _ => last(m, c, rule, object, key, value),
    }
}

/// Merges an object member by member, into an object made for it.
fn guess_object(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.member(object, key);
    let held = held.filter(|held| matches!(m.document.node(*held), Node::Object(_)));
    let inner = held.unwrap_or_else(|| m.document.put(object, key, Node::Object(Object::default())));
    guess_members(m, c, rule, inner, value, "");
}

fn guess_members(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, value: u32, without: &str) {
    for (name, member) in c.payload.tape.fields(value) {
        let name = c.payload.tape.text_of(c.payload.text, name);
        if c.payload.entry(member).tag != Tag::Null && (without.is_empty() || name != without) {
            let key = m.document.keys.intern(&name);
            guess(m, c, rule, object, key, member);
        }
    }
}

/// Merges a list BY(`index`) where its first item carried one, else by EXTEND. An empty one tells neither.
fn guess_list(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let mut held = m.document.held(object, key);
    let is_empty = |held| matches!(m.document.node(held), Node::List(items) if items.is_empty());
    if held.is_none_or(is_empty) {
        // What comes to an empty list may make it another kind of list.
        m.trace.blocked = true;
        let first = c.payload.tape.items(value).next();
        let index = first.and_then(|item| c.payload.member(item, "index"));
        if index_of(c.payload, index).is_some() {
            held = Some(m.document.put(object, key, Node::Items(Box::new(Items::new(true)))));
        }
    }
    match held.map(|held| m.document.node(held)) {
        Some(Node::Items(_)) => {}
        Some(Node::List(_)) | None => return extend(m, c, rule, object, key, value),
        Some(_) => return last(m, c, rule, object, key, value),
    }
    for item in c.payload.tape.items(value) {
        if c.payload.entry(item).tag == Tag::Object {
            let Some(child) = item_of(m, c, held.unwrap_or_default(), item) else { break };
            guess_members(m, c, rule, child, item, "index");
        } else {
            m.wrong_type();
        }
    }
}

/// Finds the item of that index, or makes it; one without an index stands behind the last. None where the list is full.
fn item_of(m: &mut Message, c: Chunk<'_>, list: NodeId, item: u32) -> Option<NodeId> {
    let Node::Items(items) = m.document.node(list) else { return None };
    let index = index_of(c.payload, c.payload.member(item, "index")).unwrap_or_else(|| items.next_index());
    if let Some((_, child)) = items.find(None, Some(index), 0) {
        return Some(child);
    }
    let number = items.len();
    if !m.has_room(number) {
        return None;
    }
    let number = crate::narrow(number);
    let child = m.document.add(Node::Object(Object::default()), list, number);
    m.document.layout += 1;
    if let Node::Items(items) = m.document.node_mut(list) {
        items.add(ItemKey { group: None, index: Some(index), serial: 0 }, child);
    }
    m.document.grow(VALUE_SIZE);
    let key = m.document.keys.intern("index");
    m.document.put(child, key, index_node(index));
    Some(child)
}
