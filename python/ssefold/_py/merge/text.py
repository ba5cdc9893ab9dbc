r"""Strategies for texts that come in fragments: APPEND, and the arguments of tool calls.

A surrogate pair split over two fragments joins (``"\ud83d"``, then ``"\ude00"``); a half that nothing completes
becomes U+FFFD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ssefold._py.json.text import compact, join
from ssefold._py.merge.document import Default, Text
from ssefold._py.merge.trace import Append, Hole, wire_name

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


def append(m: Message, rule: Rule, obj: Obj, key: str, value: Any, name: str | None = None) -> None:  # noqa: PLR0917 - as a strategy
    """APPEND: concatenation. An empty fragment makes a missing field ``""``, unless the rule is ``lazy``.

    ``name`` is the member's on the wire, where the rule's is another; "" for a text made of something else.
    """
    if not isinstance(value, str):
        m.quirk("wrong_type")
        return
    held = obj.get(key)
    if not isinstance(held, Text):
        if held is not None and not isinstance(held, Default):
            m.quirk("wrong_type")
            return
        if not value and (rule.lazy or held is not None):
            return
        held = Text()
        m.put(obj, key, held)
        m.trace.settled += 1
    if name is None:
        name = wire_name(m, rule, key)
    # What guess makes of a string depends on the whole text held, so it is no hole.
    if not name or rule.op == "guess":
        m.epoch += bool(value)
    elif m.trace.on:
        m.trace.holes.append(Hole("append", name, value, Append(held, rule, obj, key, m.choice, m.index)))
    extend_text(m, rule, obj, key, held, value)


def extend_text(m: Message, rule: Rule, obj: Obj, key: str, held: Text, value: str) -> None:  # noqa: PLR0917 - as a strategy
    """Add a fragment to the text at ``key``, joining halves of characters."""
    if not value:
        return
    try:
        size = len(value) if value.isascii() else len(value.encode())
    except UnicodeEncodeError:
        size = 0
    if not size or held.pending:
        value = join_halves(m, rule, obj, key, held, value)
        if not value:
            return
        size = len(value.encode())
    # As Text.push, without another call.
    held.parts.append(value)
    if len(held.parts) == held.limit:
        held.compact()
    held.length += size
    m.size += size
    m.changes += 1
    if m.queue is not None or (rule.rank >= 0 and m.choice not in m.reasoning):
        m.emit_text(rule, obj, key, value)


def join_halves(m: Message, rule: Rule, obj: Obj, key: str, held: Text, value: str) -> str:  # noqa: PLR0917 - as a strategy
    """Return what to add for a fragment with halves of characters, or after one; keep one at its end."""
    value, pending = join(value, held.pending)
    if pending:
        m.pending[id(held)] = Append(held, rule, obj, key, m.choice, m.index)
    elif held.pending:
        del m.pending[id(held)]
    held.pending = pending
    return value


def arguments(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Arguments of a tool call: text is appended, an object stands for its compact JSON (Gemini's gateway)."""
    if isinstance(value, dict):
        m.quirk("arguments_object")
        append(m, rule, obj, key, compact(value), "")
    else:
        append(m, rule, obj, key, value)
