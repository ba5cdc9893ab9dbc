"""Bytes in, lines and their fields out: line ends, the byte order mark, the line that straddles two feeds.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

Lines are cut from bytes before they are decoded: CR and LF end every UTF-8 sequence, so the result is the same and
U+2028 or U+0085 end no line.
"""

from __future__ import annotations

import re

_BOM = b"\xef\xbb\xbf"
_AFTER_INDENT = re.compile(rb"[^ \t]")

# More digits than this are no reconnection time: the core keeps the number in 64 bits.
_MAX_RETRY_DIGITS = 18


class Input:
    """One feed's bytes, and how far they are used up; the core's ``&mut &[u8]``.

    The next LF and CR are remembered, so that a search for the one never passes over the other's lines again: ``cr`` is
    the size where no CR is left.
    """

    __slots__ = ("_lf", "cr", "data", "position", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.size = len(data)
        self._lf = -1
        found = data.find(b"\r")
        self.cr = self.size if found < 0 else found

    def line_end(self) -> int:
        """Position of the next CR or LF, or the size."""
        if self.cr < self.position:
            found = self.data.find(b"\r", self.position)
            self.cr = self.size if found < 0 else found
        if self._lf < self.position:
            found = self.data.find(b"\n", self.position)
            self._lf = self.size if found < 0 else found
        return min(self.cr, self._lf)


class Lines:
    """The line splitter; keeps the bytes of an unfinished line, so that none is scanned twice."""

    __slots__ = ("_after_cr", "_bom_decided", "_carry", "_indented", "carried")

    def __init__(self) -> None:
        self._carry = bytearray()
        # Whether the last line was in pieces.
        self.carried = False
        # The last byte was a CR: an LF that follows belongs to it.
        self._after_cr = False
        self._bom_decided = False
        # The current line has spaces and tabs alone so far, as far as indent() was asked.
        self._indented = True

    def at_line_start(self) -> bool:
        """Whether nothing is pending: no byte carried, no LF awaited, byte order mark decided."""
        return self._bom_decided and not self._after_cr and not self._carry

    def pending(self) -> int:
        """Length of the unfinished line, 0 while it may be a byte order mark."""
        return len(self._carry) if self._bom_decided else 0

    def begin(self, source: Input) -> None:
        """Take what precedes a line: the byte order mark, the LF of a CR that ended the last feed."""
        if self._after_cr and source.position < source.size:
            self._after_cr = False
            if source.data.startswith(b"\n", source.position):
                source.position += 1
        while not self._bom_decided and source.position < source.size:
            if source.data[source.position] == _BOM[len(self._carry)]:
                self._carry.append(source.data[source.position])
                source.position += 1
                if len(self._carry) == len(_BOM):
                    self._carry.clear()
                    self._bom_decided = True
            else:
                self._indented = not self._carry
                self._bom_decided = True

    def next(self, source: Input) -> bytes | None:
        """Return the next whole line, or None when the input is used up; call :meth:`begin` once before."""
        end = source.line_end()
        line = source.data[source.position : end]
        source.position = end
        if end == source.size:
            self._carry += line
            return None
        self.take_end(source)
        self._indented = True
        self.carried = bool(self._carry)
        if self.carried:
            self._carry += line
            line = bytes(self._carry)
            self._carry.clear()
        return line

    def take_end(self, source: Input) -> bool:
        """Take one line end (LF, CR, CRLF), if the input begins with one."""
        end = source.data[source.position : source.position + 2]
        if end == b"\r\n":
            source.position += 2
        elif end[:1] == b"\r":
            source.position += 1
            self._after_cr = source.position == source.size
        elif end[:1] == b"\n":
            source.position += 1
        else:
            return False
        return True

    def indent(self, source: Input) -> tuple[int, bytes] | None:
        """Spaces and tabs at the start of the current line, carried ones included, and the byte after them.

        None when the line has other bytes already, or no other byte yet.
        """
        if not self._indented:
            return None
        first = _AFTER_INDENT.search(source.data, source.position)
        if first is None:
            return None
        self._indented = False
        return len(self._carry) + first.start() - source.position, first[0]

    def skip_indent(self, blank: int, source: Input) -> None:
        """Forget the current line's start, ``blank`` spaces and tabs, and take the rest of them from the input."""
        source.position += blank - len(self._carry)
        self._carry.clear()
        self._indented = True

    def finish(self) -> bytes:
        """Return the unfinished line at the end of the stream, empty if there is none."""
        self._after_cr = False
        self._bom_decided = True
        self._indented = True
        line = bytes(self._carry)
        self._carry.clear()
        return line


def field(line: bytes) -> tuple[bytes, bytes]:
    """Read a line that is not blank: the name of its field, a colon for a comment, and its value.

    >>> field(b"data: x"), field(b": keep-alive"), field(b"id")
    ((b'data', b'x'), (b':', b''), (b'id', b''))
    """
    if line.startswith(b":"):
        return b":", b""
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")


def reconnection_time(value: bytes) -> int | None:
    """Return the value of a ``retry`` field in milliseconds.

    ASCII digits alone, at most 18 of them after leading zeros.

    >>> reconnection_time(b"03000"), reconnection_time(b"3s"), reconnection_time(b"9" * 19)
    (3000, None, None)
    """
    digits = value.lstrip(b"0")
    if not value.isdigit() or len(digits) > _MAX_RETRY_DIGITS:
        return None
    return int(digits or b"0")
