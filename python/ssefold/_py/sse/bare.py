"""Bytes in, JSON values out that came without ``data:``: NDJSON, a printed error body, an array of chunks.

NDJSON is Ollama's, error bodies over several lines are Vertex's, arrays come from Gemini without ``alt=sse`` and from
Bedrock logs: of those each element is a value of its own. Only strings and brackets are told apart; whether a value is
JSON is for the reader of it. The scan resumes at the next feed where it stopped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ssefold._py.sse.line import Input

_BETWEEN = re.compile(rb"[^ \t\n\r,]")
_IN_STRING = re.compile(rb'["\\]')
_IN_SCALAR = re.compile(rb'[",\]]')
_IN_NESTED = re.compile(rb'["{}\[\]]')

_ASCII_WHITESPACE = b"\t\n\x0c\r "
# What ends a stream looks like an array. A log or a proxy that leaves out "data:" leaves it as a line; no JSON has such
# a word.
_DONE = b"[DONE]"

_Kind = Literal["absent", "nested", "scalar"]


class Bare:
    """The scanner of one bare value, or of one array of them."""

    __slots__ = ("_array", "_carry", "_depth", "_escaped", "_kind", "_string")

    def __init__(self) -> None:
        # Inside a top-level array.
        self._array = False
        # "nested": the last bracket ends it; "scalar", an element of the array: a comma or bracket ends it.
        self._kind: _Kind = "absent"
        self._depth = 0
        self._string = False
        self._escaped = False
        self._carry = bytearray()

    def is_open(self) -> bool:
        """Whether a value or an array has begun and not ended."""
        return self._array or self._kind != "absent"

    def is_between(self) -> bool:
        """Whether an array has begun and none of its values."""
        return self._array and self._kind == "absent"

    def pending(self) -> int:
        """Length of the unfinished value."""
        return len(self._carry)

    def begin(self, source: Input) -> None:
        """Begin at an input whose first byte is ``{`` or ``[``."""
        if source.data.startswith(b"[", source.position):
            self._array = True
            source.position += 1
        else:
            self._kind = "nested"

    def next(self, source: Input) -> bytes | None:
        """Take up to the end of the next value, or of the array (``b""``); None when the input is used up."""
        if self._kind == "absent":
            first = _BETWEEN.search(source.data, source.position)
            if first is None:
                source.position = source.size
                return None
            source.position = first.start()
            if first[0] == b"]":
                self._array = False
                source.position += 1
                return b""
            self._kind = "nested" if first[0] in b"{[" else "scalar"
        end = self._scan(source)
        self._carry += memoryview(source.data)[source.position : end]
        if end is None:
            source.position = source.size
            return None
        source.position = end
        value = bytes(self._carry)
        if self._kind == "scalar" and value.rstrip(_ASCII_WHITESPACE) == b"DONE":
            value = _DONE
        self._kind = "absent"
        self._carry.clear()
        return value

    def _scan(self, source: Input) -> int | None:
        """Where the open value ends, if it does; a scalar ends before what ends it."""
        data, at = source.data, source.position
        while at < source.size:
            if self._escaped:
                self._escaped = False
                at += 1
                continue
            pattern = _IN_STRING if self._string else _IN_SCALAR if self._kind == "scalar" else _IN_NESTED
            found = pattern.search(data, at)
            if found is None:
                return None
            at = found.end()
            byte = found[0]
            if self._string:
                self._escaped = byte == b"\\"
                self._string = self._escaped
            elif byte == b'"':
                self._string = True
            elif self._kind == "scalar":
                return found.start()
            elif byte in b"{[":
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth == 0:
                    return at
        return None

    def finish(self) -> bytes:
        """Return the value that the end of the stream cut, empty if it cut none; the scanner is done with."""
        return bytes(self._carry)
