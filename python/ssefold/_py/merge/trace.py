"""What an event did while it went the full path: what a template is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj, Text
    from ssefold._py.merge.message import Message
    from ssefold._py.merge.tool_calls import Calls
    from ssefold._py.rule import Rule

# What a hole may hold, and does: a string that is appended to a text, a string or a number that has no effect, the
# number of the event, spaces before the last bracket, a string that takes the place of another.
HoleKind = Literal["append", "skip", "number", "sequence", "space", "replace"]


class Append(NamedTuple):
    """A text that is added to, by a hole or by the end: its rule and place, the choice and index of its deltas."""

    text: Text
    rule: Rule
    obj: Obj
    key: str
    choice: int
    place: int | None


class Replace(NamedTuple):
    """A string that takes the place of another: its rule and place, the choice and index of its deltas."""

    rule: Rule
    obj: Obj
    key: str
    choice: int
    place: int | None


Effect: TypeAlias = "Append | Replace | None"


class Hole(NamedTuple):
    """A member of the payload, found by its name, whose value the next event may have otherwise."""

    kind: HoleKind
    name: str
    value: Any
    effect: Effect


class Trace:
    """What the event at hand did."""

    __slots__ = ("blocked", "continued", "dropped", "holes", "last", "on", "quirks", "settled", "unknown")

    def __init__(self) -> None:
        """Trace nothing so far."""
        self.on = False  # somebody wants to learn
        self.blocked = False  # it did what a template can't repeat
        # How often it moved the epoch on by what it would not do again: a text made that a hole appends to, the
        # reasoning field settled, the last item of a group set. Done twice these change nothing, so the event can be
        # learned from.
        self.settled = 0
        # An item was one of its group's last: which that was before the event counts, so it may not set another.
        self.continued = False
        self.holes: list[Hole] = []  # in the order in which they took effect
        self.last: list[tuple[Calls, int]] = []  # lists of tool calls, and the call that it went to last
        self.quirks: list[str] = []  # what it added to the report's counts
        self.unknown: list[str] = []
        self.dropped: dict[Rule, str] = {}  # the string that each dropped last: a hole is what was seen to differ

    def begin(self, *, on: bool) -> None:
        """Trace the event that comes, or not."""
        self.on = on
        self.blocked = False
        self.settled = 0
        self.continued = False
        self.holes, self.last, self.quirks, self.unknown = [], [], [], []

    def differs(self, rule: Rule, value: str) -> bool:
        """Take note of a dropped string; tell whether it differs from the last one."""
        known = self.dropped.get(rule, value)
        self.dropped[rule] = value
        return known != value


def wire_name(m: Message, rule: Rule, key: str) -> str:
    """Return the name on the wire of a member that a rule puts at ``key``."""
    if m.wire is not None:
        return m.wire
    return key if rule.name == "*" else rule.name
