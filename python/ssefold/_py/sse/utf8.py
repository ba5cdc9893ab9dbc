"""UTF-8 with replacement: raw bytes in, text and the number of replaced sequences out.

https://encoding.spec.whatwg.org/#utf-8-decoder: each maximal subpart of an ill-formed sequence becomes one U+FFFD.
"""


def decode_lossy(raw: bytes) -> tuple[str, int]:
    r"""Decode bytes as the WHATWG UTF-8 decoder does, and count the sequences that became U+FFFD.

    >>> decode_lossy(b"a\xe2\x82b")
    ('a\ufffdb', 1)
    """
    try:
        return raw.decode(), 0
    except UnicodeDecodeError:
        text = raw.decode(errors="replace")
        # A U+FFFD that was sent as such starts with a lead byte: nothing before it can swallow it.
        return text, text.count("\ufffd") - raw.count(b"\xef\xbf\xbd")
