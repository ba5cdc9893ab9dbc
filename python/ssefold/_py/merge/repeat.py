"""An event that a template fits, merged as the full path would merge it."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ssefold._py.json.parse import clean
from ssefold._py.merge.reasoning import settle_reasoning
from ssefold._py.merge.text import extend_text
from ssefold._py.merge.trace import Append

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message
    from ssefold._py.merge.trace import Effect
    from ssefold._py.template import Template


def repeat(m: Message, template: Template, fillings: list[tuple[Effect, str]]) -> None:
    """Merge the event: what its holes hold, and what it counts."""
    if m.queue is not None:
        m.before = len(m.queue)
    for effect, value in fillings:
        if isinstance(effect, Append):
            if value:
                text, rule, obj, key, m.choice, m.index = effect
                extend_text(m, rule, obj, key, text, value)
        elif effect is None:
            m.take_sequence(int(value))
        else:
            rule, obj, key, m.choice, m.index = effect
            m.replace_string(rule, obj, key, clean(value))
    m.choice, m.index = 0, None
    for calls, slot in template.last:
        calls.last = slot
    if template.counts:
        count(m, template, 1)
    if m.reasoning_now:
        settle_reasoning(m)


def count(m: Message, template: Template, times: int) -> None:
    """Count the oddities of an event, so many times."""
    for name in template.quirks:
        m.quirks[name] += times
    for name in template.unknown:
        m.unknown[name] += times


def repeat_run(m: Message, template: Template, data: bytes, at: int, bound: int) -> tuple[int, int, int]:
    """Merge the events from ``at`` on that fit the template as the one before did, where nobody looks.

    Return how many they are, where they end, and the size of the last one.
    """
    if not template.runs or m.queue is not None or m.reasoning_now:
        return 0, at, 0
    effects = cast("list[Append]", template.effects)
    for text, rule, _, _, choice, _ in effects:
        if text.pending or (rule.rank >= 0 and choice not in m.reasoning):
            return 0, at, 0
    rows, end, last = template.run(data, at, bound)
    for effect, column in zip(effects, zip(*rows, strict=True), strict=False):
        m.size += effect[0].push("".join(column))
        m.changes += sum(map(bool, column))
    count(m, template, len(rows))
    return len(rows), end, last
