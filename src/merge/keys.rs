//! Member names as numbers: those of a dialect's table are numbered once and shared by all its messages.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::json::{key_hash, same};

/// A member name's number.
pub type KeyId = u32;

/// The names that a dialect's table knows: open addressing by the hash that the tape has of each key.
// Apart from its count of owners, as a dialect is.
#[derive(Debug, Default)]
#[repr(align(128))]
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

    /// The name of that number.
    pub(super) fn name(&self, key: KeyId) -> Option<&str> {
        self.names.get(key as usize).map(|name| &*name.1)
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

/// A name of the stream's: its hash, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Own {
    hash: u32,
    length: u32,
    start: usize,
}

/// The hash of a name that was given up, which the empty one hasn't.
const GONE: u32 = u32::MAX;

/// Bytes of names, and names, that a message has before it is asked which of them its members still have.
const ROOM: usize = 1 << 16;
const PLACES: usize = 1 << 12;

/// Slots of a document that are looked at for what a name takes.
const NAME_SIZE: usize = 8;

/// The names of one message: the table's, and those that its stream brought.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    table: Arc<KeyTable>,
    /// The stream's, one behind the other: an allocation each, eight to a stream, showed.
    names: String,
    own: Vec<Own>,
    by_name: HashMap<Box<str>, KeyId>,
    /// Places in `own` whose names no member has, to be given to others.
    free: Vec<u32>,
    /// The bytes of names, and the places for them, with which it is time to look which are in use.
    room: usize,
    places: usize,
}

impl Keys {
    pub(crate) fn new(table: Arc<KeyTable>) -> Self {
        Self {
            table,
            names: String::new(),
            own: Vec::new(),
            by_name: HashMap::new(),
            free: Vec::new(),
            room: ROOM,
            places: PLACES,
        }
    }

    pub(crate) fn reads_lists(&self) -> bool {
        self.table.reads_lists
    }

    /// The same table, and no names of its own.
    pub(crate) fn fresh(&self) -> Self {
        Self::new(Arc::clone(&self.table))
    }

    /// Forgets the stream's names, and keeps their memory unless it is much.
    pub(super) fn renew(&mut self) {
        if self.own.len() > FEW || self.names.capacity() > ROOM {
            *self = self.fresh();
        } else {
            self.names.clear();
            self.own.clear();
            self.free.clear();
        }
    }

    pub(super) fn table(&self) -> &KeyTable {
        &self.table
    }

    pub(super) fn shared_table(&self) -> Arc<KeyTable> {
        Arc::clone(&self.table)
    }

    pub(crate) fn name(&self, key: KeyId) -> &str {
        match self.table.names.get(key as usize) {
            Some(name) => &name.1,
            None => self.own_name(key as usize - self.table.names.len()),
        }
    }

    /// The n-th of the stream's names.
    fn own_name(&self, number: usize) -> &str {
        let own = self.own.get(number).map(|own| own.start..own.start + own.length as usize);
        own.and_then(|place| self.names.get(place)).unwrap_or_default()
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
        self.own.get(number).is_some_and(|own| own.hash == hash) && same(self.own_name(number).as_bytes(), name)
    }

    /// Numbers a name that has no number.
    pub(super) fn add(&mut self, hash: u32, name: &str) -> KeyId {
        if self.own.is_empty() {
            self.names.reserve(NAMES_CAPACITY);
            self.own.reserve(FEW / 2);
        }
        let base = self.table.names.len();
        let own = Own { hash, length: crate::narrow(name.len()), start: self.names.len() };
        self.names.push_str(name);
        let again = self.free.pop().map(|at| at as usize);
        let id = crate::narrow(base + again.unwrap_or(self.own.len()));
        match again.and_then(|at| self.own.get_mut(at)) {
            Some(gone) => *gone = own,
            None => self.own.push(own),
        }
        if self.own.len() == FEW + 1 && again.is_none() {
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
        let is_it = |(at, own): (usize, &Own)| own.hash == hash && same(self.own_name(at).as_bytes(), name);
        let at = self.own.iter().enumerate().position(is_it)?;
        Some(crate::narrow(self.table.names.len() + at))
    }

    /// Whether the names take so much that it is worth looking which of them are in use.
    #[inline]
    pub(super) fn is_crowded(&self) -> bool {
        self.names.len() > self.room || self.own.len() > self.places
    }

    /// For each of the stream's names that it isn't used.
    pub(super) fn unused(&self) -> Vec<bool> {
        vec![false; self.own.len()]
    }

    /// Takes note that a name is used.
    pub(super) fn note_used(&self, used: &mut [bool], key: KeyId) {
        let place = (key as usize).checked_sub(self.table.names.len());
        if let Some(used) = place.and_then(|place| used.get_mut(place)) {
            *used = true;
        }
    }

    /// Keeps the names that are used, and gives up the others, in a document of so many slots.
    pub(super) fn keep(&mut self, used: &[bool], slots: usize) {
        let names = std::mem::take(&mut self.names);
        self.free.clear();
        for ((at, own), used) in (0..).zip(&mut self.own).zip(used) {
            let name = names.get(own.start..own.start + own.length as usize).unwrap_or_default();
            if *used {
                own.start = self.names.len();
                self.names.push_str(name);
                continue;
            }
            if own.start != usize::MAX {
                self.by_name.remove(name);
            }
            *own = Own { hash: GONE, length: 0, start: usize::MAX };
            self.free.push(at);
        }
        // As much again as there is, and as was looked at: each name pays for what is done for it.
        self.room = ROOM.max(2 * self.names.len()).max(self.names.len() + slots);
        let live = self.own.len() - self.free.len();
        self.places = PLACES.max(2 * live).max(live + slots / NAME_SIZE);
    }
}
