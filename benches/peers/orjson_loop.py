"""orjson and dict look-ups, payloads cut by one split: what most programs do that don't use an SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from benches.workloads import Answer, Pieces, Workload

PACKAGES = ("orjson",)


def payloads(body: bytes) -> Iterator[bytes]:
    for block in body.split(b"\n\n"):
        if block.startswith(b"data: ") and not block.startswith(b"data: [DONE]"):
            yield block[6:]


def fold(chunks: Iterable[dict[str, Any]]) -> Answer:
    text: list[str] = []
    reasoning: list[str] = []
    calls: dict[int, tuple[str, str, list[str]]] = {}
    finish = usage = None
    for chunk in chunks:
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta")
            if delta:
                if piece := delta.get("content"):
                    text.append(piece)
                if piece := delta.get("reasoning") or delta.get("reasoning_content"):
                    reasoning.append(piece)
                for call in delta.get("tool_calls") or ():
                    function = call["function"]
                    index = call.get("index", 0)
                    if (held := calls.get(index)) is None:
                        held = calls[index] = (call.get("id"), function.get("name"), [])
                    held[2].append(function.get("arguments") or "")
            if reason := choice.get("finish_reason"):
                finish = reason
        if counts := chunk.get("usage"):
            usage = counts
    joined = tuple((key, name, "".join(parts)) for key, name, parts in calls.values())
    return Answer("".join(text), "".join(reasoning), joined, finish, usage["completion_tokens"] if usage else None)


def merge(workload: Workload) -> list[Answer]:
    return [fold(map(orjson.loads, payloads(body))) for body in workload.bodies]


def follow(feeds: Iterable[bytes]) -> Pieces:
    text: list[str] = []
    reasoning: list[str] = []
    arguments: dict[int, list[str]] = {}
    loads = orjson.loads
    for event in feeds:
        if event.startswith(b"data: ") and not event.startswith(b"data: [DONE]"):
            for choice in loads(event[6:-2]).get("choices") or ():
                if delta := choice.get("delta"):
                    if piece := delta.get("content"):
                        text.append(piece)
                    if piece := delta.get("reasoning") or delta.get("reasoning_content"):
                        reasoning.append(piece)
                    for call in delta.get("tool_calls") or ():
                        if piece := call["function"].get("arguments"):
                            arguments.setdefault(call.get("index", 0), []).append(piece)
    return Pieces("".join(text), "".join(reasoning), tuple(map("".join, arguments.values())))


def live(workload: Workload) -> list[Pieces]:
    return [follow(stream.feeds) for stream in workload.streams]


WAYS: dict[str, Callable[[Workload], list[Any]]] = {"merge": merge, "live": live}
