//! A payload read left to right into a tape's entries. It only notices that a payload is not JSON; the judge says where.

use super::key::{FEW_KEYS, KeyHash, key_hash};
use super::number::{number_end, overflows, small_end};
use super::tape::{Entry, Open, Tag, Tape};
use super::text::unescape;
use super::{MAX_DEPTH, MAX_NUMBER};

/// Where reading begins: at a value, or behind one that was read.
#[derive(Clone, Copy)]
pub(super) struct Begin {
    pub(super) at: usize,
    pub(super) done: bool,
    /// The container around it; those around that are in [`Tape::open`].
    pub(super) around: Open,
}

impl Begin {
    /// At the front of a payload.
    pub(super) fn front(payload: &str) -> Self {
        Self { at: space_end(payload.as_bytes(), 0), done: false, around: Open::default() }
    }
}

impl Tape {
    /// Reads one value, and returns where it ends; if `whole`, nothing but white space may follow.
    pub(super) fn scan(&mut self, payload: &str, whole: bool, begin: Begin) -> Option<usize> {
        let bytes = payload.as_bytes();
        let Begin { mut at, mut done, around: mut open } = begin;
        let mut keyed = !done;
        'value: loop {
            if !done {
                if open.object && !keyed {
                    at = self.key(payload, at, &mut open)?;
                }
                keyed = false;
                match *bytes.get(at)? {
                    b'"' => {
                        let (end, tag) = string_end(bytes, at + 1)?;
                        self.push(at + 1, end, tag);
                        at = end + 1;
                    }
                    byte @ (b'{' | b'[') => {
                        let (start, object) = (at, byte == b'{');
                        at = space_end(bytes, at + 1);
                        if bytes.get(at) != Some(if object { &b'}' } else { &b']' }) {
                            self.begin(start, object, &mut open)?;
                            continue 'value;
                        }
                        at += 1;
                        self.empty(start, at, object)?;
                    }
                    byte => at = self.scalar(bytes, at, byte)?,
                }
            }
            done = false;
            while !self.open.is_empty() {
                at = space_end(bytes, at);
                match *bytes.get(at)? {
                    b',' => {
                        at = space_end(bytes, at + 1);
                        continue 'value;
                    }
                    b'}' if open.object => {}
                    b']' if !open.object => {}
                    _ => return None,
                }
                at += 1;
                self.end(payload, at, &mut open);
            }
            return (!whole || space_end(bytes, at) == bytes.len()).then_some(at);
        }
    }

    #[inline]
    fn begin(&mut self, at: usize, object: bool, open: &mut Open) -> Option<()> {
        if self.open.len() == MAX_DEPTH {
            return None;
        }
        self.open.push(*open);
        self.deepest = self.deepest.max(self.open.len());
        *open = Open { index: narrow(self.entries.len()), object, keys: 0, seen: 0 };
        self.push(at, at, if object { Tag::Object } else { Tag::List });
        Some(())
    }

    /// A container with nothing in it, as many members of a whole answer are.
    #[inline]
    fn empty(&mut self, start: usize, end: usize, object: bool) -> Option<()> {
        if self.open.len() == MAX_DEPTH {
            return None;
        }
        self.deepest = self.deepest.max(self.open.len() + 1);
        self.push(start, end, if object { Tag::Object } else { Tag::List });
        Some(())
    }

    #[inline]
    fn end(&mut self, payload: &str, at: usize, open: &mut Open) {
        let next = narrow(self.entries.len());
        if let Some(entry) = self.entries.get_mut(open.index as usize) {
            entry.end = narrow(at);
            entry.next = next;
            entry.keys = open.bits();
        }
        if open.keys > FEW_KEYS {
            self.note_end(payload, open);
        }
        *open = self.open.pop().unwrap_or_default();
    }

    /// Reads a key and its colon; returns where the value begins.
    #[inline]
    fn key(&mut self, payload: &str, at: usize, open: &mut Open) -> Option<usize> {
        let bytes = payload.as_bytes();
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let (end, tag, hash) = match plain_key(bytes, at + 1) {
            Some((end, hash)) => (end, Tag::Str, hash),
            None => odd_key(payload, at + 1)?,
        };
        let key = Entry { start: narrow(at + 1), end: narrow(end), next: hash, tag, keys: 0 };
        if open.note(key) {
            self.look_twice(payload, open.index, key);
        }
        self.entries.push(key);
        let at = space_end(bytes, end + 1);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        Some(space_end(bytes, at + 1))
    }

    #[inline]
    fn scalar(&mut self, bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
        let (end, tag) = match byte {
            b'-' | b'0'..=b'9' => number(bytes, at)?,
            b't' if bytes.get(at..at + 4) == Some(b"true") => (at + 4, Tag::True),
            b'f' if bytes.get(at..at + 5) == Some(b"false") => (at + 5, Tag::False),
            b'n' if bytes.get(at..at + 4) == Some(b"null") => (at + 4, Tag::Null),
            _ => return None,
        };
        self.push(at, end, tag);
        Some(end)
    }

    #[inline]
    fn push(&mut self, start: usize, end: usize, tag: Tag) {
        let next = narrow(self.entries.len() + 1);
        self.entries.push(Entry { start: narrow(start), end: narrow(end), next, tag, keys: 0 });
    }
}

