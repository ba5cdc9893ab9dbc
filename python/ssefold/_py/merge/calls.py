"""Strategy for tool calls that come whole, one list after another (Ollama)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.merge.call import tell_whole
from ssefold._py.merge.document import VALUE_SIZE, Obj
from ssefold._py.merge.parts import Parts
from ssefold._py.merge.put import put_object

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def calls(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """EXTEND: each item is a call."""
    if not isinstance(value, list):
        m.quirk("wrong_type")
        return
    held = obj.get(key)
    if not isinstance(held, Parts):
        held = Parts(obj, key)
        m.put(obj, key, held)
    before = m.index
    for item in value:
        if not isinstance(item, dict):
            m.quirk("wrong_type")
            continue
        made = Obj(held, len(held))
        held.append(made)
        m.grow(VALUE_SIZE)
        m.index = made.key
        put_object(m, rule, made, cast("dict[str, Any]", item))
        if rule.call is not None:
            tell_whole(m, made, rule.call.arguments)
    m.index = before
