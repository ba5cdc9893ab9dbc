"""A payload read to Python values. It only notices that a payload is not JSON; the judge says where.

The standard library reads it; where `orjson` is installed, that does wherever the two agree. They differ in integers
beyond 64 bits (orjson makes floats of them), which a run of 19 digits gives away, and in what orjson refuses and the
standard library reads: lone surrogates.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

from ssefold._py.json.check import JsonError, judge
from ssefold._py.json.key import fields
from ssefold._py.json.number import integer, real
from ssefold._py.json.text import scrub
from ssefold._py.limits import MAX_DEPTH, MAX_NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

_orjson_loads: Callable[[str], Any] | None
try:
    from orjson import loads as _orjson_loads
except ImportError:
    _orjson_loads = None

_DIGITS_AS_0 = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_RUN = b"0" * 19

_SHALLOW = 2 * (MAX_DEPTH + 1)  # a JSON text that nests too deep is no shorter: its brackets close
_BRACKETS = re.compile(r"[][{}]")


def loads(data: str) -> Any:
    """Read one JSON value; lone surrogates are left in its strings, but not in keys, where they become U+FFFD.

    JsonError where `data` is not JSON within the bounds.

    >>> loads('{"a": 1, "b": 2, "a": 3}')
    {'a': 3, 'b': 2}
    """
    if len(data) < _SHALLOW or _nesting(data) <= MAX_DEPTH:
        try:
            return _read(data) if _orjson_loads is None else _read_fast(data, _orjson_loads)
        except ValueError:
            pass  # the judge knows better where
    verdict = judge(data)
    raise JsonError(verdict.kind or "truncated", verdict.offset)


def clean(value: Any) -> Any:
    r"""Replace lone surrogates by U+FFFD, in keys too.

    >>> clean({"a": ["\ud83d"]})
    {'a': ['�']}
    """
    kind = type(value)
    if kind is str:
        return value if value.isascii() else scrub(value)
    if kind is list:
        return [clean(item) for item in value]
    if kind is dict:
        return {scrub(key): clean(item) for key, item in value.items()}
    return value


def _read_fast(data: str, orjson_loads: Callable[[str], Any]) -> Any:
    if _has_run(data):
        return _CAREFUL.decode(data)
    try:
        return orjson_loads(data)
    except ValueError:
        return _read(data)


def _read(data: str) -> Any:
    surrogate = "\\u" in data and ("\\ud" in data or "\\uD" in data)
    # Only a payload longer than a number token's bound can hold one that breaks it.
    if surrogate or (len(data) > MAX_NUMBER and _has_run(data)):
        return _CAREFUL.decode(data)
    try:
        return _PLAIN.decode(data)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer beyond a lowered sys.set_int_max_str_digits, or a number out of bounds
        return _CAREFUL.decode(data)


def _has_run(data: str) -> bool:
    """Tell whether there are 19 digits in a row: 0.4 instead of a regular expression's 2.4 µs for 320 bytes."""
    return _RUN in data.encode("ascii", "replace").translate(_DIGITS_AS_0)


def _nesting(data: str) -> int:
    """Count how deep a text nests, up to the first byte that is not JSON; at least that where its brackets are few."""
    brackets = data.count("{") + data.count("[")
    if brackets <= MAX_DEPTH:
        return brackets
    outside = "".join(data.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in _BRACKETS.findall(outside)), default=0)


def _constant(_word: str) -> NoReturn:
    """Refuse NaN and Infinity, which the standard library reads."""
    raise ValueError


_PLAIN = json.JSONDecoder(parse_float=real, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(parse_float=real, parse_int=integer, parse_constant=_constant, object_pairs_hook=fields)
