"""A dialect: a compiled table, the registry of those that come with the package, and how one is recognised."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NoReturn, cast

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
        "constants", "copies", "detect", "detect_last", "done", "ends", "error", "items", "name", "reason",
        "root", "view",
    )  # fmt: skip

    name: str
    root: Rule
    constants: list[tuple[str, Any]]  # what a new message starts with
    copies: list[tuple[str, str, str, Rule]]  # field, the object and its member that serve as it, the field's rule
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
        r"""Compile a table (TOML 1.0); DialectError with line and key if it is none.

        >>> Dialect.from_toml('name = "mine"\n[merge]\nid = "sum"\n')
        Traceback (most recent call last):
        ssefold.errors.DialectError: line 3: merge.id: unknown strategy sum
        """
        if not isinstance(text, str):
            raise TypeError(f"argument 'text': '{type(text).__name__}' object is not an instance of 'str'")
        dialect = object.__new__(cls)
        dialect.constants = []
        compile_table(text, dialect)
        return dialect

    def __repr__(self) -> str:
        """Show the name."""
        return f"Dialect({self.name!r})"

    def __reduce__(self) -> NoReturn:
        """Refuse: a table is text, which pickles."""
        raise TypeError("cannot pickle 'ssefold.Dialect' object")


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
    return next((d for d in map(named, NAMES) if any(has(chunk, *sign) for sign in d.detect)), None)


def detect_last(chunk: dict[str, Any]) -> Dialect | None:
    """Return the dialect to assume for a stream that ended before a chunk decided; the first one's sign is the weakest."""
    return next((d for d in map(named, reversed(NAMES)) if any(has(chunk, *sign) for sign in d.detect_last)), None)


def has(value: Any, path: Path, wanted: str | None, depth: int = 0) -> bool:  # noqa: ANN401 - any JSON value
    """Tell whether a member is there (null counts), or says what is ``wanted``."""
    if depth == len(path.steps):
        return wanted is None or value == wanted
    name, is_list, *_ = path.steps[depth]
    if not isinstance(value, dict) or name not in value:
        return False
    inner = cast("Any", value[name])
    if not is_list:
        return has(inner, path, wanted, depth + 1)
    return isinstance(inner, list) and any(has(item, path, wanted, depth + 1) for item in cast("list[Any]", inner))
