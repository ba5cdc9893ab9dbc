"""A list whose items are found by key, in the order of the key (``numeric``) or first seen.

The order is kept sorted: an insertion moves it, and a place is found by halving.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj, Place

INDEX_MAX = 2**63 - 1
"""The highest index; one beyond counts as missing."""


class ItemKey(NamedTuple):
    """What identifies an item: a string member, an integer member, or, with neither, that it was the n-th of these."""

    group: str | None
    number: int | None
    serial: int


def index_within(place: Place | None, key: Any) -> int | None:
    """Return the place of the item that ``key`` of ``place`` is within, where that is the index of the deltas."""
    while place is not None:
        if isinstance(place, Items) and place.indexed:
            return place.place(key)
        key, place = place.key, place.parent
    return None


class Items:
    """A list whose items are found by key."""

    __slots__ = ("by_key", "entries", "indexed", "key", "latest", "numeric", "order", "parent", "serial")

    def __init__(self, parent: Obj, key: str, *, numeric: bool) -> None:
        """Make an empty list at ``key`` of ``parent``."""
        self.parent: Obj | None = parent
        self.key = key
        self.numeric = numeric
        self.indexed = False  # the place of an item is the index of the deltas within it
        self.entries: list[tuple[ItemKey, Obj]] = []
        self.by_key: dict[tuple[str | None, int | None, int], int] = {}
        self.latest: dict[str | None, int] = {}
        self.serial = 0
        self.order: list[
            tuple[int, int]
        ] = []  # numeric: the indexes in order (-1 for none), each with its item's number

    def __len__(self) -> int:
        """Return how many items there are."""
        return len(self.entries)

    def find(self, group: str | None, number: int) -> int | None:
        """Return the number of the item of that key."""
        return self.by_key.get((group, number, 0))

    def add(self, key: ItemKey, item: Obj) -> int:
        """Insert ``item``; return its number."""
        number = len(self.entries)
        # First: an interrupt in between must not leave an order that names what isn't there.
        self.entries.append((key, item))
        if self.numeric:
            insort(self.order, (-1 if key.number is None else key.number, number))
        self.by_key[key] = number
        return number

    def next_index(self) -> int:
        """Return the index that an item without one gets: one more than the highest."""
        last = self.last_index()
        return 0 if last is None else min(last + 1, INDEX_MAX)

    def last_index(self) -> int | None:
        """Return the highest index; where items come in any order, that of the last one."""
        if not self.entries:
            return None
        return self.entries[self.order[-1][1] if self.numeric else -1][0].number

    def index_at(self, place: int) -> int | None:
        """Return the index of the item at a place, None where there is none."""
        if place >= len(self.entries):
            return None
        return self.entries[self.order[place][1] if self.numeric else place][0].number

    def in_order(self) -> list[Obj]:
        """Return the items in the order of the message."""
        if not self.numeric:
            return [item for _, item in self.entries]
        return [self.entries[number][1] for _, number in self.order]

    def place(self, number: int) -> int:
        """Return the position of an item in the message as it is now."""
        if not self.numeric:
            return number
        index = self.entries[number][0].number
        return bisect_left(self.order, (-1 if index is None else index, number))

    def last(self, group: str | None) -> int | None:
        """Return the last item of a group that a fragment went to."""
        return self.latest.get(group)

    def set_last(self, group: str | None, number: int) -> None:
        """Take note of the item of a group that a fragment went to."""
        self.latest[group] = number
