//! A text's bytes: always UTF-8, checked where it is read and not where it grows.
//!
//! A template's hole is known to be ASCII when its end has been found; checking it again as `str` would cost a seventh of
//! a hit. Reading checks all of it at the speed of memory.

use crate::json::{Sink, simple_byte};

/// The bytes of a growing text.
#[derive(Debug, Default)]
pub(crate) struct Buffer(Vec<u8>);

impl Buffer {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    pub(super) fn capacity(&self) -> usize {
        self.0.capacity()
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Becomes empty, and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Bytes of UTF-8.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its UTF-8.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        simdutf8::basic::from_utf8(&self.0).unwrap_or_default()
    }

    /// The bytes from a place on that a fragment began at.
    pub(super) fn from(&self, start: usize) -> &[u8] {
        self.0.get(start..).unwrap_or_default()
    }

    /// Appends the body of a string, which is UTF-8; false, with nothing appended, where it has an escape of four digits.
    #[inline]
    pub(super) fn push_body(&mut self, body: &[u8], escaped: bool) -> bool {
        debug_assert!(std::str::from_utf8(body).is_ok(), "a hole is checked");
        if !escaped {
            self.0.extend_from_slice(body);
        }
        !escaped || self.push_escaped(body)
    }

    /// Byte by byte: fragments are short, and one in four of a tool's arguments has a quote.
    fn push_escaped(&mut self, body: &[u8]) -> bool {
        let start = self.0.len();
        self.0.reserve(body.len());
        let mut bytes = body.iter();
        while let Some(byte) = bytes.next() {
            if *byte != b'\\' {
                self.0.push(*byte);
            } else if let Some(byte) = bytes.next().and_then(|letter| simple_byte(*letter)) {
                self.0.push(byte);
            } else {
                self.0.truncate(start);
                return false;
            }
        }
        true
    }
}

impl Sink for Buffer {
    #[inline]
    fn push_str(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }
}