/// The closing quote of a key without escapes whose body begins at `at`, and its hash; None where it is not so plain.
#[inline]
fn plain_key(bytes: &[u8], at: usize) -> Option<(usize, u32)> {
    let mut hash = KeyHash::default();
    let mut left = bytes.get(at..)?;
    loop {
        let (chunk, behind) = left.split_first_chunk::<8>()?;
        let word = u64::from_le_bytes(*chunk);
        let hit = specials(word);
        if hit == 0 {
            hash.add(word);
            left = behind;
            continue;
        }
        let bits = hit.trailing_zeros() & !7;
        if (word >> bits) & 0xff != u64::from(b'"') {
            return None;
        }
        hash.add(word & !(u64::MAX << bits));
        return Some((bytes.len() - left.len() + (bits / 8) as usize, hash.finish()));
    }
}

/// The same for a key with escapes, or one too near the end for eight bytes at a time, with its tag.
#[cold]
fn odd_key(payload: &str, at: usize) -> Option<(usize, Tag, u32)> {
    let (end, tag) = string_end(payload.as_bytes(), at)?;
    let body = payload.get(at..end)?;
    let hash = if tag == Tag::Escaped { key_hash(unescape(body).as_bytes()) } else { key_hash(body.as_bytes()) };
    Some((end, tag, hash))
}

/// A place in a payload or tape: `Tape::parse` refuses payloads of 4 GiB, and a tape is shorter than its payload.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "bounded by Tape::parse")]
pub(super) fn narrow(place: usize) -> u32 {
    place as u32
}

#[inline]
pub(super) fn number(bytes: &[u8], start: usize) -> Option<(usize, Tag)> {
    small_end(bytes, start).map_or_else(|| large_number(bytes, start), |end| Some((end, Tag::Int)))
}

fn large_number(bytes: &[u8], start: usize) -> Option<(usize, Tag)> {
    let (end, float) = number_end(bytes, start);
    let token = bytes.get(start..end)?;
    let complete = token.last().is_some_and(u8::is_ascii_digit);
    if !complete || token.len() > MAX_NUMBER || (float && overflows(token)) {
        return None;
    }
    Some((end, if float { Tag::Float } else { Tag::Int }))
}

