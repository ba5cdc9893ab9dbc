"""What an event does by its route: the members that no step reads, then its steps, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ssefold._py.merge.call import close, tell_held_call
from ssefold._py.merge.document import Obj, render
from ssefold._py.merge.item import item_at, items_at
from ssefold._py.merge.items import Items
from ssefold._py.merge.list import index_of
from ssefold._py.merge.put import put, put_item, put_object
from ssefold._py.merge.trace import Hole
from ssefold._py.route import reach

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.route import Route, Step
    from ssefold._py.rule import Rule


MAX_SEQUENCE = 10**18
"""No number of an event: it counts as missing."""


class Target(NamedTuple):
    """Where an address leads: a member of an object, or with no key an object, the message or an item.

    ``rule`` is that of the member, of the message, or of the list that the item is in.
    """

    rule: Rule
    obj: Obj
    key: str | None


def merge_routed(m: Message, chunk: dict[str, Any], event_type: str) -> None:
    """Merge an event by its route; one that has none is counted."""
    routes = m.dialect.routes
    if routes.sequence:
        check_sequence(m, chunk.get(routes.sequence))
    route = routes.find(chunk, event_type)
    if route is None:
        m.count_unknown(routes.unknown(chunk, event_type))
        return
    # What the message has no place for is no news.
    if not route.steps:
        return
    if m.root is None:
        m.begin()
    m.closes = route.ends
    # What is told of an end depends on more than the event.
    m.trace.blocked |= route.ends
    merge_rest(m, route, chunk)
    for step in route.steps:
        m.index = None
        run(m, step, chunk)
    m.index = None


def check_sequence(m: Message, number: Any) -> None:
    """Count a gap in the numbers of the events."""
    if type(number) is not int or abs(number) >= MAX_SEQUENCE:
        return
    if not m.take_sequence(number):
        m.trace.blocked = True
    elif m.trace.on:
        m.trace.holes.append(Hole("sequence", m.dialect.routes.sequence, number, None))


def merge_rest(m: Message, route: Route, chunk: dict[str, Any]) -> None:
    """Merge the members that no step reads into the message, where the route says so; else count them."""
    routes, root = m.dialect.routes, cast("Obj", m.root)
    for name, value in chunk.items():
        if value is None or name in route.known or name in routes.around:
            continue
        ignored = routes.ignored.get(name)
        if ignored is not None:
            ignored.apply(m, ignored, root, name, value)
        elif route.rest:
            m.field(m.dialect.root, name, value, root)
        else:
            m.count_unknown(name)


def run(m: Message, step: Step, chunk: dict[str, Any]) -> None:
    """Take one step."""
    if step.op == "end":
        m.ended = True
    elif step.op == "finish":
        tell_finish(m)
    elif step.op != "rest":
        value = reach(chunk, step.take)
        target = find(m, step, chunk) if value is not None else None
        if target is None:
            return
        if step.op == "close":
            close(m, target.rule, target.obj)
        elif target.key is not None and step.op == "put" and step.into[-1].is_buffer and not isinstance(value, str):
            # A buffer is a text.
            m.quirk("wrong_type")
        elif target.key is not None:
            m.wire = step.take[-1]
            (put if step.op == "put" else target.rule.apply)(m, target.rule, target.obj, target.key, value)
            m.wire = None
        elif isinstance(value, dict):
            merge_object(m, step, target, cast("dict[str, Any]", value))
        else:
            m.quirk("wrong_type")


def merge_object(m: Message, step: Step, target: Target, value: dict[str, Any]) -> None:
    """Merge an object into an item or the message, or put it there."""
    rule, obj = target.rule, target.obj
    if obj is m.root:
        if step.op == "put":
            put_object(m, rule, obj, value)
        else:
            m.fields(rule, value, obj)
    elif step.op == "put":
        put_item(m, rule, obj, value)
    else:
        variant = rule.of_item(obj)
        m.fields(variant, value, obj)
        if variant.call is not None:
            tell_held_call(m, variant.call, obj, value)


def find(m: Message, step: Step, chunk: dict[str, Any]) -> Target | None:
    """Follow the address of a step, and make what isn't there.

    None where there is no rule, nothing to close, or no room for an item.
    """
    into = step.into
    list_rule = rule = m.dialect.root
    obj = cast("Obj", m.root)
    for at, place in enumerate(into, 1):
        child = rule.buffers.get(place.name) if place.is_buffer else rule.fields.get(place.name) or rule.other
        if child is None:
            return None
        key = place.name if child is rule.other else child.to
        if place.member:
            index = index_of(chunk.get(place.member))
            if step.op == "close" and not has_item(obj.get(key), index):
                return None
            item = item_at(m, child, items_at(m, obj, key), index, place.kind)
            if item is None:
                return None
            obj = item
            list_rule, rule = child, child.of_item(obj)
        elif at == len(into):
            if not place.is_buffer:
                return Target(child, obj, key)
            if key not in obj:
                # What the deltas' path leads to, until the buffer becomes its value.
                m.put(obj, key, None)
                m.trace.settled += 1
            m.open_item(list_rule, obj)
            return Target(child, m.shadow_of(obj), key)
        else:
            obj, rule = m.open(child, obj, key), child
    return Target(list_rule, obj, None)


def has_item(held: Any, index: int | None) -> bool:
    """Tell whether a list has the item of that index, or any for a missing one."""
    return isinstance(held, Items) and (len(held) > 0 if index is None else held.find(None, index) is not None)


def tell_finish(m: Message) -> None:
    """Tell the finish reason where it is a view of more than one member."""
    # Not looked at again while nothing has changed: it may be long.
    before, m.finished_at = m.finished_at, m.changes
    if before == m.changes:
        return
    root, view = cast("Obj", m.root), m.dialect.view
    heads = {path.steps[0][0] for path in view.finish_reasons}
    found = view.finish_of({name: render(root[name]) for name in heads if name in root})
    if found is not None and found[0] != m.finish:
        m.finish, key = found
        m.epoch += 1
        m.emit("finish", m.root, key, text=m.finish)
