"""The public Merger: one stream at a time, for any thread, raising what its stream met."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast, final

from ssefold._py.dialect import asked
from ssefold._py.sse.decoder import as_bytes, as_limit
from ssefold._py.stream import Stream
from ssefold.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssefold._py.delta import Delta
    from ssefold._py.dialect import Compiled, Dialect
    from ssefold._py.outcome import Outcome
    from ssefold.errors import SSEFoldError
    from ssefold.merged import Merged


@final
class Merger:
    r"""Folds one event stream into the message that the provider would have sent without streaming.

    ``dialect`` is "auto", a name of :func:`dialects`, or a :class:`Dialect`. ``max_event_size`` and
    ``max_message_size`` bound one event and the whole message, in bytes; None is no bound. With ``on_error="record"``
    nothing is raised: the error is in :meth:`result`. A Merger may be used by several threads: calls wait for each
    other.

    Raises UnknownDialectError for a name that is none, ValueError for a negative bound or another ``on_error``.

    >>> merger = Merger()
    >>> [d.kind for d in merger.feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')]
    ['start', 'text']
    >>> merger.feed(b"data: [DONE]\n\n"), merger.finish(), merger.result().text
    ([], [], 'Hi')
    """

    __slots__ = (
        "_dialect",
        "_finished",
        "_max_event_size",
        "_max_message_size",
        "_raises",
        "_stream",
        "_told",
        "_turns",
    )

    def __init__(
        self,
        dialect: str | Dialect = "auto",
        *,
        max_event_size: int | None = 16777216,
        max_message_size: int | None = 268435456,
        on_error: Literal["raise", "record"] = "raise",
    ) -> None:
        self._dialect = asked(dialect)
        self._max_event_size = as_limit(max_event_size)
        self._max_message_size = as_limit(max_message_size)
        if on_error not in ("raise", "record"):
            raise ValueError(f"on_error is 'raise' or 'record', not {on_error!r}")
        self._raises = on_error == "raise"
        self._turns = Turns()
        self._begin()

    def __init_subclass__(cls) -> NoReturn:
        """Refuse, as the compiled class does."""
        raise TypeError("type 'ssefold.Merger' is not an acceptable base type")

    def __reduce__(self) -> NoReturn:
        """Refuse: a stream in the middle of its bytes is not to be taken elsewhere."""
        raise TypeError("cannot pickle 'ssefold.Merger' object")

    def _begin(self) -> None:
        self._stream = Stream(self._dialect, self._max_event_size, self._max_message_size)
        self._finished = False
        self._told = not self._raises

    def feed(self, data: bytes | bytearray | memoryview) -> list[Delta]:
        r"""Merge the next bytes of the stream, cut anywhere, and return what they changed, in wire order.

        Processes all it was given, then raises the stream's first error, once: MalformedStreamError, StreamLimitError,
        ProviderError or UnknownDialectError, with the deltas of this call in ``.deltas``, the message in ``.merged``.
        Raises ValueError after :meth:`finish`, TypeError for what is not bytes.

        >>> Merger().feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')[1].text
        'Hi'
        """
        return self._take(data, looking=True)

    def observe(self, data: bytes | bytearray | memoryview) -> None:
        r"""Merge the next bytes as :meth:`feed` does, without telling what changed: for proxies and loggers.

        Raises what :meth:`feed` raises.

        >>> merger = Merger()
        >>> merger.observe(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')
        >>> merger.result().text
        'Hi'
        """
        self._take(data, looking=False)

    def _take(self, data: bytes | bytearray | memoryview, *, looking: bool) -> list[Delta]:
        piece = as_bytes(data)
        fed = self._turns.advance(self._feed, piece, looking)
        if fed is None:
            raise ValueError("feed after finish: reset the merger first")
        deltas, failed = fed
        return raise_failure(failed, deltas) if failed else deltas

    def _feed(
        self,
        piece: bytes,
        looking: bool,  # noqa: FBT001 - called by Turns alone
    ) -> tuple[list[Delta], Outcome | None] | None:
        """Return the deltas, and the outcome if it has an error to raise; None where the stream is finished."""
        if self._finished:
            return None
        deltas = self._stream.feed(piece, looking=looking)
        if self._told or self._stream.failure is None:
            return deltas, None
        self._told = True
        return deltas, self._stream.outcome()

    def finish(self) -> list[Delta]:
        r"""Take the end of the stream; return what only the end brought.

        That is a last event without its blank line, and U+FFFD for half a character. Raises the error of the stream
        again, as a fresh exception; IncompleteStreamError if the protocol has not said that the message ended.

        >>> merger = Merger()
        >>> merger.observe(b"data: [DONE]")
        >>> merger.finish()
        []
        """
        deltas, failed = self._turns.advance(self._end)
        return raise_failure(failed, deltas) if failed else deltas

    def _end(self) -> tuple[list[Delta], Outcome | None]:
        deltas = [] if self._finished else self._stream.finish(looking=True)
        self._finished = True
        failed = self._raises and self._stream.failure is not None
        return deltas, self._stream.outcome() if failed else None

    def snapshot(self) -> dict[str, Any] | None:
        r"""Return the message so far as plain dicts and lists, None where nothing came; it never changes afterwards.

        >>> Merger().snapshot() is None
        True
        """
        return self._turns.alone(self._stream.snapshot)

    def result(self) -> Merged:
        r"""Return all that is known now; never raises.

        >>> Merger().result().termination
        'open'
        """
        return self._turns.alone(self._stream.outcome).merged()

    def reset(self) -> None:
        r"""Make ready for another stream, with the same settings.

        >>> merger = Merger()
        >>> merger.observe(b"data: [DONE]")
        >>> merger.reset()
        >>> merger.result().termination
        'open'
        """
        self._turns.renew(self._begin)

    def _without_templates(self) -> None:
        """Send every event the full path, from a fresh start: for tests, which compare."""
        self._turns.renew(self._begin)
        self._stream.templates.enabled = False

    @property
    def dialect(self) -> str | None:
        r"""The name of the dialect in use, None until it is known.

        >>> Merger("openai-chat").dialect
        'openai-chat'
        """
        dialect = self._turns.alone(lambda: self._stream.dialect)
        return dialect.name if dialect else None


def raise_failure(outcome: Outcome, deltas: list[Delta]) -> NoReturn:
    """Raise the error of a stream that failed, with all that was merged before it."""
    error = cast("SSEFoldError", outcome.error)
    error.deltas = deltas
    raise error


def merge_many(
    bodies: Sequence[bytes | bytearray | memoryview],
    dialect: str | Dialect = "auto",
    *,
    threads: int | None = None,
    max_event_size: int | None = 16777216,
    max_message_size: int | None = 268435456,
) -> list[Merged]:
    r"""Merge whole streams, each a body, on ``threads`` threads (None: as many as there are cores).

    Never raises for one body: see its ``error``. The compiled core does it without the GIL, the twin on one thread.

    >>> [merged.text for merged in merge_many([b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'])]
    ['Hi']
    """
    chosen, event_size, message_size = asked(dialect), as_limit(max_event_size), as_limit(max_message_size)
    if threads is not None and operator.index(threads) < 1:
        raise ValueError("threads must be at least 1")
    pieces = [as_bytes(body) for body in bodies]
    return [outcome_of(piece, chosen, event_size, message_size).merged() for piece in pieces]


def outcome_of(
    body: bytes, dialect: Compiled | None, max_event_size: int | None, max_message_size: int | None
) -> Outcome:
    """Merge one whole body."""
    stream = Stream(dialect, max_event_size, max_message_size)
    stream.feed(body, looking=False)
    stream.finish(looking=False)
    return stream.outcome()


Merger.__module__ = merge_many.__module__ = "ssefold"
