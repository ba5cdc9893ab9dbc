"""Number tokens: what an integer or a float is, and how far a token reaches.

Integers are exact at any size that a token may have, whatever `sys.set_int_max_str_digits` says.
"""

from __future__ import annotations

import math
import re

from ssefold._py.limits import MAX_NUMBER
from ssefold.integers import exact_int

_PIECE = 600  # digits that `str` writes under every limit: the interpreter allows none below 640
_START = re.compile(
    rb"-?(?:(?:0|[1-9][0-9]*+)(?:\.(?:[0-9]++(?:[eE][+-]?[0-9]*+)?)?|[eE][+-]?[0-9]*+)?)?",
)
_DELIMITERS = frozenset(b" \t\n\r,]}")


def integer(token: str) -> int:
    """Convert an integer token; ValueError where it is too long.

    >>> integer("-0"), integer("1" + "0" * 1000) == 10**1000
    (0, True)
    """
    if len(token) > MAX_NUMBER:
        raise ValueError
    return exact_int(token)


def real(token: str) -> float:
    """Convert a float token; ValueError where it is too long or overflows.

    >>> real("-1.5e3")
    -1500.0
    """
    value = float(token)
    if math.isinf(value) or len(token) > MAX_NUMBER:
        raise ValueError
    return value


def digits(value: int) -> str:
    """Spell an integer, whatever its size.

    >>> digits(-(10**5000)) == "-1" + "0" * 5000
    True
    """
    pieces: list[str] = []
    rest = abs(value)
    while rest:
        rest, piece = divmod(rest, 10**_PIECE)
        pieces.append(f"{piece:0{_PIECE}}")
    return ("-" if value < 0 else "") + ("".join(reversed(pieces)).lstrip("0") or "0")


def number_end(text: bytes, start: int) -> int:
    """Find where the longest beginning of a number token at `start` ends.

    The token is complete exactly if its last byte is a digit: in `-?int frac? exp?` every part ends in one.
    """
    found = _START.match(text, start)
    return found.end() if found else start


def overflows(token: bytes) -> bool:
    """Tell whether a complete number token is a float that is not finite."""
    return not token.lstrip(b"-").isdigit() and math.isinf(float(token))


def delimited(text: bytes, end: int) -> bool:
    """Tell whether a token that ends at `end` is over: a delimiter follows, or nothing."""
    return end == len(text) or text[end] in _DELIMITERS
