"""The normalised views of a merged message, the same in every dialect and shared by both backends."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One tool call of the first choice.

    ``arguments`` is the text as streamed; ``status`` judges it by RFC 8259 once the stream ended: "complete" (one JSON
    value), "empty", "truncated" (a valid prefix of one) or "invalid". ``index`` is its position in the message.

    >>> ToolCall("call_1", "add", '{"a":1', "truncated", 0).status
    'truncated'
    """

    id: str | None
    name: str | None
    arguments: str
    status: Literal["complete", "empty", "truncated", "invalid"]
    index: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the provider stated them, never computed; None where it stated none.

    >>> Usage(input_tokens=7, output_tokens=3).total_tokens is None
    True
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    reasoning_tokens: int | None = None
    cached_tokens: int | None = None


@dataclass(slots=True)
class Report:
    """What was met on the way: a provider's linter.

    ``events``, ``chunks`` and ``comments`` are counts, ``bytes`` is the size of what was fed, ``invalid_utf8`` counts
    sequences replaced by U+FFFD. ``quirks`` maps the name of a tolerated oddity to how often it was met,
    ``unknown_fields`` a dotted path on the wire to how often it came.

    >>> Report().quirks
    {}
    """

    events: int = 0
    chunks: int = 0
    bytes: int = 0
    comments: int = 0
    invalid_utf8: int = 0
    quirks: dict[str, int] = field(default_factory=dict)
    unknown_fields: dict[str, int] = field(default_factory=dict)

    def __reduce__(self) -> tuple[type[Report], tuple[Any, ...]]:
        """Pickle the fields: slots alone don't by the protocols before 2."""
        return Report, tuple(getattr(self, each.name) for each in fields(self))
