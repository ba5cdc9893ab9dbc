//! A payload that begins as the one before did: what they have in common is not read again.
//!
//! Payloads of a stream share their first half or so: id, model, the names of the members. An entry stays where it and
//! the byte behind it are common: it was read from those bytes alone.

use super::check::JsonError;
use super::parse::Begin;
use super::tape::{Open, Tag, Tape};

/// A longer payload isn't kept to compare with: it would be held twice.
const KEPT: usize = 1 << 14;

impl Tape {
    /// Replaces the tape's content as [`Tape::parse`] does, and is faster where the payload begins as the last one that
    /// was given here.
    ///
    /// # Errors
    ///
    /// Those of [`Tape::parse`].
    pub fn parse_again(&mut self, payload: &str) -> Result<(), JsonError> {
        let common = common_length(&self.last, payload.as_bytes());
        let begin = self.keep(payload, common);
        let mut last = std::mem::take(&mut self.last);
        let parsed = self.read(payload, begin);
        last.truncate(common);
        if parsed.is_ok() && !self.duplicates && payload.len() <= KEPT {
            last.extend_from_slice(payload.as_bytes().get(common..).unwrap_or_default());
        } else {
            last.clear();
        }
        self.last = last;
        parsed
    }

    /// Keeps the entries that the first `common` bytes made alone; returns where reading goes on.
    fn keep(&mut self, payload: &str, common: usize) -> Begin {
        self.open.clear();
        let mut begin = Begin::front(payload);
        let mut around = Open::default();
        let (mut at, mut end) = (0, super::parse::narrow(self.entries.len()));
        // The innermost open container has no value yet: it is begun anew.
        let mut bare = false;
        while at < end {
            let key = self.entry(at);
            let value = at + u32::from(around.object);
            let entry = self.entry(value);
            let whole = (entry.end as usize) < common;
            let cut = matches!(entry.tag, Tag::Object | Tag::List) && (entry.start as usize) < common;
            if !whole && !cut {
                break;
            }
            if around.object {
                around.note(key);
            }
            (bare, begin.done) = (!whole, whole);
            if whole {
                let quote = matches!(entry.tag, Tag::Str | Tag::Escaped);
                begin.at = entry.end as usize + usize::from(quote);
                at = entry.next;
            } else {
                begin.at = entry.start as usize;
                self.open.push(around);
                around = Open { index: value, object: entry.tag == Tag::Object, ..Open::default() };
                (at, end) = (value + 1, entry.next);
            }
        }
        if bare {
            at = around.index;
            around = self.open.pop().unwrap_or_default();
        }
        self.entries.truncate(at as usize);
        begin.around = around;
        begin
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

fn chunk<const N: usize>(text: &[u8], at: usize) -> Option<&[u8; N]> {
    text.get(at..)?.first_chunk()
}
