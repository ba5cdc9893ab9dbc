# The twin is the stub: both backends have the same names and signatures (tests/test_parity.py compares them).
from ssefold._py import Delta as Delta
from ssefold._py import Dialect as Dialect
from ssefold._py import Event as Event
from ssefold._py import EventDecoder as EventDecoder
from ssefold._py import Merger as Merger
from ssefold._py import dialects as dialects
from ssefold._py import merge_many as merge_many

__all__ = ["Delta", "Dialect", "Event", "EventDecoder", "Merger", "dialects", "merge_many"]
