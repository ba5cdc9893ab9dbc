"""Strategies for lists: EXTEND, BY a key, and those that look at what the list holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import Items, Obj, size_of
from ssefold._py.merge.scalar import last

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule

INDEX_MAX = 2**63 - 1


def index_of(value: Any) -> int | None:
    """Return an index of the wire: an integer token, a negative one as 0; None for whatever counts as missing."""
    if type(value) is not int or value > INDEX_MAX:
        return None
    return max(value, 0)


def extend(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND: list concatenation."""
    held = obj.get(key)
    if not isinstance(value, list) or not (held is None or isinstance(held, list)):
        m.quirk("wrong_type")
        return
    added = cast("list[Any]", clean(value))
    if held is None:
        m.put(obj, key, list(added))
    else:
        held.extend(added)
        m.grow(sum(map(size_of, added)))
    if added:
        m.emit_value(rule, obj, key, added)


def collect(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND for a list, LAST for anything else (log probabilities)."""
    if isinstance(value, list) and (obj.get(key) is None or isinstance(obj[key], list)):
        extend(m, rule, obj, key, value)
    else:
        last(m, rule, obj, key, value)


def scalars(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND for a list of scalars (``token_ids``), LAST for anything else."""
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in cast("list[Any]", value)):
        collect(m, rule, obj, key, value)
    else:
        last(m, rule, obj, key, value)


def by(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """BY: items that state the same key are one item; the key stays in it as data."""
    if not isinstance(value, list):
        m.quirk("wrong_type")
        return
    if not value:
        if rule.empty:
            m.quirk(rule.empty)
        return
    items = obj.get(key)
    if not isinstance(items, Items):
        items = Items(obj, key, numeric=not rule.group and rule.missing == "position")
        m.put(obj, key, items)
    choice = m.choice
    for position, item in enumerate(cast("list[Any]", value)):
        if isinstance(item, dict):
            member = cast("dict[str, Any]", item)
            found, child = item_of(m, rule, items, member, position)
            if rule.choice:
                m.choice = found
            m.fields(rule, member, child)
        elif item is not None:
            m.quirk("wrong_type")
    m.choice = choice


def item_of(m: Message, rule: Rule, items: Items, item: dict[str, Any], position: int) -> tuple[Any, Obj]:
    """Find the item that ``item`` belongs to, or make it; return its key too."""
    index = index_of(item.get(rule.key))
    group = clean(item.get(rule.group)) if rule.group else None
    if not isinstance(group, str):
        group = None
    if index is None and rule.missing == "position":
        index = position
    if index is not None:
        key: Any = (group, index) if rule.group else index
    else:
        key = items.last.get(group)
        held = items.by_key[key] if key is not None else None
        if held is None or identity(held.get(rule.adopt)) != identity(clean(item.get(rule.adopt))):
            items.serial += 1
            key = (group, None, items.serial)
    child = items.by_key.get(key)
    if child is None:
        child = Obj(items, key)
        items.add(key, child)
        m.grow(size_of(child))
        if rule.group and group is not None:
            m.put(child, rule.group, group)
        if index is not None:
            m.put(child, rule.key, index)
        m.fill(rule, child)
    if rule.group:
        items.last[group] = key
    return key, child


def identity(value: Any) -> str | None:
    """Return a non-empty string, None for anything else."""
    return value if isinstance(value, str) and value else None
