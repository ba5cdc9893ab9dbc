"""Signs: what a chunk says by a member, for detection and for the end of a message.

``path``: the member is there, null or not. ``path=text``: it is that string, or the bool that is spelled so.
``path=text*``: it is a string that begins so. Of a list, ``name[]``, any item may say it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ssefold._py.view import Path


def has(value: Any, path: Path, wanted: str | None, depth: int = 0) -> bool:
    """Tell whether a member is there (null counts), or says what is ``wanted``: a string, its beginning, or a bool."""
    if depth == len(path.steps):
        return wanted is None or says(value, wanted)
    name, is_list, *_ = path.steps[depth]
    if not isinstance(value, dict) or name not in value:
        return False
    inner = cast("Any", value[name])
    if not is_list:
        return has(inner, path, wanted, depth + 1)
    return isinstance(inner, list) and any(has(item, path, wanted, depth + 1) for item in inner)


def says(value: Any, wanted: str) -> bool:
    """Tell whether a value is what is wanted; one that ends in ``*`` is the beginning of a string."""
    if isinstance(value, bool):
        return wanted == ("true" if value else "false")
    if not isinstance(value, str):
        return False
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted
