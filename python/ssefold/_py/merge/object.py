"""Strategies for objects: members merged one by one, and a message that came beside no delta."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.merge.document import Held, Obj, size_of

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def object_(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge an object field by field, each by its own rule."""
    if not isinstance(value, dict):
        m.quirk("wrong_type")
        return
    finished = rule.after and m.finished and not m.ending
    m.trace.blocked |= finished
    before = m.changes
    # An object that has nothing, or nulls, says no more than one that is absent.
    if rule.marks and any(member is not None for member in cast("dict[str, Any]", value).values()):
        if not obj.streamed:
            obj.streamed = True
            m.epoch += 1
            m.trace.settled += 1
        if obj.whole is not None:
            m.size -= obj.whole.size
            obj.whole = None
            # Counted once; the next event has none to drop.
            m.trace.blocked = True
            if rule.quirk:
                m.quirk(rule.quirk)
    child = m.open(rule, obj, key)
    created = m.changes
    m.fields(rule, cast("dict[str, Any]", value), child)
    if finished and before == created != m.changes:
        m.quirk("delta_after_finish")


def whole(m: Message, rule: Rule, obj: Obj, _key: str, value: Any) -> None:
    """Hold a message that may come beside deltas (Perplexity): it counts only where no delta ever comes."""
    if not isinstance(value, dict):
        m.quirk("wrong_type")
        return
    if obj.streamed or rule.unless is None:
        if rule.quirk:
            m.quirk(rule.quirk)
        return
    if obj.whole is not None:
        number = obj.whole.number
        m.size -= obj.whole.size
    else:
        m.tickets += 1
        number = m.tickets
        m.whole.append((number, obj))
    m.trace.blocked = True
    size = size_of(m.clean(value))
    m.size += size
    obj.whole = Held(number, m.choice, rule.unless, cast("dict[str, Any]", value), size)
