"""Strategy for fields that no rule names: a string that repeats the whole is dropped, else appended; the rest by type.

Blind append and blind replace both caused reports (langchain#39924, openinference#3785).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import Items, Obj, Text, utf8_length
from ssefold._py.merge.list import extend, index_of
from ssefold._py.merge.scalar import last
from ssefold._py.merge.text import append

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def guess(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge a field by what it holds."""
    held = obj.get(key)
    if isinstance(value, str):
        if held is not None and not isinstance(held, Text):
            last(m, rule, obj, key, value)
        elif not repeats(held, value):
            append(m, rule, obj, key, value)
    elif isinstance(value, dict):
        guess_object(m, rule, obj, key, cast("dict[str, Any]", value))
    elif isinstance(value, list):
        guess_list(m, rule, obj, key, cast("list[Any]", value))
    else:
        last(m, rule, obj, key, value)


def repeats(held: Text | None, value: str) -> bool:
    """Tell whether ``value`` is the whole text held; lengths first, so that the cost stays linear."""
    if held is None or not held.length or held.pending:
        return False
    value = clean(value)
    return held.length == utf8_length(value) and held.join() == value


def guess_object(m: Message, rule: Rule, obj: Obj, key: str, value: dict[str, Any]) -> None:
    """Merge an object member by member, into an object made for it."""
    held = obj.get(key)
    if not isinstance(held, Obj):
        held = Obj(obj, key)
        m.put(obj, key, held)
    for name, member in value.items():
        if member is not None:
            guess(m, rule, held, clean(name), member)


def guess_list(m: Message, rule: Rule, obj: Obj, key: str, value: list[Any]) -> None:
    """Merge a list BY(``index``) where its first item carried one, else EXTEND it."""
    held = obj.get(key)
    if held is None and value and isinstance(value[0], dict):
        head = cast("dict[str, Any]", value[0])
        if index_of(head.get("index")) is not None:
            held = Items(obj, key, numeric=True)
            m.put(obj, key, held)
    if not isinstance(held, Items):
        if held is not None and not isinstance(held, list):
            last(m, rule, obj, key, value)
        else:
            extend(m, rule, obj, key, value)
        return
    for item in value:
        if not isinstance(item, dict):
            m.quirk("wrong_type")
            continue
        member = cast("dict[str, Any]", item)
        index = index_of(member.get("index"))
        if index is None:
            index = max(held.by_key, default=-1) + 1
        child = held.by_key.get(index)
        if child is None:
            child = Obj(held, index)
            held.add(index, child)
            m.grow(16)
            m.put(child, "index", index)
        for name, inner in member.items():
            if inner is not None and name != "index":
                guess(m, rule, child, clean(name), inner)
