"""Lines in, events out: the data, event type and last event ID buffers of the standard, and the bound on their size.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

An event of one data line whose blank line is there too is sliced from the input: what LLM APIs send is buffered only
when two feeds cut it.
"""

from __future__ import annotations

import sys
from typing import NamedTuple, TypeAlias

from ssefold._py.sse.bare import Bare
from ssefold._py.sse.line import Input, Lines, field, reconnection_time
from ssefold._py.sse.utf8 import decode_lossy
from ssefold.errors import StreamLimitError

# The event type, empty where the block names none; the data; whether the data is JSON that came without `data` field.
RawEvent: TypeAlias = tuple[str, str, bool]

# bytes.strip(None) takes VT too, which the core's trim_ascii_end does not.
_ASCII_WHITESPACE = b" \t\n\f\r"


class LimitError(NamedTuple):
    """An event is larger than the bound: its number from 0, its first byte over, and the bound in bytes."""

    event: int
    offset: int
    value: int

    def error(self) -> StreamLimitError:
        """Return a fresh exception.

        >>> LimitError(event=2, offset=16, value=16).error()
        StreamLimitError('event 2 is larger than max_event_size (16 bytes)')
        """
        message = f"event {self.event} is larger than max_event_size ({self.value} bytes)"
        return StreamLimitError(message, limit="max_event_size", value=self.value, event=self.event, offset=self.offset)


class _Block:
    """The buffers of the block that is being read, and what fields set beyond it."""

    __slots__ = ("comments", "data", "event_retry", "event_type", "id", "retry", "seen")

    def __init__(self) -> None:
        # Each data line and an LF.
        self.data = bytearray()
        self.event_type = b""
        # The last event ID buffer: outlives the block, and counts from its dispatch.
        self.id = ""
        self.event_retry: int | None = None
        # A field was seen since the last blank line.
        self.seen = False
        # Not the block's but the connection's.
        self.retry: int | None = None
        self.comments = 0

    def process(self, name: bytes, value: bytes) -> None:
        """Process a field."""
        if name == b"data":
            self.data += value
            self.data += b"\n"
        elif name == b"event":
            self.event_type = value
        elif name == b"id":
            if b"\0" not in value:
                self.id = decode_lossy(value)[0]
        elif name == b"retry":
            time = reconnection_time(value)
            if time is not None:
                self.event_retry = time
                self.retry = time
        else:
            self.comments += name == b":"
            return
        self.seen = True

    def clear(self) -> None:
        """Begin the next block."""
        self.data.clear()
        self.event_type = b""
        self.event_retry = None
        self.seen = False


