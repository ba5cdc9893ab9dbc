"""Values that are put: an object of the message is what the event states, and nothing else.

A text that fragments brought is set to the whole: what it has more is a fragment too. What was streamed is erased by
nothing that says less: a text by none that is missing or empty, an item by no list that has no or fewer items
(open-webui#27800). But an item of another type is another item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.call import is_parsed, tell_call
from ssefold._py.merge.compare import same_value
from ssefold._py.merge.document import Default, Obj, Text, node_of, string_of, utf8_length
from ssefold._py.merge.item import item_at, items_at
from ssefold._py.merge.items import Items
from ssefold._py.merge.list import identity
from ssefold._py.merge.places import places_of

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule

TEXTS = ("append", "arguments")
HELD = ("items", "object")


def put(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Set the member ``key`` of an object to a value."""
    if rule.op in TEXTS and isinstance(value, str):
        put_text(m, rule, obj, key, value)
    elif rule.op == "items" and isinstance(value, list):
        put_items(m, rule, obj, key, value)
    elif rule.op == "object" and isinstance(value, dict):
        put_object(m, rule, m.open(rule, obj, key), cast("dict[str, Any]", value))
    elif rule.op in HELD and isinstance(obj.get(key), (Items, Obj)):
        # What was streamed stays: null erases nothing, and what is of another type has no effect.
        if value is not None:
            m.quirk("wrong_type")
    elif rule.op != "drop" and not (rule.op in TEXTS and value is None and is_streamed(obj.get(key))):
        value = m.clean(value)
        if key not in obj or not same_value(obj[key], value):
            if is_told(obj.get(key), rule):
                m.quirk("done_text_differs")
            m.put(obj, key, node_of(value, obj, key))
            if rule.kind == "usage":
                m.usage_room[rule] = 0
            if value is not None:
                m.emit_value(rule, obj, key)


def put_object(m: Message, rule: Rule, obj: Obj, value: dict[str, Any], *, turned: bool = False) -> None:
    """Let an object be what ``value`` states; ``rule`` is that of the object.

    What was streamed stays if it isn't stated, unless it was another object before: ``turned``.
    """
    kept = set() if turned else {member.to for member in rule.fields.values() if member.op in HELD}
    if obj is m.root:
        kept.update(name for name, _ in m.dialect.constants)
    parsed = {name for name in (child.to for child in rule.buffers.values()) if is_parsed(obj, name)}
    kept |= parsed
    kept.update(rule.fields[name].to if name in rule.fields else m.clean(name) for name in value)
    for name in [name for name in obj if name not in kept]:
        streamed = is_streamed(obj[name])
        if streamed:
            m.quirk("done_text_differs")
        if turned or not streamed:
            m.remove(obj, name)
    if rule.call is not None:
        tell_call(m, rule.call, obj, value)
    for name, member in value.items():
        child = rule.fields.get(name) or rule.other
        if child is not None:
            key = m.clean(name) if child is rule.other else child.to
            if key not in parsed:
                put(m, child, obj, key, member)


def put_items(m: Message, rule: Rule, obj: Obj, key: str, value: list[Any]) -> None:
    """Put the items of a list, each in its place."""
    items = items_at(m, obj, key)
    index_of = places_of(m, rule, items, value, own=obj is m.root)
    before, at = m.index, 0
    for item in value:
        if not isinstance(item, dict):
            m.quirk("wrong_type")
            continue
        made = item_at(m, rule, items, index_of(at), "")
        if made is None:
            break
        put_item(m, rule, made, cast("dict[str, Any]", item))
        m.index = before
        at += 1


def put_item(m: Message, rule: Rule, item: Obj, value: dict[str, Any]) -> None:
    """Put an item of a list, whose rule is ``rule``."""
    variant = rule.of_item(value)
    turned = turns(rule, variant, item, value)
    if turned:
        m.quirk("done_text_differs")
        m.forget_beside(item)
    if variant.call is not None and variant.buffers:
        m.open_item(rule, item)
    put_object(m, variant, item, value, turned=turned)


def turns(rule: Rule, variant: Rule, item: Obj, value: dict[str, Any]) -> bool:
    """Tell whether ``value`` is another item than the one held.

    That is one of another type, or a call with another id whose arguments come beside it.
    """
    members = [rule.variant_by] if rule.variants else []
    if variant.call is not None and variant.buffers and len(variant.call.id) == 1:
        members += variant.call.id
    for name in members:
        held, said = identity(string_of(item.get(name))), identity(clean(value.get(name)))
        if held is not None and said is not None and held != said:
            return True
    return False


def put_text(m: Message, rule: Rule, obj: Obj, key: str, value: str) -> None:
    """Set a whole text: what it has more than the fragments is one.

    What contradicts them is counted, and an empty one erases nothing.
    """
    value = m.clean(value)
    held = obj.get(key)
    if not value and is_streamed(held):
        m.quirk("done_text_differs")
        return
    known = is_told(held, rule)
    # Lengths first, so that the cost stays linear: joining takes as long as what is held.
    shorter = isinstance(held, Text) and utf8_length(value) < held.length
    body = held.body() if isinstance(held, Text) and not shorter else ""
    if not isinstance(held, Text) or shorter or not value.startswith(body):
        if known:
            m.quirk("done_text_differs")
        held = Text()
        m.put(obj, key, held)
    elif len(value) > len(body):
        known = False
        if held.pending:
            held.pending = ""
            m.pending.pop(id(held), None)
        value = value[len(body) :]
    else:
        # Equal now; once fragments were added it is not, and a template knows nothing of them.
        m.trace.blocked = True
        return
    if value:
        m.grow(held.push(value))
        if not known:
            m.emit_text(rule, obj, key, value)


def is_streamed(held: Any) -> bool:
    """Tell whether a text has come."""
    return isinstance(held, Text) and held.length > 0


def is_told(held: Any, rule: Rule) -> bool:
    """Tell whether fragments told what a member holds, a text or what stands for one, which another contradicts."""
    return isinstance(held, Text) or (rule.op in TEXTS and held is not None and not isinstance(held, Default))
