"""ssefold in the ways that it is used, with either backend."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from benches.workloads import Answer, Pieces, Workload
from ssefold import Merged, Merger, _backend


def answer(merged: Merged) -> Answer:
    calls = tuple((call.id or "", call.name or "", call.arguments) for call in merged.tool_calls)
    tokens = merged.usage.output_tokens if merged.usage else None
    return Answer(merged.text, merged.reasoning, calls, merged.finish_reason, tokens)


def read(message: dict[str, Any]) -> Answer:
    """What a message in the provider's own shape says."""
    choice = message["choices"][0]
    inner = choice["message"]
    calls = tuple(
        (call["id"], call["function"]["name"], call["function"]["arguments"]) for call in inner.get("tool_calls") or ()
    )
    reasoning = inner.get("reasoning_content") or inner.get("reasoning") or ""
    tokens = (message.get("usage") or {}).get("completion_tokens")
    return Answer(inner.get("content") or "", reasoning, calls, choice["finish_reason"], tokens)


def follow(merger: Merger, feeds: tuple[bytes, ...]) -> Pieces:
    text: list[str] = []
    reasoning: list[str] = []
    arguments: dict[int | None, list[str]] = {}
    feed = merger.feed
    for data in feeds:
        for delta in feed(data):
            kind = delta.kind
            if kind == "text":
                text.append(delta.text)
            elif kind == "reasoning":
                reasoning.append(delta.text)
            elif kind == "arguments":
                arguments.setdefault(delta.index, []).append(delta.text)
    merger.finish()
    return Pieces("".join(text), "".join(reasoning), tuple(map("".join, arguments.values())))


def ways(backend: str) -> dict[str, Callable[[Workload], list[Any]]]:
    """The ways of a backend by name; each takes a workload and returns what its streams say."""
    module: ModuleType = _backend.load(backend)

    def merge(workload: Workload) -> list[Answer]:
        return [answer(merged) for merged in module.merge_many(workload.bodies, threads=1)]

    def message(workload: Workload) -> list[dict[str, Any]]:
        return [merged.message for merged in module.merge_many(workload.bodies, threads=1)]

    def live(workload: Workload) -> list[Pieces]:
        return [follow(module.Merger(), stream.feeds) for stream in workload.streams]

    def observe(workload: Workload) -> list[Answer]:
        found = []
        for stream in workload.streams:
            merger = module.Merger()
            look = merger.observe
            for data in stream.feeds:
                look(data)
            merger.finish()
            found.append(answer(merger.result()))
        return found

    def events(workload: Workload) -> list[list[str]]:
        found = []
        for body in workload.bodies:
            decoder = module.EventDecoder()
            found.append([event.data for event in (*decoder.feed(body), *decoder.finish())])
        return found

    return {"merge": merge, "message": message, "live": live, "observe": observe, "events": events}
