"""JSON (RFC 8259), strict: a payload in, its value out, and a judge that says where a text stops being JSON.

Bounds of our own, both refused at the token that breaks them: nesting deeper than `MAX_DEPTH`, a number token longer
than `MAX_NUMBER` bytes, and a float that overflows to infinity. Lone surrogates are allowed as escapes (RFC 8259 §8.2
leaves them to the reader; providers split pairs over events). Of duplicate keys the last value stands, in the first's
place. Input can't deepen the stack.
"""

from __future__ import annotations

from ssefold._py.json.check import JsonError, JsonErrorKind, Status, Verdict, judge
from ssefold._py.json.parse import clean, loads
from ssefold._py.json.text import compact, join, same
from ssefold._py.limits import MAX_DEPTH, MAX_NUMBER

__all__ = [
    "MAX_DEPTH",
    "MAX_NUMBER",
    "JsonError",
    "JsonErrorKind",
    "Status",
    "Verdict",
    "clean",
    "compact",
    "join",
    "judge",
    "loads",
    "same",
]
