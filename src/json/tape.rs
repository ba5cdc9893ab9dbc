//! A payload parsed to a flat list of entries: every value, in the order of the text, with the place of its next
//! sibling.
//!
//! An object's children are a key and its value in turn. The tape is reused from payload to payload and owns no text:
//! entries are spans. Duplicate keys are resolved when it is done: the last value stands, in the first's place.
//!
//! This is the hot path of every event that no template fits, hence the eight bytes at a time in strings and keys
//! hashed while they are read (which find duplicates here and rules in a dialect's table).

use std::borrow::Cow;

use super::MAX_DEPTH;
use super::check::{JsonError, JsonErrorKind, Verdict, judge};
use super::key::{key_bit, same};
use super::parse::Begin;
use super::text::unescape;

/// What an entry is.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `null`, and what is read past the end of a tape.
    Null,
    /// `true`
    True,
    /// `false`
    False,
    /// A number token without fraction and exponent.
    Int,
    /// A number token with one of them, finite.
    Float,
    /// A string, or key, without escapes.
    Str,
    /// A string, or key, with escapes.
    Escaped,
    /// An object.
    Object,
    /// A list.
    List,
}

/// One value or key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// First byte in the payload; of a string the first after its quote.
    pub start: u32,
    /// Past the last byte; of a string its closing quote.
    pub end: u32,
    /// Of a value the entry past its subtree; of a key its text's [`key_hash`](super::key_hash).
    pub next: u32,
    /// What it is.
    pub tag: Tag,
    /// Of an object a bit for each of its keys, see [`key_bit`]; of a key when it was marked, see [`Tape::mark`].
    pub(super) keys: u16,
}

impl Entry {
    /// The text of a key without escapes, as bytes: what names are compared by.
    #[inline]
    pub(crate) fn plain(self, payload: &str) -> Option<&[u8]> {
        payload.as_bytes().get(self.start as usize..self.end as usize).filter(|_| self.tag == Tag::Str)
    }
}

static NOTHING: Entry = Entry { start: 0, end: 0, next: u32::MAX, tag: Tag::Null, keys: 0 };

/// An object or list that is still open.
#[derive(Clone, Copy, Default)]
pub(super) struct Open {
    pub(super) index: u32,
    pub(super) object: bool,
    pub(super) keys: u32,
    /// A bit for each key's hash: while a key's bit is new, the key is.
    pub(super) seen: u64,
}

/// A payload's values; entry 0 is the whole.
///
/// ```
/// use ssefold::json::{Tag, Tape};
/// let payload = r#"{"a": [1, 2.5], "b": "x"}"#;
/// let mut tape = Tape::new();
/// tape.parse(payload)?;
/// let (key, value) = tape.fields(0).nth(1).unwrap();
/// assert_eq!((tape.str_of(payload, key), tape.entry(value).tag), ("b", Tag::Str));
/// # Ok::<(), ssefold::json::JsonError>(())
/// ```
pub struct Tape {
    pub(super) entries: Vec<Entry>,
    pub(super) open: Vec<Open>,
    /// An object has a key twice.
    pub(crate) duplicates: bool,
    /// The most containers that were open at once.
    pub(super) deepest: usize,
    /// The payload that [`Tape::parse_again`] was given last, if the entries are its.
    pub(super) last: Vec<u8>,
    /// What a marked key has; not 0.
    mark: u16,
}

impl Default for Tape {
    fn default() -> Self {
        let (entries, open, last) = (Vec::new(), Vec::new(), Vec::new());
        Self { entries, open, duplicates: false, deepest: 0, last, mark: 1 }
    }
}

impl Tape {
    /// An empty tape.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the tape's content by `payload`'s.
    ///
    /// # Errors
    ///
    /// [`JsonError`] where `payload` is not one JSON value within the bounds of this module; the tape is empty then. A
    /// payload of 4 GiB or more, whose offsets an entry can't hold, is invalid at 0.
    pub fn parse(&mut self, payload: &str) -> Result<(), JsonError> {
        self.entries.clear();
        self.open.clear();
        self.last.clear();
        self.read(payload, Begin::front(payload))
    }

    /// Reads the payload from a place on.
    pub(super) fn read(&mut self, payload: &str, begin: Begin) -> Result<(), JsonError> {
        self.duplicates = false;
        let fits = u32::try_from(payload.len()).is_ok();
        if !fits || self.scan(payload, true, begin).is_none() {
            self.entries.clear();
            return Err(refusal(payload, fits));
        }
        if self.duplicates {
            self.drop_duplicates(payload);
        }
        Ok(())
    }

    /// Replaces the tape's content by the value at the front of `text`; returns its length. None where that is none, or
    /// one that needs a second look: with a key twice, or nested deeper than half of what a payload may be.
    pub(crate) fn parse_front(&mut self, text: &str) -> Option<usize> {
        self.entries.clear();
        self.open.clear();
        self.last.clear();
        self.duplicates = false;
        self.deepest = 0;
        let end = self.scan(text, false, Begin::front(text))?;
        (!self.duplicates && self.deepest <= MAX_DEPTH / 2).then_some(end)
    }

