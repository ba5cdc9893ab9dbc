"""The pure-Python twin of the Rust core: same tree, same names, same order, same results."""

from ssefold._py.delta import Delta
from ssefold._py.dialect import Dialect, dialects
from ssefold._py.merger import Merger, merge_many
from ssefold._py.sse import Event, EventDecoder

__all__ = ["Delta", "Dialect", "Event", "EventDecoder", "Merger", "dialects", "merge_many"]
