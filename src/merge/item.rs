//! Items of a list that events find by an index: a block, an output item, an annotation.
//!
//! Nothing is allocated by a number from the wire: the items stand in the order of their indexes.

use super::document::{Document, Node, NodeId, Object, ROOT, VALUE_SIZE};
use super::items::{ItemKey, Items};
use super::keys::KeyId;
use super::message::Message;
use crate::rule::Rule;

/// The items of a list, None for another node.
pub(super) fn items_in(document: &Document, list: NodeId) -> Option<&Items> {
    match document.node(list) {
        Node::Items(items) => Some(items),
        _ => None,
    }
}

/// The list of items at `key`, made where there is none.
pub(super) fn items_at(m: &mut Message, object: NodeId, key: KeyId) -> NodeId {
    let held = m.document.member(object, key).filter(|held| items_in(&m.document, *held).is_some());
    held.unwrap_or_else(|| m.document.put(object, key, Node::Items(Box::new(Items::new(true)))))
}

/// The item of that index, made with the `kind` where there is none; the last one for a missing index. None where the
/// list is full.
///
/// Its place is the index of the deltas, where the rule of the list says so.
pub(super) fn item_at(
    m: &mut Message,
    rule: &Rule,
    list: NodeId,
    index: Option<u64>,
    kind: Option<&str>,
) -> Option<NodeId> {
    let items = items_in(&m.document, list)?;
    let index = index.or_else(|| items.last_index()).unwrap_or_default();
    let found = items.find(None, Some(index), 0);
    let (number, item) = match found {
        Some(found) => found,
        None => make_item(m, rule, list, index, kind)?,
    };
    if rule.index {
        m.index = items_in(&m.document, list).map(|items| items.place(number));
    }
    Some(item)
}

/// The place of the item that a member or item is within, where that is the index of the deltas.
pub(super) fn index_of(document: &Document, mut place: (NodeId, u32)) -> Option<u32> {
    loop {
        match document.node(place.0) {
            Node::Items(items) if items.indexed => return Some(items.place(place.1)),
            _ if place.0 == ROOT => return None,
            _ => place = document.place(place.0),
        }
    }
}

fn make_item(m: &mut Message, rule: &Rule, list: NodeId, index: u64, kind: Option<&str>) -> Option<(u32, NodeId)> {
    let number = items_in(&m.document, list).map_or(0, Items::len);
    if !m.has_room(number) {
        return None;
    }
    let number = crate::narrow(number);
    let item = m.document.add(Node::Object(Object::default()), list, number);
    m.document.layout += 1;
    if let Node::Items(items) = m.document.node_mut(list) {
        items.indexed = rule.index;
        items.add(ItemKey { group: None, index: Some(index), serial: 0 }, item);
    }
    m.document.grow(VALUE_SIZE);
    if let Some(kind) = kind {
        let by = rule.variants.as_ref().map(|variants| variants.by.key);
        let key = by.unwrap_or_else(|| m.document.keys.intern("type"));
        m.document.put(item, key, Node::Str(kind.into()));
    }
    Some((number, item))
}