    /// Marks a key for as long as [`Tape::parse_again`] finds it with the same value in its place.
    pub(crate) fn mark(&mut self, key: u32) {
        if let Some(key) = self.entries.get_mut(key as usize) {
            key.keys = self.mark;
        }
    }

    /// Whether a key was marked, and its value has been the same ever since.
    #[inline]
    pub(crate) fn is_marked(&self, key: Entry) -> bool {
        key.keys == self.mark
    }

    /// Takes all marks away.
    pub(crate) fn unmark(&mut self) {
        match self.mark.checked_add(1) {
            Some(next) => self.mark = next,
            None => *self = Self::default(),
        }
    }

    /// The entry at `index`, a null past the end.
    #[inline]
    #[must_use]
    pub fn entry(&self, index: u32) -> Entry {
        *self.entries.get(index as usize).unwrap_or(&NOTHING)
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing has been parsed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entry's span: a string's body (escapes unresolved), a number's token, a container with its brackets.
    #[inline]
    #[must_use]
    pub fn str_of<'p>(&self, payload: &'p str, entry: Entry) -> &'p str {
        payload.get(entry.start as usize..entry.end as usize).unwrap_or_default()
    }

    /// The text of a string or key, lone surrogates as U+FFFD.
    #[inline]
    #[must_use]
    pub fn text_of<'p>(&self, payload: &'p str, entry: Entry) -> Cow<'p, str> {
        let body = self.str_of(payload, entry);
        if entry.tag == Tag::Escaped { unescape(body) } else { Cow::Borrowed(body) }
    }

    /// The fields of the object at `index`: (key entry, index of the value). Nothing for another kind of value.
    #[inline]
    #[must_use]
    pub fn fields(&self, index: u32) -> Fields<'_> {
        let entry = self.entry(index);
        let end = if entry.tag == Tag::Object { entry.next } else { 0 };
        Fields { tape: self, at: index.saturating_add(1), end }
    }

    /// The value of the object's member of that name, whose [`key_hash`](super::key_hash) is given.
    #[inline]
    #[must_use]
    pub fn find(&self, payload: &str, object: u32, hash: u32, name: &str) -> Option<u32> {
        // Most that is asked for is not there.
        let entry = self.entry(object);
        if entry.keys & key_bit(hash) == 0 { None } else { self.look_up(payload, object, entry.next, hash, name) }
    }

    fn look_up(&self, payload: &str, object: u32, end: u32, hash: u32, name: &str) -> Option<u32> {
        let mut at = object.saturating_add(1);
        while at < end {
            let key = self.entries.get(at as usize)?;
            if key.next == hash && self.is_named(payload, *key, name) {
                return Some(at + 1);
            }
            at = self.entries.get(at as usize + 1)?.next;
        }
        None
    }

    /// Whether a key's text is that name.
    #[inline]
    #[must_use]
    pub fn is_named(&self, payload: &str, key: Entry, name: &str) -> bool {
        match key.plain(payload) {
            Some(plain) => same(plain, name.as_bytes()),
            None => self.text_of(payload, key) == name,
        }
    }

    /// The indexes of the items of the list at `index`. Nothing for another kind of value.
    #[inline]
    #[must_use]
    pub fn items(&self, index: u32) -> Items<'_> {
        let entry = self.entry(index);
        let end = if entry.tag == Tag::List { entry.next } else { 0 };
        Items { tape: self, at: index.saturating_add(1), end }
    }
}

/// Iterates over an object: (key entry, index of the value).
#[derive(Clone)]
pub struct Fields<'t> {
    tape: &'t Tape,
    at: u32,
    end: u32,
}

impl Iterator for Fields<'_> {
    type Item = (Entry, u32);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let value = self.at + 1;
        let [key, held] = self.tape.entries.get(self.at as usize..)?.first_chunk()?;
        self.at = held.next;
        Some((*key, value))
    }
}

/// Iterates over a list: index of the item.
#[derive(Clone)]
pub struct Items<'t> {
    tape: &'t Tape,
    at: u32,
    end: u32,
}

impl Iterator for Items<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.end {
            return None;
        }
        let item = self.at;
        self.at = self.tape.entry(item).next;
        Some(item)
    }
}

/// What the judge says of a payload that the parser refused. (It is never complete: both accept the same.)
#[cold]
fn refusal(payload: &str, fits: bool) -> JsonError {
    let (kind, offset) = match judge(payload) {
        Verdict::Invalid { offset, kind } if fits => (kind, offset),
        Verdict::Empty | Verdict::Truncated if fits => (JsonErrorKind::Truncated, payload.len()),
        _ => (JsonErrorKind::Invalid, 0),
    };
    JsonError { kind, offset: offset as u64 }
}
