"""One message while it is merged: the document, what the strategies remember, and what changed.

Every change goes through :meth:`Message.put` or :meth:`Message.grow`, so that size, count of changes and deltas agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ssefold._py.delta import Delta, Made
from ssefold._py.json.parse import clean
from ssefold._py.json.text import compact
from ssefold._py.limits import MAX_ITEMS
from ssefold._py.merge.call import close
from ssefold._py.merge.document import VALUE_SIZE, Obj, ObjList, Text, held, items_of, render, size_of, utf8_length
from ssefold._py.merge.items import Items, index_within
from ssefold._py.merge.parts import Parts, end_call
from ssefold._py.merge.path import path_of, path_within
from ssefold._py.merge.reasoning import settle_reasoning
from ssefold._py.merge.routing import merge_routed
from ssefold._py.merge.scalar import merge_deep
from ssefold._py.merge.trace import Trace
from ssefold._py.report import count
from ssefold._py.sign import has

if TYPE_CHECKING:
    from ssefold._py.dialect import Compiled
    from ssefold._py.merge.document import Place
    from ssefold._py.merge.known import Known
    from ssefold._py.merge.trace import Append
    from ssefold._py.rule import Rule

# An entry of the delta queue, a Delta without its path: kind, text, choice, index, id, value, place, key, rank.
# The path is found when the feed is over, as an item that comes later may move it.
Queued: TypeAlias = "list[Any]"


class Message:
    """The state of one message; strategies get it as their first argument."""

    __slots__ = (
        "before", "changes", "choice", "closes", "copied", "dialect", "ended", "ending", "epoch", "finish", "finished",
        "finished_at",
        "full", "index", "known", "large_usage", "matched", "opened", "parted", "pending", "queue", "quirks", "ready",
        "reasoning", "reasoning_now", "replaced", "root", "sequence", "size", "surrogates", "tails", "tickets", "trace",
        "unknown", "usage_room", "whole", "wire",
    )  # fmt: skip

    def __init__(self, dialect: Compiled) -> None:
        """Make an empty message of ``dialect``."""
        self.dialect = dialect
        self.root: Obj | None = None
        self.size = 0
        self.changes = 0
        self.epoch = 0  # changes but for fragments added to texts, which a template repeats
        self.choice = 0
        self.index: int | None = None
        self.queue: list[Queued] | None = None
        self.quirks: dict[str, int] = {}
        self.unknown: dict[str, int] = {}
        self.reasoning: dict[int, int] = {}  # choice -> rank of the field that is its reasoning
        self.reasoning_now: dict[int, int] = {}  # the same, of the chunk at hand
        self.pending: dict[int, Append] = {}  # texts that end in half a character
        self.tails: dict[int, Append] = {}  # base64 texts whose padded last quad is held back, in the order held
        self.tickets = 0
        self.whole: list[
            tuple[int, Obj]
        ] = []  # objects with a message beside which no delta came, each with its number
        self.copied: set[str] = set()  # fields that another one serves as
        self.before = 0  # deltas queued before the chunk at hand
        self.finished = False  # the object at hand was finished before the chunk: see Rule.closes
        self.ending = False  # the end of the stream is being merged: what is merged then came whole, not in fragments
        self.replaced = False  # since deltas were handed out, a container was: a queued delta may stand in what is gone
        self.closes = False  # the event at hand ends the message
        self.matched = False  # the items of a list were told by what they say of themselves
        self.trace = Trace()
        self.surrogates = True  # what is at hand may have lone surrogates
        self.wire: str | None = None  # the name on the wire of what a step takes, where that isn't its rule's
        self.sequence: int | None = None  # the number of the last event that had one
        self.opened: dict[int, tuple[Rule, Obj]] = {}  # items that aren't closed, each with the rule of its list
        self.parted: dict[int, tuple[Rule, Parts, int]] = {}  # lists of parts whose last function call goes on
        self.finish: str | None = None  # the finish reason that a step told
        self.ready: list[Delta] = []  # deltas of the message before this one
        self.ended = False  # a step, or a sign of the table, said that the message ended
        self.full = False  # a list would have had more items than MAX_ITEMS; those beyond are left out
        self.large_usage = False  # the usage is larger than MAX_USAGE
        self.usage_room: dict[Rule, int] = {}  # what that of a field may grow by before it is looked at again
        self.finished_at = -1  # the changes that the message had when its finish reason was looked at last
        self.known: dict[int, Known] = {}  # what lists have to which only what they have not is added

    def quirk(self, name: str) -> None:
        """Count a tolerated oddity."""
        name = count(self.quirks, name)
        if self.trace.on:
            self.trace.quirks.append(name)

    def has_room(self, items: int) -> bool:
        """Tell whether a list of so many items takes one more."""
        room = items < MAX_ITEMS
        self.full |= not room
        return room

    def clean(self, value: Any) -> Any:
        """Replace lone surrogates by U+FFFD; the value may be kept as it is, as nobody else has it."""
        return clean(value) if self.surrogates else value

    def merge_chunk(self, chunk: dict[str, Any], event_type: str = "") -> None:
        """Merge one chunk, an object, by the dialect's rules; ``event_type`` is that of its block."""
        dialect = self.dialect
        self.before = len(self.queue or ())
        inner = chunk.get(dialect.unwrap) if dialect.unwrap else None
        if isinstance(inner, dict):
            chunk = cast("dict[str, Any]", inner)
        if dialect.routes.by_name:
            merge_routed(self, chunk, event_type)
        else:
            self.merge_fields(chunk)
        if self.reasoning_now:
            settle_reasoning(self)
        if self.queue and len(self.queue) > self.before and self.queue[self.before][0] == "start":
            self.queue[self.before][5] = dialect.view.role.string(render(self.root))
        if dialect.end and any(has(chunk, *sign) for sign in dialect.end):
            self.ended = True

    def merge_fields(self, chunk: dict[str, Any]) -> None:
        """Merge the members of a chunk into the message."""
        if self.root is None:
            errors = {path[0] for path in self.dialect.errors.values() if len(path) == 1}
            if not any(value is not None and name not in errors for name, value in chunk.items()):
                return
            self.begin()
        root = cast("Obj", self.root)
        self.fields(self.dialect.root, chunk, root)
        self.copy_fallbacks(chunk, root)

    def begin(self) -> None:
        """Begin the message, with what one starts with."""
        self.root = Obj(None, None)
        self.size += VALUE_SIZE
        self.changes += 1
        self.epoch += 1
        for name, value in self.dialect.constants:
            self.put(self.root, name, [] if value == [] else value)
        self.fill(self.dialect.root, self.root)
        self.emit("start", None, None)

    def restart(self) -> None:
        """Begin anew: another message comes in the same stream, and the last one wins."""
        if self.root is None:
            return
        self.quirk("message_restarted")
        if self.queue is not None:
            self.ready = self.drain()
            self.queue = []
        self.root, self.size = None, 0
        self.epoch += 1
        self.index, self.sequence, self.finish, self.ended = None, None, None, False
        self.usage_room.clear()
        self.finished_at = -1
        self.closes = self.matched = False
        self.known.clear()
        for state in (self.reasoning, self.pending, self.tails, self.whole, self.opened, self.copied, self.parted):
            state.clear()

    def fields(self, rule: Rule, value: dict[str, Any], obj: Obj) -> None:
        """Merge the members of ``value`` into ``obj``, each by its rule; null is no news."""
        rules, other = rule.fields, rule.other
        around = self.finished
        if rule.closes is not None:
            self.finished = held(obj, rule.closes) is not None
        for name, member in value.items():
            if member is None:
                continue
            child = rules.get(name)
            if child is not None:
                child.apply(self, child, obj, child.to, member)
            elif other is not None:
                self.other_field(rule, other, name, member, obj)
        for child in rule.watched:
            if value.get(child.name) is None:
                self.quirk(child.absent)
        self.finished = around

    def field(self, rule: Rule, name: str, member: Any, obj: Obj) -> None:
        """Merge one member of an object by its rule."""
        child = rule.fields.get(name)
        if child is not None:
            child.apply(self, child, obj, child.to, member)
        elif rule.other is not None:
            self.other_field(rule, rule.other, name, member, obj)

    def other_field(self, rule: Rule, other: Rule, name: str, member: Any, obj: Obj) -> None:
        """Merge a member that no rule of the object's names."""
        if not other.known:
            self.count_unknown(f"{rule.path}.{name}" if rule.path else name)
        other.apply(self, other, obj, name, member)

    def count_unknown(self, path: str) -> None:
        """Count a field that no rule names."""
        path = count(self.unknown, path)
        if self.trace.on:
            self.trace.unknown.append(path)

    def fill(self, rule: Rule, obj: Obj, without: str | None = None) -> None:
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
        known = obj.get(key)
        if isinstance(known, Obj):
            return known
        made = Obj(obj, key)
        self.put(obj, key, made)
        self.fill(rule, made)
        return made

    def put(self, obj: Obj, key: str, value: Any) -> None:
        """Set ``key``, and account for what that adds to the message or takes from it."""
        self.size += VALUE_SIZE if value is None else size_of(value)
        if key in obj:
            gone = obj[key]
            if gone is None:
                self.size -= VALUE_SIZE
            else:
                self.size -= size_of(gone)
                self.forget(gone)
        else:
            self.size += len(key) if key.isascii() else utf8_length(key)
        obj[key] = value
        self.changes += 1
        self.epoch += 1

    def remove(self, obj: Obj, key: str) -> None:
        """Take a member out of an object."""
        gone = obj.pop(key)
        self.size -= utf8_length(key) + (VALUE_SIZE if gone is None else size_of(gone))
        self.forget(gone)
        self.replaced = True
        self.changes += 1
        self.epoch += 1

    def replace(self, items: list[Any], place: int, value: Any) -> None:
        """Set an item of a list."""
        self.forget(items[place])
        self.grow(size_of(value) - size_of(items[place]))
        items[place] = value

    def shadow_of(self, obj: Obj) -> Obj:
        """Return the object beside an item that has its buffers."""
        if obj.shadow is None:
            obj.shadow = Obj(obj.parent, obj.key)
        return obj.shadow

    def forget_beside(self, item: Obj) -> None:
        """Take away what an item has beside its members, as another one begins in its place."""
        shadow, item.shadow, item.told, item.told_whole = item.shadow, None, None, False
        self.opened.pop(id(item), None)
        for name, text in (shadow or {}).items():
            self.size -= utf8_length(name) + size_of(text)
            self.forget(text)
        self.replaced = True
        self.changes += 1
        self.epoch += 1

    def replace_string(self, rule: Rule, obj: Obj, key: str, value: str) -> None:
        """Set a string to another one: a change that a template repeats."""
        known = obj[key]
        if known != value:
            self.size += utf8_length(value) - utf8_length(known)
            obj[key] = value
            self.changes += 1
            self.emit_value(rule, obj, key)

    def take_sequence(self, number: int) -> bool:
        """Take note of the number of an event; return False, with a quirk, where it doesn't follow the last one."""
        follows = self.sequence is None or number == self.sequence + 1
        if not follows:
            self.quirk("sequence_gap")
        self.sequence = number
        return follows

    def open_item(self, rule: Rule, item: Obj) -> None:
        """Take note of an item of the list of ``rule`` that is to be closed."""
        if id(item) not in self.opened:
            self.opened[id(item)] = (rule, item)
            self.epoch += 1
            self.trace.settled += 1

    def forget(self, node: Any) -> None:
        """Let what is replaced wait for nothing any more: halves of characters, base64 held back, whole messages."""
        if isinstance(node, Text):
            self.pending.pop(id(node), None)
            self.tails.pop(id(node), None)
        elif isinstance(node, Obj):
            self.replaced = True
            node.whole = None
            self.opened.pop(id(node), None)
            for member in (*node.values(), *(node.shadow or {}).values()):
                self.forget(member)
        elif isinstance(node, (Items, ObjList)):
            self.replaced = True
            self.parted.pop(id(node), None)
            for item in items_of(node):
                self.forget(item)
        elif self.known:
            self.known.pop(id(node), None)

    def grow(self, size: int) -> None:
        """Account for ``size`` bytes that were added within a node."""
        self.size += size
        self.changes += 1
        self.epoch += 1

    def emit(  # noqa: PLR0917 - the fields of a Delta
        self,
        kind: str,
        obj: Place | None,
        key: Any,
        text: str = "",
        id: str | None = None,  # noqa: A002 - the name of the field
        value: Any = None,
        rank: int = -1,
    ) -> Queued | None:
        """Queue a delta, unless nobody looks."""
        if self.queue is None:
            return None
        entry: Queued = [kind, text, self.choice, self.index, id, value, obj, key, rank]
        self.queue.append(entry)
        return entry

    def emit_value(self, rule: Rule, obj: Obj, key: str) -> None:
        """Queue the delta of a member that was set: a finish reason, the usage, whole arguments, or another field."""
        if self.queue is None:
            return
        value = obj[key]
        if rule.kind == "finish":
            self.emit("finish", obj, key, text=value if isinstance(value, str) else "")
        elif rule.kind == "arguments":
            self.emit("arguments", obj, key, text=compact(render(value)))
        else:
            self.emit("usage" if rule.kind == "usage" else "other", obj, key, value=render(value))

    def emit_text(self, rule: Rule, obj: Obj, key: str, text: str) -> None:
        """Queue the delta of a fragment; which reasoning field is the reasoning is settled when the chunk is over."""
        kind, rank = rule.kind, rule.rank
        if rank >= 0:
            kept = self.reasoning.get(self.choice)
            if kept is None:
                self.reasoning_now[self.choice] = min(rank, self.reasoning_now.get(self.choice, rank))
                self.emit(kind, obj, key, text=text, rank=rank)
                return
            if kept != rank:
                kind = "other"
        if self.queue is None:
            return
        if kind == "other":
            self.emit(kind, obj, key, value=text)
        else:
            self.emit(kind, obj, key, text=text)

    def copy_fallbacks(self, chunk: dict[str, Any], root: Obj) -> None:
        """Let a field serve as another where that one is missing (Groq's ``x_groq.usage``)."""
        for name, outer, inner, rule in self.dialect.copies:
            to = rule.to
            if chunk.get(name) is not None and to in self.copied:
                self.copied.remove(to)
                self.epoch += 1
            source = chunk.get(outer)
            value = cast("dict[str, Any]", source).get(inner) if isinstance(source, dict) else None
            if value is not None and (to in self.copied or to not in root):
                self.copied.add(to)
                merge_deep(self, rule, root, to, value)

    def end(self) -> None:
        """Merge what only the end decides: messages that no delta came beside, and halves of characters."""
        self.before = len(self.queue or ())
        self.ending = self.surrogates = True
        whole, self.whole = self.whole, []
        there = [(obj, obj.whole) for number, obj in whole if obj.whole is not None and obj.whole.number == number]
        for obj, message in sorted(there, key=lambda each: each[1].choice):
            # One that was merged before may have replaced it.
            if obj.whole is message:
                obj.whole = None
                self.size -= message.size
                self.choice = message.choice
                message.rule.apply(self, message.rule, obj, message.rule.to, message.value)
        self.close_all()
        tails, self.tails = self.tails, {}
        for unfinished in tails.values():
            tail, unfinished.text.tail = unfinished.text.tail, ""
            self.grow(-len(tail))
            self.finish_text(unfinished, tail)
        pending, self.pending = self.pending, {}
        for unfinished in pending.values():
            self.finish_text(unfinished, "\ufffd")
        if self.reasoning_now:
            settle_reasoning(self)
        self.choice, self.index, self.ending = 0, None, False

    def close_all(self) -> None:
        """End the items and function calls that go on."""
        for rule, item in list(self.opened.values()):
            if rule.index and isinstance(item.parent, Items):
                self.index = item.parent.place(item.key)
            close(self, rule, item)
        for rule, parts, choice in list(self.parted.values()):
            self.choice = choice
            end_call(self, rule, parts)
        self.index = None

    def finish_text(self, unfinished: Append, rest: str) -> None:
        """Add the rest to a text."""
        text, rule, obj, key, self.choice, self.index = unfinished
        # Items that came since may have moved the one that it is of.
        moved = index_within(obj, key)
        self.index = self.index if moved is None else moved
        text.pending = ""
        self.grow(text.push(rest))
        self.emit_text(rule, obj, key, rest)

    def drain(self) -> list[Delta]:
        """Hand out the deltas queued, with their paths as they are now."""
        queue, self.queue = self.queue, None
        root = self.root if self.replaced else None
        self.replaced = False
        deltas: list[Any] = self.ready  # a Made becomes a Delta
        self.ready = []
        for kind, text, choice, index, id_, value, obj, key, _ in queue or ():
            path = path_of(obj, key) if root is None else path_within(root, obj, key)
            deltas.append(Made(kind, text, choice, index, id_, value, path))
        return deltas
