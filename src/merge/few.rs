//! A map that is a list while it has few entries, as those of nearly all messages have.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

/// Entries that are few enough to look at one by one.
pub(super) const FEW: usize = 8;

/// A map whose keys strangers choose: hashed, so that they can't make it slow, once there are more than a few.
#[derive(Debug)]
pub(super) struct FewMap<K, V> {
    few: Vec<(K, V)>,
    many: Option<HashMap<K, V>>,
}

impl<K, V> Default for FewMap<K, V> {
    fn default() -> Self {
        Self { few: Vec::new(), many: None }
    }
}

impl<K: Eq + Hash, V: Copy> FewMap<K, V> {
    #[inline]
    pub(super) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        match &self.many {
            Some(many) => many.get(key).copied(),
            None => self.few.iter().find(|entry| entry.0.borrow() == key).map(|entry| entry.1),
        }
    }

    /// Sets the value of a key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        if let Some(many) = &mut self.many {
            many.insert(key, value);
        } else if let Some(held) = self.few.iter_mut().find(|entry| entry.0 == key) {
            held.1 = value;
        } else if self.few.len() < FEW {
            self.few.push((key, value));
        } else {
            let mut many: HashMap<K, V> = self.few.drain(..).collect();
            many.insert(key, value);
            self.many = Some(many);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.many.as_ref().map_or(self.few.len(), HashMap::len)
    }
}
