//! What a list has already, by hash: whether it has a value isn't looked for among all of its items.
//!
//! The hash is keyed by chance, as whoever sends the items would else choose those that share one.

use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

use super::document::{Document, NodeId};
use super::ids::IdMap;
use super::payload::Payload;
use crate::json::{Tag, Tape, int_token, parse_float};

/// The items of a list by the hashes of their values.
#[derive(Debug, Default)]
pub(crate) struct Known {
    keyed: RandomState,
    by_hash: IdMap<u64, Alike>,
    count: usize,
}

/// Items of one hash: seldom more than one.
#[derive(Debug)]
struct Alike {
    first: NodeId,
    more: Vec<NodeId>,
}

impl Known {
    /// Takes note of an item.
    pub(super) fn add(&mut self, hash: u64, item: NodeId) {
        match self.by_hash.entry(hash) {
            Entry::Vacant(free) => _ = free.insert(Alike { first: item, more: Vec::new() }),
            Entry::Occupied(mut alike) => alike.get_mut().more.push(item),
        }
        self.count += 1;
    }

    /// The hash of a value: the same for those that `Document::same_value` takes for the same.
    pub(super) fn hash(&self, payload: Payload<'_>, value: u32) -> u64 {
        let entry = payload.entry(value);
        let token = || payload.tape.str_of(payload.text, entry);
        match entry.tag {
            Tag::Null => 0,
            Tag::True => 1,
            Tag::False => 2,
            Tag::Int => self.keyed.hash_one((3, int_token(token()))),
            Tag::Float => self.keyed.hash_one((4, parse_float(token()).to_bits())),
            Tag::Str | Tag::Escaped => self.keyed.hash_one((5, &*payload.tape.text_of(payload.text, entry))),
            Tag::Object => {
                // The order of keys doesn't count.
                let fields = payload.tape.fields(value);
                let hashes = fields.map(|(name, member)| {
                    let name = payload.tape.text_of(payload.text, name);
                    self.keyed.hash_one((&*name, self.hash(payload, member)))
                });
                self.keyed.hash_one((6, hashes.fold(0, u64::wrapping_add)))
            }
            Tag::List => {
                let hashes = payload.tape.items(value).map(|item| self.hash(payload, item));
                hashes.fold(7, |all, hash| self.keyed.hash_one((all, hash)))
            }
        }
    }
}

impl Document {
    /// What a list has, looked at whole only where somebody else changed it.
    pub(super) fn take_known(&mut self, list: NodeId) -> Known {
        let known = self.beside.get_mut(&list).and_then(|beside| beside.known.take());
        let count = self.items(list).len();
        if let Some(known) = known.filter(|known| known.count == count) {
            return *known;
        }
        let mut known = Known::default();
        let mut tape = Tape::new();
        for item in self.items(list).into_owned() {
            let text = self.snapshot_of(item).to_json();
            if tape.parse(&text).is_ok() {
                known.add(known.hash(Payload { text: &text, tape: &tape }, 0), item);
            }
        }
        known
    }

    /// Keeps what a list has, for the next that is added.
    pub(super) fn keep_known(&mut self, list: NodeId, known: Known) {
        self.beside.entry(list).or_default().known = Some(Box::new(known));
    }

    /// Whether a list has a value of that hash.
    pub(super) fn has(&self, known: &Known, hash: u64, payload: Payload<'_>, value: u32) -> bool {
        let mut alike =
            known.by_hash.get(&hash).into_iter().flat_map(|alike| [&alike.first].into_iter().chain(&alike.more));
        alike.any(|item| self.same_value(*item, payload, value))
    }
}
