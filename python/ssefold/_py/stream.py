"""One stream: bytes in, a message out. Ties framing, JSON, detection and the merge rules together.

After an error or the end, events are still framed and counted, so that a report doesn't depend on how the bytes were
cut; they are merged no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.dialect import NAMES, detect, detect_last
from ssefold._py.error import REASONS, StreamError, malformed, provider
from ssefold._py.json.check import JsonError
from ssefold._py.json.parse import clean, loads
from ssefold._py.merge.document import render, utf8_length
from ssefold._py.merge.message import Message, count
from ssefold._py.outcome import Outcome
from ssefold._py.sniff import sniff
from ssefold._py.sse.event import Decoder
from ssefold._py.sse.line import Input
from ssefold.views import Report

if TYPE_CHECKING:
    from ssefold._py.delta import Delta
    from ssefold._py.dialect import Compiled
    from ssefold._py.sse.event import RawEvent
    from ssefold.merged import Termination

HELD_CHUNKS = 32  # chunks that may pass before one tells the dialect
JSON_SPACE = " \t\r\n"


class Stream:
    """The state of one stream."""

    __slots__ = (
        "binary", "bytes", "chunks", "cut", "decoder", "dialect", "failure", "head", "held", "looking", "max_message_size",
        "message", "quirks", "termination",
    )  # fmt: skip

    def __init__(self, dialect: Compiled | None, max_event_size: int | None, max_message_size: int | None) -> None:
        """Begin a stream of ``dialect``, or of one to be detected."""
        self.decoder = Decoder(max_event_size, bare=True)
        self.max_message_size = max_message_size
        self.dialect = dialect
        self.message = Message(dialect) if dialect else None
        self.termination: Termination = "open"
        self.failure: StreamError | None = None
        self.held: list[dict[str, Any]] = []
        self.binary = False  # the body is none that can be framed
        self.head: bytes | None = b""  # the first bytes, while they may begin a binary body
        self.quirks: dict[str, int] = {}
        self.bytes = self.chunks = 0
        self.cut = False  # the bytes ended within an event
        self.looking = False  # somebody wants deltas

    def feed(self, data: bytes, *, looking: bool) -> list[Delta]:
        """Merge the next bytes; return the deltas if ``looking``."""
        self.bytes += len(data)
        self.look(looking)
        if self.head is not None:
            data = self.sniffed(data)
        self.pull(data)
        return self.drain()

    def look(self, looking: bool) -> None:  # noqa: FBT001 - internal
        """Let deltas be queued, or not."""
        self.looking = looking
        if self.message:
            self.message.queue = [] if looking else None

    def drain(self) -> list[Delta]:
        """Hand out the deltas queued."""
        return self.message.drain() if self.message else []

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
            self.fail(malformed(0, 0, reason, ""))
            return b""
        return head

    def pull(self, data: bytes) -> None:
        """Merge the events in ``data``."""
        if self.binary or (self.failure is not None and self.failure.limit == "max_event_size"):
            return
        source = Input(data)
        decoder = self.decoder
        while (event := decoder.next(source)) is not None:
            self.event(event)
        self.check_event_size()

    def check_event_size(self) -> None:
        """Turn the decoder's bound into an error."""
        bound = self.decoder.exceeded
        if bound is not None:
            self.fail(StreamError("limit", "", bound.event, bound.offset, limit="max_event_size", value=bound.value))

    def fail(self, failure: StreamError) -> None:
        """Keep the first error."""
        if self.failure is None and self.termination == "open":
            self.failure = failure
            kinds: dict[str, Termination] = {"limit": "limit", "provider": "error", "incomplete": "eof"}
            self.termination = kinds.get(failure.kind, "malformed")

    def event(self, event: RawEvent, *, last: bool = False) -> None:
        """Merge one event; ``last`` if the bytes ended before its blank line."""
        event_type, data, bare = event
        text = data.strip(JSON_SPACE)
        if self.failure is not None or not text:
            return
        if self.termination != "open":
            self.quirk("data_after_done")
            return
        if text in ("[DONE]", self.dialect.done if self.dialect else ""):
            self.end("done")
            return
        if bare:
            self.quirk("bare_json_line")
        try:
            value = loads(data)
        except JsonError as error:
            if event_type == "error":
                self.fail(provider(text))
            elif last and error.kind == "truncated":
                self.cut = True
            else:
                self.fail(malformed(self.decoder.events - 1, error.offset, REASONS[error.kind], data))
            return
        self.value(value, event_type, data)
        self.check_message_size(utf8_length(data))

    def value(self, value: Any, event_type: str, data: str) -> None:
        """Merge a payload: an object is a chunk, an array a list of chunks, null nothing."""
        if isinstance(value, dict):
            self.chunk(cast("dict[str, Any]", value), event_type)
        elif isinstance(value, list):
            for item in cast("list[Any]", value):
                if self.failure is None and not (item is None or isinstance(item, dict)):
                    self.fail(malformed(self.decoder.events - 1, 0, "a chunk that is no object", data))
                elif self.failure is None and isinstance(item, dict):
                    self.chunk(cast("dict[str, Any]", item), event_type)
        elif isinstance(value, str) and event_type == "error":
            self.fail(provider(clean(value)))
        elif value is not None:
            self.fail(malformed(self.decoder.events - 1, 0, "a chunk that is no object", data))

    def chunk(self, chunk: dict[str, Any], event_type: str) -> None:
        """Merge one chunk, once the dialect is known, and what error it carries."""
        self.chunks += 1
        name = self.dialect.error if self.dialect else "error"
        error = chunk.get(name)
        if not isinstance(error, (dict, str)) or not error:
            if error is not None:
                self.quirk("wrong_type")
            error = chunk if event_type == "error" else None
        if error is not chunk:
            self.merge(chunk, failing=error is not None)
        if error is not None:
            self.fail(provider(clean(error)))

    def merge(self, chunk: dict[str, Any], *, failing: bool) -> None:
        """Merge a chunk, or hold it until the dialect is known."""
        if self.message is None:
            dialect = detect(chunk)
            if dialect is None and not failing and len(self.held) < HELD_CHUNKS:
                self.held.append(chunk)
                return
            dialect = dialect or self.assumed()
            if dialect is None:
                if not failing:
                    self.unknown()
                return
            self.adopt(dialect)
        if self.message is not None:
            self.message.merge_chunk(chunk)

    def adopt(self, dialect: Compiled) -> None:
        """Merge by ``dialect`` from now on, what was held first."""
        self.dialect = dialect
        self.message = Message(dialect)
        self.message.quirks = self.quirks
        self.message.queue = [] if self.looking else None
        for chunk in self.held:
            self.message.merge_chunk(chunk)
        self.held.clear()

    def assumed(self) -> Compiled | None:
        """Return the dialect to assume for what is held."""
        return next((dialect for chunk in self.held if (dialect := detect_last(chunk))), None)

    def unknown(self) -> None:
        """Tell that no dialect was recognised."""
        keys = sorted({clean(name) for chunk in self.held for name in chunk})[:8]
        seen = f"chunks have the members {', '.join(keys)}" if keys else "there is no chunk"
        self.fail(StreamError("unknown", f"no dialect recognised: {seen}", tried=NAMES))

    def check_message_size(self, offset: int) -> None:
        """Look at the size of the message, after an event."""
        bound = self.max_message_size
        if bound is not None and self.message is not None and self.message.size > bound:
            event = max(self.decoder.events - 1, 0)
            self.fail(StreamError("limit", "", event, offset, limit="max_message_size", value=bound))

    def end(self, termination: Termination) -> None:
        """End the message, as the protocol said."""
        if self.message is None and self.held and (dialect := self.assumed()) is not None:
            self.adopt(dialect)
        if self.message is None and self.held:
            self.unknown()
            return
        if self.message is not None:
            self.message.end()
            self.check_message_size(0)
        if self.failure is None:
            self.termination = termination

    def finish(self, *, looking: bool) -> list[Delta]:
        """Take the end of the bytes; return what only that brought."""
        self.look(looking)
        if self.head:
            head, self.head = self.head, None
            self.pull(head)
        last = self.decoder.finish(dispatch=not self.binary)
        if last is not None:
            self.quirk("unterminated_event")
            self.event(last, last=True)
        self.check_event_size()
        if self.failure is not None:
            if self.message is not None:
                self.message.end()
        elif self.termination == "open":
            self.end_of_bytes()
        return self.drain()

    def end_of_bytes(self) -> None:
        """Decide what the end of the bytes means where nothing else ended the message."""
        if self.message is None and not self.held and self.nothing_came():
            self.fail(StreamError("incomplete", "the stream ended before its first chunk"))
            return
        if self.message is None:
            dialect = self.assumed()
            if dialect is None:
                self.unknown()
                return
            self.adopt(dialect)
        message = cast("Message", self.message)
        message.end()
        if self.is_complete(message):
            self.check_message_size(0)
            if self.failure is None:
                self.termination = "finish_reason"
            if message.dialect.ends:
                self.quirk("done_missing")
        else:
            self.fail(StreamError("incomplete", "the stream ended before its message did"))

    def nothing_came(self) -> bool:
        """Tell whether the bytes were none, or keep-alives and settings of the event stream alone."""
        decoder = self.decoder
        return (
            self.cut
            or self.bytes == 0
            or decoder.events > 0
            or decoder.comments > 0
            or decoder.retry is not None
            or decoder.last_event_id != ""
        )

    def is_complete(self, message: Message) -> bool:
        """Tell whether every item that needs a finish reason has one."""
        root = render(message.root)
        items = list(message.dialect.items.find(root))
        return bool(items) and not self.cut and all(message.dialect.reason.string(item) for item in items)

    def quirk(self, name: str) -> None:
        """Count a tolerated oddity."""
        count(self.quirks if self.message is None else self.message.quirks, name)

    def snapshot(self) -> dict[str, Any] | None:
        """Return the message so far."""
        return cast("dict[str, Any] | None", render(self.message.root)) if self.message else None

    def outcome(self) -> Outcome:
        """Return all that is known now."""
        message = self.message
        report = Report(
            events=self.decoder.events,
            chunks=self.chunks,
            bytes=self.bytes,
            comments=self.decoder.comments,
            invalid_utf8=self.decoder.invalid_utf8,
            quirks=dict(message.quirks if message else self.quirks),
            unknown_fields=dict(message.unknown) if message else {},
        )
        return Outcome(self.snapshot(), self.dialect, self.termination, self.failure, report)
