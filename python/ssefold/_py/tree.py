"""The merge rules of a table, row by row, compiled to a tree.

A row's key is a path: names joined by dots, as they stand in the chunk, or in the message where routes put things
there. ``name[]`` is each item of a list, whose own row comes first. In a list of ``items`` or ``parts``,
``name[type=text]`` is each one whose member says so; it has the rules of all items too. At the end of a path ``*`` is
every field that no row names, and ``name~`` the buffer beside a member: a text that becomes its value, parsed as JSON,
when the item is closed.
"""

from __future__ import annotations

import re
from typing import Any, cast

from ssefold._py.merge import STRATEGIES
from ssefold._py.merge.document import Default
from ssefold._py.rule import Call, Rule

NAME = r"[^.\[\]*~= \t\n\r\v\f]+"
SEGMENT = re.compile(rf"(?:\*|({NAME})(?:(~)|(\[(?:({NAME})=({NAME}))?\]))?)\Z")
SEGMENTS = 32  # of one row
# Each name of the language stands with what it means; docs/tables.md is made of these.
KINDS = {
    "text": "A fragment of the answer.",
    "reasoning": "A fragment of the reasoning.",
    "refusal": "A fragment of a refusal.",
    "arguments": "A fragment of a tool call's arguments.",
    "usage": "The usage, with all that was merged into it.",
    "finish": "The finish reason.",
    "other": "Any other value or fragment; assumed where a row states none.",
}
MISSING = {
    "position": "Its place in the list of the chunk is its key.",
    "push": "It is a new item, or continues the last one of its `group`.",
}
QUIRKS = {
    "again": "`first`, `last`, `last_nonempty`, `deep`: the quirk to count where a value comes though one is held.",
    "changed": "`first`: the quirk to count where another value comes than the one held.",
    "empty": "`by`: the quirk to count where the list is empty.",
    "absent": "The quirk to count where an object comes without this field.",
    "quirk": "`content`, `whole`: the quirk to count where a list of blocks comes, or a message beside deltas.",
}
TEXTS = {
    "op": "The strategy; it must be there.",
    "to": "The field's name in the message, where it is another.",
    "delta": "The kind of the deltas that tell of the field.",
    "default": "The text that stands in the message until the stream brings one.",
    "missing": "`by`: what an item without the key is.",
    "key": "`by`: the member, an integer, that tells which item one is.",
    "group": "`by`: a member, a string, that tells it too.",
    "adopt": "`by` with a `group`: what an item without the key must share with the last one to continue it.",
    "instead": "Below `tool_calls`: the sibling that a call with this object doesn't start with.",
    "after": "`object`: the sibling that ends it; what changes it later is the quirk `delta_after_finish`.",
    "unless": "`whole`: the sibling that makes the field superfluous; where it never comes, its rule merges the field.",
    "call_id": "The members, joined by dots, that lead to the id of an object that is a tool call.",
    "call_name": "The same for its name; this makes the object a tool call.",
    "call_arguments": "The same for arguments that come whole.",
    "guarded": "`deep`: members, with spaces between, of which a 0 erases no count while the first states none.",
    **QUIRKS,
}
FLAGS = {
    "nullable": "The field is null in the message until a value comes.",
    "always": "The object is there as soon as the one around it is.",
    "lazy": "An empty string alone makes no field.",
    "skip_zero": "`first`: 0 is empty.",
    "known": "`*`: the fields are not counted as unknown.",
    "choice": "`by`: the key is the `choice` of the deltas.",
    "index": "`items`: an item's place is the `index` of the deltas.",
    "stated": "`by`: the key stands in the item only where the stream stated it.",
    "volatile": "`last`: a string that is another one with every event, which a template needn't compare.",
}
NUMBERS = {"rank": "The field's place, from 0 to 9, among those that may be the reasoning; the first with text is it."}
MAX_RANK = 9


class Fault(Exception):  # noqa: N818 - a fault of the table, turned into a DialectError
    """What is wrong, in which section and at which key."""

    def __init__(self, section: str, key: str, reason: str) -> None:
        super().__init__(reason)
        self.section = section
        self.key = key
        self.reason = reason


class Branch:
    """A rule while rows are read, and what its rows say; a list that no row has given a strategy has none."""

    __slots__ = ("key", "op", "row", "rule")

    def __init__(self, rule: Rule, op: str) -> None:
        """Make a branch that no row has named."""
        self.rule = rule
        self.op = op
        self.key = ""  # the row that gave the strategy
        self.row: dict[str, Any] = {}

    def text(self, name: str) -> str:
        """Return a text that a row states, "" where none does."""
        return cast("str", self.row.get(name, ""))


