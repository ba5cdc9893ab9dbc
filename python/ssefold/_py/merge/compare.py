"""Strict equality of values, type and value; the order of keys doesn't count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.text import same
from ssefold._py.merge.document import Default, Obj, ObjList

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message


def same_value(node: Any, value: Any) -> bool:
    """Tell whether a node says the same as a value."""
    if isinstance(node, Obj):
        if not isinstance(value, dict):
            return False
        said = cast("dict[str, Any]", value)
        return node.keys() == said.keys() and all(same_value(node[name], member) for name, member in said.items())
    return not isinstance(node, ObjList) and same(node, value)


def replace_default(m: Message, obj: Obj, key: str, value: Any) -> bool:
    """Tell whether the default at ``key`` is what the stream now says: it becomes that, and nothing has changed."""
    standing = obj.get(key)
    if not isinstance(standing, Default) or standing != value:
        return False
    obj[key] = value
    m.epoch += 1
    return True
