"""Which of several fields is the reasoning of a choice: the first of them, in the order of the view, that has text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssefold._py.merge.message import Message


def settle_reasoning(m: Message) -> None:
    """Let the first reasoning field, in the order of the view, that carried text be the reasoning of its choice."""
    m.epoch += 1
    m.trace.settled += 1
    queue = m.queue or []
    for at in range(m.before, len(queue)):
        entry = queue[at]
        if entry[8] >= 0 and m.reasoning_now.get(entry[2], entry[8]) != entry[8]:
            entry[0], entry[1], entry[5] = "other", "", entry[1]
        entry[8] = -1
    m.reasoning.update(m.reasoning_now)
    m.reasoning_now.clear()
