"""Tables and streams of dialects that nobody has: every strategy and attribute beside every other, with few names."""

from __future__ import annotations

import json
import random
from typing import Any

Json = Any

OPS = (
    "append", "arguments", "base64", "by", "calls", "collect", "content", "deep", "drop", "extend", "extend_new",
    "first", "fragment", "guess", "last", "last_nonempty", "object", "parts", "push", "scalars", "tool_calls", "whole",
)  # fmt: skip
OPEN = ("last", "guess", "append", "fragment", "last_nonempty")
LISTS = ("by", "calls", "collect", "content", "extend", "items", "parts", "tool_calls")
KINDS = ("text", "reasoning", "refusal", "arguments", "usage", "finish", "other")
NAMES = ("a", "b", "c", "d", "type", "text", "index", "id")
FLAGS = ("nullable", "lazy", "skip_zero", "volatile", "always", "index")
WORDS = ("", "x", "yy", "stop", "text", "\ud83d", "\ude00", "é", "YWI=", "YQ==", "k0", '"q')
NUMBERS = (0, 1, 2, -1, 3.5, 0.0, -0.0, 10**18, 10**17, 1e16, True, False)
VIEW = """\
[view]
text = ["a", { each = "b[]", text = ["text"], join = "-" }]
reasoning = "c"
finish_reason = ["a", "b.c"]
id = "id"
role = "type"
[view.tool_calls]
each = ["a[]", "b", "c[]"]
id = "id"
name = "text"
arguments = ["a~", "a"]
[view.usage]
of = "b"
input_tokens = "b.a"
"""
STEPS = ("merge", "merge", "put", "put", "close", "rest", "finish", "end")
ADDRESSES = ("", "{0}", "{0}[b]", "{0}[b:x]", "{0}.{1}", "{0}[b].{1}", "{0}[b:x].a~")


