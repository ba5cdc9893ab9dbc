"""Bodies that are no text are told by their first bytes and named, not guessed at."""

from __future__ import annotations

from ssefold._py.sse.utf8 import decode_lossy

# RFC 1952 §2.3.1, RFC 8878 §3.1.1, RFC 1950 §2.2 (its levels but for one, as "x^" is text); a frame of
# application/vnd.amazon.eventstream begins with its length, below 16 MiB.
SIGNATURES = (
    (b"\x1f\x8b", "the body is compressed with gzip: decode it first"),
    (b"\x28\xb5\x2f\xfd", "the body is compressed with zstd: decode it first"),
    (b"\x78\x01", "the body is compressed with deflate: decode it first"),
    (b"\x78\x9c", "the body is compressed with deflate: decode it first"),
    (b"\x78\xda", "the body is compressed with deflate: decode it first"),
    (b"\x00", "the body is binary, as application/vnd.amazon.eventstream is"),
)
OPENING_SIZE = 64  # bytes of a body that an error shows


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


def opening(head: bytes) -> str:
    r"""Return the first bytes of a body as one line of text, for an error; a character that is cut is left out.

    >>> opening(b"<html>\r\n<h1>Bad Gateway</h1>")
    '<html>  <h1>Bad Gateway</h1>'
    """
    text, _ = decode_lossy(head)
    if len(head) == OPENING_SIZE:
        text = text.rstrip("\ufffd")
    return "".join(" " if char < " " or "\x7f" <= char <= "\x9f" else char for char in text)
