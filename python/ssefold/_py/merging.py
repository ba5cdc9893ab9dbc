"""What events do to a stream: detection, chunks merged by the dialect's rules, and how the message ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.dialect import NAMES, detect, detect_last
from ssefold._py.error import REASONS, StreamError, malformed, provider
from ssefold._py.json.check import JsonError
from ssefold._py.json.parse import clean, loads
from ssefold._py.limits import MAX_HELD, MAX_ITEMS, MAX_USAGE
from ssefold._py.merge.document import render, size_of, utf8_length
from ssefold._py.merge.message import Message
from ssefold._py.report import count
from ssefold._py.route import reach

if TYPE_CHECKING:
    from ssefold._py.dialect import Compiled
    from ssefold._py.sse.event import RawEvent
    from ssefold._py.template import Templates
    from ssefold.merged import Termination

JSON_SPACE = " \t\r\n"
SHOWN = 64  # characters of a name that the message of an error shows


class Merging:
    """What events do to a stream."""

    __slots__ = (
        "chunks", "cut", "dialect", "events", "failure", "held", "held_size", "looking", "max_message_size", "message",
        "quirks", "termination",
    )  # fmt: skip

    def __init__(self, dialect: Compiled | None, max_message_size: int | None) -> None:
        """Begin to merge by ``dialect``, or by one to be detected."""
        self.max_message_size = max_message_size
        self.dialect = dialect
        self.message = Message(dialect) if dialect else None
        self.termination: Termination = "open"
        self.failure: StreamError | None = None
        self.held: list[tuple[dict[str, Any], str]] = []  # chunks that told no dialect, each with the type of its block
        self.held_size = 0  # as a message's
        self.quirks: dict[str, int] = {}
        self.chunks = self.events = 0
        self.cut = False  # the bytes ended within an event
        self.looking = False  # somebody wants deltas

    def look(self, *, looking: bool) -> None:
        """Let deltas be queued, or not."""
        self.looking = looking
        if self.message:
            self.message.queue = [] if looking else None

    def is_live(self) -> bool:
        """Tell whether events are merged, and by a known dialect."""
        return self.message is not None and self.failure is None and self.termination == "open"

    def learns(self) -> bool:
        """Tell whether events may be learned and repeated."""
        return self.is_live() and self.dialect is not None and self.dialect.learns

    def begin_trace(self, *, on: bool) -> int:
        """Begin to trace the next event, or not to; return the epoch."""
        if self.message is None:
            return 0
        self.message.trace.begin(on=on)
        return self.message.epoch

    def block(self) -> None:
        """Take note that the event at hand is none for a template."""
        if self.message is not None:
            self.message.trace.blocked = True

    def learn(self, message: Message, templates: Templates, raw: bytes, epoch: int) -> None:
        """Make a template of the event that was traced, if it can be repeated."""
        trace = message.trace
        trace.on = False
        steered = any(hole.name in message.dialect.steering for hole in trace.holes)
        if message.epoch == epoch + trace.settled and not (trace.blocked or steered) and self.is_live():
            templates.learn(raw, trace, message.epoch)

    def fail(self, failure: StreamError) -> None:
        """Keep the first error."""
        if self.failure is None and self.termination == "open":
            self.failure = failure
            kinds: dict[str, Termination] = {"limit": "limit", "provider": "error", "incomplete": "eof"}
            self.termination = kinds.get(failure.kind, "malformed")

    def event(self, event: RawEvent, *, last: bool = False) -> None:
        """Merge one event; ``last`` if the bytes ended before its blank line."""
        self.events += 1
        event_type, data, bare = event
        text = data.strip(JSON_SPACE)
        if not text or (self.failure is not None and not self.reads_on()):
            self.block()
            return
        if self.failure is None and self.termination != "open" and not self.begins(data, event_type):
            self.quirk("data_after_done")
            return
        if text in ("[DONE]", self.dialect.done if self.dialect else ""):
            self.end()
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
                self.fail(malformed(self.events - 1, error.offset, REASONS[error.kind], data))
            return
        if self.message is not None:
            self.message.surrogates = "\\u" in data
        self.value(value, event_type, data)
        if self.message is not None and self.message.ended:
            self.message.ended = False
            self.end()
        if self.is_too_large() or (self.message is not None and (self.message.full or self.message.large_usage)):
            self.check_message_size(utf8_length(data))

    def reads_on(self) -> bool:
        """Tell whether some events count after the error that came."""
        return self.termination == "error" and self.dialect is not None and bool(self.dialect.routes.after_error)

    def begins(self, data: str, event_type: str) -> bool:
        """Tell whether an event after the end begins a new message; the last one wins."""
        routes = self.dialect.routes if self.dialect else None
        if routes is None or not routes.begins or self.message is None:
            return False
        try:
            chunk = loads(data)
        except JsonError:
            return False
        if not isinstance(chunk, dict):
            return False
        if routes.name_of(cast("dict[str, Any]", chunk), event_type) not in routes.begins:
            return False
        self.message.restart()
        self.termination = "open"
        return True

    def value(self, value: Any, event_type: str, data: str) -> None:
        """Merge a payload: an object is a chunk, an array a list of chunks, null nothing."""
        if isinstance(value, dict):
            self.chunk(cast("dict[str, Any]", value), event_type)
        elif isinstance(value, list):
            self.block()
            for item in value:
                if self.failure is None and not (item is None or isinstance(item, dict)):
                    self.fail(malformed(self.events - 1, 0, "a chunk that is no object", data))
                elif self.failure is None and isinstance(item, dict):
                    self.chunk(cast("dict[str, Any]", item), event_type)
        elif isinstance(value, str) and event_type == "error":
            self.fail(provider(clean(value)))
        elif value is None:
            self.block()
        else:
            self.fail(malformed(self.events - 1, 0, "a chunk that is no object", data))

    def chunk(self, chunk: dict[str, Any], event_type: str) -> None:
        """Merge one chunk, once the dialect is known, and what error it carries."""
        self.chunks += 1
        if self.message is None and self.dialect is None:
            self.detect(chunk)
        routes = self.dialect.routes if self.dialect else None
        name = routes.name_of(chunk, event_type) if routes else chunk.get("type")
        if self.failure is not None:
            if routes is not None and name in routes.after_error and self.message is not None:
                self.message.merge_chunk(chunk, event_type)
            return
        error = self.error_of(chunk)
        fails = event_type == "error" or (name == "error" if routes is None else name in routes.fails)
        if error is None and fails:
            error = chunk
        if error is not chunk or (routes is not None and routes.by_name):
            self.merge(chunk, event_type, failing=error is not None)
        if error is not None:
            self.fail(provider(clean(error)))

    def error_of(self, chunk: dict[str, Any]) -> Any:
        """Return the error that a chunk states, an object or a string, None where it states none."""
        for path in self.dialect.errors.values() if self.dialect else (("error",),):
            said = chunk.get(path[0]) if len(path) == 1 else reach(chunk, path)
            if said is None:
                continue
            if isinstance(said, (dict, str)) and said:
                return said
            self.block()
            self.quirk("wrong_type")
        return None

    def detect(self, chunk: dict[str, Any]) -> None:
        """Take the dialect that a chunk shows signs of."""
        dialect = detect(chunk)
        if dialect is not None:
            self.adopt(dialect)

    def merge(self, chunk: dict[str, Any], event_type: str, *, failing: bool) -> None:
        """Merge a chunk, or hold it until the dialect is known."""
        message = self.message
        if message is None:
            if not failing and len(self.held) < MAX_HELD:
                self.held.append((chunk, event_type))
                self.held_size += size_of(clean(chunk))
                return
            dialect = self.assumed()
            if dialect is None:
                if not failing:
                    self.unknown()
                return
            message = self.adopt(dialect)
        routes = message.dialect.routes
        if routes.restarts and routes.name_of(chunk, event_type) in routes.restarts:
            message.restart()
        message.merge_chunk(chunk, event_type)

    def adopt(self, dialect: Compiled) -> Message:
        """Merge by ``dialect`` from now on, what was held first; return the message."""
        self.dialect = dialect
        self.message = message = Message(dialect)
        message.quirks = self.quirks
        message.queue = [] if self.looking else None
        for chunk, event_type in self.held:
            message.merge_chunk(chunk, event_type)
        self.held.clear()
        return message

    def assumed(self) -> Compiled | None:
        """Return the dialect to assume for what is held."""
        return next((dialect for chunk, _ in self.held if (dialect := detect_last(chunk))), None)

    def assume(self) -> bool:
        """Merge what is held by the dialect to assume; return False, after an error, where there is none."""
        dialect = self.assumed()
        if dialect is None:
            self.unknown()
            return False
        self.adopt(dialect)
        return True

    def unknown(self) -> None:
        """Tell that no dialect was recognised."""
        keys = sorted({clean(name)[:SHOWN] for chunk, _ in self.held for name in chunk})[:8]
        seen = f"chunks have the members {', '.join(keys)}" if keys else "there is no chunk"
        self.fail(StreamError("unknown", f"no dialect recognised: {seen}", tried=NAMES))

    def is_too_large(self) -> bool:
        """Tell whether the message, or what is held until its dialect is known, is larger than its bound."""
        bound, message = self.max_message_size, self.message
        return bound is not None and (self.held_size if message is None else message.size) > bound

    def check_message_size(self, offset: int) -> None:
        """Look at the size of the message, and at its lists, after an event."""
        event = max(self.events - 1, 0)
        if self.message is not None and self.message.full:
            self.fail(StreamError("limit", "", event, offset, limit="max_items", value=MAX_ITEMS))
        elif self.message is not None and self.message.large_usage:
            self.fail(StreamError("limit", "", event, offset, limit="max_usage_size", value=MAX_USAGE))
        if self.is_too_large():
            value = self.max_message_size or 0
            self.fail(StreamError("limit", "", event, offset, limit="max_message_size", value=value))

    def end(self) -> None:
        """End the message, as the protocol said."""
        if self.message is None and self.held and not self.assume():
            return
        if self.message is not None:
            self.message.end()
            self.check_message_size(0)
        if self.failure is None:
            self.termination = "done"

    def end_of_bytes(self, *, nothing_came: bool) -> None:
        """Decide what the end of the bytes means where nothing else ended the message."""
        if self.message is None and not self.held and nothing_came:
            self.fail(StreamError("incomplete", "the stream ended before its first chunk"))
            return
        if self.message is None and not self.assume():
            return
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

    def is_complete(self, message: Message) -> bool:
        """Tell whether every item that needs a finish reason has one."""
        root = render(message.root)
        if any(path.string(root) for path in message.dialect.any_reason):
            return not self.cut
        if not message.dialect.items.steps:
            return not self.cut and bool(message.dialect.reason.string(root))
        items = list(message.dialect.items.find(root))
        return bool(items) and not self.cut and all(message.dialect.reason.string(item) for item in items)

    def quirk(self, name: str) -> None:
        """Count a tolerated oddity."""
        if self.message is None:
            count(self.quirks, name)
        else:
            self.message.quirk(name)
