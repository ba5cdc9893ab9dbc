"""A dialect: a compiled table, the registry of those that come with the package, and how one is recognised."""

from __future__ import annotations

from functools import cache
from pkgutil import get_data
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast, final

from ssefold._py.sign import has
from ssefold._py.table import compile_table
from ssefold.errors import UnknownDialectError

if TYPE_CHECKING:
    from ssefold._py.route import Routes
    from ssefold._py.rule import Rule
    from ssefold._py.view import Path, View

# In the order in which they are tried: a chunk with choices[].delta is chat whatever its `object` says (TGI).
NAMES = (
    "openai-chat",
    "openai-completions",
    "anthropic-messages",
    "openai-responses",
    "gemini",
    "cohere-v2",
    "ollama",
)


class Compiled:
    """A table, compiled."""

    __slots__ = (
        "any_reason", "constants", "copies", "detect", "detect_last", "done", "end", "ends", "errors", "items",
        "learns", "name", "reason", "root", "routes", "steering", "unwrap", "view",
    )  # fmt: skip

    name: str
    root: Rule
    constants: list[tuple[str, Any]]  # what a new message starts with
    copies: list[tuple[str, str, str, Rule]]  # field, the object and its member that serve as it, the field's rule
    done: str  # data that ends the stream
    learns: bool  # its events may be learned: see ``tree.one_writer_each``
    steering: set[str]  # names of members that decide what becomes of an event or an item: no hole of a template
    ends: bool  # a stream without it is worth a quirk
    errors: dict[str, tuple[str, ...]]  # where a chunk states an error: paths of members, by their text
    unwrap: str  # the member that a chunk may be wrapped in
    routes: Routes
    items: Path  # at the end of the bytes the message is complete where each of these ...
    reason: Path  # ... has one of these
    any_reason: list[Path]  # or where one of these is there
    end: list[tuple[Path, str | None]]  # what the last chunk says
    detect: list[tuple[Path, str | None]]
    detect_last: list[tuple[Path, str | None]]
    view: View

    def __init__(self, text: str) -> None:
        """Compile a table (TOML 1.0); DialectError with line and key if it is none."""
        compile_table(text, self)


@final
class Dialect:
    r"""A table of merge rules: what each field of a provider's chunks does to the message.

    >>> Dialect.from_toml('name = "mine"\n[merge]\nid = "first"\n').name
    'mine'
    """

    __slots__ = ("_compiled",)
    _compiled: Compiled

    def __new__(cls) -> Self:
        """Refuse: a dialect is made of its table."""
        raise TypeError("cannot create 'ssefold.Dialect' instances")

    def __init_subclass__(cls) -> NoReturn:
        """Refuse, as the compiled class does."""
        raise TypeError("type 'ssefold.Dialect' is not an acceptable base type")

    @classmethod
    def from_toml(cls, text: str) -> Dialect:
        r"""Compile a table (TOML 1.0); DialectError with line and key if it is none.

        >>> Dialect.from_toml('name = "mine"\n[merge]\nid = "sum"\n')
        Traceback (most recent call last):
        ssefold.errors.DialectError: line 3: merge.id: unknown strategy sum
        """
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers break promises
            raise TypeError(f"str expected, not {type(text).__name__}")
        dialect = object.__new__(cls)
        object.__setattr__(dialect, "_compiled", Compiled(text))
        return dialect

    @property
    def name(self) -> str:
        """The dialect's name."""
        return self._compiled.name

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: a dialect never changes."""
        raise AttributeError(f"attribute {name!r} of 'ssefold.Dialect' objects is not writable")

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


def asked(dialect: str | Dialect) -> Compiled | None:
    """Return the dialect asked for, None for "auto"."""
    if isinstance(dialect, Dialect):
        return dialect._compiled  # noqa: SLF001 - the class is of this module
    if not isinstance(dialect, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # as above
        raise TypeError(f"str or Dialect expected, not {type(dialect).__name__}")
    # Of a subclass, as an enum's members are, the text alone.
    name = str.__str__(dialect)
    if name == "auto":
        return None
    if name not in NAMES:
        message = f"unknown dialect {dialect!r}: not auto, {', '.join(NAMES)}"
        raise UnknownDialectError(message, tried=NAMES)
    return named(name)


@cache
def named(name: str) -> Compiled:
    """Return a dialect of the package."""
    # importlib.resources would import more under a module's lock, which a fork meanwhile leaves held to the child.
    return Compiled(cast("bytes", get_data("ssefold", f"dialects/{name}.toml")).decode())


def detect(chunk: dict[str, Any]) -> Compiled | None:
    """Return the dialect that a chunk shows signs of, None where it decides nothing."""
    for dialect in map(named, NAMES):
        for path, wanted in dialect.detect:
            if has(chunk, path, wanted):
                return dialect
    return None


def detect_last(chunk: dict[str, Any]) -> Compiled | None:
    """Return the dialect to assume where no chunk decided; the sign of the first one is the weakest."""
    return next((d for d in map(named, reversed(NAMES)) if any(has(chunk, *sign) for sign in d.detect_last)), None)


Dialect.__module__ = dialects.__module__ = "ssefold"
