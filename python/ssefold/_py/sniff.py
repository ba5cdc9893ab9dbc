"""Bodies that are no text are told by their first bytes and named, not guessed at."""

from __future__ import annotations

# RFC 1952 §2.3.1, RFC 8878 §3.1.1; a frame of application/vnd.amazon.eventstream begins with its length, below 16 MiB.
SIGNATURES = (
    (b"\x1f\x8b", "the body is compressed with gzip: decode it first"),
    (b"\x28\xb5\x2f\xfd", "the body is compressed with zstd: decode it first"),
    (b"\x00", "the body is binary, as application/vnd.amazon.eventstream is"),
)


def sniff(head: bytes) -> str | None:
    """Return what a body is that begins so: "" for text, None where more bytes must tell.

    >>> sniff(b"data"), sniff(bytes([0x1F]))
    ('', None)
    """
    for signature, reason in SIGNATURES:
        if head.startswith(signature):
            return reason
        if signature.startswith(head):
            return None
    return ""
