"""Streams as a provider sends them, each with the answer that folding it must give. Seeded: the bytes never change.

Named by what the hot path sees: tokens of text (``content``), the same with random padding (``obfuscated``), eight tool
calls in turn (``tools``), a router's doubled reasoning (``reasoning``), chunks that say nothing (``keepalive``), a list
beside each token (``logprobs``), many short streams (``short``), one event of many feeds (``huge``), a byte a feed
(``drip``).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

SENTENCE = "river lantern copper under seven quiet letter before harbour winter slowly market the a of and to in it was"
WORDS = tuple(SENTENCE.split())
ODD = ("Þór", "東京", "🦊", "\n\n", ' "so" ', " a\\b", "\t", "…", ".\n1.", "é")
PADDING = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CALLS = 8
# Events of a short stream: a median of 16 and a mean of 69, as among recorded streams of OpenAI-compatible services.
SHORT = (14, 6, 34, 10, 130, 16, 3, 24, 260, 16, 8, 19, 423, 60, 12)


class Answer(NamedTuple):
    """What a whole stream says, of its first choice; (id, name, arguments) of each tool call."""

    text: str
    reasoning: str
    tool_calls: tuple[tuple[str, str, str], ...]
    finish_reason: str | None
    output_tokens: int | None


class Pieces(NamedTuple):
    """What a reader of the live stream puts together from its fragments."""

    text: str
    reasoning: str
    arguments: tuple[str, ...]
    """Of each tool call that has some, in the order of their first fragments."""


@dataclass(frozen=True)
class Stream:
    """A body, the feeds in which it arrives, and what it says."""

    feeds: tuple[bytes, ...]
    answer: Answer
    pieces: Pieces

    @cached_property
    def body(self) -> bytes:
        return b"".join(self.feeds)


@dataclass(frozen=True)
class Workload:
    """Streams; ``events`` is what a cost is divided by, ``ways`` what is worth measuring on them."""

    name: str
    streams: tuple[Stream, ...]
    events: int
    ways: tuple[str, ...] = ("merge", "message", "live", "observe", "events")

    @cached_property
    def bodies(self) -> list[bytes]:
        return [stream.body for stream in self.streams]


class Script:
    """A stream while it is written: its chunks, and what they add up to."""

    def __init__(self, rng: random.Random, head: dict[str, Any]) -> None:
        self.rng = rng
        self.head = head
        self.chunks: list[dict[str, Any]] = []
        self.text: list[str] = []
        self.reasoning: list[str] = []
        self.calls: dict[int, tuple[str, str, list[str]]] = {}
        self.order: list[int] = []

    def token(self) -> str:
        """Most tokens are words behind a space, some are what JSON escapes or UTF-8 lengthens."""
        return self.rng.choice(ODD) if self.rng.random() < 0.1 else " " + self.rng.choice(WORDS)

    def add(self, delta: dict[str, Any], *, finish: str | None = None, logprobs: Any = None, **more: Any) -> None:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        self.chunks.append({**self.head, "choices": [choice], "usage": None, **more})

    def say(self, token: str, **more: Any) -> None:
        self.text.append(token)
        self.add({"content": token}, **more)

    def begin(self) -> None:
        self.add({"role": "assistant", "content": "", "refusal": None})

    def open_call(self, index: int) -> None:
        self.calls[index] = (f"call_{self.rng.getrandbits(96):024x}", f"look_up_{index}", [])
        name = {"name": self.calls[index][1], "arguments": ""}
        self.add({"tool_calls": [{"index": index, "id": self.calls[index][0], "type": "function", "function": name}]})

    def continue_call(self, index: int, fragment: str) -> None:
        self.calls[index][2].append(fragment)
        self.order.append(index)
        self.add({"tool_calls": [{"index": index, "function": {"arguments": fragment}}]})

    def think(self, token: str) -> None:
        """A router's chunk: the text twice, the role each time."""
        self.reasoning.append(token)
        details = [{"type": "reasoning.text", "text": token, "format": "unknown", "index": 0}]
        delta = {"role": "assistant", "content": "", "reasoning": token, "reasoning_details": details}
        choice = {"index": 0, "delta": delta, "finish_reason": None, "native_finish_reason": None, "logprobs": None}
        self.chunks.append({**self.head, "choices": [choice]})

    def stream(self) -> Stream:
        finish, tokens = "tool_calls" if self.calls else "stop", len(self.chunks)
        self.add({}, finish=finish)
        usage = {"prompt_tokens": 321, "completion_tokens": tokens, "total_tokens": 321 + tokens}
        self.chunks.append({**self.head, "choices": [], "usage": usage})
        calls = tuple((key, name, "".join(parts)) for key, name, parts in self.calls.values())
        begun = dict.fromkeys(self.order)
        text, reasoning = "".join(self.text), "".join(self.reasoning)
        answer = Answer(text, reasoning, calls, finish, tokens)
        return Stream(
            events_of(self.chunks), answer, Pieces(text, reasoning, tuple(calls[index][2] for index in begun))
        )


