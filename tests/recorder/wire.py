"""Framing of an event stream as the providers write it: one ``data:`` line an event, a blank line after it."""

from __future__ import annotations

import json

DONE = b"data: [DONE]\n\n"


def compact(payload: object) -> str:
    """JSON without spaces, text as UTF-8: how most providers serialise a chunk."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def escaped(payload: object) -> str:
    """JSON in ASCII with spaces after the separators: what ``json.dumps`` of a Python gateway gives.

    Only this form can carry half a surrogate pair.
    """
    return json.dumps(payload)


def event(data: str, *, name: str = "", end: str = "\n") -> bytes:
    r"""One event of one data line, with an ``event`` line where it is named.

    >>> event("{}", name="error")
    b'event: error\ndata: {}\n\n'
    """
    named = f"event: {name}{end}" if name else ""
    return f"{named}data: {data}{end}{end}".encode()


def comment(text: str, *, end: str = "\n") -> bytes:
    """Encode a comment line, which keeps idle connections open, and the blank line that providers write after it."""
    return f": {text}{end}{end}".encode()
