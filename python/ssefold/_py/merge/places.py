"""Where the items of a whole list belong among those that were streamed.

Each stands at the index that it has in the list, where the items held have such indexes; else in the place of one that
is held (lists that count from 1). The end of a message that states fewer items than were streamed leaves some of them
out, as gateways do with reasoning: then they are told by their ids, else by their types, in the order held.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import string_of
from ssefold._py.merge.list import identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssefold._py.merge.items import Items
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def places_of(m: Message, rule: Rule, items: Items, value: list[Any], *, own: bool) -> Callable[[int], int]:
    """Return what gives the index of the item that comes as the n-th; ``own``: the list is one of the message's own."""
    last = items.last_index()
    objects = [cast("dict[str, Any]", item) for item in value if isinstance(item, dict)]
    if len(objects) >= len(items):
        if last is None or last < len(objects):
            return int
    elif objects and own and m.closes and not m.matched:
        # Once a message: it takes as long as what is held is.
        m.matched = True
        indexes = told(rule, items, objects)
        return lambda at: items.next_index() if (index := indexes[at]) is None else index
    return lambda at: items.next_index() if (index := items.index_at(at)) is None else index


def told(rule: Rule, items: Items, objects: list[dict[str, Any]]) -> list[int | None]:
    """Return the indexes of the items held that the stated ones are; None for one that is new."""
    by_id: dict[str, int] = {}
    by_kind: dict[str, list[int]] = {}
    for place, item in enumerate(items.in_order()):
        id_ = identity(string_of(item.get("id")))
        if id_ is not None:
            by_id.setdefault(id_, place)
        by_kind.setdefault(kind_of(rule, item), []).append(place)
    found: list[int | None] = []
    start = 0
    for stated in objects:
        id_ = identity(clean(stated.get("id")))
        place = by_id.get(id_, -1) if id_ is not None else -1
        if place < start:
            places = by_kind.get(kind_of(rule, stated), [])
            at = bisect_left(places, start)
            place = places[at] if at < len(places) else -1
        if place < start:
            found.append(None)
        else:
            start = place + 1
            found.append(items.index_at(place))
    return found


def kind_of(rule: Rule, item: dict[str, Any]) -> str:
    """Return the type that an item states, held or on the wire; empty where it states none."""
    said = clean(string_of(item.get(rule.variant_by))) if rule.variants else None
    return said if isinstance(said, str) else ""
