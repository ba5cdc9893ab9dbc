"""The judge: whether a text is one JSON value (RFC 8259), a beginning of one, or where it stops being one.

Parsers differ in what they accept and in where they point, so neither backend asks its parser: this one checker, the
same in both, runs when a parse failed and for the status of tool-call arguments. An offset is that of the first UTF-8
byte that no JSON text continues. For a bound it is that of the token which breaks it: the opening bracket one too deep,
the first byte of the number. A number overflows only once it is complete, that is before a delimiter or at the end of
the text.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ssefold._py.json.number import delimited, number_end, overflows
from ssefold._py.limits import MAX_DEPTH, MAX_NUMBER

Status = Literal["complete", "empty", "truncated", "invalid"]
JsonErrorKind = Literal["invalid", "truncated", "too_deep", "number_too_long", "number_overflow"]


class Verdict(NamedTuple):
    """What a text is.

    `status` is "complete", "empty" (nothing but JSON whitespace), "truncated" (a proper beginning of one value) or
    "invalid": not JSON from the byte `offset` on, for the reason `kind`. Else `offset` is the text's length in bytes.

    >>> judge("[1,]")
    Verdict(status='invalid', offset=3, kind='invalid')
    """

    status: Status
    offset: int
    kind: JsonErrorKind | None = None


class JsonError(ValueError):
    """A payload that is not JSON within the bounds: `kind` is why, `offset` the byte where.

    >>> JsonError("truncated", 7).offset
    7
    """

    def __init__(self, kind: JsonErrorKind, offset: int) -> None:
        super().__init__(f"{kind} JSON at byte {offset}")
        self.kind: JsonErrorKind = kind
        self.offset = offset


class _Stop(Exception):  # noqa: N818 - it ends the walk, which is no error where a text is judged
    def __init__(self, offset: int, kind: JsonErrorKind = "invalid") -> None:
        super().__init__()
        self.offset = offset
        self.kind: JsonErrorKind = kind


_SPACE = re.compile(rb"[ \t\n\r]*+")
_BODY = re.compile(rb'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_HEX = re.compile(rb"[0-9a-fA-F]{0,4}+")
_WORDS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}
_VALUE, _VALUE_OR_CLOSE, _KEY, _KEY_OR_CLOSE, _COLON, _COMMA_OR_CLOSE = range(6)
_OPENING, _CLOSING = b"{[", b"}]"
_QUOTE, _COMMA, _COLON_BYTE = b'",:'
_SPACES = b" \t\n\r"


def judge(text: str) -> Verdict:
    """Judge a text. Linear and iterative; works on its UTF-8 bytes.

    >>> judge('{"city": "Par').status
    'truncated'
    """
    data = text.encode("utf-8", "surrogatepass")
    if _space_end(data, 0) == len(data):
        return Verdict("empty", len(data))
    try:
        complete = _walk(data)
    except _Stop as stop:
        if stop.offset == len(data) and stop.kind == "invalid":
            return Verdict("truncated", len(data))
        return Verdict("invalid", stop.offset, stop.kind)
    return Verdict("complete" if complete else "truncated", len(data))


def _walk(data: bytes) -> bool:
    objects: list[bool] = []
    expect = _VALUE
    at = 0
    while at < len(data):
        byte = data[at]
        if byte in _SPACES:
            at = _space_end(data, at)
        elif expect == _COMMA_OR_CLOSE and objects:
            expect, at = _after_value(byte, at, objects), at + 1
        elif expect <= _VALUE_OR_CLOSE:
            if byte in _OPENING:
                if len(objects) == MAX_DEPTH:
                    raise _Stop(at, "too_deep")
                objects.append(byte == _OPENING[0])
                expect, at = (_KEY_OR_CLOSE if objects[-1] else _VALUE_OR_CLOSE), at + 1
            elif expect == _VALUE_OR_CLOSE and byte == _CLOSING[1]:
                expect, at = _close(objects), at + 1
            else:
                expect, at = _COMMA_OR_CLOSE, _scalar(data, at)
        elif expect <= _KEY_OR_CLOSE and byte == _QUOTE:
            expect, at = _COLON, _string(data, at + 1)
        elif expect == _KEY_OR_CLOSE and byte == _CLOSING[0]:
            expect, at = _close(objects), at + 1
        elif expect == _COLON and byte == _COLON_BYTE:
            expect, at = _VALUE, at + 1
        else:
            raise _Stop(at)
    return expect == _COMMA_OR_CLOSE and not objects


def _after_value(byte: int, at: int, objects: list[bool]) -> int:
    in_object = objects[-1]
    if byte == _COMMA:
        return _KEY if in_object else _VALUE
    if byte == (_CLOSING[0] if in_object else _CLOSING[1]):
        return _close(objects)
    raise _Stop(at)


def _close(objects: list[bool]) -> int:
    objects.pop()
    return _COMMA_OR_CLOSE


def _scalar(data: bytes, at: int) -> int:
    """Step past a string, literal or number."""
    byte = data[at]
    if byte == _QUOTE:
        return _string(data, at + 1)
    word = _WORDS.get(byte)
    if word is not None:
        return _literal(data, at, word)
    if byte in b"-0123456789":
        return _number(data, at)
    raise _Stop(at)


def _string(data: bytes, at: int) -> int:
    """Step past the closing quote of the string whose body begins at `at`."""
    body = _BODY.match(data, at)
    end = body.end() if body else at
    if data[end : end + 1] == b'"':
        return end + 1
    if data[end : end + 1] == b"\\":
        raise _Stop(_bad_escape(data, end + 1))
    raise _Stop(end)


def _bad_escape(data: bytes, at: int) -> int:
    """Find the byte that no escape continues, in one whose letter is at `at`."""
    if data[at : at + 1] != b"u":
        return at
    found = _HEX.match(data, at + 1)
    return found.end() if found else at + 1


def _literal(data: bytes, at: int, word: bytes) -> int:
    if data.startswith(word, at):
        return at + len(word)
    same = 0
    while data[at + same : at + same + 1] == word[same : same + 1]:
        same += 1
    raise _Stop(at + same)


def _number(data: bytes, start: int) -> int:
    end = number_end(data, start)
    token = data[start:end]
    if len(token) > MAX_NUMBER:
        raise _Stop(start, "number_too_long")
    if not token[-1:].isdigit():
        raise _Stop(end)
    if delimited(data, end) and overflows(token):
        raise _Stop(start, "number_overflow")
    return end


def _space_end(data: bytes, at: int) -> int:
    found = _SPACE.match(data, at)
    return found.end() if found else at
