//! Keys: their hash, and duplicates among those of one object (the last value stands, in the first's place).
//!
//! Keys are compared by their text, escapes resolved and lone surrogates replaced.

use std::collections::HashMap;

use super::parse::narrow;
use super::tape::{Entry, Open, Tag, Tape};
use super::text::unescape;

/// Keys of one object that are compared with one another; more are looked for twins when the object ends, so that an
/// object of thousands takes no time of its own.
pub(super) const FEW_KEYS: u32 = 16;

/// Keys of one object that a small table finds duplicates among: a response of Responses has some 35.
const MORE_KEYS: u32 = 128;

/// Of that table, so that it is at most half full.
const PLACES: usize = 256;

/// The fraction of the golden ratio: odd, and of no structure.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// A hash of a key's text that is made while its end is looked for: its words of eight bytes, the last with zeros. Not for
/// keys that are compared by hash alone.
#[derive(Clone, Copy, Default)]
pub(super) struct KeyHash(u64);

impl KeyHash {
    #[inline]
    pub(super) fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(MIX);
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "both halves count")]
    pub(super) fn finish(self) -> u32 {
        (self.0 ^ (self.0 >> 32)) as u32
    }
}

/// The hash of a key's text: what the tape has of each key. Not for keys that are compared by hash alone.
///
/// ```
/// use ssefold::json::key_hash;
/// assert_eq!(key_hash(b"content"), key_hash("content".as_bytes()));
/// assert_ne!(key_hash(b"content"), key_hash(b"refusal"));
/// ```
#[must_use]
pub fn key_hash(key: &[u8]) -> u32 {
    let mut hash = KeyHash::default();
    let mut rest = key;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        hash.add(u64::from_le_bytes(*word));
        rest = after;
    }
    hash.add(tail(rest));
    hash.finish()
}

/// A name that members are looked up by, and its hash.
#[derive(Clone, Debug, Default)]
pub(crate) struct Name {
    pub(crate) text: Box<str>,
    pub(crate) hash: u32,
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self { hash: key_hash(text.as_bytes()), text: text.into() }
    }
}

/// Less than eight bytes as a word, zeros behind them.
#[inline]
fn tail(rest: &[u8]) -> u64 {
    match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let place = 8 * (rest.len() - 4);
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << place
        }
        _ => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Whether two names are the same: most are too short for a call of `memcmp` to pay.
#[inline]
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.first_chunk::<8>(), other.first_chunk::<8>()) {
        (Some(first), Some(second)) if one.len() <= 16 => {
            first == second && one.last_chunk::<8>() == other.last_chunk::<8>()
        }
        (None, _) => tail(one) == tail(other),
        _ => one == other,
    }
}

/// The bit of an object's entry for the keys of that hash.
#[inline]
pub(super) fn key_bit(hash: u32) -> u16 {
    1 << (hash >> 26 & 15)
}

impl Open {
    /// The bits of all keys.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "all quarters count")]
    pub(super) fn bits(&self) -> u16 {
        let half = self.seen | self.seen >> 32;
        (half | half >> 16) as u16
    }

    /// Takes note of a key that is about to be pushed; returns whether it may be there already.
    #[inline]
    pub(super) fn note(&mut self, key: Entry) -> bool {
        let bit = 1_u64 << (key.next >> 26);
        let known = self.seen & bit != 0 && self.keys < FEW_KEYS;
        self.seen |= bit;
        self.keys += 1;
        known
    }
}

impl Tape {
    /// Takes note of a key that may be in the unfinished object at `index` already.
    #[cold]
    pub(super) fn look_twice(&mut self, payload: &str, index: u32, key: Entry) {
        self.duplicates = self.duplicates || self.has_key(payload, index, key);
    }

    /// Takes note of the end of an object with many keys.
    #[cold]
    pub(super) fn note_end(&mut self, payload: &str, open: &Open) {
        if !self.duplicates {
            self.duplicates = match open.keys {
                0..=MORE_KEYS => self.has_twins_of_some(payload, open.index),
                _ => self.has_twins_of_many(payload, open.index),
            };
        }
    }

