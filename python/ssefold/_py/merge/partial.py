"""Arguments that come in pieces, each with the path of the value that it sets or continues (Gemini's ``partialArgs``).

https://ai.google.dev/api/caching#FunctionCall: ``jsonPath`` (RFC 9535, names and indexes alone) and one of
``stringValue``, ``numberValue``, ``boolValue``, ``nullValue``. A string goes on where a string is held.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.limits import MAX_STEPS
from ssefold._py.merge.document import Obj, Text, size_of

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message

_PATH = re.compile(r"\$(?:\.[^.\[\]'\"]+|\[[0-9]{1,9}\]|\['[^'\\]*'\]|\[\"[^\"\\]*\"\])+\Z")
_STEP = re.compile(r"\.([^.\[\]'\"]+)|\[([0-9]{1,9})\]|\['([^'\\]*)'\]|\[\"([^\"\\]*)\"\]")


class Pieces(list[Any]):
    """A list whose items come in pieces."""

    __slots__ = ()


def steps_of(path: Any) -> list[str | int] | None:
    """Read a path; None where it is none, or too long.

    >>> steps_of("$.a['b c'][0]"), steps_of("a")
    (['a', 'b c', 0], None)
    """
    if not isinstance(path, str) or not _PATH.match(path):
        return None
    steps: list[str | int] = []
    for name, index, single, double in _STEP.findall(path):
        steps.append(int(index) if index else name or single or double)
    return steps if len(steps) <= MAX_STEPS else None


def set_partial(m: Message, call: Obj, key: str, piece: Any) -> None:
    """Set or continue one value of the arguments at ``key`` of a call."""
    if not isinstance(piece, dict):
        m.quirk("wrong_type")
        return
    said = cast("dict[str, Any]", piece)
    steps = steps_of(m.clean(said.get("jsonPath")))
    if steps is None or isinstance(steps[0], int):
        m.quirk("wrong_type")
        return
    at: Any = object_at(m, call, key)
    for step, following in pairwise(steps):
        at = open_at(m, at, step, following)
    last = steps[-1]
    if isinstance(said.get("stringValue"), str):
        add_string(m, at, last, m.clean(said["stringValue"]))
    elif "nullValue" in said:
        set_at(m, at, last, None)
    else:
        value = said.get("numberValue", said.get("boolValue"))
        if isinstance(value, (bool, int, float)):
            set_at(m, at, last, value)


def object_at(m: Message, obj: Obj, key: str) -> Obj:
    """Return the object at ``key``, made where there is none."""
    held = obj.get(key)
    if not isinstance(held, Obj):
        held = Obj(obj, key)
        m.put(obj, key, held)
    return held


def held_at(at: Any, step: Any) -> Any:
    """Return what stands at one step, None where nothing does; an index beyond the end is the end."""
    if isinstance(at, list):
        return at[step] if step < len(at) else None
    return at.get(step)


def set_at(m: Message, at: Any, step: Any, value: Any) -> None:
    """Set what stands at one step; behind the last item for an index beyond the end."""
    if isinstance(at, Obj):
        m.put(at, step, value)
    elif step < len(at):
        m.replace(at, step, value)
    else:
        at.append(value)
        m.grow(size_of(value))


def open_at(m: Message, at: Any, step: str | int, following: str | int) -> Any:
    """Return the object or list at one step, as the following one needs it, made where there is none."""
    held = held_at(at, step)
    wanted = Pieces if isinstance(following, int) else Obj
    if type(held) is not wanted:
        held = Pieces() if wanted is Pieces else Obj(None, None)
        set_at(m, at, step, held)
    return held


def add_string(m: Message, at: Any, step: str | int, value: str) -> None:
    """Continue the string at one step, or begin it."""
    held = held_at(at, step)
    if not isinstance(held, Text):
        held = Text()
        set_at(m, at, step, held)
    m.grow(held.push(value))
