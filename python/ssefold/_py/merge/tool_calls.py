"""Strategy for tool calls, rule T: which call a fragment belongs to, whatever the provider does with index and id.

1. An index bound to a call: that call, unless the id is another call's, or is new and comes with a name; then it is
   another call, unless the bound one has no arguments yet and the same name.
2. An index not bound: the id's call, else a new one.
3. No index: the id's call; an id that is new with a name, or a name without id, opens a call; else the last one.

A call is finished by the protocol alone, never because its arguments parse (vercel/ai#13137 was a vulnerability).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import Obj, Text
from ssefold._py.merge.list import identity, index_of

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


class ToolCalls(list[Obj]):
    """The calls of a choice in the order first seen, and how they are found again."""

    __slots__ = ("by_id", "by_index", "key", "last", "parent")

    def __init__(self, parent: Obj, key: str) -> None:
        """Make an empty list at ``key`` of ``parent``."""
        super().__init__()
        self.parent = parent
        self.key = key
        self.by_index: dict[int, int] = {}
        self.by_id: dict[str, int] = {}
        self.last = -1

    def place(self, key: int) -> int:
        """Return the position of a call: its key."""
        return key


def tool_calls(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge the fragments of a list of tool calls."""
    if not isinstance(value, list):
        m.quirk("wrong_type")
        return
    if not value:
        return
    calls = obj.get(key)
    if not isinstance(calls, ToolCalls):
        calls = ToolCalls(obj, key)
        m.put(obj, key, calls)
    before = m.index
    for item in cast("list[Any]", value):
        if isinstance(item, dict):
            merge_call(m, rule, calls, cast("dict[str, Any]", item))
        elif item is not None:
            m.quirk("wrong_type")
    m.index = before


def merge_call(m: Message, rule: Rule, calls: ToolCalls, item: dict[str, Any]) -> None:
    """Merge one fragment into the call that it belongs to."""
    index = index_of(item.get("index"))
    id_ = identity(clean(item.get("id")))
    holder, name = name_of(item)
    if index is None:
        m.quirk("tool_index_missing")
    slot = find(m, calls, index, id_, name)
    opened = slot == len(calls)
    if opened:
        if index and not calls:
            m.quirk("tool_index_base")
        open_call(m, rule, calls, item)
    if index is not None and (opened or index not in calls.by_index):
        calls.by_index[index] = slot
    calls.last = slot
    m.index = slot
    call = calls[slot]
    new_id = set_id(m, calls, slot, id_)
    new_name = add_name(m, rule, call, holder, name)
    if opened or new_id or new_name:
        m.emit("tool_call", calls, slot, text=new_name, id=new_id)
    m.fields(rule, item, call)


def name_of(item: dict[str, Any]) -> tuple[str, str]:
    """Return where the name stands (``function`` or ``custom``) and the name, "" where there is none."""
    for holder in ("function", "custom"):
        inner = item.get(holder)
        if isinstance(inner, dict):
            name = cast("dict[str, Any]", inner).get("name")
            if isinstance(name, str) and name:
                return holder, clean(name)
    return "", ""


def find(m: Message, calls: ToolCalls, index: int | None, id_: str | None, name: str) -> int:
    """Return the number of the call that a fragment belongs to; the number of calls for a new one."""
    known = calls.by_id.get(id_) if id_ is not None else None
    if index is None:
        if known is not None:
            return known
        return len(calls) if name or calls.last < 0 else calls.last
    slot = calls.by_index.get(index)
    if slot is None:
        return known if known is not None else len(calls)
    if id_ is None or known is not None or not name:
        return slot if known is None else known
    if same_call(calls[slot], name):
        return slot
    m.quirk("tool_index_reused")
    return len(calls)


def same_call(call: Obj, name: str) -> bool:
    """Tell whether a new id with a name is still the call held: no arguments yet, and the same name or no identity."""
    if call.get("id") is None and held_name(call) == "":
        return True
    return held_name(call) == name and not has_arguments(call)


def held_name(call: Obj) -> str:
    """Return the name held, "" where there is none."""
    for holder in ("function", "custom"):
        inner = call.get(holder)
        if isinstance(inner, Obj) and isinstance(inner.get("name"), Text):
            return inner["name"].join()
    return ""


def has_arguments(call: Obj) -> bool:
    """Tell whether a byte of arguments has come."""
    for holder, field in (("function", "arguments"), ("custom", "input")):
        inner = call.get(holder)
        if isinstance(inner, Obj):
            text = inner.get(field)
            if isinstance(text, Text) and (text.length or text.pending):
                return True
    return False


def open_call(m: Message, rule: Rule, calls: ToolCalls, item: dict[str, Any]) -> None:
    """Append a new call, with the members that one starts with."""
    call = Obj(calls, len(calls))
    calls.append(call)
    m.grow(16)
    without = ""
    for name, child in rule.fields.items():
        if child.instead and isinstance(item.get(name), dict):
            without = child.instead
    m.fill(rule, call, without)


def set_id(m: Message, calls: ToolCalls, slot: int, id_: str | None) -> str | None:
    """Set the id of a call that had none; return it if it did."""
    if id_ is None:
        return None
    call = calls[slot]
    held = call.get("id")
    if held is None:
        m.put(call, "id", id_)
        calls.by_id.setdefault(id_, slot)
        return id_
    if held == id_:
        m.quirk("tool_id_repeated")
    return None


def add_name(m: Message, rule: Rule, call: Obj, holder: str, name: str) -> str:
    """Append to the name of a call until arguments come; return what was added."""
    outer = rule.fields.get(holder)
    if not name or outer is None:
        return ""
    inner = m.open(outer, call, outer.to)
    held = inner.get("name")
    if isinstance(held, Text) and held.join() == name:
        m.quirk("tool_name_repeated")
        return ""
    if isinstance(held, Text) and has_arguments(call):
        m.quirk("tool_name_late")
        return ""
    if not isinstance(held, Text):
        held = Text()
        m.put(inner, "name", held)
    m.grow(held.push(name))
    return name
