"""Any byte source → an iterator of its pieces, sync or async, that can be closed.

In: bytes, a binary file, an iterable or async iterable of bytes, an HTTP response. Out: the pieces as they arrive. A
source is recognised by what it can do, so no HTTP library is imported, and a piece is never held back to fill a
buffer: `read1` and `iter_bytes()` return what the network delivered, where `read(n)` and `iter_content(8192)` wait
for more.
"""

from __future__ import annotations

import inspect
import io
import zlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeAlias

from ssefold.worker import Worker, turn

PIECE_SIZE = 65_536
"""The most that is asked of a reader at once, in bytes: the capacity of a pipe on Linux."""
TURN_SIZE = 262_144
"""Bytes after which asynchronous code lets others run: a millisecond of the core, some ten of the twin."""
_PIECE_COST = 256  # what a piece counts for besides its bytes, so that a million empty ones give turns too

Bytes: TypeAlias = bytes | bytearray | memoryview
_AnyIterator: TypeAlias = Iterator[Any] | AsyncIterator[Any]


_END = object()


class _SupportsRead(Protocol):
    """A binary file, or a response of `http.client` and urllib3."""

    def read(self, size: int, /) -> bytes: ...


class _SupportsIterBytes(Protocol):
    """A response of httpx."""

    def iter_bytes(self) -> Iterator[bytes]: ...


class _SupportsAiterBytes(Protocol):
    """A response of an `httpx.AsyncClient`."""

    def aiter_bytes(self) -> AsyncIterator[bytes]: ...


class _SupportsAsyncRead(Protocol):
    """An `asyncio.StreamReader`."""

    async def read(self, size: int, /) -> bytes: ...


class _SupportsIterAny(Protocol):
    """The `content` of a response of aiohttp."""

    def iter_any(self) -> AsyncIterator[bytes]: ...


class _SupportsContent(Protocol):
    """A response of aiohttp."""

    @property
    def content(self) -> _SupportsIterAny: ...


Source: TypeAlias = Bytes | _SupportsRead | _SupportsIterBytes | Iterable[Bytes]
AsyncSource: TypeAlias = (
    Source | _SupportsAiterBytes | _SupportsAsyncRead | _SupportsContent | _SupportsIterAny | AsyncIterable[Bytes]
)


class Body(NamedTuple):
    """A recognised source: its pieces, what closes it, and whether taking a piece may wait for a disk or a network."""

    pieces: _AnyIterator
    close: Callable[[], Any]
    waits: bool


class Pieces:
    r"""The pieces of a source, for synchronous code.

    Raises TypeError for a source that is asynchronous, is text, or is none.

    >>> list(Pieces([b"data: 1", b"\n\n"]))
    [b'data: 1', b'\n\n']
    >>> list(Pieces("data: 1"))
    Traceback (most recent call last):
    TypeError: a source gives bytes, not text: encode it, or open the file with mode "rb"
    """

    __slots__ = ("_body", "_closed", "_pieces")

    def __init__(self, source: Source) -> None:
        self._body = recognise(source, asynchronous=False)
        if not isinstance(self._body.pieces, Iterator):
            message = f"{_name(source)} is asynchronous: use amerge, aiter_deltas or aiter_events"
            raise TypeError(message)
        self._pieces: Iterator[Any] = self._body.pieces
        self._closed = False

    def __iter__(self) -> Pieces:
        """Return itself."""
        return self

    def __next__(self) -> Bytes:
        """Return the next piece as soon as it is there."""
        if self._closed:
            raise StopIteration
        return _checked(next(self._pieces))

    def close(self) -> None:
        """Close the source; nothing follows. A second call does nothing."""
        if not self._closed:
            self._closed = True
            self._body.close()


