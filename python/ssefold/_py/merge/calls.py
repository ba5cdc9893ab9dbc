"""Strategy for tool calls that come whole, one list after another (Ollama)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.merge.call import tell_whole
from ssefold._py.merge.parts import add_part, parts_at
from ssefold._py.merge.put import put_object

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def calls(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND: each item is a call."""
    if not isinstance(value, list):
        m.quirk("wrong_type")
        return
    held = parts_at(m, obj, key)
    before = m.index
    for item in value:
        if not isinstance(item, dict):
            m.quirk("wrong_type")
            continue
        if not m.has_room(len(held)):
            break
        made = add_part(m, held)
        put_object(m, rule, made, cast("dict[str, Any]", item))
        if rule.call is not None:
            tell_whole(m, made, rule.call.arguments)
    m.index = before