class Decoder:
    r"""Takes events from the front of an :class:`Input`.

    ``max_event_size`` bounds the data buffer plus the current line, in bytes; ``bare`` lets JSON at the start of a
    line, outside a block, count as an event. After :meth:`next`, ``last_event_id`` and ``event_retry`` are those of the
    event it returned; ``retry``, ``comments``, ``events`` (bare values and skipped events included) and
    ``invalid_utf8`` (sequences replaced in data) are of the stream; ``exceeded`` is set once an event passed the bound:
    later input is ignored until :meth:`reset`.

    >>> decoder, source = Decoder(None, bare=False), Input(b"data: a\n\ndata: b\n\ndata: c")
    >>> [decoder.next(source), decoder.next(source), decoder.next(source)]
    [('', 'a', False), ('', 'b', False), None]
    >>> decoder.finish(dispatch=True)
    ('', 'c', False)
    """

    __slots__ = (
        "_allows_bare",
        "_bare",
        "_block",
        "_lines",
        "_max",
        "_ready",
        "event_retry",
        "events",
        "exceeded",
        "invalid_utf8",
        "last_event_id",
    )

    def __init__(self, max_event_size: int | None, *, bare: bool) -> None:
        self._max = sys.maxsize if max_event_size is None else max_event_size
        self._allows_bare = bare
        self._lines = Lines()
        self._block = _Block()
        self._bare = Bare()
        # at_event_start outside of arrays, kept up by next() and finish().
        self._ready = False
        self.event_retry: int | None = None
        self.last_event_id = ""
        self.events = 0
        self.invalid_utf8 = 0
        self.exceeded: LimitError | None = None

    def next(self, source: Input) -> RawEvent | None:
        """Take up to and including the next event; None when the input is used up, or ``exceeded`` was set."""
        if source.position == source.size:
            return None
        if self._ready:
            event = self._whole(source)
            if event is not None:
                return event
        if self.exceeded is not None:
            source.position = source.size
            return None
        event = self._advance(source)
        if self.exceeded is not None:
            source.position = source.size
            self._discard()
            return None
        self._ready = self._lines.at_line_start() and not self._block.seen and not self._bare.is_open()
        return event

    def finish(self, *, dispatch: bool) -> RawEvent | None:
        """End the stream: drop what is unfinished; with ``exceeded`` set, None again.

        With ``dispatch``, process the unterminated last line and dispatch a block that has data, or return the
        unfinished bare value.
        """
        event = self._last() if dispatch and self.exceeded is None else None
        self._discard()
        return event

    def at_event_start(self) -> bool:
        """Whether nothing is pending: no carried bytes, no field of a block seen, no value begun."""
        return self._ready or (self._bare.is_between() and self._lines.at_line_start())

    def in_array(self) -> bool:
        """Whether what comes next, at an event's start, is read as a value of a top-level array, not as a line."""
        return not self._ready

    def skip_events(self, count: int) -> None:
        """Count events that the caller took from the input itself, each at an event's start."""
        self.events += count

    @property
    def retry(self) -> int | None:
        """The last reconnection time seen, in milliseconds."""
        return self._block.retry

    @property
    def comments(self) -> int:
        """Comment lines seen."""
        return self._block.comments

    def reset(self) -> None:
        """Make ready for another stream; keeps the last event ID and the reconnection time."""
        self._discard()
        self._lines = Lines()
        self._block.comments = 0
        self._block.id = self.last_event_id
        self.events = 0
        self.invalid_utf8 = 0
        self.exceeded = None

    def _whole(self, source: Input) -> RawEvent | None:
        """One data line, perhaps an event line before it, and the blank line: what LLM APIs send.

        Equal to :meth:`_advance` at an event's start, at a third of its time; None leaves all to that.
        """
        data, start = source.data, source.position
        if source.cr < source.size:
            return None
        line = start
        if data.startswith(b"event:", start):
            line = data.find(b"\n", start) + 1
            if line - start > self._max:
                return None
        # Nothing is searched for that the ordinary path would not take next: the scan stays linear.
        if not data.startswith(b"data:", line):
            return None
        end = data.find(b"\n", line)
        if not end > line >= start or end - line > self._max or not data.startswith(b"\n", end + 1):
            return None
        source.position = end + 2
        self.event_retry = None
        self.events += 1
        value = line + (6 if data[line + 5] == 0x20 else 5)
        if line > start:
            return self._event(data[start + 6 : line - 1].removeprefix(b" "), data[value:end])
        try:
            return "", data[value:end].decode(), False
        except UnicodeDecodeError:
            return self._event(b"", data[value:end])

    def _advance(self, source: Input) -> RawEvent | None:
        self._lines.begin(source)
        while self.exceeded is None:
            if self._allows_bare and (self._bare.is_open() or self._begins_bare(source)):
                value = self._bare.next(source)
                if value == b"":
                    continue
                if not self._check(self._bare.pending() if value is None else len(value)) or value is None:
                    return None
                return self._bare_event(value)
            line = self._lines.next(source)
            if line is None:
                self._check(len(self._block.data) + self._lines.pending())
                return None
            event = self._interpret(line, source)
            if event is not None:
                return event
        return None

    def _interpret(self, line: bytes, source: Input) -> RawEvent | None:
        """Interpret a line; the blank one dispatches."""
        if not self._check(len(self._block.data) + len(line)):
            return None
        if not line:
            return self._dispatch()
        name, value = field(line)
        # Equal to buffering the value and taking the blank line next.
        if name == b"data" and not self._block.data and not self._lines.carried and self._lines.take_end(source):
            return self._commit(value)
        self._block.process(name, value)
        return None

    def _dispatch(self) -> RawEvent | None:
        """Take the blank line: an event, if the block has data."""
        if self._block.data:
            return self._commit(bytes(self._block.data[:-1]))
        self.last_event_id = self._block.id
        self._block.clear()
        return None

    def _commit(self, data: bytes) -> RawEvent:
        """Count an event and give it its type, ID and reconnection time."""
        self.last_event_id = self._block.id
        self.event_retry = self._block.event_retry
        event_type = self._block.event_type
        self._block.clear()
        self.events += 1
        return self._event(event_type, data)

    def _begins_bare(self, source: Input) -> bool:
        """Whether bare JSON begins at the current line; takes the spaces before it."""
        indent = None if self._block.seen else self._lines.indent(source)
        if indent is None or indent[1] not in b"{[" or not self._check(indent[0]):
            return False
        self._lines.skip_indent(indent[0], source)
        self._bare.begin(source)
        return True

    def _bare_event(self, value: bytes) -> RawEvent:
        self.events += 1
        self.event_retry = None
        text, replaced = decode_lossy(value.rstrip(_ASCII_WHITESPACE))
        self.invalid_utf8 += replaced
        return "", text, True

    def _last(self) -> RawEvent | None:
        """Return what the end of the stream dispatches."""
        if self._bare.is_open():
            value = self._bare.finish()
            return self._bare_event(value) if value else None
        line = self._lines.finish()
        if line:
            self._block.process(*field(line))
        return self._dispatch() if self._block.data else None

    def _discard(self) -> None:
        """Drop what is unfinished."""
        self._lines.finish()
        self._block.clear()
        self._bare = Bare()
        self._ready = False

    def _check(self, size: int) -> bool:
        if size <= self._max:
            return True
        self.exceeded = LimitError(event=self.events, offset=self._max, value=self._max)
        return False

    def _event(self, event_type: bytes, data: bytes) -> RawEvent:
        text, replaced = decode_lossy(data)
        self.invalid_utf8 += replaced
        return decode_lossy(event_type)[0] if event_type else "", text, False