class AsyncPieces:
    r"""The pieces of a source, for asynchronous code; a source that blocks is read in a worker thread of asyncio.

    Raises TypeError for a source that is text or is none, and for one that blocks where no asyncio loop runs (trio).

    >>> import asyncio
    >>> async def pieces():
    ...     return [piece async for piece in AsyncPieces([b"data: 1", b"\n\n"])]
    >>> asyncio.run(pieces())
    [b'data: 1', b'\n\n']
    """

    __slots__ = ("_anext", "_body", "_closed", "_rest", "_spent", "_worker")

    def __init__(self, source: AsyncSource) -> None:
        self._body = recognise(source, asynchronous=True)
        pieces = self._body.pieces
        self._worker: Worker | None = None
        self._anext: Callable[[], Awaitable[Any]]
        if isinstance(pieces, Iterator):
            self._anext = partial(self._next, pieces)
            if self._body.waits:
                self._worker = Worker(partial(next, pieces, _END), self._body.close)
        else:
            self._anext = pieces.__anext__
        self._closed = False
        self._rest: memoryview | None = None  # of a large piece
        self._spent = 0

    def __aiter__(self) -> AsyncPieces:
        """Return itself."""
        return self

    async def __anext__(self) -> Bytes:
        """Return the next piece as soon as it is there; a large one in parts, with turns for others between."""
        if self._spent >= TURN_SIZE:
            self._spent = 0
            await turn()
        if self._closed:
            raise StopAsyncIteration
        piece = _checked(await self._anext()) if self._rest is None else self._rest
        size = piece.nbytes if isinstance(piece, memoryview) else len(piece)
        self._rest = None
        if size > TURN_SIZE:
            view, size = _octets(piece), TURN_SIZE
            piece, self._rest = view[:size], view[size:]
        self._spent += size + _PIECE_COST
        return piece

    async def aclose(self) -> None:
        """Close the source; nothing follows. A second call does nothing.

        Does not wait for a read in a worker thread whose caller was cancelled: that thread closes the source then.
        """
        if self._closed:
            return
        self._closed = True
        if self._worker is not None:
            await self._worker.close()
            return
        # An async generator that is left suspended would be closed by the loop at some later time.
        await _awaited(_method(self._body.pieces, "aclose")())
        await _awaited(self._body.close())

    async def _next(self, pieces: Iterator[Any]) -> Any:
        piece = next(pieces, _END) if self._worker is None else await self._worker.take()
        if piece is _END:
            raise StopAsyncIteration
        return piece


def gunzip(pieces: Iterable[Bytes]) -> Iterator[bytes]:
    r"""Yield the content of gzip data (RFC 1952, also of several members) as it comes, in pieces of bounded size.

    Raises zlib.error where the data is damaged, EOFError where it is cut short, each after all that came before.

    >>> import gzip
    >>> list(gunzip([gzip.compress(b"data: 1"), gzip.compress(b"\n\n")]))
    [b'data: 1', b'\n\n']
    """
    member: Any = None
    first = True
    for piece in pieces:
        data, content = bytes(piece), b""
        while data or len(content) == PIECE_SIZE:
            if member is None:
                # Zero padding may follow a member, as on tapes (gzip(1)).
                data = data if first else data.lstrip(b"\0")
                if not data:
                    break
                member, first = zlib.decompressobj(wbits=31), False
            before = member.copy()
            try:
                content = member.decompress(data, PIECE_SIZE)
            except zlib.error:
                # Of what it had decompressed in this call zlib tells nothing: take it byte by byte, up to the damage.
                with suppress(zlib.error):
                    yield from filter(None, (before.decompress(bytes((byte,))) for byte in data))
                raise
            if content:
                yield content
            data = member.unused_data if member.eof else member.unconsumed_tail
            member = None if member.eof else member
    if member is not None:
        message = "the gzip data is cut short"
        raise EOFError(message)


