"""A payload read to Python values. It only notices that a payload is not JSON; the judge says where.

The standard library reads it; where `orjson` is installed, that does wherever the two agree. They differ in integers
beyond 64 bits (orjson makes floats of them), which a run of 19 digits gives away, and in what orjson refuses and the
standard library reads: lone surrogates.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NoReturn

from ssefold._py.json.check import MAX_DEPTH, JsonError, judge
from ssefold._py.json.key import fields
from ssefold._py.json.number import MAX_NUMBER, integer, real
from ssefold._py.json.text import scrub

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssefold._py.json.check import Verdict

_orjson_loads: Callable[[str], Any] | None
try:
    from orjson import loads as _orjson_loads
except ImportError:
    _orjson_loads = None

# 19 digits in a row hold three neighbours of every sixth character: a sixth of the characters to look at, and 0.3
# instead of 1.5 µs for a payload of 220 bytes.
_RUN = re.compile("[0-9]{19}").search
_SAMPLED_RUN = re.compile("[0-9]{3}").search
_STRIDE = 6


def loads(data: str) -> Any:
    """Read one JSON value; lone surrogates are left in its strings, but not in keys, where they become U+FFFD.

    JsonError where `data` is not JSON within the bounds.

    >>> loads('{"a": 1, "b": 2, "a": 3}')
    {'a': 3, 'b': 2}
    """
    if data.count("{") + data.count("[") > MAX_DEPTH:
        verdict = judge(data)
        if verdict.status != "complete":
            raise _refusal(verdict)
    try:
        return _read(data) if _orjson_loads is None else _read_fast(data, _orjson_loads)
    except ValueError:
        raise _refusal(judge(data)) from None


def clean(value: Any) -> Any:
    r"""Replace lone surrogates by U+FFFD, in keys too.

    >>> clean({"a": ["\ud83d"]})
    {'a': ['�']}
    """
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
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
    # Only a payload longer than a number token's bound can hold one that breaks it.
    if "\\ud" in data or "\\uD" in data or (len(data) > MAX_NUMBER and _has_run(data)):
        return _CAREFUL.decode(data)
    try:
        return _PLAIN.decode(data)
    except json.JSONDecodeError:
        raise
    except ValueError:  # an integer beyond a lowered sys.set_int_max_str_digits, or a number out of bounds
        return _CAREFUL.decode(data)


def _has_run(data: str) -> bool:
    return _SAMPLED_RUN(data[::_STRIDE]) is not None and _RUN(data) is not None


def _refusal(verdict: Verdict) -> JsonError:
    return JsonError(verdict.kind or "truncated", verdict.offset)


def _constant(_word: str) -> NoReturn:
    """Refuse NaN and Infinity, which the standard library reads."""
    raise ValueError


_PLAIN = json.JSONDecoder(parse_float=real, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(parse_float=real, parse_int=integer, parse_constant=_constant, object_pairs_hook=fields)
