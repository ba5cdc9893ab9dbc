"""httpx-sse for the events, orjson and dict look-ups for the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
from httpx_sse import EventSource

from benches.peers.orjson_loop import fold
from benches.workloads import Answer, Workload

PACKAGES = ("httpx", "httpx-sse", "orjson")
HEADERS = {"content-type": "text/event-stream"}
READ = 16 * 1024  # bytes, of a read from a socket


def responses(workload: Workload) -> Iterator[httpx.Response]:
    """A body that arrives in reads, as from a socket."""
    for body in workload.bodies:
        reads = (body[at : at + READ] for at in range(0, len(body), READ))
        yield httpx.Response(200, headers=HEADERS, content=reads)


def merge(workload: Workload) -> list[Answer]:
    return [
        fold(orjson.loads(event.data) for event in EventSource(response).iter_sse() if event.data != "[DONE]")
        for response in responses(workload)
    ]


def events(workload: Workload) -> list[list[str]]:
    return [[event.data for event in EventSource(response).iter_sse()] for response in responses(workload)]


WAYS: dict[str, Callable[[Workload], list[Any]]] = {"merge": merge, "events": events}
