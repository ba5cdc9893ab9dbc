//! Where the items of a whole list belong among those that were streamed.
//!
//! Each stands at the index that it has in the list, where the items held have such indexes; else in the place of one that
//! is held (lists that count from 1). The end of a message that states fewer items than were streamed leaves some of them
//! out, as gateways do with reasoning: then they are told by their ids, else by their types, in the order held.

use std::collections::HashMap;

use super::document::NodeId;
use super::item::items_in;
use super::items::Items;
use super::keys::KeyId;
use super::message::{Chunk, Message};
use crate::json::Tag;
use crate::rule::Rule;

/// Where the items of a list belong.
pub(super) enum Places {
    ByIndex,
    ByPlace,
    /// The index of each; None for one that is new.
    Told(Vec<Option<u64>>),
}

impl Places {
    /// Of the list `value` among the items of `list`, one of the message's own if `own`.
    pub(super) fn new(m: &mut Message, c: Chunk<'_>, rule: &Rule, list: NodeId, value: u32, own: bool) -> Self {
        let Some(items) = items_in(&m.document, list) else { return Self::ByPlace };
        let stated = objects(c, value).count();
        if stated >= items.len() {
            let fits = items.last_index().is_none_or(|last| last < stated as u64);
            return if fits { Self::ByIndex } else { Self::ByPlace };
        }
        // Once a message: it takes as long as what is held is.
        if stated == 0 || !own || !m.closes || m.matched {
            return Self::ByPlace;
        }
        let told = told(m, c, rule, items, value);
        m.matched = true;
        m.stated.odd = true;
        Self::Told(told)
    }

    /// The index of the item that comes as the n-th.
    pub(super) fn index(&self, items: &Items, at: usize) -> u64 {
        match self {
            Self::ByIndex => Some(at as u64),
            Self::ByPlace => items.index_at(at),
            Self::Told(told) => told.get(at).copied().flatten(),
        }
        .unwrap_or_else(|| items.next_index())
    }
}

/// The items of a list that are objects.
fn objects(c: Chunk<'_>, value: u32) -> impl Iterator<Item = u32> + '_ {
    c.payload.tape.items(value).filter(|item| c.payload.entry(*item).tag == Tag::Object)
}

/// The indexes of the items held that the stated ones are.
fn told(m: &Message, c: Chunk<'_>, rule: &Rule, items: &Items, value: u32) -> Vec<Option<u64>> {
    let (id, kind) = (m.document.keys.find("id"), rule.variants.as_ref().map(|variants| &variants.by));
    let held = |item: NodeId, key: Option<KeyId>| m.document.string(m.document.member(item, key?)?);
    let mut by_id = HashMap::new();
    let mut by_kind: HashMap<_, Vec<usize>> = HashMap::new();
    for (place, item) in items.in_order().into_iter().enumerate() {
        if let Some(id) = held(item, id).filter(|id| !id.is_empty()) {
            by_id.entry(id.into_owned()).or_insert(place);
        }
        let kind = held(item, kind.map(|kind| kind.key)).unwrap_or_default();
        by_kind.entry(kind.into_owned()).or_default().push(place);
    }
    let kind_of = |item| c.payload.string(c.payload.named(item, &kind?.name)?);
    let mut from = 0;
    let find = |item| {
        let id = c.payload.member(item, "id").and_then(|id| c.payload.string(id));
        let same = id.and_then(|id| by_id.get(&*id).copied()).filter(|place| *place >= from);
        let next = || {
            let places = by_kind.get(&*kind_of(item).unwrap_or_default())?;
            places.get(places.partition_point(|place| *place < from)).copied()
        };
        let place = same.or_else(next)?;
        from = place + 1;
        items.index_at(place)
    };
    objects(c, value).map(find).collect()
}
