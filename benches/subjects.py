"""Who folds, what is folded, and whether the answer is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from benches import ours, recordings, workloads
from benches.workloads import Stream, Workload

Ways = dict[str, Callable[[Workload], list[Any]]]


@dataclass(frozen=True)
class Subject:
    """Somebody who folds streams."""

    title: str
    load: Callable[[], Ways]
    packages: tuple[str, ...]
    """Distributions whose versions belong to a figure."""
    events: int
    """Enough for a figure: fewer for the slower."""


def peer(module: str, ways: str = "WAYS") -> Callable[[], Ways]:
    """Imports when asked: a peer that isn't installed is missed only where it is wanted."""

    def load() -> Ways:
        found: Ways = getattr(import_module(f"benches.peers.{module}"), ways)
        return found

    return load


# In the order of the chart, slowest first.
SUBJECTS = {
    "openai stream": Subject(
        "openai SDK, .stream()", peer("openai_sdk", "STREAM"), ("openai", "httpx2", "pydantic"), 50
    ),
    "openai create": Subject(
        "openai SDK, merged by hand", peer("openai_sdk", "CREATE"), ("openai", "httpx2", "pydantic"), 50
    ),
    "httpx-sse": Subject("httpx-sse + orjson", peer("httpx_sse_loop"), ("httpx", "httpx-sse", "orjson"), 250),
    "orjson": Subject("orjson by hand", peer("orjson_loop"), ("orjson",), 500),
    "msgspec": Subject("msgspec Structs by hand", peer("msgspec_loop"), ("msgspec",), 1000),
    "python": Subject("ssefold, pure Python", lambda: ours.ways("python"), ("ssefold",), 250),
    "rust": Subject("ssefold", lambda: ours.ways("rust"), ("ssefold",), 1000),
}
OURS = ("rust", "python")
MANY = ("merge", "message", "live", "observe")


def workload(name: str, n: int, times: int = 1) -> Workload:
    """The workload of that name with about ``n`` events, or with ``times`` as many.

    Those in streams of given lengths have whole rounds of them, at least one. ``huge`` has ``n`` KiB, ``drip`` ``10 n``
    bytes: there an "event" is one of those.
    """
    if name in workloads.SYNTHETIC:
        stream = workloads.SYNTHETIC[name](n * times)
        return Workload(name, (stream,), len(stream.feeds))
    if name == "short":
        return summed(name, workloads.short(rounds(workloads.short(1), n) * times), ("events", *MANY))
    if name == "recordings":
        return summed(name, recordings.plain() * rounds(recordings.plain(), n) * times, MANY)
    if name == "huge":
        return Workload(name, (workloads.huge(n * times),), n * times, ("observe",))
    stream = workloads.drip(10 * n * times)
    return Workload(name, (stream,), len(stream.feeds), ("observe",))


def rounds(streams: tuple[Stream, ...], n: int) -> int:
    return -(-n // sum(len(stream.feeds) for stream in streams))


def summed(name: str, streams: tuple[Stream, ...], ways: tuple[str, ...]) -> Workload:
    return Workload(name, streams, sum(len(stream.feeds) for stream in streams), ways)


# What the chart shows, and what only grows.
WORKLOADS = (*workloads.SYNTHETIC, "short", "recordings")
GROWING = ("huge", "drip")


@cache
def load(subject: str) -> Ways:
    return SUBJECTS[subject].load()


def expected(way: str, given: Workload) -> list[Any]:
    if way == "live":
        return [stream.pieces for stream in given.streams]
    if way == "events":
        return [[feed[6:-2].decode() for feed in stream.feeds] for stream in given.streams]
    return [stream.answer for stream in given.streams]


def check(subject: str, way: str, given: Workload, got: list[Any]) -> None:
    """Raise AssertionError if ``got`` isn't what the streams say."""
    if way == "message":
        got = [ours.read(message) for message in got]
    for place, (found, wanted) in enumerate(zip(got, expected(way, given), strict=True)):
        assert found == wanted, f"{subject} {way} {given.name}: stream {place} is wrong"


def fold(subject: str, name: str, events: int) -> None:
    """Raise AssertionError if a way of this subject gives a wrong answer to this workload."""
    given = workload(name, events)
    for way, run in load(subject).items():
        if way in given.ways:
            check(subject, way, given, run(given))
