"""Routes: what an event does where its type says what it is about. Compiled from ``[on]`` of a dialect's table.

A route is a list of steps: what a step takes of the event, as a path, goes ``into`` an address of the message and is
merged there by the rule of that place. An address is names joined by dots, as rows of ``[merge]`` spell them;
``name[member]`` is the item of a list whose index the event's member states, made where there is none:
``name[member:kind]`` with that ``type``, or with that of the member by which rows tell items apart. ``name~`` is the
buffer beside a member.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.scalar import drop
from ssefold._py.rule import Rule
from ssefold._py.tree import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = r"[^.\[\]*~=: \t\n\r\v\f]+"
PLACE = re.compile(rf"({NAME})(?:(~)|\[({NAME})(?::({NAME}))?\])?\Z")
NAMES = re.compile(rf"{NAME}(?:\.{NAME})*\Z")
# Each name of the language stands with what it means; docs/tables.md is made of these.
OPS = {
    "merge": "Merge what is taken by the rule of its address; assumed where a step states none.",
    "put": "Let the address hold what is taken; a list of `items` keeps what it has more.",
    "close": "End the item at the address: its buffers become values.",
    "rest": "Merge the members that no step reads into the message, before all other steps; else they are unknown.",
    "finish": "Tell the finish reason of the view, where it is another than the one told.",
    "end": "End the message once the event is merged.",
}
ATTRIBUTES = {
    "take": "The path of members, of the event, that lead to what is taken; for `merge` and `put`, which need it.",
    "into": "The address in the message, the message itself where it is not stated; for `merge`, `put` and `close`.",
    "op": "The operation.",
}


class Place(NamedTuple):
    """One step of an address: a member, the buffer beside one, or the item of a list whose index ``member`` states."""

    name: str
    is_buffer: bool
    member: str
    kind: str  # what an item that is made says of itself


class Step(NamedTuple):
    """What is taken of the event, where it goes, and how."""

    take: tuple[str, ...]
    into: tuple[Place, ...]
    op: str


class Route:
    """What events of one type do."""

    __slots__ = ("ends", "known", "rest", "steps")

    def __init__(self, steps: list[Step]) -> None:
        """Take note of the members that the steps read."""
        self.steps = steps
        self.rest = any(step.op == "rest" for step in steps)
        self.ends = any(step.op in ("finish", "end") for step in steps)  # it says how the message ended
        self.known = {step.take[0] for step in steps if step.take}
        self.known |= {place.member for step in steps for place in step.into if place.member}


class Routes:
    """The routes of a dialect, found by what an event says of itself."""

    __slots__ = ("after_error", "around", "begins", "by_name", "fails", "ignored", "members", "restarts", "sequence")

    def __init__(self, table: Mapping[str, Any]) -> None:
        """Compile the keys of a table that routes have; Fault if one is wrong."""
        self.members = [names_of("route", path) for path in table.get("route", ())]
        self.sequence: str = table.get("sequence", "")
        self.around = {*(path[0] for path in self.members[:1]), *([self.sequence] if self.sequence else [])}
        self.begins = frozenset(table.get("begins", ()))
        self.restarts = frozenset(table.get("restarts", ()))
        self.fails = frozenset(table.get("fails", ()))
        self.after_error = frozenset(table.get("after_error", ()))
        self.ignored = {name: Rule(name, name, "drop", drop, name) for name in table.get("ignore", ())}
        self.by_name: dict[str, Route] = {}
        for key, rows in table.get("on", {}).items():
            route = compile_route(key, rows)
            for name in key.split("|"):
                self.by_name[name] = route

    def names(self) -> set[str]:
        """Return the names of the members by which events and the items that they are about are told apart."""
        steps = [step for route in self.by_name.values() for step in route.steps]
        return {path[-1] for path in self.members} | {place.member for step in steps for place in step.into} - {""}

    def name_of(self, chunk: dict[str, Any], event_type: str) -> str:
        """Return the type of an event: what it states, else the type of its block."""
        if not self.members:
            return event_type
        said = reach(chunk, self.members[0])
        return said if isinstance(said, str) and said else event_type

    def find(self, chunk: dict[str, Any], event_type: str) -> Route | None:
        """Return the route of an event, by all that it says of itself."""
        name = self.name_of(chunk, event_type)
        for path in self.members[1:]:
            said = reach(chunk, path)
            if isinstance(said, str) and (route := self.by_name.get(f"{name}/{said}")) is not None:
                return route
        return self.by_name.get(name)

    def unknown(self, chunk: dict[str, Any], event_type: str) -> str:
        """Return what the report calls an event that has no route."""
        return f"{'.'.join(self.members[0])}={clean(self.name_of(chunk, event_type))}"


def reach(value: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at a path of members, None where nothing does."""
    for name in path:
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def names_of(key: str, text: str) -> tuple[str, ...]:
    """Split a path of members."""
    if not NAMES.match(text):
        raise Fault("", key, "must be a list of paths of members")
    return tuple(text.split("."))


def compile_route(key: str, rows: Any) -> Route:
    """Compile the steps of a route."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Fault("on", key, "must be a list of steps")
    return Route([compile_step(key, row) for row in cast("list[dict[str, Any]]", rows)])


def compile_step(key: str, row: dict[str, Any]) -> Step:
    """Compile one step."""
    for name, value in row.items():
        if name not in ATTRIBUTES:
            raise Fault("on", key, f"unknown attribute {name}")
        if not isinstance(value, str):
            raise Fault("on", key, f"{name} must be a string")
    op, take, into = row.get("op", "merge"), row.get("take", ""), row.get("into", "")
    if op not in OPS:
        raise Fault("on", key, f"unknown operation {op}")
    if take and not NAMES.match(take):
        raise Fault("on", key, "take must be a path of members")
    places = [PLACE.match(part) for part in into.split(".")] if into else []
    if not all(places):
        raise Fault("on", key, "into must be an address of the message")
    groups = [place.groups(default="") for place in places if place]
    found = [Place(name, bool(tilde), index, kind) for name, tilde, index, kind in groups]
    if any(place.is_buffer for place in found[:-1]):
        raise Fault("on", key, "into must be an address of the message")
    if op == "close" and not (found and found[-1].member):
        raise Fault("on", key, "only an item is closed")
    if op in ("merge", "put") and not take:
        raise Fault("on", key, "must take a member of the event")
    return Step(tuple(take.split(".")) if take else (), tuple(found), op)
