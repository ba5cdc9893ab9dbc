//! Bodies that are no text are told by their first bytes and named, not guessed at.

use crate::sse::decode_lossy;

// RFC 1952 §2.3.1, RFC 8878 §3.1.1, RFC 1950 §2.2 (its levels but for one, as "x^" is text); a frame of
// application/vnd.amazon.eventstream begins with its length, below 16 MiB.
const SIGNATURES: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "the body is compressed with gzip: decode it first"),
    (b"\x28\xb5\x2f\xfd", "the body is compressed with zstd: decode it first"),
    (b"\x78\x01", "the body is compressed with deflate: decode it first"),
    (b"\x78\x9c", "the body is compressed with deflate: decode it first"),
    (b"\x78\xda", "the body is compressed with deflate: decode it first"),
    (b"\x00", "the body is binary, as application/vnd.amazon.eventstream is"),
];
/// Bytes of a body that an error shows.
const OPENING_SIZE: usize = 64;

/// What a body is that begins so.
pub(crate) enum Body {
    Text,
    Binary(&'static str),
    /// More bytes must tell.
    Open,
}

/// Tells text from binary.
pub(crate) fn sniff(head: &[u8]) -> Body {
    for (signature, reason) in SIGNATURES {
        if head.starts_with(signature) {
            return Body::Binary(reason);
        }
        if signature.starts_with(head) {
            return Body::Open;
        }
    }
    Body::Text
}

/// The first bytes of a body, for an error.
pub(crate) struct Opening {
    head: [u8; OPENING_SIZE],
    size: usize,
}

impl Opening {
    pub(crate) fn new() -> Self {
        Self { head: [0; OPENING_SIZE], size: 0 }
    }

    /// Takes what is still shown of the next bytes.
    #[inline]
    pub(crate) fn take(&mut self, data: &[u8]) {
        if self.size < OPENING_SIZE {
            let taken = data.len().min(OPENING_SIZE - self.size);
            if let (Some(room), Some(data)) = (self.head.get_mut(self.size..self.size + taken), data.get(..taken)) {
                room.copy_from_slice(data);
            }
            self.size += taken;
        }
    }

    /// One line of text; a character that is cut is left out.
    pub(crate) fn text(&self) -> String {
        let (text, _) = decode_lossy(self.head.get(..self.size).unwrap_or_default());
        let text = if self.size == OPENING_SIZE { text.trim_end_matches('\u{FFFD}') } else { &text };
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
    }
}
