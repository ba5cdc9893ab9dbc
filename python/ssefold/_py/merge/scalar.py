"""Strategies for values that are held whole: FIRST, LAST, LAST!, DEEP, DROP.

Each takes the message, its rule, the object and the key it merges into, and a value that is not null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.limits import MAX_USAGE
from ssefold._py.merge.compare import replace_default, same_value
from ssefold._py.merge.document import Obj, held, node_of, size_of
from ssefold._py.merge.trace import Hole, Replace, wire_name

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def drop(m: Message, rule: Rule, _obj: Obj, key: str, value: Any) -> None:
    """DROP: not in the message; a template needn't compare it."""
    if m.trace.on and type(value) is str and m.trace.differs(rule, value):
        m.trace.holes.append(Hole("skip", wire_name(m, rule, key), value, None))


def slot(_m: Message, _rule: Rule, _obj: Obj, _key: str, _value: Any) -> None:
    """Keep nothing: a strategy around it has handled the member."""


def first(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """FIRST: the first value that is not empty (``""``, and 0 where the table says so)."""
    if value == "" or (rule.skip_zero and type(value) in (int, float) and not value):
        return
    known = held(obj, key)
    if known is None:
        value = m.clean(value)
        if not replace_default(m, obj, key, value):
            m.put(obj, key, node_of(value, obj, key))
            m.emit_value(rule, obj, key)
        return
    if rule.again:
        m.quirk(rule.again)
    if rule.changed:
        if not same_value(known, m.clean(value)):
            m.quirk(rule.changed)
    elif m.trace.on and type(value) is int and not (rule.again and rule.skip_zero) and not same_value(known, value):
        # xAI's `created` changes every second. Where 0 counts as empty, it would be no value that came again.
        m.trace.holes.append(Hole("number", wire_name(m, rule, key), value, None))


def last(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """LAST: the last value."""
    if rule.again and obj.get(key) is not None:
        m.quirk(rule.again)
    value = m.clean(value)
    # Of a strategy with a condition the next one may be without effect.
    if rule.volatile and rule.op == "last" and type(value) is str and type(obj.get(key)) is str:
        if m.trace.on:
            effect = Replace(rule, obj, key, m.choice, m.index)
            m.trace.holes.append(Hole("replace", wire_name(m, rule, key), value, effect))
        m.replace_string(rule, obj, key, value)
    elif not (key in obj and same_value(obj[key], value)):
        m.put(obj, key, node_of(value, obj, key))
        m.emit_value(rule, obj, key)


def last_nonempty(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """LAST!: the last value that is not ``""``, ``[]`` or ``{}``."""
    if value not in ("", [], {}) or isinstance(value, (bool, int, float)):
        last(m, rule, obj, key, value)


def deep(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """DEEP: objects merged key by key, each leaf LAST; null erases nothing."""
    known = held(obj, key)
    if rule.again and known is not None:
        m.quirk(rule.again)
    if rule.guarded and isinstance(value, dict) and isinstance(known, Obj):
        value = without_zeros(rule.guarded, known, cast("dict[str, Any]", value))
    merge_deep(m, rule, obj, key, value)


def without_zeros(guarded: tuple[str, ...], known: Obj, value: dict[str, Any]) -> dict[str, Any]:
    """Leave out the guarded counts that are 0 though one is held, while the first of them is not stated."""
    if value.get(guarded[0]):
        return value
    return {name: count for name, count in value.items() if count != 0 or name not in guarded or name not in known}


def merge_deep(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """DEEP, the same for a value that is a copy. Usage tells its whole object, another field each leaf that changed."""
    before = m.size
    merge_whole(m, rule, obj, key, m.clean(value))
    if rule.kind == "usage":
        # Measured when it may have passed the bound since it was measured last, so that the cost stays linear.
        m.usage_room[rule] = m.usage_room.get(rule, 0) - max(m.size - before, 0)
        if m.usage_room[rule] <= 0:
            size = size_of(obj[key])
            m.large_usage |= size > MAX_USAGE
            m.usage_room[rule] = max(MAX_USAGE - size, 0)


def merge_whole(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge a value that has no lone surrogates."""
    known = obj.get(key)
    if isinstance(known, Obj) and isinstance(value, dict):
        before = m.changes
        deepen(m, rule, known, cast("dict[str, Any]", value))
        if rule.kind != "other" and m.changes != before:
            m.emit_value(rule, obj, key)
    elif key not in obj or not same_value(known, value):
        m.put(obj, key, node_of(value, obj, key, deep=True))
        m.emit_value(rule, obj, key)


def deepen(m: Message, rule: Rule, known: Obj, value: dict[str, Any]) -> None:
    """Merge ``value`` into ``known``, key by key."""
    for name, member in value.items():
        if member is None:
            continue
        mine = known.get(name)
        if isinstance(mine, Obj) and isinstance(member, dict):
            deepen(m, rule, mine, cast("dict[str, Any]", member))
        elif name not in known or not same_value(mine, member):
            m.put(known, name, node_of(member, known, name, deep=True))
            if rule.kind == "other":
                m.emit_value(rule, known, name)
