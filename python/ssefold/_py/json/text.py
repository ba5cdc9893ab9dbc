"""Strings and spelling: surrogate pairs joined over fragments, values written as compact JSON, and compared strictly.

A high surrogate at the very end of a fragment is a value of its own kind: the next fragment may bring its low half
(providers that cut UTF-16 strings do), so it is kept as *pending* instead of being replaced.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from ssefold._py.json.number import digits

_SURROGATE = re.compile("[\ud800-\udfff]")
_HIGH = "\ud800", "\udbff"


def join(fragment: str, pending: str) -> tuple[str, str]:
    r"""Return the text to append for a fragment that follows `pending`, and what is pending after it.

    A pending high surrogate joins a low one at the fragment's start, else becomes U+FFFD. A high surrogate at the
    fragment's end is left pending; other lone ones become U+FFFD. An empty fragment changes nothing.

    >>> join("a\ud83d", "")
    ('a', '\ud83d')
    >>> join("\ude00!", "\ud83d")
    ('😀!', '')
    """
    if not pending and fragment.isascii():
        return fragment, ""
    if not fragment:
        return "", pending
    text = pending + fragment
    rest = ""
    if _HIGH[0] <= text[-1] <= _HIGH[1]:
        text, rest = text[:-1], text[-1]
    return scrub(text), rest


def scrub(text: str) -> str:
    r"""Replace lone surrogates by U+FFFD; a pair in two halves is joined.

    >>> scrub("\ud83d\ude00 \ud83d")
    '😀 �'
    """
    if text.isascii() or not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def compact(value: Any) -> str:
    """Spell a value as `json.dumps(value, ensure_ascii=False, separators=(",", ":"))`, integers of any size included.

    >>> compact({"a": [1, 1e16, "é"]})
    '{"a":[1,1e+16,"é"]}'
    """
    try:
        return _ENCODER.encode(value)
    except ValueError:  # an integer beyond sys.set_int_max_str_digits
        return _spell(value)


def _spell(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_ENCODER.encode(key)}:{_spell(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_spell, value)) + "]"
    if type(value) is int:
        return digits(value)
    return _ENCODER.encode(value)


def same(left: Any, right: Any) -> bool:
    """Tell whether two JSON values are equal, type and value; the order of keys doesn't count.

    >>> same({"a": 1, "b": None}, {"b": None, "a": 1}), same(1, 1.0), same(True, 1), same(0.0, -0.0)
    (True, False, False, False)
    """
    kind = type(left)
    if kind is not type(right):
        return False
    if kind is str:
        return bool(left == right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return left == right and math.copysign(1.0, left) == math.copysign(1.0, right)
    return bool(left == right)
