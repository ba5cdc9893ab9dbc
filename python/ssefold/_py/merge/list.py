"""Strategies for lists: EXTEND, BY a key, and those that look at what the list holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import VALUE_SIZE, Obj, held, render, size_of, string_of
from ssefold._py.merge.items import INDEX_MAX, ItemKey, Items
from ssefold._py.merge.known import known_of, spell
from ssefold._py.merge.scalar import last

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def index_of(value: Any) -> int | None:
    """Return an index of the wire: an integer token, a negative one as 0; None for whatever counts as missing."""
    if type(value) is not int or value > INDEX_MAX:
        return None
    return max(value, 0)


def identity(value: Any) -> str | None:
    """Return a non-empty string, None for anything else."""
    return value if isinstance(value, str) and value else None


def extend(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND: list concatenation."""
    known = held(obj, key)
    if not isinstance(value, list) or not (known is None or type(known) is list):
        m.quirk("wrong_type")
        return
    added = cast("list[Any]", m.clean(value))
    if known is None:
        m.put(obj, key, list(added))
    else:
        known.extend(added)
        m.changes += 1
        if added:
            m.grow(sum(map(size_of, added)))
    if added:
        m.emit(rule.kind, obj, key, value=render(added) if m.queue is not None else None)


def extend_new(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND without what the list has already, LAST for anything else."""
    known = held(obj, key)
    if not isinstance(value, list) or not (known is None or type(known) is list):
        last(m, rule, obj, key, value)
        return
    m.trace.blocked = True
    if known is None:
        m.put(obj, key, [])
    there = known_of(m.known, obj[key])
    added: list[Any] = []
    for item in cast("list[Any]", m.clean(value)):
        spelled = spell(item)
        if spelled not in there.there:
            there.there.add(spelled)
            there.spelled.append(spelled)
            added.append(item)
    if added:
        extend(m, rule, obj, key, added)


def push(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND by one item."""
    m.trace.blocked = True
    extend(m, rule, obj, key, [value])


def collect(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND for a list, LAST for anything else (log probabilities)."""
    known = held(obj, key)
    if isinstance(value, list) and (known is None or type(known) is list):
        extend(m, rule, obj, key, value)
    else:
        last(m, rule, obj, key, value)


def scalars(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND for a list of scalars (``token_ids``), LAST for anything else."""
    if isinstance(value, list) and not any(isinstance(item, (dict, list)) for item in value):
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
    choice, index = m.choice, m.index
    for position, item in enumerate(value):
        if isinstance(item, dict):
            member = cast("dict[str, Any]", item)
            made = item_of(m, rule, items, member, position)
            if made is None:
                break
            found, child = made
            if rule.choice and found is not None:
                m.choice = found
            if rule.group and index is None:
                m.index = child.key
            m.fields(rule, member, child)
        elif item is not None:
            m.quirk("wrong_type")
    m.choice, m.index = choice, index


def item_of(m: Message, rule: Rule, items: Items, item: dict[str, Any], position: int) -> tuple[int | None, Obj] | None:
    """Find the item that ``item`` belongs to, or make it; return its index too. None where the list is full."""
    said = index = index_of(item.get(rule.key)) if rule.key else None
    if index is None and rule.missing == "position":
        index = position
    group = None
    if rule.group:
        named = clean(item.get(rule.group))
        group = named if isinstance(named, str) else None
    m.trace.continued |= index is None
    if index is not None:
        number = items.find(group, index)
    else:
        number = None if m.ending else continued(rule, items, item, group)
    if number is None:
        if not m.has_room(len(items)):
            return None
        number = make_item(m, rule, items, group, index)
    if rule.stated and said is not None and rule.key not in items.entries[number][1]:
        m.put(items.entries[number][1], rule.key, said)
    if rule.group and items.last(group) != number:
        items.set_last(group, number)
        m.epoch += 1
        m.trace.settled += 1
        m.trace.blocked |= m.trace.continued
    return index, items.entries[number][1]


def continued(rule: Rule, items: Items, item: dict[str, Any], group: str | None) -> int | None:
    """Return the last item of the group, if an item without key continues it: both have the same id, or none."""
    number = items.last(group)
    if number is None:
        return None
    said = identity(clean(item.get(rule.adopt))) if rule.adopt else None
    known = string_of(items.entries[number][1].get(rule.adopt)) if rule.adopt else None
    return number if said == (known or None) else None


def make_item(m: Message, rule: Rule, items: Items, group: str | None, index: int | None) -> int:
    """Add an item, with the members that identify it and those that one starts with."""
    child = Obj(items, len(items))
    m.grow(VALUE_SIZE)
    if index is None:
        items.serial += 1
    number = items.add(ItemKey(group, index, items.serial if index is None else 0), child)
    if rule.group and group is not None:
        m.put(child, rule.group, group)
    if rule.key and index is not None and not rule.stated:
        m.put(child, rule.key, index)
    m.fill(rule, child)
    return number
