"""Strategy for content that is a text or a list of blocks (Mistral): fragments of a list join the open block.

Same ``type`` as the open block: merged into it. Another type: a new block. A string after a list is a text block; a
list after a string turns what was held into block 0. An empty text opens nothing. The blocks of a message that came
whole are blocks already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import VALUE_SIZE, Obj, ObjList, Text, size_of, string_of
from ssefold._py.merge.text import append

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


class Blocks(ObjList):
    """A list of blocks, the last of them open."""

    __slots__ = ()


def content(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge a fragment of content, a string or a list of blocks."""
    held = obj.get(key)
    if isinstance(value, str):
        if isinstance(held, Blocks):
            merge_text(m, rule, held, value)
        else:
            append(m, rule, obj, key, value)
        return
    if not isinstance(value, list):
        m.quirk("wrong_type")
        return
    if not value:
        return
    if rule.quirk:
        m.quirk(rule.quirk)
    if not isinstance(held, Blocks):
        held = list_of(m, obj, key, held)
    for item in value:
        if isinstance(item, dict):
            merge_block(m, rule, held, cast("dict[str, Any]", item))
        elif item is not None:
            m.quirk("wrong_type")


def list_of(m: Message, obj: Obj, key: str, held: Any) -> Blocks:
    """Put a list of blocks at ``key``, the text held there its block 0."""
    blocks = Blocks(obj, key)
    if isinstance(held, Text):
        # It is moved, not replaced: half a character at its end still waits. Base64 held back does not.
        m.size -= size_of(held) - VALUE_SIZE
        held.tail = ""
        m.tails.pop(id(held), None)
        obj[key] = None
    m.put(obj, key, blocks)
    if isinstance(held, Text) and (held.length or held.pending):
        block = open_block(m, blocks, "text")
        m.put(block, "text", held)
        waiting = m.pending.get(id(held))
        if waiting is not None:
            index = 0 if m.index is None else m.index
            m.pending[id(held)] = waiting._replace(obj=block, key="text", place=index)
    return blocks


def open_block(m: Message, blocks: Blocks, kind: str | None) -> Obj:
    """Append a new block."""
    block = Obj(blocks, len(blocks))
    blocks.append(block)
    m.grow(VALUE_SIZE)
    if kind is not None:
        m.put(block, "type", kind)
    return block


def open_of(blocks: Blocks, kind: str | None) -> Obj | None:
    """Return the open block, if it is of that type."""
    return blocks[-1] if blocks and string_of(blocks[-1].get("type")) == kind else None


def merge_block(m: Message, rule: Rule, blocks: Blocks, item: dict[str, Any]) -> None:
    """Merge one item into the open block, or open a new one."""
    kind = clean(item.get("type"))
    if not isinstance(kind, str):
        kind = None
    block = None if m.ending else open_of(blocks, kind)
    if block is None:
        if not m.ending and kind == "text" and item.get("text") == "":
            return
        block = open_block(m, blocks, kind)
    index = m.index
    if index is None:
        m.index = len(blocks) - 1
    m.fields(rule, item, block)
    m.index = index


def merge_text(m: Message, rule: Rule, blocks: Blocks, text: str) -> None:
    """Merge a string that follows blocks: a text block."""
    block = open_of(blocks, "text")
    if block is None:
        if not text:
            return
        block = open_block(m, blocks, "text")
    child = rule.fields.get("text")
    if child is None:
        return
    index = m.index
    if index is None:
        m.index = len(blocks) - 1
    append(m, child, block, child.to, text, rule.name)
    m.index = index
