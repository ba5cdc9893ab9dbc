"""Chunks generated from the merge rules of a dialect: every field, of right and wrong types.

Texts, ids, names and indexes come from small pools, so that they meet again.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from ssefold._py.dialect import named

if TYPE_CHECKING:
    import random
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
FINISH_REASONS = ('"stop"', '"tool_calls"', '""', '"length"')
PATHS = ("$.a", "$.a", "$.b", "$.a.b", "$.l[0]", "$.l[1]", "$.l[0].a", "$['a b']", "$", "a", "$[0]")
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
DEPTH = 7
# What leads to the depth of the tree is not left to chance.
WEIGHTS = {
    "choices": 60.0, "error": 0.1, "delta": 25.0, "message": 20.0, "index": 10.0, "tool_calls": 12.0, "function": 12.0,
    "content": 8.0, "id": 3.0, "name": 4.0, "arguments": 8.0, "finish_reason": 3.0, "usage": 3.0, "text": 8.0,
    "type": 8.0, "thinking": 6.0, "reasoning_details": 5.0, "audio": 3.0, "data": 3.0, "candidates": 60.0,
    "parts": 60.0, "finishReason": 3.0, "usageMetadata": 3.0, "functionCall": 6.0, "partialArgs": 3.0, "done": 8.0,
    "response": 0.5,
}  # fmt: skip


@dataclass
class Pairs:
    """An object as it is spelled."""

    fields: list[tuple[str, Tree]]


class Chunks:
    """Chunks of one dialect: ``chance`` decides their shape, ``voice`` what their strings and indexes say.

    In each ``turn`` a chunk has the same shape.
    """

    def __init__(self, dialect: str, chance: random.Random, voice: random.Random, turn: int) -> None:
        self.dialect = named(dialect)
        self.chance = chance
        self.voice = voice
        self.turn = turn

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
        """A chunk, now and then within the member that it may be wrapped in."""
        tree = self.object(self.dialect.root, DEPTH)
        return Pairs([(self.dialect.unwrap, tree)]) if self.dialect.unwrap and self.some(0.1) else tree

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
            "finish_reason": lambda: self.one(FINISH_REASONS),
            "finishReason": lambda: self.one(FINISH_REASONS),
            "done": lambda: "true" if self.some(0.03) else "false",
            "args": lambda: self.json(2),
            "partialArgs": lambda: [self.piece() for _ in range(self.chance.choice((1, 1, 2)))],
            "willContinue": lambda: self.one(("true", "true", "false")),
        }
        by_op: dict[str, Callable[[], Tree]] = {
            "arguments": lambda: self.text(ARGUMENTS) if self.some(0.9) else self.json(2),
            "append": lambda: self.text(ARGUMENTS if rule.kind == "arguments" else TEXTS),
            "base64": lambda: json.dumps(self.one(PIECES)),
            "by": lambda: self.items(rule, depth),
            "calls": lambda: self.items(rule, depth),
            "items": lambda: self.items(rule, depth),
            "parts": lambda: self.items(rule, depth),
            "tool_calls": lambda: self.items(rule, depth),
            "content": lambda: self.items(rule, depth) if rule.fields and self.some(0.4) else self.text(),
            "collect": lambda: [self.json(2) for _ in range(self.chance.randrange(3))],
            "deep": lambda: self.json(3),
            "extend": lambda: [self.json(1) for _ in range(self.chance.randrange(3))],
            "extend_new": lambda: [self.json(1) for _ in range(self.chance.randrange(3))],
            "fragment": lambda: self.text() if self.some(0.8) else self.json(1),
            "push": lambda: self.json(2),
            "guess": lambda: self.json(3),
            "object": lambda: self.object(rule, depth - 1),
            "scalars": lambda: [self.one(NUMBERS) for _ in range(self.chance.randrange(3))],
            "whole": lambda: self.object(rule.unless or rule, depth - 1),
        }
        make = by_op.get(rule.op) or named_so.get(rule.name)
        return make() if make else self.text()

    def items(self, rule: Rule, depth: int) -> Tree:
        count = self.chance.choice((1, 1, 1, 1, 0, 2, 3))
        make = self.call if rule.op == "tool_calls" and self.some(0.4) else lambda: self.item(rule, depth - 1)[1]
        return [make() if self.some(0.95) else self.one(ODD) for _ in range(count)]

    def item(self, rule: Rule, depth: int) -> tuple[str, Pairs]:
        """An item of a list, of one of the kinds that it may be; and that kind."""
        kind = self.one(["", *rule.variants]) if rule.variants else ""
        tree = self.object(rule.variants.get(kind, rule), depth)
        pairs = tree if isinstance(tree, Pairs) else Pairs([])
        if kind:
            pairs.fields.insert(0, (rule.variant_by, kind if kind == "true" else json.dumps(kind)))
        if rule.op == "parts" and self.some(0.15):
            pairs.fields.append(("thoughtSignature", self.text()))
        return kind, pairs

    def piece(self) -> Tree:
        """A piece of arguments, by its path."""
        values = (("stringValue", self.text()), ("numberValue", self.one(NUMBERS)), ("boolValue", "true"))
        value = self.chance.choice((*values, ("nullValue", "null")))
        return Pairs([("jsonPath", json.dumps(self.one(PATHS))), value])

    def named_call(self, rule: Rule, pairs: list[tuple[str, Tree]]) -> None:
        """Put the id and the name of a tool call where its rule looks for them."""
        if rule.call is None:
            return
        for path, pool in ((rule.call.id, IDS), (rule.call.name, NAMES_OF_CALLS)):
            around = pairs
            for name in path[:-1]:
                inner = next((tree for key, tree in around if key == name and isinstance(tree, Pairs)), None)
                if inner is None:
                    inner = Pairs([])
                    around.append((name, inner))
                around = inner.fields
            if path and self.some(0.7):
                around.append((path[-1], self.one(pool)))

    def call(self) -> Tree:
        """A fragment of a tool call as providers send it: it is of one by its index, id and name together."""
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
        if depth <= 0 or not (rule.fields or rule.other or rule.call):
            return self.json(1)
        fields = list(rule.fields.values())
        weights = [0.3 if child.op == "whole" else WEIGHTS.get(child.name, 1.0) for child in fields]
        chosen = self.chance.choices(fields, weights, k=self.chance.choice((1, 2, 3, 4, 6))) if fields else []
        if self.some(0.97):
            chosen = list({child.name: child for child in chosen}.values())
        pairs = [(child.name, self.value(child, depth)) for child in chosen]
        self.named_call(rule, pairs)
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
