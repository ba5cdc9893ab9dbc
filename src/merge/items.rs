//! A list whose items are found by key, in the order of the key (`numeric`) or first seen.
//!
//! The order is kept as numbers of four bytes: an insertion moves those, and a place is found by halving.

use std::collections::HashMap;

use super::document::NodeId;

/// What identifies an item: a string member, an integer member, or, with neither, that it was the n-th of these.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ItemKey {
    pub(crate) group: Option<Box<str>>,
    pub(crate) index: Option<u64>,
    pub(crate) serial: u32,
}

/// The highest index; one beyond counts as missing.
pub(crate) const INDEX_MAX: u64 = i64::MAX as u64;

/// Items that are few enough to look at one by one.
const FEW: usize = 8;

/// A list whose items are found by key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    pub(crate) numeric: bool,
    entries: Vec<(ItemKey, NodeId)>,
    by_key: HashMap<ItemKey, u32>,
    last: HashMap<Option<Box<str>>, u32>,
    pub(crate) serial: u32,
    /// `numeric`: the items' numbers in the order of their indexes.
    order: Vec<u32>,
}

impl Items {
    pub(crate) fn new(numeric: bool) -> Self {
        Self { numeric, ..Self::default() }
    }

    pub(crate) fn find(&self, key: &ItemKey) -> Option<(u32, NodeId)> {
        let number = if self.numeric {
            *self.order.get(self.rank(key.index, 0)).filter(|number| self.key(**number) == Some(key))?
        } else if self.entries.len() > FEW {
            *self.by_key.get(key)?
        } else {
            crate::narrow(self.entries.iter().position(|entry| entry.0 == *key)?)
        };
        self.entries.get(number as usize).map(|entry| (number, entry.1))
    }

    pub(crate) fn add(&mut self, key: ItemKey, node: NodeId) -> u32 {
        let number = crate::narrow(self.entries.len());
        if self.numeric {
            let place = self.rank(key.index, number);
            self.order.insert(place, number);
        }
        self.entries.push((key, node));
        if self.numeric {
            // Found by their order.
        } else if self.entries.len() == FEW + 1 {
            let entries = self.entries.iter().zip(0..);
            self.by_key = entries.map(|(entry, number)| (entry.0.clone(), number)).collect();
        } else if let (true, Some(entry)) = (self.entries.len() > FEW, self.entries.last()) {
            self.by_key.insert(entry.0.clone(), number);
        }
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

    /// The index that an item without one gets: one more than the highest.
    pub(crate) fn next_index(&self) -> u64 {
        let highest = self.order.last().and_then(|number| self.key(*number)?.index);
        highest.map_or(0, |highest| (highest + 1).min(INDEX_MAX))
    }

    /// The highest index.
    pub(crate) fn last_index(&self) -> Option<u64> {
        self.key(*self.order.last()?)?.index
    }

    /// The index of the item at a place.
    pub(crate) fn index_at(&self, place: usize) -> Option<u64> {
        self.key(*self.order.get(place)?)?.index
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.entries.iter().map(|entry| entry.1)
    }

    /// The items in the order of the message.
    pub(crate) fn in_order(&self) -> Vec<NodeId> {
        if !self.numeric {
            return self.nodes().collect();
        }
        self.order.iter().filter_map(|number| self.entries.get(*number as usize).map(|entry| entry.1)).collect()
    }

    /// The position of an item in the message.
    pub(crate) fn place(&self, number: u32) -> u32 {
        match self.key(number) {
            Some(key) if self.numeric => crate::narrow(self.rank(key.index, number)),
            _ => number,
        }
    }

    /// How many items have a lower index, or the same and a lower number.
    fn rank(&self, index: Option<u64>, number: u32) -> usize {
        let lower = |other: &u32| self.key(*other).is_some_and(|key| (key.index, *other) < (index, number));
        self.order.partition_point(lower)
    }

    /// The last item of a group that a fragment went to.
    pub(crate) fn last(&self, group: Option<&str>) -> Option<u32> {
        self.last.get(&group.map(Into::into)).copied()
    }

    pub(crate) fn set_last(&mut self, group: Option<&str>, number: u32) {
        self.last.insert(group.map(Into::into), number);
    }
}
