"""What shapes are made of: their events, one after another, until there are enough.

Those that repeat are made once; a shape says how it is fed: ``Shape.way``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

Json = Any
Make = Callable[[int], Iterator[bytes]]

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True)
class Shape:
    """A kind of stream; ``way`` is one of ``whole``, ``full``, ``deltas``, ``bytes``.

    That is one feed and no deltas; the same, each event as if it were like none before; an event a feed; a byte a feed.
    ``times`` makes its streams so many times as long: where an event is a kilobyte, a few of them tell where buffers
    double, not what a byte takes.
    """

    make: Make
    way: str = "whole"
    times: int = 1

    def body(self, size: int) -> bytes:
        """A stream of about ``size`` bytes, or ``times`` as many."""
        return b"".join(self.events(size * self.times))

    def events(self, size: int) -> list[bytes]:
        """The same, cut behind its events."""
        found, room = [], size
        for event in self.make(size):
            found.append(event)
            room -= len(event)
            if room <= 0:
                break
        return found


def sse(chunk: Json, event: str = "") -> bytes:
    """An event with a chunk, or with a text that spells one."""
    data = chunk if isinstance(chunk, str) else json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {data}\n\n".encode("utf-8", "surrogatepass")


def typed(kind: str, **members: Json) -> bytes:
    """An event that says its type."""
    return sse({"type": kind, **members})


def delta(change: Json, index: int = 0, **choice: Json) -> Json:
    return {"choices": [{"index": index, "delta": change, **choice}]}


def chat(change: Json, index: int = 0, **choice: Json) -> bytes:
    return sse(delta(change, index, **choice))


def call(index: int | None = None, name: str | None = None, arguments: str | None = None, **rest: Json) -> bytes:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    fragment = {"index": index, **rest, "function": function}
    return chat({"tool_calls": [{key: value for key, value in fragment.items() if value is not None}]})


FIRST = chat({"role": "assistant", "content": ""})
CHUNK = (
    '{"id":"chatcmpl-Bq5Jr8YxWmZ0kTn3vLcD7uFh1sGe9","object":"chat.completion.chunk","created":1790000000,'
    '"model":"folio-4o-mini-2026-05-13","system_fingerprint":"fp_0b1c2d3e4f","choices":[{"index":0,"delta":'
    '{"content":" harbour"},"logprobs":null,"finish_reason":null}],"usage":null}'
)


def each(make: Callable[[int], bytes], first: bytes = FIRST) -> Make:
    """Event after event."""

    def events(_size: int) -> Iterator[bytes]:
        yield first
        for number in count():
            yield make(number)

    return events


def again(*events: bytes, first: bytes = FIRST) -> Make:
    """The same events over and over."""
    return each(lambda number: events[number % len(events)], first)


def once(make: Callable[[int], bytes], first: bytes = FIRST) -> Make:
    """One event as large as the stream."""

    def events(size: int) -> Iterator[bytes]:
        yield first
        yield make(size)

    return events


def held(large: Callable[[int], list[bytes]], *events: bytes) -> Make:
    """Events that make half of the stream, then small ones that come near what those made."""

    def all_of(size: int) -> Iterator[bytes]:
        yield from large(size // 2)
        for number in count():
            yield events[number % len(events)]

    return all_of