class Tree:
    """The rules while rows are read; the first is the root."""

    __slots__ = ("branches", "by_rule")

    def __init__(self) -> None:
        """Make the rule of the message, an object."""
        self.branches: list[Branch] = []
        self.by_rule: dict[int, Branch] = {}
        self.add("", "", "object")

    def add(self, name: str, path: str, op: str) -> Rule:
        """Add a branch; return its rule."""
        rule = Rule(name, path, op or "drop", STRATEGIES[op or "drop"], name)
        branch = self.by_rule[id(rule)] = Branch(rule, op)
        self.branches.append(branch)
        return rule

    def row(self, key: str, row: Any) -> None:
        """Read a row of the table."""
        if not isinstance(row, (str, dict)):
            raise Fault("merge", key, "must be a strategy or a table of one")
        attributes = {"op": row} if isinstance(row, str) else cast("dict[str, Any]", row)
        rule = self.branches[0].rule
        segments = key.split(".")
        for number, segment in enumerate(segments):
            last = number + 1 == len(segments)
            match = SEGMENT.match(segment)
            if len(segments) > SEGMENTS or match is None or ((segment == "*" or match[2]) and not last):
                raise Fault("merge", key, "is no path of the chunk")
            rule = self.child_of(rule, match, key)
        op = check_attributes(attributes, key)
        branch = self.by_rule[id(rule)]
        branch.op = op
        branch.key = key
        branch.row |= attributes

    def child_of(self, rule: Rule, segment: re.Match[str], key: str) -> Rule:
        """Return the rule of a member, made where there is none; a parent that no row names is an object."""
        name, is_buffer, is_list, member, wanted = segment.groups()
        if name is None:
            if rule.other is None:
                rule.other = self.add("*", rule.path, "drop")
            return rule.other
        path = f"{rule.path}.{name}" if rule.path else name
        if is_buffer:
            if name not in rule.buffers:
                rule.buffers[name] = self.add(name, path, "drop")
            return rule.buffers[name]
        child = rule.fields.get(name)
        if child is None:
            child = rule.fields[name] = self.add(name, path, "" if is_list else "object")
        if not is_list:
            return child
        if self.by_rule[id(child)].op in ("", "object"):
            raise Fault("merge", key, "the list needs a rule of its own before")
        if not child.path.endswith("[]"):
            child.path += "[]"
        if member is None:
            return child
        if child.variant_by not in ("", member):
            raise Fault("merge", key, "the items of a list are told apart by one member")
        child.variant_by = member
        if wanted not in child.variants:
            child.variants[wanted] = self.add(name, child.path, "object")
        return child.variants[wanted]

    def finish(self) -> Rule:
        """Link what rows say of each other, and lay out what objects start with; return the root's rule."""
        for branch in list(self.branches):
            if branch.op == "by":
                self.add_slots(branch)
        for branch in self.branches:
            set_attributes(branch)
        for branch in self.branches:
            for variant in branch.rule.variants.values():
                inherit(branch.rule, variant)
        for branch in self.branches:
            self.link(branch.rule)
        return self.branches[0].rule

    def add_slots(self, branch: Branch) -> None:
        """Leave the members that identify the items of a list to its strategy."""
        for name in (branch.text("key"), branch.text("group")):
            if name:
                branch.rule.fields[name] = self.add(name, f"{branch.rule.path}.{name}", "slot")

    def link(self, rule: Rule) -> None:
        """Link a rule to its members, and one of them to the sibling that makes it superfluous."""
        skeleton: list[tuple[Rule, Any]] = []
        for child in rule.fields.values():
            if child.always or child.default is not None or child.nullable:
                skeleton.append((child, None if child.always or child.default is None else Default(child.default)))
            branch = self.by_rule[id(child)]
            if branch.text("after"):
                rule.closes = branch.text("after")
            sibling = rule.fields.get(branch.text("unless"))
            if child.op == "whole" and sibling is None:
                raise Fault("merge", branch.key, "whole needs unless, a sibling")
            if sibling is not None:
                child.unless = sibling
                sibling.marks = True
                sibling.quirk = child.quirk
        rule.skeleton = tuple(skeleton)
        rule.watched = tuple(child for child in rule.fields.values() if child.absent)


