//! UTF-8 with replacement: raw bytes in, text and the number of replaced sequences out.
//! <https://encoding.spec.whatwg.org/#utf-8-decoder>: each maximal subpart of an ill-formed sequence becomes one U+FFFD.

use std::borrow::Cow;

/// Decodes bytes as the WHATWG UTF-8 decoder does, and counts the sequences that became U+FFFD.
///
/// ```
/// assert_eq!(ssefold::sse::decode_lossy(b"a\xe2\x82b"), ("a\u{fffd}b".into(), 1));
/// ```
#[must_use]
pub fn decode_lossy(raw: &[u8]) -> (Cow<'_, str>, u64) {
    if let Ok(text) = simdutf8::basic::from_utf8(raw) {
        return (Cow::Borrowed(text), 0);
    }
    let mut text = String::with_capacity(raw.len() + 8);
    let mut replaced = 0;
    for chunk in raw.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
            replaced += 1;
        }
    }
    (Cow::Owned(text), replaced)
}
