//! A payload like the one before: what is the same in both is not read again.
//!
//! Payloads of a stream share id, model, the names of their members and much else. So the entries of the last one are
//! walked beside the new text. An entry stays, moved, where its bytes and the one behind it are the same, as it was read
//! from those alone; a string or number that differs is read, and what follows it compared from there. Where the texts
//! part in another way, reading goes on as if it had come so far by itself.

use super::check::JsonError;
use super::parse::{Begin, chunk, narrow, number, string_end};
use super::tape::{Entry, Open, Tag, Tape};

/// A longer payload isn't kept to compare with: it would be held twice.
const KEPT: usize = 1 << 14;

/// A shorter one is read in less time than it is compared in.
const SHORTEST: usize = 24;

impl Tape {
    /// Replaces the tape's content as [`Tape::parse`] does, and is faster where the payload is like the last one that was
    /// given here.
    ///
    /// # Errors
    ///
    /// Those of [`Tape::parse`].
    pub fn parse_again(&mut self, payload: &str) -> Result<(), JsonError> {
        if payload.len() < SHORTEST {
            return self.parse(payload);
        }
        let mut last = std::mem::take(&mut self.last);
        let begin = Walk::new(self, &last, payload).walk();
        let parsed = self.read(payload, begin);
        last.clear();
        if parsed.is_ok() && !self.duplicates && payload.len() <= KEPT {
            last.extend_from_slice(payload.as_bytes());
        }
        self.last = last;
        parsed
    }
}

/// The entries of the last payload, walked beside the new one.
struct Walk<'w> {
    tape: &'w mut Tape,
    last: &'w [u8],
    now: &'w [u8],
    /// The last payload is the same as the new one from the last token that was read to here ...
    until: usize,
    /// ... which lies so far behind there (modulo 2^32).
    moved: u32,
    /// The next key or value, and where those of its container end.
    at: u32,
    end: u32,
    /// The innermost open container has no value that is kept.
    bare: bool,
    begin: Begin,
}

impl<'w> Walk<'w> {
    fn new(tape: &'w mut Tape, last: &'w [u8], payload: &'w str) -> Self {
        tape.open.clear();
        let now = payload.as_bytes();
        let end = narrow(tape.entries.len());
        let until = common_length(last, now);
        Self { tape, last, now, until, moved: 0, at: 0, end, bare: false, begin: Begin::front(payload) }
    }

    /// Keeps the entries that the new payload has too; returns where reading goes on.
    fn walk(mut self) -> Begin {
        while self.at < self.end || self.close() {
            let value = self.at + u32::from(self.begin.around.object);
            let entry = self.tape.entry(value);
            let container = matches!(entry.tag, Tag::Object | Tag::List);
            if (entry.end as usize) < self.until {
                self.keep(value, entry.next);
                self.pass(value);
            } else if container && (entry.start as usize) < self.until {
                self.keep_key(value, value + 1);
                if let Some(kept) = self.tape.entries.get_mut(value as usize) {
                    // As it was, to be compared when its values are passed.
                    kept.end = entry.end;
                }
                self.enter(value);
            } else if let Some((end, tag)) = self.token(entry) {
                self.keep_key(value, entry.next);
                if let Some(kept) = self.tape.entries.get_mut(value as usize) {
                    (kept.end, kept.tag) = (narrow(end), tag);
                }
                self.moved = narrow(end).wrapping_sub(entry.end);
                let rest = self.last.get(entry.end as usize..).unwrap_or_default();
                self.until = entry.end as usize + common_length(rest, self.now.get(end..).unwrap_or_default());
                self.pass(value);
            } else {
                break;
            }
        }
        if self.bare {
            self.at = self.begin.around.index;
            self.begin.around = self.tape.open.pop().unwrap_or_default();
        }
        self.tape.entries.truncate(self.at as usize);
        self.begin
    }

    /// Keeps a value, with its key, and the entries before `end`.
    fn keep(&mut self, value: u32, end: u32) {
        if self.moved != 0 {
            let moved = self.moved;
            for entry in self.tape.entries.get_mut(self.at as usize..end as usize).unwrap_or_default() {
                entry.start = entry.start.wrapping_add(moved);
                entry.end = entry.end.wrapping_add(moved);
            }
        }
        if self.begin.around.object {
            let key = self.tape.entry(value - 1);
            self.begin.around.note(key);
        }
    }

    /// The same for a value that is another one under its key.
    fn keep_key(&mut self, value: u32, end: u32) {
        if self.begin.around.object {
            if let Some(key) = self.tape.entries.get_mut(value as usize - 1) {
                key.keys = 0;
            }
        }
        self.keep(value, end);
    }

    /// Goes on behind a value.
    fn pass(&mut self, value: u32) {
        let entry = self.tape.entry(value);
        let quote = matches!(entry.tag, Tag::Str | Tag::Escaped);
        (self.begin.at, self.begin.done, self.bare) = (entry.end as usize + usize::from(quote), true, false);
        self.at = entry.next;
    }

    /// Goes on inside a container.
    fn enter(&mut self, value: u32) {
        let entry = self.tape.entry(value);
        (self.begin.at, self.begin.done, self.bare) = (entry.start as usize, false, true);
        self.tape.open.push(self.begin.around);
        self.begin.around = Open { index: value, object: entry.tag == Tag::Object, ..Open::default() };
        (self.at, self.end) = (value + 1, entry.next);
    }

    /// Closes the containers whose values have all been kept and whose brackets are the same; returns whether there is
    /// more to walk.
    fn close(&mut self) -> bool {
        while self.at == self.end {
            let (index, outer) = (self.begin.around.index, self.tape.open.last().copied());
            let entry = self.tape.entries.get_mut(index as usize);
            let (Some(outer), Some(entry)) = (outer, entry.filter(|entry| entry.end as usize <= self.until)) else {
                return false;
            };
            entry.end = entry.end.wrapping_add(self.moved);
            (self.begin.at, self.begin.done, self.bare) = (entry.end as usize, true, false);
            self.tape.open.pop();
            self.begin.around = outer;
            if self.tape.open.is_empty() {
                return false;
            }
            self.end = self.tape.entry(outer.index).next;
        }
        true
    }

    /// The string or number that stands where another one stood.
    fn token(&self, entry: Entry) -> Option<(usize, Tag)> {
        let start = entry.start.wrapping_add(self.moved) as usize;
        match entry.tag {
            _ if entry.start as usize > self.until => None,
            Tag::Str | Tag::Escaped => string_end(self.now, start),
            Tag::Int | Tag::Float => number(self.now, start),
            _ => None,
        }
    }
}

/// How many bytes two texts have in common at their front.
fn common_length(one: &[u8], other: &[u8]) -> usize {
    let mut at = 0;
    while let (Some(a), Some(b)) = (chunk::<32>(one, at), chunk::<32>(other, at)) {
        if a != b {
            break;
        }
        at += 32;
    }
    while let (Some(a), Some(b)) = (chunk::<8>(one, at), chunk::<8>(other, at)) {
        let differing = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differing != 0 {
            return at + (differing.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + one.iter().skip(at).zip(other.iter().skip(at)).take_while(|(a, b)| a == b).count()
}