def events_of(chunks: Iterable[dict[str, Any]]) -> tuple[bytes, ...]:
    payloads = (json.dumps(chunk, ensure_ascii=False, separators=(",", ":")) for chunk in chunks)
    return (*(b"data: " + payload.encode() + b"\n\n" for payload in payloads), b"data: [DONE]\n\n")


def script(seed: str) -> Script:
    head = {
        "id": "chatcmpl-Bq5Jr8YxWmZ0kTn3vLcD7uFh1sGe9",
        "object": "chat.completion.chunk",
        "created": 1790000000,
        "model": "folio-4o-mini-2026-05-13",
        "service_tier": "default",
        "system_fingerprint": "fp_0b1c2d3e4f",
    }
    return Script(random.Random(seed), head)  # noqa: S311, test data


def content(n: int, seed: str = "content") -> Stream:
    writing = script(seed)
    writing.begin()
    for _ in range(n):
        writing.say(writing.token())
    return writing.stream()


def obfuscated(n: int) -> Stream:
    writing = script("obfuscated")
    writing.begin()
    for _ in range(n):
        padding = "".join(writing.rng.choices(PADDING, k=writing.rng.randint(1, 14)))
        writing.say(writing.token(), obfuscation=padding)
    return writing.stream()


def tools(n: int, seed: str = "tools", calls: int = CALLS) -> Stream:
    writing = script(seed)
    writing.begin()
    for index in range(calls):
        writing.open_call(index)
    order = [writing.rng.randrange(calls) for _ in range(n)]
    last = {index: place for place, index in enumerate(order)}
    begun: set[int] = set()
    for place, index in enumerate(order):
        fragment = json.dumps(writing.token(), ensure_ascii=False)[1:-1]
        opening, closing = "" if index in begun else '{"question": "', '"}' if last[index] == place else ""
        writing.continue_call(index, opening + fragment + closing)
        begun.add(index)
    return writing.stream()


def reasoning(n: int, seed: str = "reasoning") -> Stream:
    writing = script(seed)
    writing.head = {
        "id": "gen-1790000000-Qm3xT7vKp0RzLw9cYb5t",
        "provider": "Folio",
        "model": "folio/quill-fast-1",
        "object": "chat.completion.chunk",
        "created": 1790000000,
    }
    for _ in range(n):
        writing.think(writing.token())
    return writing.stream()


def keepalive(n: int) -> Stream:
    writing = script("keepalive")
    writing.begin()
    for place in range(n):
        if place % 16:
            writing.add({})
        else:
            writing.say(writing.token())
    return writing.stream()


def logprobs(n: int) -> Stream:
    writing = script("logprobs")
    writing.begin()
    for _ in range(n):
        token = writing.token()
        row = {"token": token, "logprob": -writing.rng.random(), "bytes": list(token.encode()), "top_logprobs": []}
        writing.say(token, logprobs={"content": [row], "refusal": None})
    return writing.stream()


def short(rounds: int) -> tuple[Stream, ...]:
    """Rounds of streams, of lengths as they are in practice and of three kinds, no two alike."""
    streams: list[Stream] = []
    for turn in range(rounds):
        for place, length in enumerate(SHORT):
            seed = f"short {turn} {place}"
            if place % 4 == 1:
                streams.append(tools(length, seed, 2))
            elif place % 4 == 3:
                streams.append(reasoning(length, seed))
            else:
                streams.append(content(length, seed))
    return tuple(streams)


def huge(n: int) -> Stream:
    """One event of ``n`` KiB in feeds of 1 KiB, between two small ones."""
    writing = script("huge")
    writing.begin()
    writing.say("".join(writing.token() for _ in range(n * 170)).encode()[: n * 1024].decode(errors="ignore"))
    whole = writing.stream()
    body = whole.body
    return Stream(tuple(body[at : at + 1024] for at in range(0, len(body), 1024)), whole.answer, whole.pieces)


def drip(n: int) -> Stream:
    """Tokens of text, about ``n`` bytes, a byte a feed."""
    whole = content(n // 280, "drip")
    return Stream(tuple(bytes((byte,)) for byte in whole.body), whole.answer, whole.pieces)


SYNTHETIC: dict[str, Callable[[int], Stream]] = {
    "content": content,
    "obfuscated": obfuscated,
    "tools": tools,
    "reasoning": reasoning,
    "keepalive": keepalive,
    "logprobs": logprobs,
}