    /// Whether two keys of an object that has no more than [`MORE_KEYS`] are the same: each looks for itself in a table.
    fn has_twins_of_some(&self, payload: &str, index: u32) -> bool {
        let mut places = [0_u16; PLACES];
        let mut known = Vec::with_capacity(MORE_KEYS as usize);
        for (key, _) in self.fields(index) {
            let mut at = key.next as usize % PLACES;
            while let Some(other) = places.get(at).and_then(|place| known.get(usize::from(*place).checked_sub(1)?)) {
                if self.is_same_key(payload, key, *other) {
                    return true;
                }
                at = (at + 1) % PLACES;
            }
            known.push(key);
            if let (Some(place), Ok(number)) = (places.get_mut(at), u16::try_from(known.len())) {
                *place = number;
            }
        }
        false
    }

    /// The same where there are more: those that share a hash, which may be all that somebody chose, are sorted by their
    /// texts.
    fn has_twins_of_many(&self, payload: &str, index: u32) -> bool {
        let mut keys: Vec<_> = (0_u32..).zip(self.fields(index)).map(|(at, (key, _))| (key.next, at)).collect();
        keys.sort_unstable();
        let entries: Vec<_> = self.fields(index).map(|(key, _)| key).collect();
        let alike = keys.chunk_by(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1);
        alike.into_iter().any(|alike| {
            let alike = alike.iter().filter_map(|(_, at)| entries.get(*at as usize));
            let mut alike: Vec<_> = alike.map(|key| self.text_of(payload, *key)).collect();
            alike.sort_unstable();
            alike.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
        })
    }

    #[inline]
    fn is_same_key(&self, payload: &str, one: Entry, other: Entry) -> bool {
        one.next == other.next && self.text_of(payload, one) == self.text_of(payload, other)
    }

    /// Whether the unfinished object at `index` has a key of the same text.
    fn has_key(&self, payload: &str, index: u32, key: Entry) -> bool {
        let mut at = index as usize + 1;
        while let Some([other, value]) = self.entries.get(at..).and_then(<[Entry]>::first_chunk) {
            if self.is_same_key(payload, *other, key) {
                return true;
            }
            at = value.next as usize;
        }
        false
    }

    /// Rebuilds the tape without duplicate keys. Spans of containers still cover the dropped fields.
    pub(super) fn drop_duplicates(&mut self, payload: &str) {
        let mut entries = Vec::with_capacity(self.len());
        self.copy_distinct(payload, 0, &mut entries);
        // Its own memory is that of a larger payload, and used again.
        self.entries.clear();
        self.entries.extend_from_slice(&entries);
    }

    /// Copies a value, which nests no deeper than a payload may.
    fn copy_distinct(&self, payload: &str, value: u32, entries: &mut Vec<Entry>) {
        let (place, entry) = (entries.len(), self.entry(value));
        entries.push(entry);
        if entry.tag == Tag::Object {
            for (key, value) in self.distinct_fields(payload, value) {
                entries.push(key);
                self.copy_distinct(payload, value, entries);
            }
        } else {
            self.items(value).for_each(|item| self.copy_distinct(payload, item, entries));
        }
        let next = narrow(entries.len());
        if let Some(entry) = entries.get_mut(place) {
            entry.next = next;
        }
    }

    fn distinct_fields(&self, payload: &str, index: u32) -> Vec<(Entry, u32)> {
        let mut fields: Vec<(Entry, u32)> = Vec::new();
        if self.fields(index).nth(FEW_KEYS as usize).is_none() {
            for (key, value) in self.fields(index) {
                match fields.iter_mut().find(|first| self.is_same_key(payload, first.0, key)) {
                    Some(first) => first.1 = value,
                    None => fields.push((key, value)),
                }
            }
            return fields;
        }
        let mut places = HashMap::new();
        for (key, value) in self.fields(index) {
            let place = *places.entry(unescape(self.str_of(payload, key))).or_insert(fields.len());
            match fields.get_mut(place) {
                Some(first) => first.1 = value,
                None => fields.push((key, value)),
            }
        }
        fields
    }
}
