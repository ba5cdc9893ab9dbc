//! Member names as numbers: those of a dialect's table are numbered once and shared by all its messages.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::json::{key_hash, same};

/// A member name's number.
pub type KeyId = u32;

/// The names that a dialect's table knows: open addressing by the hash that the tape has of each key.
#[derive(Debug, Default)]
pub struct KeyTable {
    names: Vec<(u32, Arc<str>)>,
    /// Numbers of names, plus one; 0 where there is none. A power of two, at most half full.
    slots: Vec<u32>,
    /// Views look into lists of whole values, so that these aren't kept as JSON.
    pub(crate) reads_lists: bool,
    attached: OnceLock<Box<dyn Any + Send + Sync>>,
}

impl KeyTable {
    /// What a user of the core keeps beside the names, made once by whoever asks first: objects of another language, say.
    /// None where another type was attached before. `make` must not ask for it again.
    pub fn attached<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        self.attached.get_or_init(|| Box::new(make())).downcast_ref()
    }

    pub(crate) fn add(&mut self, name: &str) -> KeyId {
        let hash = key_hash(name.as_bytes());
        if let Some(id) = self.find(hash, name.as_bytes()) {
            return id;
        }
        self.names.push((hash, name.into()));
        if self.names.len() * 2 > self.slots.len() {
            self.slots = vec![0; (self.names.len() * 4).next_power_of_two()];
            for number in 0..crate::narrow(self.names.len()) {
                self.place(number);
            }
        } else {
            self.place(crate::narrow(self.names.len() - 1));
        }
        crate::narrow(self.names.len() - 1)
    }

    fn place(&mut self, number: KeyId) {
        let mask = self.slots.len() - 1;
        let mut at = self.names.get(number as usize).map_or(0, |name| name.0) as usize & mask;
        while self.slots.get(at).is_some_and(|held| *held != 0) {
            at = (at + 1) & mask;
        }
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = number + 1;
        }
    }

    #[inline]
    pub(crate) fn find(&self, hash: u32, name: &[u8]) -> Option<KeyId> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        loop {
            let number = self.slots.get(at)?.checked_sub(1)?;
            let held = self.names.get(number as usize)?;
            if held.0 == hash && same(held.1.as_bytes(), name) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }

    /// How many names there are: their numbers are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Names of a message that are few enough to look at one by one.
const FEW: usize = 64;

/// What the first names of a message are expected to take: most streams bring some.
const NAMES_CAPACITY: usize = 256;

/// The names of one message: the table's, and those that its stream brought.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    table: Arc<KeyTable>,
    /// The stream's, one behind the other: an allocation each, eight to a stream, showed.
    names: String,
    /// Their hashes, and where they end.
    own: Vec<(u32, usize)>,
    by_name: HashMap<Box<str>, KeyId>,
}

impl Keys {
    pub(crate) fn new(table: Arc<KeyTable>) -> Self {
        Self { table, names: String::new(), own: Vec::new(), by_name: HashMap::new() }
    }

    pub(crate) fn reads_lists(&self) -> bool {
        self.table.reads_lists
    }

    /// The same table, and no names of its own.
    pub(crate) fn fresh(&self) -> Self {
        Self::new(Arc::clone(&self.table))
    }

    pub(super) fn table(&self) -> &KeyTable {
        &self.table
    }

    pub(crate) fn name(&self, key: KeyId) -> &str {
        match self.table.names.get(key as usize) {
            Some(name) => &name.1,
            None => self.own_name(key as usize - self.table.names.len()),
        }
    }

    /// The n-th of the stream's names.
    fn own_name(&self, number: usize) -> &str {
        let end = |number: usize| self.own.get(number).map_or(0, |own| own.1);
        let start = number.checked_sub(1).map_or(0, end);
        self.names.get(start..end(number)).unwrap_or_default()
    }

    /// The name, to be held beyond the message.
    pub(crate) fn shared(&self, key: KeyId) -> Arc<str> {
        self.table.names.get(key as usize).map_or_else(|| self.name(key).into(), |name| Arc::clone(&name.1))
    }

    /// The number of a name, a new one where it has none.
    pub(crate) fn intern(&mut self, name: &str) -> KeyId {
        self.intern_hashed(key_hash(name.as_bytes()), name)
    }

    /// The same for a name whose hash is known.
    #[inline]
    pub(crate) fn intern_hashed(&mut self, hash: u32, name: &str) -> KeyId {
        self.find_hashed(hash, name.as_bytes()).unwrap_or_else(|| self.add(hash, name))
    }

    /// Whether a key has that name.
    #[inline]
    pub(super) fn is(&self, key: KeyId, hash: u32, name: &[u8]) -> bool {
        if let Some(known) = self.table.names.get(key as usize) {
            return known.0 == hash && same(known.1.as_bytes(), name);
        }
        let number = key as usize - self.table.names.len();
        self.own.get(number).is_some_and(|own| own.0 == hash) && same(self.own_name(number).as_bytes(), name)
    }

    /// Numbers a name that has no number.
    pub(super) fn add(&mut self, hash: u32, name: &str) -> KeyId {
        if self.own.is_empty() {
            self.names.reserve(NAMES_CAPACITY);
            self.own.reserve(FEW / 2);
        }
        let base = self.table.names.len();
        let id = crate::narrow(base + self.own.len());
        self.names.push_str(name);
        self.own.push((hash, self.names.len()));
        if self.own.len() == FEW + 1 {
            let own = (0..self.own.len()).map(|at| (self.own_name(at).into(), crate::narrow(base + at)));
            self.by_name = own.collect();
        } else if self.own.len() > FEW {
            self.by_name.insert(name.into(), id);
        }
        id
    }

    pub(crate) fn find(&self, name: &str) -> Option<KeyId> {
        self.find_hashed(key_hash(name.as_bytes()), name.as_bytes())
    }

    #[inline]
    pub(crate) fn find_hashed(&self, hash: u32, name: &[u8]) -> Option<KeyId> {
        if let Some(id) = self.table.find(hash, name) {
            return Some(id);
        }
        if self.own.len() > FEW {
            return self.by_name.get(std::str::from_utf8(name).ok()?).copied();
        }
        let is_it = |(at, own): (usize, &(u32, usize))| own.0 == hash && same(self.own_name(at).as_bytes(), name);
        let at = self.own.iter().enumerate().position(is_it)?;
        Some(crate::narrow(self.table.names.len() + at))
    }
}
