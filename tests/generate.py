"""Streams generated from a dialect's table, so that they get deep: every field of its rules, of right and wrong types.

A stream is a list of numbers, each the seed of one event: Hypothesis shrinks by leaving events out. Texts,
ids, names and indexes come from small pools, so that they meet again.
"""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import strategies as st

from ssefold._py.dialect import NAMES, named

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssefold._py.rule import Rule

# JSON as it is spelled: tokens, lists, and objects as pairs, whose keys may repeat.
Tree: TypeAlias = "str | list[Tree] | Pairs"

TEXTS = (
    "Hel", "lo ", "", "é", "\U0001f600", "\ud83d", "\ude00", "x\ud83d", "\ude00y", "\0", '"', "\n", "\u2028",
    "[DONE]", "data: ", "{", "a", "a", "\ufeff", "\ud83d\ud83d", "assistant",
)  # fmt: skip
ARGUMENTS = ("", "{", '"a"', ":", "1", "}", '{"a":1}', "{}", "[", "nul", " ", '{"a":"\ud83d', '\ude00"}')
IDS = ('"call_1"', '"call_2"', '"call_3"', '""', "null", "7")
NAMES_OF_CALLS = ('"add"', '"get"', '"add"', '""', "null", '"ad"')
TYPES = ('"text"', '"thinking"', '"function"', '"custom"', '"reasoning.text"', '"reasoning.summary"', "null", "5", '""')
INDEXES = ("0", "0", "0", "1", "1", "2", "3")
ODD_INDEXES = (
    "-1", "-0", "1.5", "4000000000", "1" + "0" * 30, "9223372036854775807", "9223372036854775808", '"0"', "true",
    "null", "-9223372036854775809", "0.0", "1e0", "{}",
)  # fmt: skip
NUMBERS = ("0", "1", "12", "-1", "0.0", "1.5", "1e16", "-0.0", "1700000000", "123456789012345678901234567890", "1E-7")
ODD = (
    "null", "true", "false", "0", "-3", "2.5", '""', '"odd"', "[]", "{}", "[null]", "[1]", '[{"index":0,"a":"b"}]',
    '{"a":1}', '{"a":{"b":["c"]}}', '[{"text":"t"}]', '"\\ud83d"', "[[]]", '["s",{}]', "1e2", '{"\\ud83d":"k"}',
)  # fmt: skip
WORDS = ("zeta", "alpha", "zeta", "index", "x.y", "é", "", "*", "\ud83d")
PIECES = [base64.b64encode(bytes(range(size))).decode() for size in (0, 1, 2, 3, 4, 6, 7)]
# What ends a stream, one way or another.
ENDINGS = (
    "[DONE]", " [DONE]", '{"error":{"message":"m","code":5}}', '{"error":"\\ud83d"}',
    '{"error":{"message":7},"choices":[]}', "{nope", "7", '"text"', "[7]", '{"a":1', "",
)  # fmt: skip
LINE_ENDS = ("\n", "\n", "\n", "\r\n", "\r")
DEPTH = 7
TURNS = (1, 1, 1, 2, 3, 6)
# What leads to the depth of the tree is not left to chance.
WEIGHTS = {
    "choices": 60.0, "error": 0.1, "delta": 25.0, "message": 0.3, "index": 10.0, "tool_calls": 12.0, "function": 12.0,
    "content": 8.0, "id": 3.0, "name": 4.0, "arguments": 8.0, "finish_reason": 3.0, "usage": 3.0, "text": 8.0,
    "type": 8.0, "thinking": 6.0, "reasoning_details": 5.0, "audio": 3.0, "data": 3.0,
}  # fmt: skip


@dataclass
class Pairs:
    """An object as it is spelled."""

    fields: list[tuple[str, Tree]]


@dataclass(frozen=True)
class Generated:
    """A stream and the dialect whose table it was made from."""

    dialect: str
    body: bytes


