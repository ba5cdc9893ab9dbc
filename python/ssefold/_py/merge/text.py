r"""Strategies for texts that come in fragments: APPEND, and the arguments of tool calls.

A surrogate pair split over two fragments joins (``"\ud83d"``, then ``"\ude00"``); a half that nothing completes
becomes U+FFFD.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ssefold._py.json.text import compact, join
from ssefold._py.merge.document import Default, Text

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


class Unfinished(NamedTuple):
    """A text that the end of the stream may add to: its rule and place, and the choice and index of its deltas."""

    text: Text
    rule: Rule
    obj: Obj
    key: str
    choice: int
    place: int | None


def append(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """APPEND: concatenation. An empty fragment makes a missing field ``""``, unless the rule is ``lazy``."""
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
    extend_text(m, rule, obj, key, held, value)


def extend_text(m: Message, rule: Rule, obj: Obj, key: str, held: Text, value: str) -> None:  # noqa: PLR0917 - as a strategy
    """Add a fragment to the text at ``key``, joining halves of characters."""
    if not value:
        return
    if not value.isascii() or held.pending:
        value, pending = join(value, held.pending)
        if pending:
            m.pending[id(held)] = Unfinished(held, rule, obj, key, m.choice, m.index)
        elif held.pending:
            del m.pending[id(held)]
        held.pending = pending
        if not value:
            return
    m.grow(held.push(value))
    m.emit_text(rule, obj, key, value)


def arguments(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Arguments of a tool call: text is appended, an object stands for its compact JSON (Gemini's gateway)."""
    if isinstance(value, dict):
        m.quirk("arguments_object")
        value = compact(value)
    append(m, rule, obj, key, value)