/// The closing quote of the string whose body begins at `at`, and whether the body has escapes.
#[inline(always)]
#[expect(clippy::inline_always, reason = "6 % of a payload's parse: the compiler calls it otherwise")]
pub(super) fn string_end(bytes: &[u8], mut at: usize) -> Option<(usize, Tag)> {
    let mut tag = Tag::Str;
    loop {
        at = plain_end(bytes, at);
        match *bytes.get(at)? {
            b'"' => return Some((at, tag)),
            b'\\' => {
                tag = Tag::Escaped;
                at = escape_end(bytes, at + 1)?;
            }
            _ => return None,
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const TOPS: u64 = 0x8080_8080_8080_8080;

/// Where a word has a quote, backslash or control character: the top bit of its byte is set (and perhaps bits above the
/// lowest such byte, which is all that counts).
#[inline]
fn specials(word: u64) -> u64 {
    // Below 0x21 are then the control characters and, in the place of the space, the quote.
    let low = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5c)).wrapping_sub(ONES);
    (low | backslash) & !word & TOPS
}

/// The first quote, backslash or control character from `at` on, or the end. Eight bytes at a time.
#[inline]
pub(super) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    let mut left = bytes.get(at..).unwrap_or_default();
    let long = left.len().saturating_sub(LONG);
    while let Some((chunk, behind)) = left.split_first_chunk::<8>() {
        let hit = specials(u64::from_le_bytes(*chunk));
        if hit != 0 {
            return bytes.len() - left.len() + (hit.trailing_zeros() / 8) as usize;
        }
        left = behind;
        if left.len() == long {
            left = blocks_end(left);
        }
    }
    at = at.max(bytes.len() - left.len());
    while let Some(0x20..=0x21 | 0x23..=0x5b | 0x5d..) = bytes.get(at) {
        at += 1;
    }
    at
}

/// A text of so many bytes is a long one.
const LONG: usize = 32;

/// From the first block of 32 bytes on that has a quote, backslash or control character, or the end is in. The compiler
/// makes a few vector instructions of it: two blocks at once take two thirds of those of two.
fn blocks_end(mut left: &[u8]) -> &[u8] {
    while let Some((_, behind)) = left.split_first_chunk::<64>().filter(|(block, _)| is_plain(block)) {
        left = behind;
    }
    while let Some((_, behind)) = left.split_first_chunk::<32>().filter(|(block, _)| is_plain(block)) {
        left = behind;
    }
    left
}

#[inline]
fn is_plain<const N: usize>(block: &[u8; N]) -> bool {
    let special = |byte: u8| u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    block.iter().fold(0, |hit, byte| hit | special(*byte)) == 0
}

#[inline]
pub(super) fn chunk<const N: usize>(text: &[u8], at: usize) -> Option<&[u8; N]> {
    text.get(at..)?.first_chunk()
}

/// Past the escape whose letter is at `at`.
fn escape_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Some(at + 1),
        b'u' => bytes.get(at + 1..at + 5)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 5),
        _ => None,
    }
}

/// Past the white space at `at`.
#[inline]
pub(super) fn space_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'!'..) => at,
        _ => run_end(bytes, at),
    }
}

fn run_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The length of the string body at the front of `rest`, which a quote ends; whether it has escapes, and whether it is
/// ASCII.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a tenth of a hit: the compiler calls it otherwise")]
pub(crate) fn body_end(rest: &[u8]) -> Option<(usize, bool, bool)> {
    let (mut left, mut escaped, mut tops) = (rest, false, 0);
    while let Some((chunk, behind)) = left.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let hit = specials(word);
        if hit == 0 {
            tops |= word;
            left = behind;
            continue;
        }
        let bits = hit.trailing_zeros() & !7;
        tops |= word & !(u64::MAX << bits);
        let at = (bits / 8) as usize;
        match (word >> bits) & 0xff {
            0x22 => return Some((rest.len() - left.len() + at, escaped, tops & TOPS == 0)),
            0x5c => left = left.get(escape_end(left, at + 1)?..)?,
            _ => return None,
        }
        escaped = true;
    }
    let (end, tag) = string_end(rest, rest.len() - left.len())?;
    Some((end, escaped || tag == Tag::Escaped, rest.get(..end)?.is_ascii()))
}
