"""The openai SDK: ``create(stream=True)`` with its chunks merged by hand, and ``stream()`` that merges them itself.

Its own client reads real responses; only the socket is left out, by a transport that hands the body over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx2
import openai

from benches.workloads import Answer, Workload

PACKAGES = ("openai", "httpx2", "pydantic")
HEADERS = {"content-type": "text/event-stream"}
READ = 16 * 1024  # bytes, of a read from a socket
MODEL = "folio-4o-mini-2026-05-13"


class Handover(httpx2.BaseTransport):
    """Answers every request with ``body``."""

    body = b""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        reads = (self.body[at : at + READ] for at in range(0, len(self.body), READ))
        return httpx2.Response(200, headers=HEADERS, content=reads, request=request)


@cache
def client() -> tuple[openai.OpenAI, Handover]:
    transport = Handover()
    http = httpx2.Client(transport=transport)
    return openai.OpenAI(api_key="none", base_url="http://127.0.0.1/v1", http_client=http, max_retries=0), transport


def clients(workload: Workload) -> Iterator[openai.OpenAI]:
    made, transport = client()
    for body in workload.bodies:
        transport.body = body
        yield made


def by_hand(made: openai.OpenAI) -> Answer:
    text: list[str] = []
    reasoning: list[str] = []
    calls: dict[int, tuple[str | None, str | None, list[str]]] = {}
    finish = usage = None
    for chunk in made.chat.completions.create(model=MODEL, messages=[], stream=True):
        for choice in chunk.choices:
            delta = choice.delta
            if delta is None:  # Azure's first chunk, against the SDK's types
                continue
            if delta.content:
                text.append(delta.content)
            if piece := getattr(delta, "reasoning", None) or getattr(delta, "reasoning_content", None):
                reasoning.append(piece)
            for call in delta.tool_calls or ():
                if call.function is not None:
                    held = calls.setdefault(call.index, (call.id, call.function.name, []))
                    held[2].append(call.function.arguments or "")
            finish = choice.finish_reason or finish
        usage = chunk.usage or usage
    joined = tuple((key or "", name or "", "".join(parts)) for key, name, parts in calls.values())
    return Answer("".join(text), "".join(reasoning), joined, finish, usage.completion_tokens if usage else None)


def by_itself(made: openai.OpenAI) -> Answer:
    with made.chat.completions.stream(model=MODEL, messages=[]) as stream:
        completion = stream.get_final_completion()
    choice = completion.choices[0]
    calls = tuple((call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls or ())
    reasoning = getattr(choice.message, "reasoning", None) or getattr(choice.message, "reasoning_content", None) or ""
    tokens = completion.usage.completion_tokens if completion.usage else None
    return Answer(choice.message.content or "", reasoning, calls, choice.finish_reason, tokens)


def create(workload: Workload) -> list[Answer]:
    return [by_hand(made) for made in clients(workload)]


def stream(workload: Workload) -> list[Answer]:
    return [by_itself(made) for made in clients(workload)]


CREATE: dict[str, Callable[[Workload], list[Any]]] = {"merge": create}
STREAM: dict[str, Callable[[Workload], list[Any]]] = {"merge": stream}
