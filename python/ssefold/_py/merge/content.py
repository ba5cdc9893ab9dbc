"""Strategy for content that is a text or a list of blocks (Mistral): fragments of a list join the open block.

Same ``type`` as the open block: merged into it. Another type: a new block. A string after a list is a text block; a list
after a string turns what was held into block 0. An empty text opens nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import Default, Obj, Text
from ssefold._py.merge.text import append

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


class Blocks(list[Obj]):
    """A list of blocks, the last of them open; ``parent`` and ``key`` say where it stands."""

    __slots__ = ("key", "parent")

    def __init__(self, parent: Obj, key: str) -> None:
        """Make an empty list at ``key`` of ``parent``."""
        super().__init__()
        self.parent = parent
        self.key = key

    def place(self, key: int) -> int:
        """Return the position of a block: its key."""
        return key


def content(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge a fragment of content, a string or a list of blocks."""
    held = obj.get(key)
    if isinstance(value, str):
        if isinstance(held, Blocks):
            merge_block(m, rule, held, {"type": "text", "text": value})
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
    for item in cast("list[Any]", value):
        if isinstance(item, dict):
            merge_block(m, rule, held, cast("dict[str, Any]", item))
        elif item is not None:
            m.quirk("wrong_type")


def list_of(m: Message, obj: Obj, key: str, held: Any) -> Blocks:
    """Put a list of blocks at ``key``, the text held there its block 0."""
    blocks = Blocks(obj, key)
    m.put(obj, key, blocks)
    if isinstance(held, Text) and (held.parts or held.pending):
        block = open_block(m, blocks, "text")
        m.put(block, "text", held)
        if held.pending:
            _, rule, _, _, choice, _ = m.pending[id(held)]
            m.pending[id(held)] = (held, rule, block, "text", choice, 0)
    elif isinstance(held, str) and not isinstance(held, Default):
        m.quirk("wrong_type")
    return blocks


def open_block(m: Message, blocks: Blocks, type_: Any) -> Obj:
    """Append a new block."""
    block = Obj(blocks, len(blocks))
    blocks.append(block)
    m.grow(16)
    if type_ is not None:
        m.put(block, "type", type_)
    return block


def merge_block(m: Message, rule: Rule, blocks: Blocks, item: dict[str, Any]) -> None:
    """Merge one item into the open block, or open a new one."""
    type_ = clean(item.get("type"))
    if not isinstance(type_, str):
        type_ = None
    if not blocks or blocks[-1].get("type") != type_:
        if type_ == "text" and item.get("text") == "":
            return
        open_block(m, blocks, type_)
    index = m.index
    if index is None:
        m.index = len(blocks) - 1
    m.fields(rule, item, blocks[-1])
    m.index = index
