"""A delta: one change that an event made to the message."""

from __future__ import annotations

from typing import Any, Literal, NoReturn

Kind = Literal["start", "text", "reasoning", "refusal", "tool_call", "arguments", "usage", "finish", "other"]


FIELDS = ("kind", "text", "choice", "index", "id", "value", "path")


class Made:
    """How the merger makes a Delta: the fields are set before the object becomes one, and refuses to be changed."""

    __slots__ = ("choice", "id", "index", "kind", "path", "text", "value")

    def __init__(  # noqa: PLR0913 - the fields of the contract
        self,
        kind: Kind,
        text: str = "",
        choice: int = 0,
        index: int | None = None,
        id: str | None = None,  # noqa: A002 - the name of the field
        value: Any = None,
        path: tuple[str | int, ...] = (),
    ) -> None:
        self.kind: Kind = kind
        self.text = text
        self.choice = choice
        self.index = index
        self.id = id
        self.value = value
        self.path = path
        # Assigning the class once costs 50 ns, seven assignments past __setattr__ 400 ns.
        self.__class__ = Delta


class Delta(Made):
    """One change of the message, in wire order; immutable.

    ``kind`` says what changed; ``text`` is the fragment ("text", "reasoning", "refusal", "arguments"), the name
    ("tool_call"), the reason ("finish"), else "". ``choice`` is the choice's index on the wire. ``index`` is the position
    of the tool call or content block in the message, None where there is none. ``id`` is the call's id ("tool_call").
    ``value`` is the new value ("usage"), the role or None ("start"), or what was added or set ("other"). ``path`` is where
    in the message it went, valid in a snapshot taken after the feed that returned it.

    >>> Delta("text", "Hi", path=("choices", 0, "message", "content")).text
    'Hi'
    """

    __slots__ = ()

    def __init__(  # noqa: PLR0913 - the fields of the contract
        self,
        kind: Kind,
        text: str = "",
        choice: int = 0,
        index: int | None = None,
        id: str | None = None,  # noqa: A002 - the name of the field
        value: Any = None,
        path: tuple[str | int, ...] = (),
    ) -> None:
        for name, field in zip(FIELDS, (kind, text, choice, index, id, value, path), strict=True):
            object.__setattr__(self, name, field)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"attribute {name!r} of 'ssefold.Delta' objects is not writable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"attribute {name!r} of 'ssefold.Delta' objects is not writable")

    def _values(self) -> tuple[Any, ...]:
        return self.kind, self.text, self.choice, self.index, self.id, self.value, self.path

    def __eq__(self, other: object) -> bool:
        """Compare all fields."""
        return self._values() == other._values() if isinstance(other, Delta) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show all fields."""
        return (
            f"Delta(kind={self.kind!r}, text={self.text!r}, choice={self.choice!r}, index={self.index!r}, "
            f"id={self.id!r}, value={self.value!r}, path={self.path!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle under the public name, to be loaded in either backend."""
        from ssefold import Delta as PublicDelta  # noqa: PLC0415 - the package imports this module

        return PublicDelta, self._values()


Delta.__module__ = "ssefold"
