"""Streams generated from a dialect's table, so that they get deep.

A stream is a list of numbers, each the seed of one event: Hypothesis shrinks by leaving events out.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from generate_chunks import Chunks, Pairs, Tree
from generate_events import Events
from ssefold._py.dialect import NAMES, named

# What ends a stream, one way or another.
ENDINGS = (
    "[DONE]", " [DONE]", '{"error":{"message":"m","code":5}}', '{"error":"\\ud83d"}',
    '{"error":{"message":7},"choices":[]}', "{nope", "7", '"text"', "[7]", '{"a":1', "",
)  # fmt: skip
LINE_ENDS = ("\n", "\n", "\n", "\r\n", "\r")
TURNS = (1, 1, 1, 2, 3, 6)


@dataclass(frozen=True)
class Generated:
    """A stream and the dialect whose table it was made from."""

    dialect: str
    body: bytes


def spell(tree: Tree, chance: random.Random, *, spaces: bool) -> str:
    """JSON text of a tree; with ``spaces``, blanks and line feeds between some tokens."""

    def gap() -> str:
        return chance.choice(("", " ", "", "\n", "\t")) if spaces else ""

    if isinstance(tree, Pairs):
        inner = (
            f"{gap()}{json.dumps(key, ensure_ascii=True)}{gap()}:{gap()}{spell(value, chance, spaces=spaces)}"
            for key, value in tree.fields
        )
        return "{" + ",".join(inner) + gap() + "}"
    if isinstance(tree, list):
        return "[" + ",".join(gap() + spell(item, chance, spaces=spaces) for item in tree) + gap() + "]"
    return tree


def frame(data: str, chance: random.Random) -> str:
    """An event whose data is ``data``, in one of the ways that servers write it."""
    end = chance.choice(LINE_ENDS)
    lines = []
    if chance.random() < 0.1:
        lines.append(
            chance.choice((": keep-alive", ":", "id: 7", "id", "retry: 10", "retry: x", "unknown: field", "data"))
        )
    if chance.random() < 0.1:
        lines.append(chance.choice(("event: message", "event:chunk", "event")))
    colon = chance.choice(("data: ", "data: ", "data:"))
    lines += [colon + line for line in data.split("\n")]
    return end.join(lines) + end + end


def event(dialect: str, seed: int, turn: int = 0) -> str:
    """One event: a chunk mostly, else a bare line, a list of chunks, a keep-alive, an error or an end.

    In each turn it has the same shape and other strings.
    """
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    make = Events if named(dialect).routes.by_name else Chunks
    chunks = make(dialect, chance, random.Random(seed + turn), turn)  # noqa: S311 - the same
    data = spell(chunks.chunk(), chance, spaces=chance.random() < 0.1)
    dice = chance.random()
    if dialect == "ollama" and dice < 0.7:
        return data.replace("\n", "") + "\n"
    if dice < 0.93:
        return frame(data, chance)
    if dice < 0.95:
        return data.replace("\n", "") + chance.choice(LINE_ENDS)
    if dice < 0.97:
        another = spell(chunks.chunk(), chance, spaces=False)
        return frame(f"[{data},{chance.choice(('null', '{}', data, another, another))}]", chance)
    if dice < 0.985:
        return chance.choice((": keep-alive\n\n", "\n", "data:\n\n", "data: null\n\n", "id: 9\n\n", "retry: 5\n\n"))
    return frame(chance.choice(ENDINGS), chance) if chance.random() < 0.6 else "event: error\n" + frame(data, chance)


def body(dialect: str, seeds: list[int], start: str, end: str) -> bytes:
    """A whole body of these events, some of them in several turns: providers send the same event with other texts."""
    turns = ((seed, turn) for seed in seeds for turn in range(TURNS[seed % len(TURNS)]))
    return (start + "".join(event(dialect, seed, turn) for seed, turn in turns) + end).encode("utf-8", "replace")


def array(dialect: str, seeds: list[int], between: str, end: str) -> bytes:
    """A body that is one array of chunks, some of them in several turns."""
    chunks = []
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        make = Events if named(dialect).routes.by_name else Chunks
        for turn in range(TURNS[seed % len(TURNS)]):
            chance.seed(seed)
            other = random.Random(seed + turn)  # noqa: S311 - the same
            chunks.append(spell(make(dialect, chance, other, turn).chunk(), chance, spaces=chance.random() < 0.1))
    return f"[{between.join(chunks)}{end}".encode("utf-8", "replace")


def mutated(whole: bytes, changes: list[tuple[float, str, int]]) -> bytes:
    """A body with bytes changed, left out, put in, or doubled."""
    data = bytearray(whole)
    for where, kind, byte in changes:
        at = int(where * len(data))
        if kind == "set" and at < len(data):
            data[at] = byte
        elif kind == "cut":
            del data[at : at + byte % 9]
        elif kind == "put":
            data.insert(at, byte)
        elif kind == "end":
            del data[at:]
        else:
            data[at:at] = data[at : at + byte]
    return bytes(data)


def pieces(whole: bytes, cuts: list[float]) -> list[bytes]:
    """A body in pieces, cut at these fractions of it."""
    places = sorted(int(cut * len(whole)) for cut in cuts)
    return [whole[start:end] for start, end in zip([0, *places], [*places, len(whole)], strict=True)]


seeds = st.lists(st.integers(0, 2**32), min_size=1, max_size=14)
starts = st.sampled_from(["", "", "", "\ufeff", ": hello\n\n", "\n"])
ends = st.sampled_from(
    ["data: [DONE]\n\n", "data: [DONE]\n\n", "data: [DONE]", "", 'data: {"id":"x', 'data: {"id":"x"}\n']
)
# Bytes that mean something to framing, to JSON or to UTF-8 come more often than others.
telling = st.sampled_from(list(b'\r\n:{}[]",\\ 0-\xc3\xff\xed\xa0')) | st.integers(0, 255)
changes = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(["set", "put", "cut", "end", "copy"]), telling),
    max_size=4,
)
cuts = st.lists(st.floats(0, 1, exclude_max=True), max_size=6)
dialects = st.sampled_from([*NAMES, "openai-chat"])

betweens = st.sampled_from([",", ",\n", "\n,", ", ", ",\r\n", "\n", ",,", ",null,"])
array_ends = st.sampled_from(["]", "]", "\n]\n", "", ",", "]data: [DONE]\n\n", '] {"a":1}\n', ',"x"]'])


def of_dialect(dialect: str) -> st.SearchStrategy[Generated]:
    """Streams of events, and one in eight an array of chunks."""
    events = st.builds(body, st.just(dialect), seeds, starts, ends)
    arrays = st.builds(array, st.just(dialect), seeds, betweens, array_ends)
    bodies = st.integers(0, 7).flatmap(lambda dice: arrays if dice == 0 else events)
    return st.builds(Generated, st.just(dialect), bodies)


streams = dialects.flatmap(of_dialect)
mutants = st.builds(lambda stream, list_: Generated(stream.dialect, mutated(stream.body, list_)), streams, changes)


def deep_json(depth: int) -> Any:
    """A list in a list, ``depth`` times."""
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value
