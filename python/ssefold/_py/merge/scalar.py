"""Strategies for values that are held whole: FIRST, LAST, LAST!, DEEP, DROP.

Each takes the message, its rule, the object and the key it merges into, and a value that is not null.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.json.text import same
from ssefold._py.merge.document import Default, size_of, utf8_length

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def drop(_m: Message, _rule: Rule, _obj: Obj, _key: str, _value: Any) -> None:
    """Keep nothing: padding, and what a strategy around it has handled."""


def first(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """FIRST: the first value that is not empty (``""``, and 0 where the table says so)."""
    if value == "" or (rule.skip_zero and value == 0 and value is not False):
        return
    held = obj.get(key)
    if held is None or isinstance(held, Default):
        value = clean(value)
        m.put(obj, key, value)
        m.emit_value(rule, obj, key, value)
        return
    if rule.again:
        m.quirk(rule.again)
    if rule.changed and not same(held, clean(value)):
        m.quirk(rule.changed)


def last(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """LAST: the last value."""
    held = obj.get(key)
    if held is not None and rule.again:
        m.quirk(rule.again)
    value = clean(value)
    if key in obj and same(held, value):
        return
    m.put(obj, key, value)
    m.emit_value(rule, obj, key, value)


def last_nonempty(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """LAST!: the last value that is not ``""``, ``[]`` or ``{}``."""
    if value not in ("", [], {}) or isinstance(value, (bool, int, float)):
        last(m, rule, obj, key, value)


def deep(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """DEEP: objects merged key by key, each leaf LAST; null erases nothing."""
    held = obj.get(key)
    if held is not None and rule.again:
        m.quirk(rule.again)
    if isinstance(value, dict) and isinstance(held, dict):
        before = m.changes
        deepen(m, cast("dict[str, Any]", held), cast("dict[str, Any]", clean(value)))
        if m.changes != before:
            m.emit_value(rule, obj, key, held)
        return
    value = without_nulls(clean(value))
    if key not in obj or not same(held, value):
        m.put(obj, key, value)
        m.emit_value(rule, obj, key, value)


def deepen(m: Message, held: dict[str, Any], value: dict[str, Any]) -> None:
    """Merge ``value`` into ``held``, key by key."""
    for name, member in value.items():
        if member is None:
            continue
        mine = held.get(name)
        if isinstance(mine, dict) and isinstance(member, dict):
            deepen(m, mine, member)
            continue
        member = without_nulls(member)
        if name not in held:
            m.grow(utf8_length(name) + size_of(member))
        elif same(mine, member):
            continue
        else:
            m.grow(size_of(member) - size_of(mine))
        held[name] = member


def without_nulls(value: Any) -> Any:
    """Return ``value`` with the null members of its objects left out: they are no news."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return value
