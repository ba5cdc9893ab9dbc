"""Keys: duplicates among those of one object (the last value stands, in the first's place).

Keys are compared by their text, escapes resolved and lone surrogates replaced.
"""

from __future__ import annotations

from typing import Any

from ssefold._py.json.text import scrub


def fields(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    r"""Build an object from its fields as they came.

    >>> fields([("\ud83d", 1), ("b", 2), ("\ufffd", 3)])
    {'�': 3, 'b': 2}
    """
    return {scrub(key): value for key, value in pairs}
