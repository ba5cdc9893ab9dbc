"""Strategy for tool calls: which call a fragment belongs to, whatever the provider does with index and id.

1. An index bound to a call: that call, unless the id is another call's, or is new and comes with a name; then it is
   another call, unless the bound one has no arguments yet and the same name.
2. An index not bound: the id's call, else a new one.
3. No index: the id's call; an id that is new with a name, or a name without id, opens a call; else the last one.

A call is finished by the protocol alone, never because its arguments parse (vercel/ai#13137 was a vulnerability).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import VALUE_SIZE, Obj, ObjList, Text, held, string_of, utf8_length
from ssefold._py.merge.list import identity, index_of

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule


HOLDERS = (("function", "arguments"), ("custom", "input"))


class Calls(ObjList):
    """The calls of a choice in the order first seen, and how they are found again."""

    __slots__ = ("by_id", "by_index", "last")

    def __init__(self, parent: Obj, key: str) -> None:
        """Make an empty list at ``key`` of ``parent``."""
        super().__init__(parent, key)
        self.by_index: dict[int, int] = {}
        self.by_id: dict[str, int] = {}
        self.last = -1


class Said(NamedTuple):
    """What a fragment says of the call that it belongs to; ``bound`` is its index."""

    bound: int | None
    id: str | None
    holder: str
    name: str


def tool_calls(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge the fragments of a list of tool calls."""
    if not isinstance(value, list):
        m.quirk("wrong_type")
        return
    if not value:
        return
    calls = obj.get(key)
    if not isinstance(calls, Calls):
        calls = Calls(obj, key)
        m.put(obj, key, calls)
    before = m.index
    for item in value:
        if isinstance(item, dict):
            merge_call(m, rule, calls, cast("dict[str, Any]", item))
        elif item is not None:
            m.quirk("wrong_type")
    m.index = before


def merge_call(m: Message, rule: Rule, calls: Calls, item: dict[str, Any]) -> None:
    """Merge one fragment into the call that it belongs to."""
    said = read(m, item)
    index = said.bound
    if index is None and not m.ending:
        m.quirk("tool_index_missing")
    slot = find(m, calls, said)
    opened = slot == len(calls)
    if (opened and not m.has_room(len(calls))) or not can_bind(m, calls, index):
        return
    if opened:
        if index and not calls:
            m.quirk("tool_index_base")
        open_call(m, rule, calls, item)
    if index is not None and (opened or index not in calls.by_index):
        calls.by_index[index] = slot
        m.epoch += 1
    calls.last = slot
    if m.trace.on:
        m.trace.last.append((calls, slot))
    m.index = slot
    call = calls[slot]
    new_id = set_id(m, calls, slot, said.id)
    new_name = add_name(m, rule, call, said)
    if opened or new_id or new_name:
        m.emit("tool_call", calls, slot, text=new_name, id=new_id)
    m.fields(rule, item, call)


def read(m: Message, item: dict[str, Any]) -> Said:
    """Read what a fragment says: its name stands in ``function`` or ``custom``."""
    id_ = text_of(m, item.get("id"))
    found, name = "", ""
    for holder, _ in HOLDERS:
        inner = item.get(holder)
        said = text_of(m, cast("dict[str, Any]", inner).get("name")) if isinstance(inner, dict) else None
        if not name and said:
            found, name = holder, said
    return Said(index_of(item.get("index")), id_, found, name)


def text_of(m: Message, value: Any) -> str | None:
    """Return a string that is not empty, None for anything else."""
    if value is not None and not isinstance(value, str):
        m.quirk("wrong_type")
    return identity(clean(value))


def can_bind(m: Message, calls: Calls, index: int | None) -> bool:
    """Tell whether an index is bound, or may yet be: one call may be named by many."""
    return index is None or index in calls.by_index or m.has_room(len(calls.by_index))


def find(m: Message, calls: Calls, said: Said) -> int:
    """Return the number of the call that a fragment belongs to; the number of calls for a new one."""
    known = calls.by_id.get(said.id) if said.id is not None else None
    if said.bound is None:
        m.trace.blocked |= known is None
        if known is not None:
            return known
        return len(calls) if said.name or calls.last < 0 else calls.last
    slot = calls.by_index.get(said.bound)
    if slot is None:
        return known if known is not None else len(calls)
    if said.id is None or known is not None or not said.name:
        return slot if known is None else known
    m.trace.blocked = True
    if is_same(calls[slot], said.name):
        return slot
    m.quirk("tool_index_reused")
    return len(calls)


def is_same(call: Obj, name: str) -> bool:
    """Tell whether a new id with a name is still the call held: no arguments yet, and the same name or no identity."""
    known = held_name(call)
    return (held(call, "id") is None and not known) or (known == name and not has_arguments(call))


def text_in(call: Obj, holder: str, field: str) -> Text | None:
    """Return a text of the call's ``function`` or ``custom``."""
    inner = call.get(holder)
    text = inner.get(field) if isinstance(inner, Obj) else None
    return text if isinstance(text, Text) else None


def held_name(call: Obj) -> str:
    """Return the name held, "" where there is none."""
    names = (text_in(call, holder, "name") for holder, _ in HOLDERS)
    return next((text.body() for text in names if text is not None), "")


def has_arguments(call: Obj) -> bool:
    """Tell whether a byte of arguments has come."""
    texts = (text_in(call, holder, field) for holder, field in HOLDERS)
    return any(text is not None and (text.length or text.pending) for text in texts)


def open_call(m: Message, rule: Rule, calls: Calls, item: dict[str, Any]) -> None:
    """Append a new call, with the members that one starts with."""
    call = Obj(calls, len(calls))
    calls.append(call)
    m.grow(VALUE_SIZE)
    without = ""
    for name, child in rule.fields.items():
        if child.instead and isinstance(item.get(name), dict):
            without = child.instead
    m.fill(rule, call, without)


def set_id(m: Message, calls: Calls, slot: int, id_: str | None) -> str | None:
    """Set the id of a call that had none; return it if it did."""
    if id_ is None:
        return None
    call = calls[slot]
    known = held(call, "id")
    if known is not None:
        if string_of(known) == id_:
            m.quirk("tool_id_repeated")
        return None
    m.put(call, "id", id_)
    calls.by_id.setdefault(id_, slot)
    return id_


def add_name(m: Message, rule: Rule, call: Obj, said: Said) -> str:
    """Append to the name of a call until arguments come; return what was added."""
    outer = rule.fields.get(said.holder)
    if not said.name or outer is None:
        return ""
    inner = m.open(outer, call, outer.to)
    known = inner.get("name")
    if isinstance(known, Text):
        if known.length == utf8_length(said.name) and known.body() == said.name:
            m.quirk("tool_name_repeated")
            return ""
        if has_arguments(call):
            m.quirk("tool_name_late")
            return ""
    else:
        known = Text()
        m.put(inner, "name", known)
    m.grow(known.push(said.name))
    return said.name
