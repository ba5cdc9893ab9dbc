"""What the merge tests share: bodies from chunks, one run of a merger, and what it left, made comparable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ssefold._py.json.number import digits
from ssefold.errors import DialectError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssefold.errors import SSEFoldError

DONE = b"data: [DONE]\n\n"
ERROR_FIELDS = (
    "event",
    "offset",
    "excerpt",
    "limit",
    "value",
    "error",
    "code",
    "type",
    "message",
    "tried",
    "line",
    "key",
)


def sse(*chunks: dict[str, Any] | list[Any] | str | bytes, end: bytes = DONE) -> bytes:
    """A body: each chunk an event; text and bytes are data as they are, so that JSON can be spelled by hand."""

    def data(chunk: dict[str, Any] | list[Any] | str | bytes) -> bytes:
        if isinstance(chunk, bytes):
            return chunk
        return (chunk if isinstance(chunk, str) else json.dumps(chunk, ensure_ascii=False)).encode(
            "utf-8", "surrogatepass"
        )

    return b"".join(b"data: " + data(chunk) + b"\n\n" for chunk in chunks) + end


def delta(change: Any, index: Any = 0, **choice: Any) -> dict[str, Any]:
    """A chunk with one choice."""
    return {"choices": [{"index": index, "delta": change, **choice}]}


def call(
    index: int | None = None, name: str | None = None, arguments: str | None = None, **rest: Any
) -> dict[str, Any]:
    """A chunk with one fragment of a tool call; None leaves a member out."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    fragment = {"index": index, **rest, "function": function}
    return delta({"tool_calls": [{key: value for key, value in fragment.items() if value is not None}]})


@dataclass(frozen=True)
class Run:
    """A merger after its stream: what it says, and the deltas of every call in order."""

    merged: Any
    deltas: list[Any]

    @property
    def message(self) -> dict[str, Any]:
        message: dict[str, Any] = self.merged.message
        return message

    @property
    def first(self) -> dict[str, Any]:
        """The message of the first choice."""
        message: dict[str, Any] = self.message["choices"][0]["message"]
        return message

    @property
    def quirks(self) -> dict[str, int]:
        quirks: dict[str, int] = self.merged.report.quirks
        return quirks

    def texts(self, kind: str) -> list[str]:
        return [each.text for each in self.deltas if each.kind == kind]


def fold(backend: Any, body: bytes | Iterable[bytes], dialect: Any = "auto", **limits: Any) -> Run:
    """Feed a body, whole or in pieces, and finish; errors are recorded."""
    merger = backend.Merger(dialect, on_error="record", **limits)
    deltas: list[Any] = []
    for piece in [body] if isinstance(body, bytes) else body:
        deltas += merger.feed(piece)
    deltas += merger.finish()
    return Run(merger.result(), deltas)


def spelled(value: Any) -> str:
    """JSON text: tells 1 from 1.0 and True, and one order of keys from another."""
    return json.dumps(value, ensure_ascii=True)


def error_of(error: SSEFoldError | None) -> Any:
    """What can be said of an exception, all but what was merged."""
    if error is None:
        return None
    return type(error).__name__, str(error), {name: getattr(error, name, None) for name in ERROR_FIELDS}


def delta_of(each: Any, *, path: bool = True) -> tuple[Any, ...]:
    """A delta as plain values."""
    values = (each.kind, each.text, each.choice, each.index, each.id, spelled(each.value))
    return (*values, each.path) if path else values


def report_of(report: Any) -> tuple[Any, ...]:
    """A report as plain values; its counts have no order."""
    counts = (report.events, report.chunks, report.bytes, report.comments, report.invalid_utf8)
    return (*counts, dict(report.quirks), dict(report.unknown_fields))


def state_of(merged: Any) -> dict[str, Any]:
    """All that a Merged says, as plain values."""
    views = ("id", "model", "text", "reasoning", "refusal", "tool_calls", "finish_reason", "usage")
    return {
        "message": spelled(merged.message),
        "dialect": merged.dialect,
        "termination": merged.termination,
        "complete": merged.complete,
        "error": error_of(merged.error),
        "report": report_of(merged.report),
        **{view: repr(getattr(merged, view)) for view in views},
    }


def size_of(value: Any) -> int:
    """What max_message_size bounds: UTF-8 bytes of keys, strings and long integers, and 16 for each value."""
    if isinstance(value, str):
        return 16 + len(value.encode())
    if isinstance(value, dict):
        return 16 + sum(len(key.encode()) + size_of(member) for key, member in value.items())
    if isinstance(value, list):
        return 16 + sum(map(size_of, value))
    spelled = digits(value) if type(value) is int else ""
    return 16 + (len(spelled) if len(spelled) > 18 else 0)


def at(message: Any, path: tuple[str | int, ...]) -> Any:
    """What a delta's path leads to."""
    for step in path:
        message = message[step]
    return message


def told(run: Run, *kinds: str) -> list[tuple[Any, ...]]:
    """The deltas of these kinds, each as kind, what it says, index and path."""
    return [
        (each.kind, each.text or each.id or each.value, each.index, each.path)
        for each in run.deltas
        if each.kind in kinds
    ]


def same_however_cut(backend: Any, body: bytes, dialect: Any = "auto") -> Run:
    """Merge a body whole, cut at every byte, byte by byte and unobserved: it must be the same. Return the run."""
    whole = fold(backend, body, dialect)
    state, deltas = state_of(whole.merged), [delta_of(each, path=False) for each in whole.deltas]
    halves = [[body[:cut], body[cut:]] for cut in range(1, len(body))]
    for pieces in [*halves, [body[place : place + 1] for place in range(len(body))]]:
        cut = fold(backend, pieces, dialect)
        assert state_of(cut.merged) == state
        assert [delta_of(each, path=False) for each in cut.deltas] == deltas
    observer = backend.Merger(dialect, on_error="record")
    observer.observe(body)
    observer.finish()
    assert state_of(observer.result()) == state
    return whole


def paths_hold(backend: Any, events: Iterable[bytes], dialect: Any = "auto") -> None:
    """Feed event by event: each path leads somewhere in the snapshot, a fragment's to a text that ends with it."""
    merger = backend.Merger(dialect, on_error="record")
    for event in events:
        for each in merger.feed(event):
            found = at(merger.snapshot(), each.path)
            if each.kind in {"text", "reasoning", "refusal"}:
                assert found.endswith(each.text)


def same_of_table(both: tuple[Any, Any], table: str) -> None:
    """Both backends make a dialect of a table, or refuse it in the same words, at the same line and key."""

    def said(backend: Any) -> str | tuple[str, int | None, str | None]:
        try:
            return backend.Dialect.from_toml(table).name
        except DialectError as error:
            return str(error), error.line, error.key

    twin, core = map(said, both)
    assert twin == core