def recognise(source: Any, *, asynchronous: bool) -> Body:
    """Find out what a source can do. Raises TypeError where that is nothing that gives bytes.

    >>> recognise(b"data: 1", asynchronous=False).waits
    False
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Body(iter((source,)), _nothing, waits=False)
    if isinstance(source, (str, io.TextIOBase)):
        raise _text_error()
    pieces = _response_pieces(source, asynchronous=asynchronous)
    if pieces is None:
        pieces = _iterator(source, asynchronous=asynchronous)
    if isinstance(pieces, AsyncIterator):
        return Body(pieces, _method(source, "aclose", "close"), waits=False)
    return Body(pieces, partial(_close, pieces, source), waits=not isinstance(source, (list, tuple, io.BytesIO)))


def _response_pieces(source: Any, *, asynchronous: bool) -> _AnyIterator | None:
    """Return the pieces of a response or a file, None if it is neither."""
    pieces: Any = None
    # A response of httpx has both methods, whichever client it comes from: its `stream` tells.
    stream = getattr(source, "stream", None)
    waits = hasattr(stream, "__aiter__") and not hasattr(stream, "__iter__")
    unread = waits and not getattr(source, "is_stream_consumed", False)
    if hasattr(source, "aiter_bytes") and (
        unread or (asynchronous and (stream is None or hasattr(stream, "__aiter__")))
    ):
        pieces = source.aiter_bytes()
    elif hasattr(source, "iter_bytes"):
        # The openai SDK's AsyncAPIResponse has an asynchronous method of this name.
        pieces = source.iter_bytes()
    elif hasattr(source, "aiter_bytes"):
        pieces = source.aiter_bytes()
    elif hasattr(source, "raw") and hasattr(source, "iter_content"):
        # requests: without `stream=True` the body is in memory and `raw` is empty.
        pieces = (source.content,) if getattr(source, "_content_consumed", False) else _reader(source.raw)
    else:
        content: Any = source if hasattr(source, "iter_any") else getattr(source, "content", None)
        if hasattr(content, "iter_any"):
            pieces = content.iter_any()
        elif hasattr(source, "read1") or hasattr(source, "read"):
            pieces = _reader(source)
    return None if pieces is None else _iterator(pieces, asynchronous=asynchronous)


def _reader(source: Any) -> _AnyIterator:
    """Read what has arrived: `read1` where there is one, `read` of a raw file, a socket or a coroutine."""
    if hasattr(source, "decode_content") and hasattr(source, "read_chunked"):
        if getattr(source, "closed", False) and not inspect.iscoroutinefunction(source.read):
            # urllib3 with `preload_content=True`, its default: the body is in memory.
            return iter((source.data,))
        if not hasattr(source, "read1"):
            # urllib3 1: `stream` gives the chunks of a chunked body as they arrive.
            return _iterator(source.stream(PIECE_SIZE, decode_content=True), asynchronous=False)
        read = partial(source.read1, PIECE_SIZE, decode_content=True)
    else:
        read = partial(getattr(source, "read1", None) or source.read, PIECE_SIZE)
    return _AsyncReader(read) if inspect.iscoroutinefunction(read.func) else iter(read, b"")


class _AsyncReader:
    """The pieces that a `read` coroutine returns, up to an empty one."""

    __slots__ = ("_read",)

    def __init__(self, read: Callable[[], Any]) -> None:
        self._read = read

    def __aiter__(self) -> _AsyncReader:
        return self

    async def __anext__(self) -> Any:
        piece = await self._read()
        if not piece:
            raise StopAsyncIteration
        return piece


def _iterator(source: Any, *, asynchronous: bool) -> _AnyIterator:
    iterator: _AnyIterator
    if hasattr(source, "__aiter__") and (asynchronous or not hasattr(source, "__iter__")):
        iterator = aiter(source)
        return iterator
    if hasattr(source, "__iter__"):
        iterator = iter(source)
        return iterator
    message = f"a source is bytes, a binary file, an iterable of bytes or an HTTP response, not {_name(source)}"
    raise TypeError(message)


def _checked(piece: Any) -> Bytes:
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return piece
    if isinstance(piece, str):
        raise _text_error()
    message = f"a source gives bytes, not {_name(piece)}"
    raise TypeError(message)


def _text_error() -> TypeError:
    return TypeError('a source gives bytes, not text: encode it, or open the file with mode "rb"')


def _name(value: object) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _nothing() -> None:
    pass


def _method(source: object, *names: str) -> Callable[[], Any]:
    """Return the first of these methods that the source has."""
    for name in names:
        method: Callable[[], Any] | None = getattr(source, name, None)
        if callable(method):
            return method
    return _nothing


def _close(pieces: object, source: object) -> None:
    _method(pieces, "close")()
    if source is not pieces:
        _method(source, "close")()


async def _awaited(result: Any) -> None:
    if hasattr(result, "__await__"):
        await result


def _octets(piece: Bytes) -> memoryview:
    """Look at a piece as bytes, without a copy where that can be."""
    view = memoryview(piece)
    return view.cast("B") if view.c_contiguous else memoryview(bytes(view))
