"""Items of a list that events find by an index: a block, an output item, an annotation.

Nothing is allocated by a number from the wire: the items stand in the order of their indexes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssefold._py.merge.document import VALUE_SIZE, Obj
from ssefold._py.merge.items import ItemKey, Items

if TYPE_CHECKING:
    from typing import Any

    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def items(m: Message, _rule: Rule, _obj: Obj, _key: str, _value: Any) -> None:
    """Take no fragment: items are addressed by the steps of a route, and put."""
    m.quirk("wrong_type")


def items_at(m: Message, obj: Obj, key: str) -> Items:
    """Return the list of items at ``key``, made where there is none."""
    held = obj.get(key)
    if not isinstance(held, Items):
        held = Items(obj, key, numeric=True)
        m.put(obj, key, held)
    return held


def item_at(m: Message, rule: Rule, held: Items, index: int | None, kind: str) -> Obj | None:
    """Return the item of that index, made with the ``kind`` where there is none; the last one for a missing index.

    None where the list is full. Its place is the index of the deltas, where the rule of the list says so.
    """
    if index is None:
        index = held.last_index() or 0
    number = held.find(None, index)
    if number is None:
        if not m.has_room(len(held)):
            return None
        item = Obj(held, len(held))
        held.indexed = rule.index
        number = held.add(ItemKey(None, index, 0), item)
        m.grow(VALUE_SIZE)
        if kind:
            m.put(item, rule.variant_by or "type", kind)
    if rule.index:
        m.index = held.place(number)
    return held.entries[number][1]
