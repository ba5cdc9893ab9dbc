"""msgspec decoding into Structs of only the fields that are read: the fastest that Python programs do by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Optional

import msgspec

from benches.peers.orjson_loop import payloads
from benches.workloads import Answer, Pieces, Workload

PACKAGES = ("msgspec",)


class Function(msgspec.Struct, gc=False):
    name: Optional[str] = None  # noqa: UP045, msgspec resolves it when it runs
    arguments: Optional[str] = None  # noqa: UP045


class Call(msgspec.Struct, gc=False):
    function: Function
    index: int = 0
    id: Optional[str] = None  # noqa: UP045


class Delta(msgspec.Struct, gc=False):
    content: Optional[str] = None  # noqa: UP045
    reasoning: Optional[str] = None  # noqa: UP045
    reasoning_content: Optional[str] = None  # noqa: UP045
    tool_calls: Optional[list[Call]] = None  # noqa: UP045


class Choice(msgspec.Struct, gc=False):
    delta: Optional[Delta] = None  # noqa: UP045
    finish_reason: Optional[str] = None  # noqa: UP045


class Usage(msgspec.Struct, gc=False):
    completion_tokens: int


class Chunk(msgspec.Struct, gc=False):
    choices: Optional[list[Choice]] = None  # noqa: UP045
    usage: Optional[Usage] = None  # noqa: UP045


decode = msgspec.json.Decoder(Chunk).decode


def fold(chunks: Iterable[Chunk]) -> Answer:
    text: list[str] = []
    reasoning: list[str] = []
    calls: dict[int, tuple[str, str, list[str]]] = {}
    finish = usage = None
    for chunk in chunks:
        for choice in chunk.choices or ():
            delta = choice.delta
            if delta is not None:
                if delta.content:
                    text.append(delta.content)
                if piece := delta.reasoning or delta.reasoning_content:
                    reasoning.append(piece)
                for call in delta.tool_calls or ():
                    function = call.function
                    if (held := calls.get(call.index)) is None:
                        held = calls[call.index] = (call.id or "", function.name or "", [])
                    held[2].append(function.arguments or "")
            if choice.finish_reason:
                finish = choice.finish_reason
        if chunk.usage:
            usage = chunk.usage
    joined = tuple((key, name, "".join(parts)) for key, name, parts in calls.values())
    return Answer("".join(text), "".join(reasoning), joined, finish, usage.completion_tokens if usage else None)


def merge(workload: Workload) -> list[Answer]:
    return [fold(map(decode, payloads(body))) for body in workload.bodies]


def follow(feeds: Iterable[bytes]) -> Pieces:
    text: list[str] = []
    reasoning: list[str] = []
    arguments: dict[int, list[str]] = {}
    for event in feeds:
        if event.startswith(b"data: ") and not event.startswith(b"data: [DONE]"):
            for choice in decode(event[6:-2]).choices or ():
                delta = choice.delta
                if delta is not None:
                    if delta.content:
                        text.append(delta.content)
                    if piece := delta.reasoning or delta.reasoning_content:
                        reasoning.append(piece)
                    for call in delta.tool_calls or ():
                        if piece := call.function.arguments:
                            arguments.setdefault(call.index, []).append(piece)
    return Pieces("".join(text), "".join(reasoning), tuple(map("".join, arguments.values())))


def live(workload: Workload) -> list[Pieces]:
    return [follow(stream.feeds) for stream in workload.streams]


WAYS: dict[str, Callable[[Workload], list[Any]]] = {"merge": merge, "live": live}