def inherit(rule: Rule, variant: Rule) -> None:
    """Let an item that says what it is have the rules of all items, where it has none of its own."""
    for name, child in rule.fields.items():
        variant.fields.setdefault(name, child)
    for name, child in rule.buffers.items():
        variant.buffers.setdefault(name, child)
    variant.other = variant.other or rule.other


def check_attributes(attributes: dict[str, Any], key: str) -> str:
    """Check what a row says of its rule; return the strategy."""
    for name, value in attributes.items():
        if name in TEXTS:
            if not isinstance(value, str):
                raise Fault("merge", key, f"{name} must be a string")
        elif name in FLAGS:
            if not isinstance(value, bool):
                raise Fault("merge", key, f"{name} must be a boolean")
        elif name in NUMBERS:
            if type(value) is not int or not 0 <= value <= MAX_RANK:
                raise Fault("merge", key, "rank must be an integer from 0 to 9")
        else:
            raise Fault("merge", key, f"unknown attribute {name}")
    op = attributes.get("op", "")
    if op not in STRATEGIES:
        raise Fault("merge", key, f"unknown strategy {op}")
    kind = attributes.get("delta", "other")
    if kind not in KINDS:
        raise Fault("merge", key, f"unknown delta kind {kind}")
    if op == "by" and (not attributes.get("key") or attributes.get("missing") not in MISSING):
        raise Fault("merge", key, 'by needs a key, and missing = "position" or "push"')
    if attributes.get("choice") and attributes.get("missing") != "position":
        raise Fault("merge", key, 'choice needs missing = "position"')
    return cast("str", op)


def set_attributes(branch: Branch) -> None:
    """Set what the rows say of a rule."""
    rule, row = branch.rule, branch.row
    rule.op = branch.op or "drop"
    rule.apply = STRATEGIES[rule.op]
    rule.kind = branch.text("delta") or "other"
    rule.to = branch.text("to") or rule.name
    rule.rank = row.get("rank", -1)
    rule.default = row.get("default")
    rule.instead = branch.text("instead") or None
    rule.after = bool(branch.text("after"))
    rule.guarded = names_in(branch.text("guarded"), " ")
    call = [names_in(branch.text(name), ".") for name in ("call_id", "call_name", "call_arguments")]
    rule.call = Call(*call) if branch.text("call_name") else None
    for name in ("missing", "key", "group", "adopt", "again", "changed", "empty", "absent", "quirk"):
        setattr(rule, name, branch.text(name))
    for name in FLAGS:
        setattr(rule, name, row.get(name, False))
    rule.known = rule.known or rule.name != "*"


def names_in(text: str, separator: str) -> tuple[str, ...]:
    """Split names."""
    return tuple(name for name in text.split(separator) if name)


def one_writer_each(rule: Rule) -> bool:
    """Tell whether each member of the message is written by one rule alone.

    So a template of one field's event can't be made void by what another field's did: what rules share is left to the
    full path. Not so in any table of the package.
    """
    writers = [child for child in rule.fields.values() if child.op not in ("drop", "slot", "whole")]
    targets = {child.to for child in writers}
    # A field of any name may be the target of one that is renamed, unless that name has a rule.
    free = rule.other is not None and rule.other.op != "drop" and not targets <= rule.fields.keys()
    inner = [*rule.fields.values(), *rule.variants.values(), *([rule.other] if rule.other is not None else [])]
    return len(targets) == len(writers) and not free and all(map(one_writer_each, inner))


def telling_names(rule: Rule) -> set[str]:
    """Return the names of the members by which items are told apart: an event's hole can't be one of these."""
    names = {rule.adopt, rule.variant_by if rule.variants else ""} - {""}
    inner = [*rule.fields.values(), *rule.variants.values(), *([rule.other] if rule.other is not None else [])]
    return names.union(*map(telling_names, inner))


def compile_copies(rows: dict[str, Any], root: Rule) -> list[tuple[str, str, str, Rule]]:
    """Resolve the rows of ``[copy]``: a field, the object and its member that serve as it, and the field's rule."""
    copies: list[tuple[str, str, str, Rule]] = []
    for key, row in rows.items():
        outer, _, inner = row.partition(".") if isinstance(row, str) else ("", "", "")
        if key not in root.fields or not outer or not inner or "." in inner:
            raise Fault("copy", key, "must name a field of merge, and be an object's member")
        copies.append((key, outer, inner, root.fields[key]))
    return copies