def inline(value: Json) -> str:
    """A value in TOML, on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {inline(member)}" for name, member in value.items()) + " }"
    return json.dumps(value)


class Table:
    """One table, drawn; ``routed`` has events that say what they are."""

    def __init__(self, chance: random.Random, *, routed: bool) -> None:
        self.chance = chance
        self.routed = routed

    def often(self, part: float) -> bool:
        return self.chance.random() < part

    def row(self, op: str = "") -> Json:
        """What one field does, attributes and all."""
        one = self.chance.choice
        row: Json = {"op": op or one(OPS)}
        row.update({flag: True for flag in FLAGS if self.often(0.12)})
        row.update({name: f"q-{name}" for name in ("again", "changed", "empty", "quirk", "absent") if self.often(0.07)})
        drawn = {"delta": (0.4, KINDS), "to": (0.1, NAMES), "default": (0.15, ("", "x")), "rank": (0.15, (0, 1, 2))}
        row.update({name: one(values) for name, (part, values) in drawn.items() if self.often(part)})
        if self.often(0.1):
            row["after"] = one(NAMES)
        if self.often(0.15):
            row.update(call_name="text", call_id="id", call_arguments="a")
        if row["op"] == "by":
            row.update(key="index", missing=one(("position", "push")))
            row.update({name: value for name, value in (("group", "type"), ("adopt", "id")) if self.often(0.5)})
            row.update({name: True for name in ("stated", "choice") if self.often(0.3)})
        if row["op"] == "deep" and self.often(0.4):
            row["guarded"] = "a b"
        if row["op"] == "whole":
            row["unless"] = one(NAMES)
        return row

    def fields(self, name: str, count: int) -> Json:
        """What is within an object or the items of a list."""
        found = {f"{name}.{field}": self.row() for field in self.chance.sample(NAMES, count)}
        return found | ({f"{name}.*": self.row(self.chance.choice(OPEN))} if self.often(0.5) else {})

    def merge(self) -> Json:
        rows: Json = {}
        for name in self.chance.sample(NAMES, self.chance.randint(1, 5)):
            rows[name] = self.row()
            within = {"object": name} | dict.fromkeys(LISTS, f"{name}[]")
            if rows[name]["op"] in within:
                rows |= self.fields(within[rows[name]["op"]], 2)
        return rows | ({"*": self.row(self.chance.choice(OPEN))} if self.often(0.7) else {})

    def items(self) -> Json:
        """Lists that events address, some with calls whose arguments come in a buffer."""
        rows: Json = {}
        for name in self.chance.sample(NAMES, 2):
            rows[name] = {"op": "items", "index": self.often(0.5)}
            rows |= self.fields(f"{name}[]", 3)
            if self.often(0.4):
                rows[f"{name}[type=x]"] = {"op": "object", "call_id": "id", "call_name": "text"}
                rows[f"{name}[].a~"] = {"op": "append", "delta": "arguments"}
        return rows

    def step(self) -> Json:
        op, one = self.chance.choice(STEPS), self.chance.choice
        step = {} if op == "merge" else {"op": op}
        if op in ("merge", "put"):
            step["take"] = one(("a", "b", "a.b", "a.text"))
            into = one(ADDRESSES).format(one(NAMES), one(NAMES))
            step |= {"into": into} if into else {}
        return step | ({"into": f"{one(NAMES)}[b]"} if op == "close" else {})

    def head(self) -> str:
        lines = ['name = "drawn"']
        drawn = ['error = ["a.b", "c"]', 'end = ["d=stop"]', 'unwrap = "d"', 'complete = "a[].b"']
        if self.routed:
            lines.append('route = ["kind", "a.type"]')
            drawn += ['restarts = ["k0"]', 'begins = ["k1"]', 'fails = ["k2"]', 'after_error = ["k3"]']
            drawn += ['sequence = "b"', 'ignore = ["c"]', 'ignore = ["kind"]']
        seen: set[str] = set()
        for line in drawn:
            if self.often(0.2) and line.split()[0] not in seen:
                seen.add(line.split()[0])
                lines.append(line)
        return "\n".join(lines) + "\n"

    def text(self) -> str:
        head, rows = self.head(), self.merge()
        routes = ""
        if self.routed:
            items = self.items()
            first = {key.partition("[")[0] for key in items}
            rows = {
                key: row for key, row in rows.items() if key.partition(".")[0].partition("[")[0] not in first
            } | items
            steps = ([self.step() for _ in range(self.chance.randint(0, 3))] for _ in range(4))
            routes = "[on]\n" + "".join(f"k{at} = [{', '.join(map(inline, each))}]\n" for at, each in enumerate(steps))
        constants = '[message]\na = "z"\n' if self.often(0.2) else ""
        copies = '[copy]\na = "b.c"\n' if not self.routed and "a" in rows and self.often(0.2) else ""
        merge = "[merge]\n" + "".join(f'"{key}" = {inline(row)}\n' for key, row in rows.items())
        return head + constants + merge + copies + routes + VIEW


def value(chance: random.Random, depth: int = 0) -> Json:
    dice = chance.random()
    if dice < 0.3:
        return chance.choice(WORDS)
    if dice < 0.45:
        return chance.choice(NUMBERS)
    if dice < 0.55 or depth > 2:
        return None
    return members(chance, depth + 1) if dice < 0.8 else [value(chance, depth + 1) for _ in range(chance.randint(0, 3))]


def members(chance: random.Random, depth: int = 0) -> Json:
    found: Json = {}
    for name in chance.sample(NAMES, chance.randint(0, 4)):
        likely = {"index": (0, 1, 2, 7), "type": ("text", "x", "y")}.get(name)
        found[name] = chance.choice(likely) if likely and chance.random() < 0.8 else value(chance, depth)
    return found


def varied(chance: random.Random, old: Json) -> Json:
    """The same shape with other texts and numbers, as the events of a stream are."""
    if isinstance(old, dict):
        return {name: varied(chance, member) for name, member in old.items()}
    if isinstance(old, list):
        return [varied(chance, item) for item in old]
    if isinstance(old, str) and chance.random() < 0.6:
        return chance.choice(WORDS)
    return chance.choice((0, 1, 2, 5, 10**18)) if type(old) is int and chance.random() < 0.4 else old


def body(chance: random.Random) -> bytes:
    """A stream of a few shapes of events, mostly with other words each time."""
    shapes = [members(chance) | {"kind": f"k{chance.randint(0, 4)}"} for _ in range(3)]
    events = []
    for _ in range(chance.randint(1, 14)):
        shape = chance.choice(shapes)
        chunk = {**varied(chance, shape), "kind": shape["kind"]} if chance.random() < 0.8 else dict(shape)
        if chance.random() < 0.2:
            chunk[chance.choice(NAMES)] = value(chance)
        events.append(f"data: {json.dumps(chunk)}\n\n")
    return "".join(events).encode()
