"""A rule: what one field of a chunk does to the message. Compiled from a dialect's table, see ``table.py``.

The strategies have a file each under ``merge/``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ssefold._py.merge.document import string_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Call(NamedTuple):
    """Where an object that is a tool call says its id, its name and its arguments: names of members, within members."""

    id: tuple[str, ...]
    name: tuple[str, ...]
    arguments: tuple[str, ...]


class Rule:
    """One node of the rule tree; ``fields`` are the rules of what is inside, ``other`` that of every other field."""

    __slots__ = (
        "absent",
        "adopt",
        "after",
        "again",
        "always",
        "apply",
        "buffers",
        "call",
        "changed",
        "choice",
        "closes",
        "default",
        "empty",
        "fields",
        "group",
        "guarded",
        "index",
        "instead",
        "key",
        "kind",
        "known",
        "lazy",
        "marks",
        "missing",
        "name",
        "nullable",
        "op",
        "other",
        "path",
        "quirk",
        "rank",
        "skeleton",
        "skip_zero",
        "stated",
        "to",
        "unless",
        "variant_by",
        "variants",
        "volatile",
        "watched",
    )

    name: str  # the field's name on the wire
    path: str  # dotted path on the wire, for the report
    op: str
    apply: Callable[..., None]  # the strategy of ``op``
    to: str  # the field's name in the message
    kind: str  # of the deltas that it emits
    rank: int  # place in the order of the reasoning view; -1 where it is not a reasoning text
    fields: dict[str, Rule]
    other: Rule | None
    variants: dict[str, Rule]  # of a list: the rules of items whose member ``variant_by`` says so
    variant_by: str
    buffers: dict[str, Rule]  # texts beside the members of those names, which they become when the object is closed
    key: str  # "by": the integer member that identifies an item
    group: str  # "by": a string member that identifies it too
    missing: str  # "by": "position" or "push", where the key is missing
    adopt: str  # "by": the member that must be equal for an item without key to continue the last of its group
    index: bool  # the place of an item is the index of the deltas
    call: Call | None  # an object that is a tool call: where it says its id, name and arguments
    guarded: tuple[str, ...]  # "deep": counts that a 0 doesn't erase where the first of them is not stated
    volatile: bool  # "last": a string that is another one with every event
    stated: bool  # "by": the key stands in an item only where the stream stated it
    choice: bool  # "by": the key is the choice of the deltas
    default: str | None  # text that stands in the message until one comes
    nullable: bool  # present as null until a value comes
    always: bool  # an object that is made with its parent
    instead: str | None  # tool calls: the sibling that this object takes the place of
    lazy: bool  # an empty string alone creates nothing
    skip_zero: bool  # 0 counts as empty
    known: bool  # "*": not counted as unknown
    again: str  # quirk: a value came though one was held
    changed: str  # quirk: another value came than the one held
    empty: str  # quirk: the list was empty
    absent: str  # quirk: the item has no such field
    quirk: str  # quirk of the strategy itself
    after: bool  # quirk delta_after_finish: what comes after the sibling that the table's `after` names
    closes: str | None  # that sibling, in the rule of the object around
    unless: Rule | None  # "whole": the sibling that makes this field superfluous, and merges it where it never comes
    marks: bool  # the sibling named by such an ``unless``
    skeleton: tuple[tuple[Rule, Any], ...]  # what an object of this rule starts with
    watched: tuple[Rule, ...]  # the fields whose absence is a quirk

    def __init__(self, name: str, path: str, op: str, apply: Callable[..., None], to: str) -> None:
        """Make a bare rule; the table's attributes are set by the compiler."""
        self.name = name
        self.path = path
        self.op = op
        self.apply = apply
        self.to = to
        self.kind = "other"
        self.rank = -1
        self.fields = {}
        self.variants = {}
        self.variant_by = ""
        self.buffers = {}
        self.call = None
        self.guarded = ()
        self.index = self.stated = self.volatile = False
        self.other = None
        self.default = None
        self.choice = self.nullable = self.always = self.lazy = self.skip_zero = self.known = self.marks = False
        self.after = False
        self.key = self.group = self.missing = self.adopt = ""
        self.again = self.changed = self.empty = self.absent = self.quirk = ""
        self.closes = self.instead = self.unless = None
        self.skeleton = ()
        self.watched = ()

    def of_item(self, item: Any) -> Rule:
        """Return the rule of an item of this list, by what it says of itself."""
        if not self.variants:
            return self
        said = item.get(self.variant_by)
        text = "true" if said is True else string_of(said)
        return self if text is None else self.variants.get(text, self)
