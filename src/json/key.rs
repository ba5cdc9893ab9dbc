//! Keys: their hash, and duplicates among those of one object (the last value stands, in the first's place).
//!
//! Keys are compared by their text, escapes resolved and lone surrogates replaced.

use std::collections::{HashMap, HashSet};

use super::parse::narrow;
use super::tape::{Entry, Open, Tag, Tape};
use super::text::unescape;

/// Keys of one object that are compared with one another; more are checked with a hash set when the object ends, so
/// that an object of thousands stays linear.
const FEW_KEYS: u32 = 32;

/// A cheap hash of a key's text: its length, first and last eight bytes. Not for keys that are compared by hash alone.
///
/// ```
/// use ssefold::json::key_hash;
/// assert_eq!(key_hash(b"content"), key_hash("content".as_bytes()));
/// assert_ne!(key_hash(b"content"), key_hash(b"refusal"));
/// ```
#[inline]
#[must_use]
pub fn key_hash(key: &[u8]) -> u32 {
    let (first, last) = match (key.first_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => short(key),
    };
    let length = key.len() as u64;
    // Odd constants of no structure: the fractions of the golden ratio and of the square root of 3.
    let mixed =
        (first ^ length.rotate_right(8)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ last.wrapping_mul(0xbb67_ae85_84ca_a73b);
    (mixed >> 32) as u32
}

#[inline]
fn short(key: &[u8]) -> (u64, u64) {
    if let (Some(first), Some(last)) = (key.first_chunk::<4>(), key.last_chunk::<4>()) {
        return (u64::from(u32::from_le_bytes(*first)), u64::from(u32::from_le_bytes(*last)));
    }
    match key {
        [one] => (u64::from(*one), 0),
        [one, two] => (u64::from(*one), u64::from(*two)),
        [one, two, three] => (u64::from(*one), u64::from(*two) << 8 | u64::from(*three)),
        _ => (0, 0),
    }
}

/// What is left to do for a value while duplicates are dropped.
enum Task {
    Copy(u32),
    Key(Entry),
    /// The container at this place of the new tape is complete.
    Close(usize),
}

impl Tape {
    /// Takes note of a key that is about to be pushed to the innermost open object.
    #[inline]
    pub(super) fn note_key(&mut self, payload: &str, key: Entry) {
        let bit = 1_u64 << (key.next >> 26);
        let Some(open) = self.open.last_mut() else { return };
        let known = open.seen & bit != 0 && open.keys < FEW_KEYS;
        open.seen |= bit;
        open.keys += 1;
        let index = open.index;
        if known && !self.duplicates {
            self.duplicates = self.has_key(payload, index, key);
        }
    }

    /// Takes note of an object's end.
    #[inline]
    pub(super) fn note_end(&mut self, payload: &str, open: Open) {
        if open.keys > FEW_KEYS && !self.duplicates {
            let mut seen = HashSet::with_capacity(open.keys as usize);
            self.duplicates = !self.fields(open.index).all(|(key, _)| seen.insert(self.text_of(payload, key)));
        }
    }

    /// Whether the unfinished object at `index` has a key of the same text.
    fn has_key(&self, payload: &str, index: u32, key: Entry) -> bool {
        let mut at = index + 1;
        while (at as usize) < self.len() {
            let other = self.entry(at);
            if other.next == key.next && self.text_of(payload, other) == self.text_of(payload, key) {
                return true;
            }
            at = self.entry(at + 1).next;
        }
        false
    }

    /// Rebuilds the tape without duplicate keys. Spans of containers still cover the dropped fields.
    pub(super) fn drop_duplicates(&mut self, payload: &str) {
        let mut entries: Vec<Entry> = Vec::with_capacity(self.len());
        let mut tasks = vec![Task::Copy(0)];
        while let Some(task) = tasks.pop() {
            match task {
                Task::Key(key) => entries.push(key),
                Task::Close(place) => {
                    let next = narrow(entries.len());
                    if let Some(entry) = entries.get_mut(place) {
                        entry.next = next;
                    }
                }
                Task::Copy(index) => {
                    tasks.push(Task::Close(entries.len()));
                    let entry = self.entry(index);
                    entries.push(entry);
                    let begin = tasks.len();
                    match entry.tag {
                        Tag::Object => {
                            for (key, value) in self.distinct_fields(payload, index) {
                                tasks.extend([Task::Key(key), Task::Copy(value)]);
                            }
                        }
                        _ => tasks.extend(self.items(index).map(Task::Copy)),
                    }
                    if let Some(added) = tasks.get_mut(begin..) {
                        added.reverse();
                    }
                }
            }
        }
        self.entries = entries;
    }

    fn distinct_fields(&self, payload: &str, index: u32) -> Vec<(Entry, u32)> {
        let mut fields: Vec<(Entry, u32)> = Vec::new();
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
