//! Bodies that are no text are told by their first bytes and named, not guessed at.

// RFC 1952 §2.3.1, RFC 8878 §3.1.1; a frame of application/vnd.amazon.eventstream begins with its length, below 16 MiB.
const SIGNATURES: [(&[u8], &str); 3] = [
    (b"\x1f\x8b", "the body is compressed with gzip: decode it first"),
    (b"\x28\xb5\x2f\xfd", "the body is compressed with zstd: decode it first"),
    (b"\x00", "the body is binary, as application/vnd.amazon.eventstream is"),
];

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
