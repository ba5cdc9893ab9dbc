"""The exceptions, defined once and raised by both backends.

Each pickles under its public
name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ssefold import Delta, Event, Merged


class SSEFoldError(Exception):
    """Base of everything that this package raises about a stream.

    ``merged`` is all that was merged before the error (its own ``error`` is None), ``deltas`` what the failing call had
    decoded, ``events`` the same for an :class:`EventDecoder`.

    >>> SSEFoldError("no such thing").deltas
    []
    """

    merged: Merged | None
    deltas: list[Delta]
    events: list[Event]

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.merged = None
        self.deltas = []
        self.events = []

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the attributes alone: the constructors of the subclasses take more than ``args``."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[SSEFoldError], args: tuple[Any, ...], state: dict[str, Any]) -> SSEFoldError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class MalformedStreamError(SSEFoldError, ValueError):
    """An event whose data is not what the dialect can read: not JSON (RFC 8259), or no object.

    ``event`` counts from 0 in the stream; ``offset`` is the first byte of the event's data (UTF-8) that can't be read;
    ``excerpt`` shows its surroundings.

    >>> MalformedStreamError("not JSON", event=2, offset=7, excerpt="{nope").offset
    7
    """

    def __init__(self, message: str = "", *, event: int = 0, offset: int = 0, excerpt: str = "") -> None:
        super().__init__(message)
        self.event = event
        self.offset = offset
        self.excerpt = excerpt


class StreamLimitError(SSEFoldError, ValueError):
    """A bound was passed: ``limit`` names it, ``value`` is what it was.

    ``limit`` is "max_event_size", "max_message_size" or "max_usage_size", in bytes, or "max_items", in items of a list;
    ``event`` counts from 0; ``offset`` is the byte in the event at which it tripped.

    >>> StreamLimitError("too large", limit="max_event_size", value=16, event=0, offset=16).limit
    'max_event_size'
    """

    def __init__(self, message: str = "", *, limit: str = "", value: int = 0, event: int = 0, offset: int = 0) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value
        self.event = event
        self.offset = offset


class ProviderError(SSEFoldError):
    """The stream carried an error object: ``error`` is that object, the rest its members or None.

    >>> ProviderError("overloaded", error={"message": "overloaded", "code": 529}).code
    529
    """

    def __init__(self, message: str = "", *, error: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.error: dict[str, Any] = {} if error is None else error

    @property
    def code(self) -> Any:
        """The ``code`` member as sent, or None."""
        return self.error.get("code")

    @property
    def type(self) -> Any:
        """The ``type`` member as sent, or None."""
        return self.error.get("type")

    @property
    def message(self) -> Any:
        """The ``message`` member as sent, or None."""
        return self.error.get("message")


class IncompleteStreamError(SSEFoldError, EOFError):
    """The bytes ended before the protocol said that the message is whole."""


class UnknownDialectError(SSEFoldError, ValueError):
    """Auto-detection found no dialect; ``tried`` names those that were looked for.

    >>> UnknownDialectError("no dialect", tried=("openai-chat",)).tried
    ('openai-chat',)
    """

    def __init__(self, message: str = "", *, tried: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.tried = tried


class DialectError(SSEFoldError, ValueError):
    """A table that is not one; ``line`` (from 1) and ``key`` say where, or are None.

    >>> DialectError("unknown strategy", line=3, key="merge.id").line
    3
    """

    def __init__(self, message: str = "", *, line: int | None = None, key: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.key = key
