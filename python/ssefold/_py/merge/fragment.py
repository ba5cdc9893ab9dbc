"""Strategy for the members of a delta whose type no rule knows (Anthropic): strings APPEND, others LAST."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssefold._py.merge.document import Default, Text
from ssefold._py.merge.scalar import last
from ssefold._py.merge.text import append

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def fragment(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Append a string to a string, whichever way that came; let anything else be the value."""
    held = obj.get(key)
    if not isinstance(value, str) or not (held is None or isinstance(held, (str, Text))):
        last(m, rule, obj, key, value)
        return
    if isinstance(held, str) and not isinstance(held, Default):
        text = Text()
        text.push(held)
        m.put(obj, key, text)
    append(m, rule, obj, key, value)
