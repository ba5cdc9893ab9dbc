"""Strategy for fields that no rule names: a string that repeats the whole is dropped, else appended; the rest by type.

Blind append and blind replace both caused reports (langchain#39924, openinference#3785).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import VALUE_SIZE, Obj, Text, held, utf8_length
from ssefold._py.merge.items import ItemKey, Items
from ssefold._py.merge.list import extend, index_of
from ssefold._py.merge.scalar import last
from ssefold._py.merge.text import append

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def guess(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge a field by what it holds."""
    if isinstance(value, str):
        known = held(obj, key)
        if known is not None and not isinstance(known, Text):
            last(m, rule, obj, key, value)
        elif not repeats(known, value):
            append(m, rule, obj, key, value)
    elif isinstance(value, dict):
        guess_object(m, rule, obj, key, cast("dict[str, Any]", value))
    elif isinstance(value, list):
        guess_list(m, rule, obj, key, value)
    else:
        last(m, rule, obj, key, value)


def repeats(known: Text | None, value: str) -> bool:
    """Tell whether ``value`` is the whole text held; lengths first, so that the cost stays linear."""
    if known is None or not known.length or known.pending:
        return False
    value = clean(value)
    return known.length == utf8_length(value) and known.body() == value


def guess_object(m: Message, rule: Rule, obj: Obj, key: str, value: dict[str, Any]) -> None:
    """Merge an object member by member, into an object made for it."""
    known = obj.get(key)
    if not isinstance(known, Obj):
        known = Obj(obj, key)
        m.put(obj, key, known)
    guess_members(m, rule, known, value)


def guess_members(m: Message, rule: Rule, obj: Obj, value: dict[str, Any], without: str | None = None) -> None:
    """Merge the members of an object, but for one."""
    for name, member in value.items():
        if member is not None and name != without:
            guess(m, rule, obj, name, member)


def guess_list(m: Message, rule: Rule, obj: Obj, key: str, value: list[Any]) -> None:
    """Merge a list BY(``index``) where its first item carried one, else EXTEND it. An empty one tells neither."""
    known = held(obj, key)
    untold = known is None or (type(known) is list and not known)
    # What comes to an empty list may make it another kind of list.
    m.trace.blocked |= untold
    if untold and value and isinstance(value[0], dict):
        head = cast("dict[str, Any]", value[0])
        if index_of(head.get("index")) is not None:
            known = Items(obj, key, numeric=True)
            m.put(obj, key, known)
    if not isinstance(known, Items):
        if known is None or type(known) is list:
            extend(m, rule, obj, key, value)
        else:
            last(m, rule, obj, key, value)
        return
    for item in value:
        if isinstance(item, dict):
            member = cast("dict[str, Any]", item)
            child = item_of(m, known, member)
            if child is None:
                break
            guess_members(m, rule, child, member, "index")
        else:
            m.quirk("wrong_type")


def item_of(m: Message, items: Items, item: dict[str, Any]) -> Obj | None:
    """Find the item of that index, or make it; one without an index stands behind the last. None where it is full."""
    index = index_of(item.get("index"))
    if index is None:
        index = items.next_index()
    number = items.find(None, index)
    if number is None:
        if not m.has_room(len(items)):
            return None
        child = Obj(items, len(items))
        items.add(ItemKey(None, index, 0), child)
        m.grow(VALUE_SIZE)
        m.put(child, "index", index)
        return child
    return items.entries[number][1]
