"""The strategies, by the name that a table gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssefold._py.merge.base64 import base64
from ssefold._py.merge.content import content
from ssefold._py.merge.guess import guess
from ssefold._py.merge.list import by, collect, extend, scalars
from ssefold._py.merge.object import object_, whole
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
    "collect": collect,
    "content": content,
    "deep": deep,
    "drop": drop,
    "extend": extend,
    "first": first,
    "guess": guess,
    "last": last,
    "last_nonempty": last_nonempty,
    "object": object_,
    "scalars": scalars,
    "slot": slot,
    "tool_calls": tool_calls,
    "whole": whole,
}
