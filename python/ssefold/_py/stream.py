"""One stream: bytes in, a message out. Ties framing, JSON, detection and the merge rules together.

After an error or the end, events are still framed and counted, so that a report doesn't depend on how the bytes were
cut; they are merged no more.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.error import StreamError, malformed
from ssefold._py.merge.document import render
from ssefold._py.merge.repeat import repeat, repeat_run
from ssefold._py.merging import Merging
from ssefold._py.outcome import Outcome
from ssefold._py.sniff import OPENING_SIZE, opening, sniff
from ssefold._py.sse.event import Decoder
from ssefold._py.sse.line import Input
from ssefold._py.template import Templates
from ssefold.views import Report

if TYPE_CHECKING:
    from ssefold._py.delta import Delta
    from ssefold._py.dialect import Compiled
    from ssefold._py.merge.message import Message


class Stream:
    """The state of one stream."""

    __slots__ = ("binary", "bytes", "decoder", "head", "max_event_size", "merging", "opening", "templates")

    def __init__(self, dialect: Compiled | None, max_event_size: int | None, max_message_size: int | None) -> None:
        """Begin a stream of ``dialect``, or of one to be detected."""
        self.decoder = Decoder(max_event_size, bare=True)
        self.merging = Merging(dialect, max_message_size)
        self.templates = Templates()
        self.max_event_size = max_event_size
        self.binary = False  # the body is none that can be framed
        self.head: bytes | None = b""  # the first bytes, while they may begin a binary body
        self.opening = b""  # what the body begins with
        self.bytes = 0

    def feed(self, data: bytes, *, looking: bool) -> list[Delta]:
        """Merge the next bytes; return the deltas if ``looking``."""
        if self.bytes < OPENING_SIZE:
            self.opening += data[: OPENING_SIZE - self.bytes]
        self.bytes += len(data)
        self.merging.look(looking=looking)
        if self.head is not None:
            data = self.sniffed(data)
        self.pull(data)
        return self.drain()

    def drain(self) -> list[Delta]:
        """Hand out the deltas queued."""
        return self.merging.message.drain() if self.merging.message else []

    @property
    def dialect(self) -> Compiled | None:
        """The dialect in use, None until it is known."""
        return self.merging.dialect

    @property
    def failure(self) -> StreamError | None:
        """What went wrong."""
        return self.merging.failure

    def sniffed(self, data: bytes) -> bytes:
        """Hold the first bytes back until they tell text from binary."""
        head = (self.head or b"") + data
        reason = sniff(head) if head else None
        if reason is None:
            self.head = head
            return b""
        self.head = None
        if reason:
            self.binary = True
            self.merging.fail(malformed(0, 0, reason, ""))
            return b""
        return head

    def pull(self, data: bytes) -> None:
        """Merge the events in ``data``."""
        if self.binary or (self.failure is not None and self.failure.limit == "max_event_size"):
            return
        source = Input(data)
        decoder, merging = self.decoder, self.merging
        while True:
            learning = self.templates.enabled and decoder.at_event_start() and merging.learns()
            message = merging.message if learning else None
            if message is not None:
                if self.templates.array != decoder.in_array():
                    self.templates.turn()
                self.repeat(message, source)
                if source.position == source.size:
                    return
            start = source.position
            event = decoder.next(source)
            if event is None:
                break
            epoch = merging.begin_trace(on=message is not None)
            merging.event(event)
            if message is not None:
                merging.learn(message, self.templates, data[start : source.position], epoch)
        self.check_event_size()

    def repeat(self, message: Message, source: Input) -> None:
        """Merge the events at the front of the input that a template fits."""
        merging, find = self.merging, self.templates.find
        data, at, until, hits, size = source.data, source.position, source.size, 0, 0
        event_bound = sys.maxsize if self.max_event_size is None else self.max_event_size
        message_bound = sys.maxsize if merging.max_message_size is None else merging.max_message_size
        before = None
        while at < until and (hit := find(data, at, message.epoch)) is not None:
            template, fillings, end = hit
            if end - at > event_bound:
                break
            repeat(message, template, fillings)
            size, at = end - at - template.around, end
            hits += 1
            if message.size > message_bound:
                break
            # From the third of a kind on: fragments of tool calls in turn seldom make a run. No text is longer than its
            # bytes, so that the bound can't be passed within one.
            is_run = template is before and data.startswith(template.head, at)
            if is_run and message.size + until - at <= message_bound:
                more, at, last = repeat_run(message, template, data, at, event_bound)
                hits, size = hits + more, last - template.around if more else size
            before = template
        source.position = at
        merging.chunks += hits
        merging.events += hits
        self.decoder.skip_events(hits)
        if hits:
            merging.check_message_size(size)

    def check_event_size(self) -> None:
        """Turn the decoder's bound into an error."""
        bound = self.decoder.exceeded
        if bound is not None:
            self.merging.fail(
                StreamError("limit", "", bound.event, bound.offset, limit="max_event_size", value=bound.value)
            )

    def finish(self, *, looking: bool) -> list[Delta]:
        """Take the end of the bytes; return what only that brought."""
        merging = self.merging
        merging.look(looking=looking)
        if self.head:
            head, self.head = self.head, None
            self.pull(head)
        last = self.decoder.finish(dispatch=not self.binary)
        if last is not None:
            merging.quirk("unterminated_event")
            merging.event(last, last=True)
        self.check_event_size()
        if merging.failure is not None:
            if merging.message is not None:
                merging.message.end()
        elif merging.termination == "open":
            merging.end_of_bytes(nothing_came=self.nothing_came())
            self.show_opening()
        return self.drain()

    def nothing_came(self) -> bool:
        """Tell whether the bytes were none, or keep-alives and settings of the event stream alone."""
        decoder = self.decoder
        return (
            self.merging.cut
            or self.bytes == 0
            or decoder.events > 0
            or decoder.comments > 0
            or decoder.retry is not None
            or decoder.last_event_id != ""
        )

    def show_opening(self) -> None:
        """Where no message came of the bytes, say what they were: an error page, an answer of another dialect."""
        failure = self.failure
        if self.bytes and failure is not None and failure.kind in ("incomplete", "unknown") and self.snapshot() is None:
            reason = f'{failure.reason}; the body begins "{opening(self.opening)}"'
            self.merging.failure = failure._replace(reason=reason)

    def snapshot(self) -> dict[str, Any] | None:
        """Return the message so far."""
        message = self.merging.message
        return cast("dict[str, Any] | None", render(message.root)) if message else None

    def outcome(self) -> Outcome:
        """Return all that is known now."""
        merging, message = self.merging, self.merging.message
        report = Report(
            events=self.decoder.events,
            chunks=merging.chunks,
            bytes=self.bytes,
            comments=self.decoder.comments,
            invalid_utf8=self.decoder.invalid_utf8,
            quirks=dict(message.quirks if message else merging.quirks),
            unknown_fields=dict(message.unknown) if message else {},
        )
        shadows: dict[int, dict[str, str]] = {}
        root = render(message.root, shadows) if message else None
        return Outcome(root, merging.dialect, merging.termination, merging.failure, report, shadows)
