//! A list whose items are found by key, in the order of the key (`numeric`) or first seen.
//!
//! The order is kept as numbers of four bytes, unless it is that in which the items came: an insertion moves those, and a
//! place is found by halving.

use std::collections::HashMap;

use super::document::NodeId;
use super::few::{FEW, FewMap};

/// What identifies an item: a string member, an integer member, or, with neither, that it was the n-th of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey {
    pub(crate) group: Option<Box<str>>,
    pub(crate) index: Option<u64>,
    pub(crate) serial: u32,
}

/// The highest index; one beyond counts as missing.
pub(crate) const INDEX_MAX: u64 = i64::MAX as u64;

/// A list whose items are found by key.
#[derive(Debug, Default)]
pub(crate) struct Items {
    pub(crate) numeric: bool,
    /// The place of an item is the index of the deltas within it.
    pub(crate) indexed: bool,
    entries: Vec<(ItemKey, NodeId)>,
    /// Of more items than a few that are not `numeric`.
    by_key: Option<HashMap<ItemKey, u32>>,
    last: Option<u32>,
    last_of: FewMap<Box<str>, u32>,
    pub(crate) serial: u32,
    /// `numeric`: the items' numbers in the order of their indexes; empty while they came in that order.
    order: Vec<u32>,
}

impl Items {
    pub(crate) fn new(numeric: bool) -> Self {
        Self { numeric, ..Self::default() }
    }

    pub(crate) fn find(&self, group: Option<&str>, index: Option<u64>, serial: u32) -> Option<(u32, NodeId)> {
        let is_it = |key: &ItemKey| (key.group.as_deref(), key.index, key.serial) == (group, index, serial);
        let number = if self.numeric {
            Some(self.number(self.rank(index, 0))?).filter(|number| self.key(*number).is_some_and(is_it))?
        } else if let Some(by_key) = &self.by_key {
            *by_key.get(&ItemKey { group: group.map(Into::into), index, serial })?
        } else {
            crate::narrow(self.entries.iter().position(|entry| is_it(&entry.0))?)
        };
        self.entries.get(number as usize).map(|entry| (number, entry.1))
    }

    pub(crate) fn add(&mut self, key: ItemKey, node: NodeId) -> u32 {
        let number = crate::narrow(self.entries.len());
        if self.numeric {
            let place = self.rank(key.index, number);
            if place < self.entries.len() && self.order.is_empty() {
                self.order = (0..number).collect();
            }
            if !self.order.is_empty() {
                self.order.insert(place, number);
            }
        } else if let Some(by_key) = &mut self.by_key {
            by_key.insert(key.clone(), number);
        } else if self.entries.len() == FEW {
            let entries = self.entries.iter().map(|entry| &entry.0).chain([&key]).zip(0..);
            self.by_key = Some(entries.map(|(key, number)| (key.clone(), number)).collect());
        }
        self.entries.push((key, node));
        number
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn key(&self, number: u32) -> Option<&ItemKey> {
        self.entries.get(number as usize).map(|entry| &entry.0)
    }

    pub(crate) fn node(&self, number: u32) -> Option<NodeId> {
        self.entries.get(number as usize).map(|entry| entry.1)
    }

    /// The number of the item at a place in the order of the indexes.
    fn number(&self, place: usize) -> Option<u32> {
        if self.order.is_empty() {
            return Some(crate::narrow(place)).filter(|_| place < self.entries.len());
        }
        self.order.get(place).copied()
    }

    /// The index that an item without one gets: one more than the highest.
    pub(crate) fn next_index(&self) -> u64 {
        self.last_index().map_or(0, |highest| (highest + 1).min(INDEX_MAX))
    }

    /// The highest index.
    pub(crate) fn last_index(&self) -> Option<u64> {
        self.index_at(self.entries.len().checked_sub(1)?)
    }

    /// The index of the item at a place.
    pub(crate) fn index_at(&self, place: usize) -> Option<u64> {
        self.key(self.number(place)?)?.index
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.entries.iter().map(|entry| entry.1)
    }

    /// The items in the order of the message.
    pub(crate) fn in_order(&self) -> Vec<NodeId> {
        let mut nodes = Vec::with_capacity(self.len());
        self.each(&mut |node| {
            nodes.push(node);
            true
        });
        nodes
    }

    /// Calls `each` with the items in that order, until it returns false; returns what it did last.
    pub(crate) fn each(&self, each: &mut dyn FnMut(NodeId) -> bool) -> bool {
        if self.order.is_empty() {
            return self.nodes().all(each);
        }
        self.order.iter().filter_map(|number| self.node(*number)).all(each)
    }

    /// The position of an item in the message.
    pub(crate) fn place(&self, number: u32) -> u32 {
        match self.key(number) {
            Some(key) if !self.order.is_empty() => crate::narrow(self.rank(key.index, number)),
            _ => number,
        }
    }

    /// How many items have a lower index, or the same and a lower number.
    fn rank(&self, index: Option<u64>, number: u32) -> usize {
        if self.order.is_empty() {
            if self.entries.last().is_some_and(|entry| entry.0.index < index) {
                return self.entries.len();
            }
            let lower = self.entries.partition_point(|entry| entry.0.index < index);
            let same = self.entries.iter().skip(lower).take((number as usize).saturating_sub(lower));
            return lower + same.take_while(|entry| entry.0.index == index).count();
        }
        let lower = |other: &u32| self.key(*other).is_some_and(|key| (key.index, *other) < (index, number));
        self.order.partition_point(lower)
    }

    /// The last item of a group that a fragment went to.
    pub(crate) fn last(&self, group: Option<&str>) -> Option<u32> {
        group.map_or(self.last, |group| self.last_of.get(group))
    }

    pub(crate) fn set_last(&mut self, group: Option<&str>, number: u32) {
        match group {
            None => self.last = Some(number),
            Some(group) => self.last_of.insert(group.into(), number),
        }
    }
}
