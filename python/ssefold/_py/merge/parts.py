"""Strategy for parts (Gemini): a text continues the text part before it, everything else is a part of its own.

Two text parts join only if both are thoughts or both are not, and neither is signed: a signature belongs to its part as
it came, or the next turn is refused (vercel/ai#12402). A function call may come in pieces: ``partialArgs`` set its
arguments by path until a piece without ``willContinue``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.limits import MAX_PLAIN
from ssefold._py.merge.call import tell_whole
from ssefold._py.merge.document import VALUE_SIZE, Obj, ObjList, Text
from ssefold._py.merge.partial import set_partial
from ssefold._py.merge.put import put_object

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule

TEXT, THOUGHT, CALL = "text", "thought", "functionCall"


class Parts(ObjList):
    """The parts of a candidate; ``open`` is one whose function call goes on."""

    __slots__ = ("open",)

    def __init__(self, parent: Obj, key: str) -> None:
        """Make an empty list at ``key`` of ``parent``."""
        super().__init__(parent, key)
        self.open: Obj | None = None


def parts_at(m: Message, obj: Obj, key: str) -> Parts:
    """Return the list of parts at ``key``, made where there is none."""
    held = obj.get(key)
    if not isinstance(held, Parts):
        held = Parts(obj, key)
        m.put(obj, key, held)
    return held


def add_part(m: Message, held: Parts) -> Obj:
    """Add an empty part; its place is the index of the deltas."""
    part = Obj(held, len(held))
    held.append(part)
    m.grow(VALUE_SIZE)
    m.index = part.key
    return part


def parts(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Merge a list of parts."""
    if not isinstance(value, list):
        m.quirk("wrong_type")
        return
    held = parts_at(m, obj, key)
    before = m.index
    for item in value:
        if isinstance(item, dict):
            merge_part(m, rule, held, cast("dict[str, Any]", item))
        elif item is not None:
            m.quirk("wrong_type")
    m.index = before


def merge_part(m: Message, rule: Rule, held: Parts, item: dict[str, Any]) -> None:
    """Merge one part into the one that it continues, or add it."""
    call = item.get(CALL)
    if held.open is not None and isinstance(call, dict) and not cast("dict[str, Any]", call).get("name"):
        m.index = held.open.key
        continue_call(m, rule, held, held.open, cast("dict[str, Any]", call))
    elif held and continues(held[-1], item):
        last = held[-1]
        m.index = last.key
        variant = rule.of_item(last)
        child = variant.fields.get(TEXT) or variant.other
        if child is not None:
            child.apply(m, child, last, TEXT if child is variant.other else child.to, item[TEXT])
    else:
        end_call(m, rule, held)
        part = add_part(m, held)
        put_object(m, rule.of_item(item), part, item)
        if isinstance(call, dict) and isinstance(part.get(CALL), Obj):
            held.open = part
            m.parted[id(held)] = (rule, held, m.choice)
            continue_call(m, rule, held, part, cast("dict[str, Any]", call))


def continues(last: Obj, item: dict[str, Any]) -> bool:
    """Tell whether a part is a text that continues the last one, which is looked at whole each time."""
    return (
        len(last) <= MAX_PLAIN
        and isinstance(item.get(TEXT), str)
        and isinstance(last.get(TEXT), Text)
        and all(value is None or name in {TEXT, THOUGHT} for name, value in item.items())
        and all(value is None or name in {TEXT, THOUGHT} for name, value in last.items())
        and (item.get(THOUGHT) is True) == (last.get(THOUGHT) is True)
    )


def continue_call(m: Message, rule: Rule, held: Parts, part: Obj, call: dict[str, Any]) -> None:
    """Set the arguments that a piece of a function call brings; a piece that says nothing of more ends the call."""
    m.trace.blocked = True
    said = call.get("partialArgs")
    if isinstance(said, list):
        for piece in said:
            set_partial(m, part[CALL], "args", piece)
    if call.get("willContinue") is not True:
        end_call(m, rule, held)


def end_call(m: Message, rule: Rule, held: Parts) -> None:
    """Tell the arguments of the function call that went on; it goes on no more."""
    part, held.open = held.open, None
    if part is None:
        return
    del m.parted[id(held)]
    child = rule.fields.get(CALL)
    if child is not None and child.call is not None and isinstance(part.get(CALL), Obj):
        index, m.index = m.index, part.key
        tell_whole(m, part[CALL], child.call.arguments)
        m.index = index
