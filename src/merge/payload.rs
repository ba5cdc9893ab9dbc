//! A chunk on its tape, and what strategies ask of it.

use std::borrow::Cow;

use super::document::VALUE_SIZE;
use super::value::long_size;
use crate::json::{Entry, Name, Tag, Tape, compact, int_token, key_hash};

/// A chunk on its tape.
#[derive(Clone, Copy)]
pub(crate) struct Payload<'a> {
    pub(crate) text: &'a str,
    pub(crate) tape: &'a Tape,
}

impl<'a> Payload<'a> {
    #[inline]
    pub(crate) fn entry(&self, value: u32) -> Entry {
        self.tape.entry(value)
    }

    /// The text of a string, lone surrogates replaced; None for another kind of value.
    #[inline]
    pub(crate) fn string(&self, value: u32) -> Option<Cow<'a, str>> {
        let entry = self.entry(value);
        matches!(entry.tag, Tag::Str | Tag::Escaped).then(|| self.tape.text_of(self.text, entry))
    }

    /// The name of a member, as bytes: that they are cut at the bounds of characters need not be looked at.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "1 % of a stream of Responses: the compiler calls it otherwise")]
    pub(crate) fn name_of(&self, key: Entry) -> Cow<'a, [u8]> {
        key.plain(self.text).map_or_else(|| self.odd_name_of(key), Cow::Borrowed)
    }

    #[cold]
    fn odd_name_of(&self, key: Entry) -> Cow<'a, [u8]> {
        Cow::Owned(self.tape.text_of(self.text, key).into_owned().into_bytes())
    }

    /// The value of the object's member of that name.
    #[inline]
    pub(crate) fn named(&self, object: u32, name: &Name) -> Option<u32> {
        self.tape.find(self.text, object, name.hash, &name.text)
    }

    /// The same for a name whose hash isn't known.
    #[inline]
    pub(crate) fn member(&self, object: u32, name: &str) -> Option<u32> {
        self.tape.find(self.text, object, key_hash(name.as_bytes()), name)
    }
}

/// How many times its size the JSON of a value may be long, to be kept as it came.
const LOOSE: u64 = 4;

impl<'a> Payload<'a> {
    /// The JSON of a value of that size, to be kept: as it came, unless spaces, escapes or digits make it long for what it
    /// says.
    pub(crate) fn kept(&self, value: u32, size: u64) -> Cow<'a, str> {
        let text = self.tape.str_of(self.text, self.entry(value));
        if text.len() as u64 <= LOOSE * size {
            return text.into();
        }
        let mut spelled = String::new();
        compact(self.tape, self.text, value, &mut spelled);
        spelled.into()
    }
}

impl Payload<'_> {
    /// The size of a value, as a document's node has it.
    pub(crate) fn size_of(&self, value: u32) -> u64 {
        let entry = self.entry(value);
        let text = |entry: Entry| match entry.tag {
            Tag::Escaped => self.tape.text_of(self.text, entry).len() as u64,
            _ => u64::from(entry.end - entry.start),
        };
        VALUE_SIZE
            + match entry.tag {
                Tag::Str | Tag::Escaped => text(entry),
                Tag::Object => self.tape.fields(value).map(|(key, member)| text(key) + self.size_of(member)).sum(),
                Tag::List => self.tape.items(value).map(|item| self.size_of(item)).sum(),
                Tag::Int => long_size(int_token(self.tape.str_of(self.text, entry))),
                _ => 0,
            }
    }
}
