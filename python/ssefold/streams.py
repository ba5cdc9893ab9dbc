"""A byte source → events, deltas or one merged message, sync and async.

In: a source (sources.py). Out: what the backend's EventDecoder or Merger makes of its pieces, as they come. What to
do with a piece, an end or an error is written once, in _Fold; the sync and the async classes differ in how they wait,
and in nothing else. The backend is looked up at each call, so that a test can switch it.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypedDict, TypeVar

from ssefold import _backend
from ssefold.errors import ProviderError, SSEFoldError
from ssefold.sources import AsyncPieces, Pieces
from ssefold.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Unpack

    from ssefold import Delta, Dialect, Event, Merged  # noqa: F401 - two are named in quoted base classes
    from ssefold.sources import AsyncSource, Bytes, Source

Item = TypeVar("Item")
OnError = Literal["raise", "record"]


class Limits(TypedDict, total=False):
    """The bounds of a Merger, in bytes; None is unbounded."""

    max_event_size: int | None
    max_message_size: int | None


class _Fold(Generic[Item]):
    """The items of a stream, piece by piece: no reading, no waiting."""

    __slots__ = ("_carried", "_ended", "_error", "_feed", "_finish", "_ready")

    def __init__(
        self,
        feed: Callable[[Bytes], list[Item]],
        finish: Callable[[], list[Item]],
        carried: Literal["events", "deltas"],
    ) -> None:
        self._feed = feed
        self._finish = finish
        self._carried = carried
        self._ready: Iterator[Item] = iter(())
        self._error: Exception | None = None
        self._ended = False

    def _take(self, piece: Bytes | None) -> None:
        """Decode one piece, or the end (None): the items first, the error after them.

        After an error object the stream is read on to its end, where `finish` raises that error again: what the
        dialect's table still reads (`response.failed`) belongs to the message however the network cut the bytes.
        """
        if self._ended:  # closed while the piece was waited for
            return
        try:
            items = self._finish() if piece is None else self._feed(piece)
        except SSEFoldError as error:
            items = getattr(error, self._carried)
            if piece is None or not isinstance(error, ProviderError):
                self._error = error
        self._ready = iter(items)
        self._ended = piece is None or self._error is not None

    def _lose(self, error: Exception) -> None:
        """End where the source failed: what its last bytes still give comes first, then its own exception."""
        self._take(None)
        if isinstance(self._error, ProviderError):
            # The provider said why before the connection broke.
            self._error.__context__ = error
        else:
            self._error = error
            self._keep(error)

    def _keep(self, error: BaseException) -> None:
        """Attach what was merged."""

    def _stop(self) -> Exception | None:
        """Return the error that is still to be raised, if there is one; nothing follows."""
        error, self._error = self._error, None
        self._ready, self._ended = iter(()), True
        return error


class _Stream(_Fold[Item]):
    """Iterator and context manager over a source of synchronous code."""

    __slots__ = ("_pieces", "_turns")

    def __init__(
        self,
        source: Source,
        feed: Callable[[Bytes], list[Item]],
        finish: Callable[[], list[Item]],
        carried: Literal["events", "deltas"],
    ) -> None:
        super().__init__(feed, finish, carried)
        self._pieces = Pieces(source)
        self._turns = Turns()

    def __iter__(self) -> Self:
        """Return itself."""
        return self

    def __next__(self) -> Item:
        """Return the next item as soon as its bytes are there; after the last one, raise the stream's error, once.

        Threads wait for each other. RuntimeError where the source asks for an item while it is asked for a piece.
        """
        for item in self._ready:
            return item
        return self._turns.alone(self._next)

    def _next(self) -> Item:
        while True:
            for item in self._ready:  # of the piece that was taken, by another thread if this one had to wait
                return item
            if self._ended:
                break
            try:
                piece = next(self._pieces, None)
            except Exception as lost:  # noqa: BLE001 - raised again after what came before it
                self._lose(lost)
            else:
                self._take(piece)
        error = self._stop()
        if error is None:
            raise StopIteration
        # What closing a broken connection raises would hide why it is closed.
        with suppress(Exception):
            self._pieces.close()
        raise error

    def close(self) -> None:
        """Close the source; nothing follows. A second call does nothing."""
        self._stop()
        self._pieces.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the source."""
        self.close()


