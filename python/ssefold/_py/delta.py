"""A delta: one change that an event made to the message."""

from __future__ import annotations

import operator
from typing import Any, ClassVar, Literal, NoReturn, Self, final, get_args

Kind = Literal["start", "text", "reasoning", "refusal", "tool_call", "arguments", "usage", "finish", "other"]

KINDS = get_args(Kind)
MAX_CHOICE = 2**64 - 1
MAX_INDEX = 2**32 - 1
FIELDS = ("kind", "text", "choice", "index", "id", "value", "path")


class Made:
    """How the merger makes a Delta: the fields are set before the object becomes one, and refuses to be changed."""

    __slots__ = ("choice", "id", "index", "kind", "path", "text", "value")

    kind: Kind
    text: str
    choice: int
    index: int | None
    id: str | None
    value: Any
    path: tuple[str | int, ...]

    def __init__(  # noqa: PLR0917 - as Delta
        self,
        kind: Kind,
        text: str = "",
        choice: int = 0,
        index: int | None = None,
        id: str | None = None,  # noqa: A002 - the name of the field
        value: Any = None,
        path: tuple[str | int, ...] = (),
    ) -> None:
        self.kind = kind
        self.text = text
        self.choice = choice
        self.index = index
        self.id = id
        self.value = value
        self.path = path
        # Assigning the class once costs 50 ns, seven assignments past __setattr__ 400 ns.
        self.__class__ = Delta  # pyright: ignore[reportAttributeAccessIssue]  # noqa: PLE0237 - every object has one


@final
class Delta(Made):
    """One change of the message, in wire order; immutable.

    ``kind`` says what changed; ``text`` is the fragment ("text", "reasoning", "refusal", "arguments"), the name
    ("tool_call"), the reason ("finish"), else "". ``choice`` is the choice's index on the wire. ``index`` is the
    position of the tool call or content block in the message, None where there is none. ``id`` is the call's id
    ("tool_call"). ``value`` is the new value ("usage"), the role or None ("start"), or what was added or set ("other").
    ``path`` is where in the message it went, valid in a snapshot taken after the feed that returned it.

    >>> Delta("text", "Hi", path=("choices", 0, "message", "content")).text
    'Hi'
    """

    __slots__ = ()

    def __new__(  # noqa: PLR0917 - the fields
        cls,
        kind: Kind,
        text: str = "",
        choice: int = 0,
        index: int | None = None,
        id: str | None = None,  # noqa: A002 - the name of the field
        value: Any = None,
        path: tuple[str | int, ...] = (),
    ) -> Self:
        delta = object.__new__(cls)
        texts = text_of(kind), text_of(text), None if id is None else text_of(id)
        if texts[0] not in KINDS:
            raise ValueError(f'"{texts[0]}" is no kind of delta')
        number = number_of(choice, MAX_CHOICE, "can't convert negative int to unsigned", "int too big to convert")
        at = None if index is None else number_of(index, MAX_INDEX, "out of range integral type conversion attempted")
        check_type(path, tuple)
        for name, field in zip(FIELDS, (*texts[:2], number, at, texts[2], value, path), strict=True):
            object.__setattr__(delta, name, field)
        return delta

    def __init__(self, *_fields: Any, **_named: Any) -> None:
        """Change nothing: a Delta is whole when it is made."""

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("type 'ssefold.Delta' is not an acceptable base type")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"attribute {name!r} of 'ssefold.Delta' objects is not writable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"attribute {name!r} of 'ssefold.Delta' objects is not writable")

    def _values(self) -> tuple[Any, ...]:
        return self.kind, self.text, self.choice, self.index, self.id, self.value, self.path

    def __eq__(self, other: object) -> bool:
        """Compare all fields."""
        return self._values() == other._values() if isinstance(other, Delta) else NotImplemented

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show all fields."""
        return (
            f"Delta(kind={self.kind!r}, text={self.text!r}, choice={self.choice!r}, index={self.index!r}, "
            f"id={self.id!r}, value={self.value!r}, path={self.path!r})"
        )

    def __copy__(self) -> Delta:
        """Return itself, which never changes."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle under the public name, to be loaded in either backend."""
        from ssefold import Delta as PublicDelta  # noqa: PLC0415 - the package imports this module

        return PublicDelta, self._values()


def check_type(value: object, kind: type) -> None:
    """Refuse what is of another type, in the core's words."""
    if not isinstance(value, kind):
        named = "'None'" if value is None else f"'{type(value).__name__}' object"
        raise TypeError(f"{named} is not an instance of '{kind.__name__}'")


def text_of(text: str) -> str:
    """Return a text, of a subclass the text alone; TypeError, or UnicodeEncodeError for lone surrogates."""
    check_type(text, str)
    text.encode("utf-8")
    return str.__str__(text)


def number_of(number: object, highest: int, below: str, above: str = "") -> int:
    """Return an unsigned number, or what stands for one; TypeError, or OverflowError in these words."""
    value = int(operator.index(number))  # type: ignore[arg-type]  # it raises the TypeError
    if not 0 <= value <= highest:
        raise OverflowError(below if value < 0 or not above else above)
    return value


Delta.__module__ = "ssefold"
