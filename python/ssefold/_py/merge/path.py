"""Where a member or item stands, as a snapshot taken now would have it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssefold._py.merge.document import Obj, ObjList
from ssefold._py.merge.items import Items

if TYPE_CHECKING:
    from ssefold._py.merge.document import Place

_NONE = object()
_WHOLE = object()  # nothing is merged into what a list holds whole


def path_of(place: Place | None, key: Any) -> tuple[str | int, ...]:
    """Return the path of ``key`` in ``place``."""
    out: list[str | int] = []
    while place is not None:
        out.append(place.place(key) if isinstance(place, Items) else key)
        key, place = place.key, place.parent
    out.reverse()
    return tuple(out)


def path_within(root: Obj, place: Place | None, key: Any) -> tuple[str | int, ...]:
    """Return how much of that path a snapshot has: what a delta was queued for may have been replaced since."""
    keys: list[Any] = []
    while place is not None:
        keys.append(key)
        key, place = place.key, place.parent
    out: list[str | int] = []
    at: Any = root
    for step in reversed(keys):
        at, found = step_into(at, step)
        if at is _NONE:
            break
        out.append(found)
    return tuple(out)


def step_into(at: Any, step: Any) -> tuple[Any, Any]:
    """Return the member or item of a node, and its name or position."""
    if isinstance(step, str):
        return (at.get(step, _NONE) if isinstance(at, Obj) else _NONE), step
    if isinstance(at, Items):
        return (at.entries[step][1], at.place(step)) if step < len(at) else (_NONE, step)
    if isinstance(at, list) and step < len(at):
        return (at[step] if isinstance(at, ObjList) else _WHOLE), step
    return _NONE, step
