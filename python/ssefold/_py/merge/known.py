"""What a list has already, by spelling: whether it has a value isn't looked for among all of its items."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from ssefold._py.json.number import digits
from ssefold._py.merge.document import is_long


class Known(NamedTuple):
    """A list, and its items spelled."""

    items: list[Any]
    spelled: list[str]
    """In their order."""
    there: set[str]


def spell(value: Any) -> str:
    """Spell a value: those that ``same`` takes for the same have one spelling.

    >>> spell({"b": [1, 1.0], "a": True}) == spell({"a": True, "b": [1, 1.0]})
    True
    """
    if isinstance(value, dict):
        return f"{{{','.join(f'{json.dumps(name)}:{spell(value[name])}' for name in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{','.join(map(spell, value))}]"
    return digits(value) if type(value) is int and is_long(value) else json.dumps(value)


def known_of(known: dict[int, Known], items: list[Any]) -> Known:
    """Return what a list has, looked at whole only where somebody else changed it."""
    found = known.get(id(items))
    if found is None or len(found.spelled) != len(items):
        spelled = [spell(item) for item in items]
        found = known[id(items)] = Known(items, spelled, set(spelled))
    return found
