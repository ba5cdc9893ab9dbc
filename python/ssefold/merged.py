"""What a stream was merged to; one class for both backends, which hand in the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from ssefold.errors import SSEFoldError
    from ssefold.views import Report, ToolCall, Usage

Termination = Literal["done", "finish_reason", "eof", "error", "malformed", "limit", "open"]
FIELDS = (
    "message", "dialect", "termination", "complete", "error", "report", "id", "model", "text", "reasoning", "refusal",
    "tool_calls", "finish_reason", "usage",
)  # fmt: skip


class Outcome(Protocol):
    """What a backend hands in: each attribute is computed when it is first read."""

    message: dict[str, Any] | None
    dialect: str | None
    termination: Termination
    complete: bool
    error: SSEFoldError | None
    report: Report
    id: str | None
    model: str | None
    text: str
    reasoning: str
    refusal: str | None
    tool_calls: list[ToolCall]
    finish_reason: str | None
    usage: Usage | None


@dataclass(slots=True)
class Values:
    """An outcome whose values are all there: one that was unpickled."""

    message: dict[str, Any] | None
    dialect: str | None
    termination: Termination
    complete: bool
    error: SSEFoldError | None
    report: Report
    id: str | None
    model: str | None
    text: str
    reasoning: str
    refusal: str | None
    tool_calls: list[ToolCall]
    finish_reason: str | None
    usage: Usage | None


class Made:
    """How a backend makes a Merged: the outcome is set before the object becomes one, and refuses to be changed."""

    __slots__ = ("_outcome",)
    _outcome: Outcome

    def __init__(self, outcome: Outcome) -> None:
        """Wrap what a backend computed."""
        self._outcome = outcome
        self.__class__ = Merged  # pyright: ignore[reportAttributeAccessIssue]  # noqa: PLE0237 - every object has one


class Merged(Made):
    r"""The merged message with its normalised views; immutable.

    ``message`` is the provider's own non-streamed answer as plain dicts and lists, None where nothing came.
    ``termination`` says how the stream ended, ``complete`` whether the protocol said so, ``error`` what went wrong (a
    fresh exception). The views (``id`` to ``usage``) are the same in every dialect, found by the dialect's table.

    >>> import ssefold
    >>> merged = ssefold.merge(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\ndata: [DONE]\n\n')
    >>> merged.text, merged.termination, merged.complete
    ('Hi', 'done', True)
    """

    __slots__ = ()

    def __init__(self, outcome: Outcome) -> None:
        """Wrap what a backend computed; users get a Merged from ``merge`` or ``Merger.result``."""
        object.__setattr__(self, "_outcome", outcome)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a Merged never changes."""
        message = f"attribute {name!r} of 'Merged' objects is not writable"
        raise AttributeError(message)

    def __delattr__(self, name: str) -> None:
        """Refuse: a Merged never changes."""
        self.__setattr__(name, None)

    @property
    def message(self) -> dict[str, Any] | None:
        """The message in the provider's shape, None where nothing came."""
        return self._outcome.message

    @property
    def dialect(self) -> str | None:
        """The dialect's name, None where none was recognised."""
        return self._outcome.dialect

    @property
    def termination(self) -> Termination:
        """How the stream ended: "open" until an end or an error."""
        return self._outcome.termination

    @property
    def complete(self) -> bool:
        """Whether the protocol said that the message ended."""
        return self._outcome.complete

    @property
    def error(self) -> SSEFoldError | None:
        """What ended the stream early, else None."""
        return self._outcome.error

    @property
    def report(self) -> Report:
        """What was met on the way."""
        return self._outcome.report

    @property
    def id(self) -> str | None:
        """The message's id; None where none or only ``""`` came."""
        return self._outcome.id

    @property
    def model(self) -> str | None:
        """The model that answered, as stated."""
        return self._outcome.model

    @property
    def text(self) -> str:
        """The text of the first choice."""
        return self._outcome.text

    @property
    def reasoning(self) -> str:
        """The reasoning of the first choice, one normalised view."""
        return self._outcome.reasoning

    @property
    def refusal(self) -> str | None:
        """The refusal of the first choice."""
        return self._outcome.refusal

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The tool calls of the first choice, in the order of the message."""
        return self._outcome.tool_calls

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended, as sent."""
        return self._outcome.finish_reason

    @property
    def usage(self) -> Usage | None:
        """Token counts as the provider stated them."""
        return self._outcome.usage

    def __eq__(self, other: object) -> bool:
        """Compare all fields; errors by kind, words and attributes, as each Merged has its own."""
        if not isinstance(other, Merged):
            return NotImplemented
        mine, theirs = (dict(zip(FIELDS, values_of(x), strict=True)) for x in (self, other))
        one, two = mine.pop("error"), theirs.pop("error")
        return mine == theirs and type(one) is type(two) and str(one) == str(two) and told_by(one) == told_by(two)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Show how it ended and what the views say."""
        return (
            f"Merged(dialect={self.dialect!r}, termination={self.termination!r}, complete={self.complete!r}, "
            f"text={self.text!r}, tool_calls={self.tool_calls!r}, finish_reason={self.finish_reason!r}, "
            f"error={self.error!r})"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle all values; the views need no table when it is loaded."""
        return restore, values_of(self)


def told_by(error: SSEFoldError | None) -> dict[str, Any]:
    """Return the attributes of an error but for what came before it, which the Merged around it has too."""
    told = {} if error is None else vars(error)
    return {name: value for name, value in told.items() if name not in ("merged", "deltas", "events")}


def values_of(merged: Merged) -> tuple[Any, ...]:
    """Return all values of a Merged, in the order of ``FIELDS``."""
    return tuple(getattr(merged, name) for name in FIELDS)


def restore(*values: Any) -> Merged:
    """Make a Merged of its pickled values."""
    return Merged(Values(*values))
