"""A dialect: a compiled table, the registry of those that come with the package, and how one is recognised."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from ssefold._py.table import compile_table
from ssefold._py.view import Path, View

if TYPE_CHECKING:
    from ssefold._py.rule import Rule

# In the order in which they are tried: a chunk with choices[].delta is chat whatever its `object` says (TGI).
NAMES = ("openai-chat", "openai-completions")


class Dialect:
    """A table of merge rules: what each field of a provider's chunks does to the message.

    >>> Dialect.from_toml('name = "mine"\\n[merge]\\nid = "first"\\n').name
    'mine'
    """

    __slots__ = (
        "constants", "copies", "copy_rows", "detect", "detect_last", "done", "ends", "error", "items", "name", "reason",
        "root", "view",
    )  # fmt: skip

    name: str
    root: Rule
    constants: list[tuple[str, Any]]  # what a new message starts with
    copies: list[tuple[str, str, str, Rule]]  # field, and the object's member that serves as it; the field's rule
    copy_rows: dict[str, Any]
    done: str  # data that ends the stream
    ends: bool  # a stream without it is worth a quirk
    error: str  # the member that is an error
    items: Path  # at the end of the bytes the message is complete where each of these ...
    reason: Path  # ... has one of these
    detect: list[tuple[Path, str | None]]
    detect_last: list[tuple[Path, str | None]]
    view: View

    def __init__(self) -> None:
        """Refuse: a dialect is made of its table."""
        message = "cannot create 'Dialect' instances: use Dialect.from_toml"
        raise TypeError(message)

    @classmethod
    def from_toml(cls, text: str) -> Dialect:
        """Compile a table (TOML 1.0); DialectError with line and key if it is none."""
        dialect = object.__new__(cls)
        dialect.constants = []
        dialect.copies = []
        compile_table(text, dialect)
        return dialect

    def __repr__(self) -> str:
        """Show the name."""
        return f"Dialect({self.name!r})"


def dialects() -> tuple[str, ...]:
    """Return the names of the dialects that come with the package.

    >>> "openai-chat" in dialects()
    True
    """
    return NAMES


@cache
def named(name: str) -> Dialect:
    """Return a dialect of the package."""
    return Dialect.from_toml(files("ssefold").joinpath("dialects", f"{name}.toml").read_text(encoding="utf-8"))


def detect(chunk: dict[str, Any]) -> Dialect | None:
    """Return the dialect that a chunk shows signs of, None where it decides nothing."""
    return next((d for d in map(named, NAMES) if any(has_sign(chunk, *sign) for sign in d.detect)), None)


def detect_last(chunk: dict[str, Any]) -> Dialect | None:
    """Return the dialect to assume for a stream that ended before a chunk decided."""
    return next((d for d in map(named, NAMES) if any(has_sign(chunk, *sign) for sign in d.detect_last)), None)


def has_sign(chunk: dict[str, Any], path: Path, wanted: str | None) -> bool:
    """Tell whether a member is there (null or not), or says what is ``wanted``."""
    if wanted is not None:
        return path.string(chunk) == wanted
    return has(chunk, path, 0)


def has(value: Any, path: Path, depth: int) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a path is there; null counts."""
    if depth == len(path.steps):
        return True
    name, is_list, *_ = path.steps[depth]
    if not isinstance(value, dict) or name not in value:
        return False
    inner = value[name]
    if not is_list:
        return has(inner, path, depth + 1)
    return isinstance(inner, list) and any(has(item, path, depth + 1) for item in inner)
