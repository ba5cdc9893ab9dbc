"""An event that a template fits, merged as the full path would merge it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssefold._py.json.parse import clean
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
        for name in template.quirks:
            m.quirks[name] += 1
        for name in template.unknown:
            m.unknown[name] += 1
    if m.reasoning_now:
        m.settle_reasoning()
