"""JSON text in, Python values out, with integers of any length exact: both backends' ``Event.json``."""

from __future__ import annotations

import json
from typing import Any

# Converted by int() whatever the interpreter's limit: sys.int_info.str_digits_check_threshold is the smallest one.
_SHORT = 640


def exact_int(digits: str) -> int:
    """Convert a JSON integer, independent of :func:`sys.set_int_max_str_digits`; cost is that of multiplication.

    >>> exact_int("-" + "9" * 5000) == 1 - 10**5000
    True
    """
    if digits.startswith("-"):
        return -exact_int(digits[1:])
    if len(digits) <= _SHORT:
        return int(digits)
    half = len(digits) // 2
    scale: int = 10**half
    return exact_int(digits[:-half]) * scale + exact_int(digits[-half:])


_exact = json.JSONDecoder(parse_int=exact_int)


def loads(text: str) -> Any:
    """Parse like :func:`json.loads`; raises its :class:`json.JSONDecodeError`.

    >>> loads('{"a": 1}')
    {'a': 1}
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # the interpreter's limit on digits
        return _exact.decode(text)
