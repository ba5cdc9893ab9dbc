"""What went wrong with a stream, as a value: the same words and numbers in both backends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from ssefold import errors

if TYPE_CHECKING:
    from ssefold._py.json.check import JsonErrorKind

REASONS: dict[JsonErrorKind, str] = {
    "invalid": "not JSON",
    "truncated": "JSON cut short",
    "too_deep": "nested deeper than 128",
    "number_too_long": "a number of more than 4300 bytes",
    "number_overflow": "a number beyond the range of a double",
}
EXCERPT = 20  # bytes of the data shown on either side of the fault

Kind = Literal["malformed", "limit", "provider", "incomplete", "unknown"]


class StreamError(NamedTuple):
    """One error: its ``kind`` decides which exception it becomes and which of the other fields count."""

    kind: Kind
    reason: str
    event: int = 0
    offset: int = 0
    excerpt: str = ""
    limit: str = ""
    value: int = 0
    error: Any = None
    tried: tuple[str, ...] = ()

    def exception(self) -> errors.SSEFoldError:
        """Return a fresh exception."""
        if self.kind == "malformed":
            message = f"event {self.event}, byte {self.offset}: {self.reason}"
            return errors.MalformedStreamError(message, event=self.event, offset=self.offset, excerpt=self.excerpt)
        if self.kind == "limit":
            unit = "bytes" if self.limit.endswith("size") else "items"
            message = f"event {self.event} passes {self.limit} ({self.value} {unit})"
            return errors.StreamLimitError(
                message, limit=self.limit, value=self.value, event=self.event, offset=self.offset
            )
        if self.kind == "provider":
            return errors.ProviderError(self.reason, error=copied(self.error))
        if self.kind == "unknown":
            return errors.UnknownDialectError(self.reason, tried=self.tried)
        return errors.IncompleteStreamError(self.reason)


def copied(value: Any) -> Any:
    """Return a JSON value that shares nothing with ``value``."""
    if isinstance(value, dict):
        return {name: copied(member) for name, member in cast("dict[str, Any]", value).items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def malformed(event: int, offset: int, reason: str, data: str) -> StreamError:
    """Return the error of an event that can't be read from ``offset`` on."""
    return StreamError("malformed", reason, event, offset, excerpt(data.encode("utf-8"), offset))


def excerpt(data: bytes, offset: int) -> str:
    """Return the surroundings of a fault, cut between characters."""
    start, end = max(0, offset - EXCERPT), min(len(data), offset + EXCERPT)
    while start < end and data[start] & 0xC0 == 0x80:
        start += 1
    while end < len(data) and end > start and data[end] & 0xC0 == 0x80:
        end -= 1
    return data[start:end].decode("utf-8")


def provider(error: Any) -> StreamError:
    """Return the error that a provider sent: an object, or a string that becomes its message."""
    if isinstance(error, str):
        error = {"message": error}
    message = error.get("message")
    return StreamError(
        "provider", message if isinstance(message, str) and message else "the provider sent an error", error=error
    )
