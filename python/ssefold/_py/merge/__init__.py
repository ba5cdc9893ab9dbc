"""The strategies, by the name that a table gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssefold._py.merge.base64 import base64
from ssefold._py.merge.calls import calls
from ssefold._py.merge.content import content
from ssefold._py.merge.fragment import fragment
from ssefold._py.merge.guess import guess
from ssefold._py.merge.item import items
from ssefold._py.merge.list import by, collect, extend, extend_new, push, scalars
from ssefold._py.merge.object import object_, whole
from ssefold._py.merge.parts import parts
from ssefold._py.merge.scalar import deep, drop, first, last, last_nonempty, slot
from ssefold._py.merge.text import append, arguments
from ssefold._py.merge.tool_calls import tool_calls

if TYPE_CHECKING:
    from collections.abc import Callable

STRATEGIES: dict[str, Callable[..., None]] = {
    "append": append,
    "arguments": arguments,
    "base64": base64,
    "by": by,
    "calls": calls,
    "collect": collect,
    "content": content,
    "deep": deep,
    "drop": drop,
    "extend": extend,
    "extend_new": extend_new,
    "first": first,
    "fragment": fragment,
    "guess": guess,
    "items": items,
    "last": last,
    "last_nonempty": last_nonempty,
    "object": object_,
    "parts": parts,
    "push": push,
    "scalars": scalars,
    "slot": slot,
    "tool_calls": tool_calls,
    "whole": whole,
}
