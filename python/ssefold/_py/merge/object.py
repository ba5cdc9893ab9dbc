"""Strategies for objects: members merged one by one, and a message that came beside no delta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def object_(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge the members of ``value`` into the object at ``key``."""
    if not isinstance(value, dict):
        m.quirk("wrong_type")
        return
    finished = bool(rule.after) and obj.get(rule.after) is not None
    before = m.changes
    if rule.marks:
        m.streamed.add(id(obj))
        if m.whole.pop(id(obj), None) is not None:
            m.quirk(rule.quirk)
    child = m.open(rule, obj, key)
    created = m.changes
    m.fields(rule, value, child)
    if finished and before == created != m.changes:
        m.quirk("delta_after_finish")


def whole(m: Message, rule: Rule, obj: Obj, _key: str, value: Any) -> None:
    """Hold a message that may come beside deltas (Perplexity): it counts only where no delta ever comes."""
    if not isinstance(value, dict):
        m.quirk("wrong_type")
        return
    if id(obj) in m.streamed:
        m.quirk(rule.quirk)
    else:
        m.whole[id(obj)] = (rule.fields[rule.unless], obj, value)
