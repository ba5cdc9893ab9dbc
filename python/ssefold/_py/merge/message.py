"""One message while it is merged: the document, what the strategies remember, and what changed.

Every change goes through :meth:`Message.put` or :meth:`Message.grow`, so that size, count of changes and deltas agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssefold._py.delta import Delta, Made
from ssefold._py.json.text import same
from ssefold._py.merge.document import VALUE_SIZE, Items, Obj, Text, path_of, render, size_of, utf8_length

if TYPE_CHECKING:
    from ssefold._py.dialect import Dialect
    from ssefold._py.rule import Rule

# An entry of the delta queue, a Delta without its path: kind, text, choice, index, id, value, place, key, rank.
# The path is found when the feed is over, as an item that comes later may move it.
Queued = list[Any]

# A text that ends in half a character: the text, its rule, object and key, the choice and the index of its deltas.
Pending = tuple[Text, "Rule", Obj, str, int, "int | None"]

REPORT_ENTRIES = 256  # distinct names a report keeps; what comes beyond is counted under "*"


class Message:
    """The state of one message; strategies get it as their first argument."""

    __slots__ = (
        "changes",
        "choice",
        "copied",
        "dialect",
        "index",
        "pending",
        "queue",
        "quirks",
        "reasoning",
        "reasoning_now",
        "root",
        "size",
        "streamed",
        "unknown",
        "tails",
        "whole",
    )

    def __init__(self, dialect: Dialect) -> None:
        """Make an empty message of ``dialect``."""
        self.dialect = dialect
        self.root: Obj | None = None
        self.size = 0
        self.changes = 0
        self.choice = 0
        self.index: int | None = None
        self.queue: list[Queued] | None = None
        self.quirks: dict[str, int] = {}
        self.unknown: dict[str, int] = {}
        self.reasoning: dict[int, int] = {}  # choice -> rank of the field that is its reasoning
        self.reasoning_now: dict[int, int] = {}  # the same, of the chunk at hand
        self.pending: dict[int, Pending] = {}  # texts that end in half a character
        self.tails: dict[int, Pending] = {}  # base64 texts whose padded last quad is held back
        self.whole: dict[int, tuple[Rule, Obj, Any]] = {}  # messages beside which no delta came so far
        self.streamed: set[int] = set()  # the choices that had a delta
        self.copied: set[str] = set()  # fields that another one serves as

    def quirk(self, name: str) -> None:
        """Count a tolerated oddity."""
        count(self.quirks, name)

    def merge_chunk(self, chunk: dict[str, Any]) -> None:
        """Merge one chunk, an object, by the dialect's rules."""
        rule = self.dialect.root
        start: Queued | None = None
        if self.root is None:
            if not any(value is not None and name != self.dialect.error for name, value in chunk.items()):
                return
            self.root = Obj(None, None)
            self.size += VALUE_SIZE
            self.changes += 1
            for name, value in self.dialect.constants:
                self.put(self.root, name, value)
            self.fill(rule, self.root)
            start = self.emit("start", self.root, None)
        self.fields(rule, chunk, self.root)
        self.copy_fallbacks(chunk, self.root)
        if self.reasoning_now:
            self.settle_reasoning()
        if start is not None:
            start[5] = self.dialect.view.role.string(render(self.root))

    def fields(self, rule: Rule, value: dict[str, Any], obj: Obj) -> None:
        """Merge the members of ``value`` into ``obj``, each by its rule; null is no news."""
        rules, other = rule.fields, rule.other
        for name, member in value.items():
            if member is None:
                continue
            child = rules.get(name)
            if child is not None:
                child.apply(self, child, obj, child.to, member)
            elif other is not None:
                if not other.known:
                    count(self.unknown, f"{rule.path}.{name}" if rule.path else name)
                other.apply(self, other, obj, name, member)
        for child in rule.watched:
            if value.get(child.name) is None:
                self.quirk(child.absent)

    def fill(self, rule: Rule, obj: Obj, without: str = "") -> None:
        """Put what an object of ``rule`` starts with into a new ``obj``."""
        for child, value in rule.skeleton:
            if child.to == without:
                continue
            if child.always:
                self.open(child, obj, child.to)
            else:
                self.put(obj, child.to, value)

    def open(self, rule: Rule, obj: Obj, key: str) -> Obj:
        """Return the object at ``key``, made with its skeleton where there is none."""
        held = obj.get(key)
        if isinstance(held, Obj):
            return held
        made = Obj(obj, key)
        self.put(obj, key, made)
        self.fill(rule, made)
        return made

    def put(self, obj: Obj, key: str, value: Any) -> None:  # noqa: ANN401 - any node
        """Set ``key``, and account for what that adds to the message or takes from it."""
        if key in obj:
            self.size -= size_of(obj[key])
        else:
            self.size += utf8_length(key)
        obj[key] = value
        self.size += size_of(value)
        self.changes += 1

    def grow(self, size: int) -> None:
        """Account for ``size`` bytes that were added within a node."""
        self.size += size
        self.changes += 1

    def emit(  # noqa: PLR0913 - the fields of a Delta
        self,
        kind: str,
        obj: Obj | Items | None,
        key: Any,  # noqa: ANN401 - as held
        text: str = "",
        id: str | None = None,  # noqa: A002 - the name of the field
        value: Any = None,  # noqa: ANN401 - any JSON value
        rank: int = -1,
    ) -> Queued | None:
        """Queue a delta, unless nobody looks."""
        if self.queue is None:
            return None
        entry: Queued = [kind, text, self.choice, self.index, id, value, obj, key, rank]
        self.queue.append(entry)
        return entry

    def emit_value(self, rule: Rule, obj: Obj, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Queue the delta of a value that was set: a finish reason, the usage, or another field."""
        if self.queue is None:
            return
        if rule.kind == "finish":
            self.emit("finish", obj, key, text=value if isinstance(value, str) else "")
        else:
            self.emit(rule.kind, obj, key, value=render(value))

    def emit_text(self, rule: Rule, obj: Obj, key: str, text: str) -> None:
        """Queue the delta of a fragment; which reasoning field is the reasoning is settled when the chunk is over."""
        kind, rank = rule.kind, rule.rank
        if rank >= 0:
            held = self.reasoning.get(self.choice)
            if held is None:
                self.reasoning_now[self.choice] = min(rank, self.reasoning_now.get(self.choice, rank))
                self.emit(kind, obj, key, text=text, rank=rank)
                return
            if held != rank:
                kind = "other"
        if kind == "other":
            self.emit(kind, obj, key, value=text)
        else:
            self.emit(kind, obj, key, text=text)

    def settle_reasoning(self) -> None:
        """Let the first reasoning field, in the order of the view, that carried text be the reasoning of its choice."""
        for entry in self.queue or ():
            kept = self.reasoning_now.get(entry[2])
            if entry[8] >= 0 and kept is not None and kept != entry[8]:
                entry[0], entry[1], entry[5] = "other", "", entry[1]
            entry[8] = -1
        self.reasoning.update(self.reasoning_now)
        self.reasoning_now.clear()

    def copy_fallbacks(self, chunk: dict[str, Any], root: Obj) -> None:
        """Let a field serve as another where that one is missing (Groq's ``x_groq.usage``)."""
        for to, name, inner, rule in self.dialect.copies:
            if chunk.get(to) is not None:
                self.copied.discard(to)
            source = root.get(name)
            value = source.get(inner) if isinstance(source, dict) else None
            if value is None or (to in root and to not in self.copied):
                continue
            if to not in self.copied or not same(root[to], value):
                self.copied.add(to)
                self.put(root, to, render(value))
                self.emit_value(rule, root, to, value)

    def end(self) -> None:
        """Merge what only the end decides: messages that no delta came beside, and halves of characters."""
        for rule, obj, value in list(self.whole.values()):
            self.choice = obj.key
            rule.apply(self, rule, obj, rule.to, value)
        self.whole.clear()
        for text, rule, obj, key, choice, index in list(self.tails.values()):
            self.choice, self.index = choice, index
            tail, text.tail = text.tail, ""
            self.grow(text.push(tail))
            self.emit_text(rule, obj, key, tail)
        self.tails.clear()
        for text, rule, obj, key, choice, index in list(self.pending.values()):
            self.choice, self.index = choice, index
            text.push("\ufffd")
            text.pending = ""
            self.grow(3)
            self.emit_text(rule, obj, key, "\ufffd")
        self.pending.clear()
        if self.reasoning_now:
            self.settle_reasoning()
        self.choice, self.index = 0, None

    def drain(self) -> list[Delta]:
        """Hand out the deltas queued, with their paths as they are now."""
        queue, self.queue = self.queue, None
        return [  # type: ignore[return-value]  # Made becomes a Delta
            Made(kind, text, choice, index, id_, value, path_of(obj, key) if key is not None else ())
            for kind, text, choice, index, id_, value, obj, key, _ in queue or ()
        ]


def count(counts: dict[str, int], name: str) -> None:
    """Count ``name``; a report is bounded, whatever names a stream invents."""
    if name not in counts and len(counts) >= REPORT_ENTRIES:
        name = "*"
    counts[name] = counts.get(name, 0) + 1