class _AsyncStream(_Fold[Item]):
    """Asynchronous iterator and context manager over a source."""

    __slots__ = ("_pieces", "_waits")

    def __init__(
        self,
        source: AsyncSource,
        feed: Callable[[Bytes], list[Item]],
        finish: Callable[[], list[Item]],
        carried: Literal["events", "deltas"],
    ) -> None:
        super().__init__(feed, finish, carried)
        self._pieces = AsyncPieces(source)
        self._waits = False

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> Item:
        """Return the next item as soon as its bytes are there; after the last one, raise the stream's error, once.

        RuntimeError where another task waits for an item.
        """
        for item in self._ready:
            return item
        if self._waits:
            raise RuntimeError("another task waits for the next item of this stream")
        self._waits = True
        try:
            return await self._next()
        finally:
            self._waits = False

    async def _next(self) -> Item:
        while not self._ended:
            try:
                piece = await anext(self._pieces, None)
            except Exception as lost:  # noqa: BLE001 - as in _Stream
                self._lose(lost)
            else:
                self._take(piece)
            for item in self._ready:
                return item
        error = self._stop()
        if error is None:
            raise StopAsyncIteration
        with suppress(Exception):
            await self._pieces.aclose()
        raise error

    async def aclose(self) -> None:
        """Close the source; nothing follows. A second call does nothing."""
        self._stop()
        await self._pieces.aclose()

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the source."""
        await self.aclose()


class EventStream(_Stream["Event"]):
    """What :func:`iter_events` returns: iterator and context manager of events."""

    __slots__ = ()

    def __init__(self, source: Source, *, max_event_size: int | None) -> None:
        decoder = _backend.active.EventDecoder(max_event_size=max_event_size)
        super().__init__(source, decoder.feed, decoder.finish, "events")


class AsyncEventStream(_AsyncStream["Event"]):
    """What :func:`aiter_events` returns: asynchronous iterator and context manager of events."""

    __slots__ = ()

    def __init__(self, source: AsyncSource, *, max_event_size: int | None) -> None:
        decoder = _backend.active.EventDecoder(max_event_size=max_event_size)
        super().__init__(source, decoder.feed, decoder.finish, "events")


class DeltaStream(_Stream["Delta"]):
    """What :func:`iter_deltas` returns: iterator and context manager of deltas, with the message so far."""

    __slots__ = ("_merger",)

    def __init__(self, source: Source, dialect: str | Dialect, on_error: OnError, limits: Limits) -> None:
        self._merger = _backend.active.Merger(dialect, on_error=on_error, **limits)
        super().__init__(source, self._merger.feed, self._merger.finish, "deltas")

    def result(self) -> Merged:
        """Return all that is known now, at any time; complete after the last delta. Never raises."""
        merged: Merged = self._merger.result()
        return merged

    def _keep(self, error: BaseException) -> None:
        _keep(self._merger, error)


class AsyncDeltaStream(_AsyncStream["Delta"]):
    """What :func:`aiter_deltas` returns: the same for asynchronous code."""

    __slots__ = ("_merger",)

    def __init__(self, source: AsyncSource, dialect: str | Dialect, on_error: OnError, limits: Limits) -> None:
        self._merger = _backend.active.Merger(dialect, on_error=on_error, **limits)
        super().__init__(source, self._merger.feed, self._merger.finish, "deltas")

    def result(self) -> Merged:
        """Return all that is known now, at any time; complete after the last delta. Never raises."""
        merged: Merged = self._merger.result()
        return merged

    def _keep(self, error: BaseException) -> None:
        _keep(self._merger, error)


def iter_events(source: Source, *, max_event_size: int | None = 16 * 2**20) -> EventStream:
    r"""Yield the events of an event stream as their bytes arrive.

    ``max_event_size`` is in bytes, None is unbounded; one that is larger raises StreamLimitError, after the events
    before it. TypeError for a source of text, or an asynchronous one. What the source raises passes through. An event
    without its blank line at the end is dropped, as the WHATWG rules say: feed an EventDecoder yourself to keep it.

    >>> [event.data for event in iter_events(b"data: 1\n\ndata: 2\n\ndata: 3")]
    ['1', '2']
    """
    return EventStream(source, max_event_size=max_event_size)


def aiter_events(source: AsyncSource, *, max_event_size: int | None = 16 * 2**20) -> AsyncEventStream:
    r"""Yield the events of an event stream as their bytes arrive, in asynchronous code. As :func:`iter_events`.

    A synchronous source that may block is read in a worker thread of asyncio.

    >>> import asyncio
    >>> async def data():
    ...     return [event.data async for event in aiter_events(b"data: 1\n\n")]
    >>> asyncio.run(data())
    ['1']
    """
    return AsyncEventStream(source, max_event_size=max_event_size)


def merge(
    source: Source, dialect: str | Dialect = "auto", *, on_error: OnError = "raise", **limits: Unpack[Limits]
) -> Merged:
    r"""Merge one whole stream into the message that it would have been without streaming.

    ``limits``: ``max_event_size`` and ``max_message_size`` in bytes, None is unbounded. Raises an SSEFoldError, whose
    ``merged`` is all that was merged before it; with ``on_error="record"`` it is the ``error`` of the result instead.
    TypeError for a source of text, or an asynchronous one. What the source itself raises (a lost connection, a timeout)
    passes through, whatever ``on_error`` is, and has all that was merged in its attribute ``merged``, as if the bytes
    had ended there; a ProviderError that came before it is raised in its place. The source is closed then. A response
    of requests is read by its ``raw``, whose exceptions are those of urllib3.

    >>> body = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    >>> merge(body).text
    'Hi'
    """
    merger: Any = _backend.active.Merger(dialect, on_error=on_error, **limits)
    if isinstance(source, bytes):
        merger.observe(source)
        return _finished(merger)
    pieces = Pieces(source)
    try:
        while (piece := _next(pieces, merger)) is not None:
            _observe(merger, piece)
    except BaseException:
        # What closing a broken connection raises would hide why it is closed.
        with suppress(Exception):
            pieces.close()
        raise
    return _finished(merger)


async def amerge(
    source: AsyncSource, dialect: str | Dialect = "auto", *, on_error: OnError = "raise", **limits: Unpack[Limits]
) -> Merged:
    r"""Merge one whole stream in asynchronous code. As :func:`merge`.

    A cancellation has all that was merged in its ``merged`` too: of the TimeoutError of asyncio it is the cause. A
    synchronous source that may block is read in a worker thread of asyncio, which can't be broken off: give its client
    a timeout. Of a large body others get their turn every 256 KiB; a single event is not divided.

    >>> import asyncio
    >>> body = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    >>> asyncio.run(amerge(body)).text
    'Hi'
    """
    merger: Any = _backend.active.Merger(dialect, on_error=on_error, **limits)
    pieces = AsyncPieces(source)
    try:
        while (piece := await _anext(pieces, merger)) is not None:
            _observe(merger, piece)
    except BaseException:
        with suppress(Exception):
            await pieces.aclose()
        raise
    return _finished(merger)


def _next(pieces: Pieces, merger: Any) -> Bytes | None:
    try:
        return next(pieces, None)
    except BaseException as error:
        _lose(merger, error)
        raise


async def _anext(pieces: AsyncPieces, merger: Any) -> Bytes | None:
    try:
        return await anext(pieces, None)
    except BaseException as error:
        _lose(merger, error)
        raise


def _lose(merger: Any, error: BaseException) -> None:
    """End where the source failed or was left; a provider that said why before is heard, as in _Fold._lose."""
    try:
        merger.finish()
    except ProviderError as told:
        if isinstance(error, Exception):
            told.__context__ = error
            raise
    except SSEFoldError:
        pass
    _keep(merger, error)


def _keep(merger: Any, error: BaseException) -> None:
    """Attach what was merged to the exception of another: in its `merged`, as in an SSEFoldError."""
    merged: Merged = merger.result()
    if merged.error is not None and merged.error.merged is not None:
        merged = merged.error.merged
    # Another's that is raised again, as a mock's is, has what an earlier stream had; an SSEFoldError is of its own one.
    if not isinstance(error, SSEFoldError) or error.merged is None:
        # Not by setattr, which an exception may refuse (a frozen dataclass).
        error.__dict__["merged"] = merged


def _observe(merger: Any, piece: Bytes) -> None:
    try:
        merger.observe(piece)
    except ProviderError:
        # As in _Fold._take: read on, `finish` raises it again.
        return


def _finished(merger: Any) -> Merged:
    merger.finish()
    merged: Merged = merger.result()
    return merged


def iter_deltas(
    source: Source, dialect: str | Dialect = "auto", *, on_error: OnError = "raise", **limits: Unpack[Limits]
) -> DeltaStream:
    r"""Yield what changes in the message as the bytes arrive.

    The stream is an iterator and a context manager; closing it closes the source. Its ``result()`` is the message so
    far, at any time. Options and errors as in :func:`merge`, but that all deltas come before the error. Leave it by its
    ``with`` block or ``close``: a loop that breaks off leaves the source open, for it is the caller's.

    >>> body = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    >>> with iter_deltas(body) as stream:
    ...     print([delta.text for delta in stream if delta.kind == "text"])
    ['Hi']
    >>> stream.result().complete
    True
    """
    return DeltaStream(source, dialect, on_error, limits)


def aiter_deltas(
    source: AsyncSource, dialect: str | Dialect = "auto", *, on_error: OnError = "raise", **limits: Unpack[Limits]
) -> AsyncDeltaStream:
    r"""Yield what changes in the message as the bytes arrive, in asynchronous code. As :func:`iter_deltas`.

    A read that is cancelled can be taken up again where the source allows that. A synchronous source that may block is
    read in a worker thread of asyncio, as :func:`amerge` says.

    >>> import asyncio
    >>> body = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    >>> async def texts():
    ...     async with aiter_deltas(body) as stream:
    ...         return [delta.text async for delta in stream if delta.kind == "text"]
    >>> asyncio.run(texts())
    ['Hi']
    """
    return AsyncDeltaStream(source, dialect, on_error, limits)