class Chunks:
    """Chunks of one dialect: ``chance`` decides their shape, ``voice`` what their strings and indexes say."""

    def __init__(self, dialect: str, chance: random.Random, voice: random.Random) -> None:
        self.root = named(dialect).root
        self.chance = chance
        self.voice = voice

    def some(self, share: float) -> bool:
        return self.chance.random() < share

    def one(self, pool: tuple[str, ...] | list[str]) -> str:
        return self.chance.choice(pool)

    def text(self, pool: tuple[str, ...] = TEXTS) -> str:
        if self.voice.random() < 0.1:
            return '"\\u0041\\/"'
        return json.dumps(self.voice.choice(pool), ensure_ascii=self.voice.random() < 0.5)

    def index(self) -> str:
        return self.voice.choice(ODD_INDEXES if self.voice.random() < 0.15 else INDEXES)

    def chunk(self) -> Tree:
        return self.object(self.root, DEPTH)

    def value(self, rule: Rule, depth: int) -> Tree:
        """A value for a field: mostly what its strategy takes."""
        dice = self.chance.random()
        if dice < 0.05:
            return "null"
        if dice < 0.12:
            return self.one(ODD)
        return self.right(rule, depth)

    def right(self, rule: Rule, depth: int) -> Tree:
        named_so: dict[str, Callable[[], Tree]] = {
            "id": lambda: self.one(IDS),
            "name": lambda: self.one(NAMES_OF_CALLS),
            "type": lambda: self.one(TYPES),
            "index": self.index,
            "prompt_index": self.index,
            "expires_at": lambda: self.one(NUMBERS),
            "created": lambda: self.one(NUMBERS),
            "finish_reason": lambda: self.one(('"stop"', '"tool_calls"', '""', '"length"')),
        }
        by_op: dict[str, Callable[[], Tree]] = {
            "arguments": lambda: self.text(ARGUMENTS) if self.some(0.9) else self.json(2),
            "base64": lambda: json.dumps(self.one(PIECES)),
            "by": lambda: self.items(rule, depth),
            "tool_calls": lambda: self.items(rule, depth),
            "content": lambda: self.items(rule, depth) if rule.fields and self.some(0.4) else self.text(),
            "collect": lambda: [self.json(2) for _ in range(self.chance.randrange(3))],
            "deep": lambda: self.json(3),
            "extend": lambda: [self.json(1) for _ in range(self.chance.randrange(3))],
            "guess": lambda: self.json(3),
            "object": lambda: self.object(rule, depth - 1),
            "scalars": lambda: [self.one(NUMBERS) for _ in range(self.chance.randrange(3))],
            "whole": lambda: self.object(rule.unless or rule, depth - 1),
        }
        make = by_op.get(rule.op) or named_so.get(rule.name)
        return make() if make else self.text()

    def items(self, rule: Rule, depth: int) -> Tree:
        count = self.chance.choice((1, 1, 1, 1, 0, 2, 3))
        make = self.call if rule.op == "tool_calls" and self.some(0.4) else lambda: self.object(rule, depth - 1)
        return [make() if self.some(0.95) else self.one(ODD) for _ in range(count)]

    def call(self) -> Tree:
        """A fragment of a tool call as providers send it: rule T turns on how index, id and name go together."""
        function = Pairs([("name", self.one(NAMES_OF_CALLS)), ("arguments", self.text(ARGUMENTS))])
        fields: list[tuple[str, Tree]] = [
            ("index", self.index()),
            ("id", self.one(IDS)),
            ("type", '"function"'),
            ("function", function),
        ]
        return Pairs([field for field in fields if self.some(0.85)])

    def object(self, rule: Rule, depth: int) -> Tree:
        """An object of a rule: some of its fields, the rarer the deeper, in any order; keys may repeat."""
        if depth <= 0 or not (rule.fields or rule.other):
            return self.json(1)
        fields = list(rule.fields.values())
        weights = [WEIGHTS.get(child.name, 1.0) for child in fields]
        chosen = self.chance.choices(fields, weights, k=self.chance.choice((1, 2, 3, 4, 6))) if fields else []
        if self.some(0.97):
            chosen = list({child.name: child for child in chosen}.values())
        pairs = [(child.name, self.value(child, depth)) for child in chosen]
        if self.some(0.08):
            pairs.append((self.one(WORDS), self.json(3)))
        self.chance.shuffle(pairs)
        return Pairs(pairs)

    def json(self, depth: int) -> Tree:
        """Any JSON: for fields that no rule looks into."""
        dice = self.chance.random()
        if depth <= 0 or dice < 0.5:
            return self.one((*NUMBERS, "true", "null", self.text(), self.text()))
        if dice < 0.65:
            return [self.json(depth - 1) for _ in range(self.chance.randrange(3))]
        pairs = [(self.one(WORDS), self.json(depth - 1)) for _ in range(self.chance.randrange(3))]
        if self.some(0.3):
            pairs.append(("index", self.index()))
        return Pairs(pairs)


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
    chunks = Chunks(dialect, chance, random.Random(seed + turn))  # noqa: S311 - the same
    data = spell(chunks.chunk(), chance, spaces=chance.random() < 0.1)
    dice = chance.random()
    if dice < 0.93:
        return frame(data, chance)
    if dice < 0.95:
        return data.replace("\n", "") + chance.choice(LINE_ENDS)
    if dice < 0.97:
        return frame(f"[{data},{chance.choice(('null', '{}', data, data))}]", chance)
    if dice < 0.985:
        return chance.choice((": keep-alive\n\n", "\n", "data:\n\n", "data: null\n\n", "id: 9\n\n", "retry: 5\n\n"))
    return frame(chance.choice(ENDINGS), chance) if chance.random() < 0.6 else "event: error\n" + frame(data, chance)


def body(dialect: str, seeds: list[int], start: str, end: str) -> bytes:
    """A whole body of these events, some of them in several turns: providers send the same event with other texts."""
    turns = ((seed, turn) for seed in seeds for turn in range(TURNS[seed % len(TURNS)]))
    return (start + "".join(event(dialect, seed, turn) for seed, turn in turns) + end).encode("utf-8", "replace")


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

streams = dialects.flatmap(
    lambda dialect: st.builds(Generated, st.just(dialect), st.builds(body, st.just(dialect), seeds, starts, ends))
)
mutants = st.builds(lambda stream, list_: Generated(stream.dialect, mutated(stream.body, list_)), streams, changes)


def deep_json(depth: int) -> Any:
    """A list in a list, ``depth`` times."""
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value
