"""What a stream was merged to so far, with the views of its dialect; behind the public Merged."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.error import copied
from ssefold._py.view import View, first_text
from ssefold.merged import Merged

if TYPE_CHECKING:
    from ssefold._py.dialect import Compiled
    from ssefold._py.error import StreamError
    from ssefold.errors import SSEFoldError
    from ssefold.merged import Termination
    from ssefold.views import Report, ToolCall, Usage


class Outcome:
    """The message, how it ended, and the views, each computed when it is first read."""

    def __init__(  # noqa: PLR0917 - what a stream has come to
        self,
        message: dict[str, Any] | None,
        dialect: Compiled | None,
        termination: Termination,
        failure: StreamError | None,
        report: Report,
        shadows: dict[int, dict[str, str]],
    ) -> None:
        """Take a rendered message, which nobody else has: the views are of it, whatever is done to a copy."""
        self._message = message
        self.dialect = dialect.name if dialect else None
        self.termination: Termination = termination
        self.complete = termination in ("done", "finish_reason")
        self._report = report
        self._failure = failure
        self._dialect = dialect
        self._shadows = shadows
        self._view = dialect.view if dialect else View()

    def merged(self) -> Merged:
        """Return a public Merged of the outcome."""
        return Merged(self)  # type: ignore[arg-type]  # computed once, its attributes never change

    @cached_property
    def error(self) -> SSEFoldError | None:
        """A fresh exception, whose own Merged has no error: no cycle."""
        if self._failure is None:
            return None
        error = self._failure.exception()
        last = Outcome(self._message, self._dialect, self.termination, None, self._report, self._shadows)
        error.merged = last.merged()
        return error

    @cached_property
    def message(self) -> dict[str, Any] | None:
        """A copy, as it may be changed."""
        return cast("dict[str, Any] | None", copied(self._message))

    @cached_property
    def report(self) -> Report:
        """The same."""
        counts = self._report
        return replace(counts, quirks=dict(counts.quirks), unknown_fields=dict(counts.unknown_fields))

    @cached_property
    def id(self) -> str | None:
        """An id that was ``""`` in every chunk is None."""
        return self._view.id.string(self._message) or None

    @cached_property
    def model(self) -> str | None:
        """As stated."""
        return self._view.model.string(self._message)

    @cached_property
    def text(self) -> str:
        """Of the first choice."""
        return first_text(self._view.texts, self._message)

    @cached_property
    def reasoning(self) -> str:
        """Of the first choice."""
        return first_text(self._view.reasoning, self._message)

    @cached_property
    def refusal(self) -> str | None:
        """Of the first choice."""
        return self._view.refusal.string(self._message)

    @cached_property
    def tool_calls(self) -> list[ToolCall]:
        """Of the first choice."""
        return self._view.tool_calls_of(self._message, self._shadows)

    @cached_property
    def finish_reason(self) -> str | None:
        """Of the first choice."""
        found = self._view.finish_of(self._message)
        return None if found is None else found[0]

    @cached_property
    def usage(self) -> Usage | None:
        """As stated."""
        return self._view.usage_of(self._message)
