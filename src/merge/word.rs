//! A string held whole: in place where it is short, as ids, models, roles and reasons are. That saves the message of a
//! short stream six allocations.

use std::ops::Deref;

/// Bytes in place: an id of a chat completion fits, and a node is no larger for it.
const INLINE: usize = 38;

/// A string held whole.
#[derive(Debug)]
pub(crate) struct Word(Held);

#[derive(Debug)]
enum Held {
    /// UTF-8, as it was.
    Inline(u8, [u8; INLINE]),
    Heap(Box<str>),
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        let mut bytes = [0; INLINE];
        match (bytes.get_mut(..text.len()), u8::try_from(text.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(text.as_bytes());
                Self(Held::Inline(length, bytes))
            }
            _ => Self(Held::Heap(text.into())),
        }
    }
}

impl From<std::borrow::Cow<'_, str>> for Word {
    fn from(text: std::borrow::Cow<'_, str>) -> Self {
        Self::from(&*text)
    }
}

impl Deref for Word {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Held::Inline(length, bytes) => {
                let text = bytes.get(..usize::from(*length)).unwrap_or_default();
                std::str::from_utf8(text).unwrap_or_default()
            }
            Held::Heap(text) => text,
        }
    }
}

impl Word {
    /// How many bytes it has.
    pub(super) fn size(&self) -> u64 {
        match &self.0 {
            Held::Inline(length, _) => u64::from(*length),
            Held::Heap(text) => text.len() as u64,
        }
    }

    /// Its UTF-8.
    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.0 {
            Held::Inline(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Held::Heap(held) => held.as_bytes(),
        }
    }

    /// Whether it is that text.
    pub(super) fn is(&self, text: &str) -> bool {
        self.bytes() == text.as_bytes()
    }
}
