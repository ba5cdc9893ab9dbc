"""Folds the event streams of LLM APIs into messages: bytes go in, deltas come out, and one whole message at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssefold import _backend
from ssefold.errors import (
    DialectError,
    IncompleteStreamError,
    MalformedStreamError,
    ProviderError,
    SSEFoldError,
    StreamLimitError,
    UnknownDialectError,
)
from ssefold.merged import Merged
from ssefold.streams import (
    AsyncDeltaStream,
    DeltaStream,
    aiter_deltas,
    aiter_events,
    amerge,
    iter_deltas,
    iter_events,
    merge,
)
from ssefold.views import Report, ToolCall, Usage

if TYPE_CHECKING:
    from ssefold._py import Delta, Dialect, Event, EventDecoder, Merger, dialects, merge_many
else:
    Delta = _backend.active.Delta
    Dialect = _backend.active.Dialect
    Event = _backend.active.Event
    EventDecoder = _backend.active.EventDecoder
    Merger = _backend.active.Merger
    dialects = _backend.active.dialects
    merge_many = _backend.active.merge_many

__version__: str = "0.1.0"
backend: str = _backend.name

__all__ = [
    "AsyncDeltaStream",
    "Delta",
    "DeltaStream",
    "Dialect",
    "DialectError",
    "Event",
    "EventDecoder",
    "IncompleteStreamError",
    "MalformedStreamError",
    "Merged",
    "Merger",
    "ProviderError",
    "Report",
    "SSEFoldError",
    "StreamLimitError",
    "ToolCall",
    "UnknownDialectError",
    "Usage",
    "__version__",
    "aiter_deltas",
    "aiter_events",
    "amerge",
    "backend",
    "dialects",
    "iter_deltas",
    "iter_events",
    "merge",
    "merge_many",
]
