"""Tool calls that are objects with an id and a name; their arguments come as text beside them, or whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.check import JsonError
from ssefold._py.json.parse import clean, loads
from ssefold._py.json.text import compact
from ssefold._py.merge.document import Obj, Text, node_of, render, string_of
from ssefold._py.merge.list import identity

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Call, Rule


def found_at(value: Any, path: tuple[str, ...]) -> Any:
    """Return what stands at a path of members, None where nothing does, or the path is empty."""
    for name in path:
        value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value if path else None


def said_at(value: Any, path: tuple[str, ...]) -> str | None:
    """Return the string that is not empty at a path of members."""
    return identity(clean(string_of(found_at(value, path))))


def states(value: Any, path: tuple[str, ...]) -> bool:
    """Tell whether there is anything at a path of members."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = cast("dict[str, Any]", value)[name]
    return True


def tell_call(m: Message, call: Call, obj: Obj, value: dict[str, Any]) -> None:
    """Tell that a call opened, or what was added to its id or name, as ``value`` says."""
    known = obj.told[1].body() if obj.told else ""
    name = said_at(value, call.name) or ""
    tell(m, obj, said_at(value, call.id), name[len(known) :] if name.startswith(known) else "")


def tell_held_call(m: Message, call: Call, obj: Obj, value: dict[str, Any]) -> None:
    """Tell the same where fragments were merged, as it is held now; ``value`` is what they were of."""
    told = obj.told
    # What has been told isn't looked at again: it may be long.
    id_ = said_at(obj, call.id) if told is None or told[0] is None else None
    new_name = ""
    if told is None or states(value, call.name):
        held = found_at(obj, call.name)
        if isinstance(held, Text):
            # It has grown, if anything.
            new_name = held.end(told[1].length if told else 0)
        else:
            known = told[1].body() if told else ""
            name = string_of(held) or ""
            new_name = name[len(known) :] if name.startswith(known) else ""
    if told is None or id_ is not None or new_name:
        tell(m, obj, id_, new_name)


def tell(m: Message, obj: Obj, id_: str | None, new_name: str) -> None:
    """Tell an id, if none was told, and what was added to a name."""
    known = obj.told
    told_id, told_name = known or (None, Text())
    new_id = id_ if told_id is None else None
    if known is None or new_id or new_name:
        told_name.push(new_name)
        obj.told = (told_id or new_id, told_name)
        m.epoch += 1
        m.emit("tool_call", obj.parent, obj.key, text=new_name, id=new_id)


def tell_whole(m: Message, obj: Obj, path: tuple[str, ...]) -> None:
    """Tell arguments that came whole, as compact JSON: what stands at ``path``, ``{}`` where nothing does."""
    if not path:
        return
    holder = obj
    for name in path[:-1]:
        inner = holder.get(name)
        holder = inner if isinstance(inner, Obj) else holder
    held = holder.get(path[-1])
    m.epoch += 1
    # A path leads to what stands in the message: where nothing does, to what would hold it.
    place, key = (holder, path[-1]) if path[-1] in holder else (holder.parent, holder.key)
    value = {} if held is None else render(held)
    m.emit("arguments", place, key, text=value if isinstance(value, str) else compact(value))


def close(m: Message, rule: Rule, item: Obj) -> None:
    """End an item of the list of ``rule``: its buffers become values. One that is no JSON stays a string.

    What became a value stays one, also where the item is stated again. If the buffer goes on, it is parsed again once
    it is twice as long, and at the end of the stream: else each end of an item would take as long as its input is.
    """
    if m.opened.pop(id(item), None) is None:
        return
    m.epoch += 1
    for child in rule.of_item(item).buffers.values():
        text = item.shadow.get(child.to) if item.shadow is not None else None
        if isinstance(text, Text) and (text.length or text.pending):
            length = text.length + bool(text.pending)
            if text.parsed != length:
                if length // 2 < text.parsed and not m.ending:
                    m.open_item(rule, item)
                else:
                    close_buffer(m, item, child.to, text)
        elif child.kind == "arguments" and item.get(child.to) is not None and not item.told_whole:
            item.told_whole = True
            tell_whole(m, item, (child.to,))


def is_parsed(item: Obj, name: str) -> bool:
    """Tell whether the member of an item is what its buffer became."""
    text = item.shadow.get(name) if item.shadow is not None else None
    return isinstance(text, Text) and text.parsed > 0


def close_buffer(m: Message, item: Obj, name: str, text: Text) -> None:
    """Parse the text of a buffer."""
    waiting = m.pending.pop(id(text), None)
    if waiting is not None:
        m.finish_text(waiting, "\ufffd")
    body = text.body()
    text.parsed = text.length
    try:
        value = clean(loads(body))
    except JsonError:
        value = body
        m.quirk("input_unparsable")
    m.put(item, name, node_of(value, item, name))
