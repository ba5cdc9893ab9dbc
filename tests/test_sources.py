"""Every kind of source gives its bytes as they arrive; real clients talk to a real server."""

from __future__ import annotations

import asyncio
import bz2
import contextlib
import gzip
import http.client
import io
import os
import socket
import tempfile
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

import pytest

from servers import ENCODINGS, PATIENCE, PiecesServer
from ssefold.sources import AsyncPieces, Pieces, recognise

PIECES = [b"data: first\n\n", "data: zwëi\n\n".encode(), b"data: last\n\n"]
BODY = b"".join(PIECES)


@contextlib.contextmanager
def over_httpx(url):
    import httpx

    with httpx.Client() as client, client.stream("GET", url) as response:
        yield response


@contextlib.contextmanager
def over_httpx2(url):
    import httpx2

    with httpx2.Client() as client, client.stream("GET", url) as response:
        yield response


@contextlib.contextmanager
def over_requests(url):
    import requests

    with requests.Session() as session, session.get(url, stream=True, timeout=PATIENCE) as response:
        yield response


@contextlib.contextmanager
def over_urllib3(url):
    import urllib3

    with urllib3.PoolManager() as pool:
        response = pool.request("GET", url, preload_content=False, headers={"Accept-Encoding": "gzip"})
        yield response
        response.close()


@contextlib.contextmanager
def over_http_client(url):
    host, path = url.removeprefix("http://").split("/", 1)
    connection = http.client.HTTPConnection(host, timeout=PATIENCE)
    connection.request("GET", f"/{path}")
    with connection.getresponse() as response:
        yield response
    connection.close()


@contextlib.contextmanager
def over_urllib(url):
    with urllib.request.urlopen(url, timeout=PATIENCE) as response:  # noqa: S310 - the URL is the test's
        yield response


@contextlib.asynccontextmanager
async def over_async_httpx(url):
    import httpx

    async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
        yield response


@contextlib.asynccontextmanager
async def over_async_httpx2(url):
    import httpx2

    async with httpx2.AsyncClient() as client, client.stream("GET", url) as response:
        yield response


@contextlib.asynccontextmanager
async def over_aiohttp(url):
    import aiohttp

    async with aiohttp.ClientSession() as session, session.get(url) as response:
        yield response


DECODING = [over_httpx, over_httpx2, over_requests, over_urllib3]
CLIENTS = [*DECODING, over_http_client, over_urllib]
ASYNC_CLIENTS = [over_async_httpx, over_async_httpx2, over_aiohttp]


async def gathered(source):
    return [bytes(piece) async for piece in AsyncPieces(source)]


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_live_body_is_handed_on_as_it_arrives(client, framing):
    with PiecesServer(PIECES, hold=True, framing=framing) as server, client(server.url) as response:
        pieces = Pieces(response)
        assert next(pieces) == PIECES[0]
        assert not server.proceed.is_set()
        server.proceed.set()
        assert b"".join(pieces) == BODY[len(PIECES[0]) :]


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("client", DECODING)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_live_body_is_decoded_as_it_arrives(client, framing, encoding):
    with PiecesServer(PIECES, hold=True, encoding=encoding, framing=framing) as server, client(server.url) as response:
        pieces = Pieces(response)
        assert next(pieces) == PIECES[0]
        server.proceed.set()
        assert b"".join(pieces) == BODY[len(PIECES[0]) :]


@pytest.mark.parametrize("encoding", ["", *ENCODINGS])
@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_a_live_body_is_handed_on_as_it_arrives_to_asynchronous_code(client, framing, encoding):
    async def run(server) -> None:
        async with client(server.url) as response:
            pieces = AsyncPieces(response)
            assert await anext(pieces) == PIECES[0]
            server.proceed.set()
            assert b"".join([bytes(piece) async for piece in pieces]) == BODY[len(PIECES[0]) :]

    with PiecesServer(PIECES, hold=True, encoding=encoding, framing=framing) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize("client", CLIENTS)
def test_a_blocking_response_does_not_block_the_loop(client):
    async def run(server) -> None:
        with client(server.url) as response:
            pieces = AsyncPieces(response)
            assert await anext(pieces) == PIECES[0]
            rest = asyncio.create_task(gather(pieces))
            # The read waits for the server, and the loop goes on.
            await asyncio.sleep(0.05)
            assert not rest.done()
            server.proceed.set()
            assert await rest == BODY[len(PIECES[0]) :]
            await pieces.aclose()

    async def gather(pieces: AsyncPieces) -> bytes:
        return b"".join([bytes(piece) async for piece in pieces])

    with PiecesServer(PIECES, hold=True) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize("client", CLIENTS)
def test_closing_closes_the_response(client):
    # A response of http.client can't close the connection that it came by.
    connected = client is over_http_client
    many = [b"data: x\n\n" * 1000] * 2000
    with PiecesServer(many) as server, client(server.url) as response:
        pieces = Pieces(response)
        next(pieces)
        pieces.close()
        assert list(pieces) == []
        pieces.close()
        assert response.closed if connected else server.gone.wait(PATIENCE)


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_closing_closes_the_asynchronous_response(client):
    async def run(server) -> None:
        async with client(server.url) as response:
            pieces = AsyncPieces(response)
            await anext(pieces)
            await pieces.aclose()
            assert [piece async for piece in pieces] == []
            await pieces.aclose()
            assert await asyncio.to_thread(server.gone.wait, PATIENCE)

    with PiecesServer([b"data: x\n\n" * 1000] * 2000) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize("client", CLIENTS)
def test_a_cut_connection_is_the_clients_exception(client):
    with PiecesServer(PIECES, cut=True) as server, client(server.url) as response:
        pieces = Pieces(response)
        assert next(pieces).startswith(PIECES[0])
        with pytest.raises(Exception, match=r"(?i)incomplete|peer closed"):
            list(pieces)


def test_a_body_that_was_read_already():
    import httpx
    import requests
    import urllib3

    with PiecesServer(PIECES, encoding="gzip") as server:
        assert b"".join(Pieces(httpx.get(server.url))) == BODY
        assert b"".join(Pieces(requests.get(server.url, timeout=PATIENCE))) == BODY
        with urllib3.PoolManager() as pool:
            assert b"".join(Pieces(pool.request("GET", server.url))) == BODY
        assert b"".join(asyncio.run(gathered(httpx.get(server.url)))) == BODY


@pytest.mark.parametrize("encoding", ["", "gzip"])
@pytest.mark.parametrize("client", [over_urllib3, over_requests])
def test_urllib3_without_read1(monkeypatch, client, encoding):
    """Version 1 has none."""
    import urllib3

    for kind in (urllib3.HTTPResponse, urllib3.BaseHTTPResponse):
        monkeypatch.delattr(kind, "read1")
    with PiecesServer(PIECES, hold=True, encoding=encoding) as server, client(server.url) as response:
        pieces = Pieces(response)
        assert next(pieces) == PIECES[0]
        server.proceed.set()
        assert b"".join(pieces) == BODY[len(PIECES[0]) :]


def test_requests_without_urllib3(tmp_path):
    """An adapter of requests may hand out any file as `raw`."""
    import requests

    (tmp_path / "body").write_bytes(BODY)
    response = requests.Response()
    with (tmp_path / "body").open("rb") as file:
        response.raw = file
        assert b"".join(Pieces(response)) == BODY


def files(folder: Path) -> Iterator[IO[bytes]]:
    (folder / "body").write_bytes(BODY)
    (folder / "body.gz").write_bytes(gzip.compress(BODY))
    (folder / "body.bz2").write_bytes(bz2.compress(BODY))
    yield (folder / "body").open("rb")
    yield (folder / "body").open("rb", buffering=0)
    yield (folder / "body").open("r+b")
    yield gzip.open(folder / "body.gz")  # noqa: SIM115 - closed by the test
    yield bz2.open(folder / "body.bz2")  # noqa: SIM115 - closed by the test
    yield io.BytesIO(BODY)
    for make in (tempfile.TemporaryFile, tempfile.SpooledTemporaryFile):
        temporary = make()
        temporary.write(BODY)
        temporary.seek(0)
        yield temporary


def test_files(tmp_path):
    for file in files(tmp_path):
        pieces = Pieces(file)
        assert b"".join(pieces) == BODY, file
        assert not file.closed
        pieces.close()
        assert file.closed
    for file in files(tmp_path):
        assert b"".join(asyncio.run(gathered(file))) == BODY, file
        file.close()


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_socket_gives_what_has_arrived(buffering):
    ours, theirs = socket.socketpair()
    with ours, theirs, ours.makefile("rb", buffering=buffering) as file:
        pieces = Pieces(file)
        for piece in PIECES:
            theirs.sendall(piece)
            assert next(pieces) == piece
        theirs.close()
        assert list(pieces) == []


def test_a_pipe_gives_what_has_arrived():
    read, write = os.pipe()
    with os.fdopen(read, "rb") as file:
        pieces = Pieces(file)
        for piece in PIECES:
            os.write(write, piece)
            assert next(pieces) == piece
        os.close(write)
        assert list(pieces) == []


@pytest.mark.parametrize(
    "source",
    [BODY, bytearray(BODY), memoryview(BODY), PIECES, tuple(PIECES), map(bytes, PIECES), [bytearray(BODY)], {BODY: 1}],
)
def test_bytes_and_iterables_of_bytes(source):
    assert b"".join(Pieces(source)) == BODY


@pytest.mark.parametrize("source", [BODY, bytearray(BODY), PIECES, iter(PIECES), (piece for piece in PIECES)])
def test_bytes_and_iterables_of_bytes_in_asynchronous_code(source):
    assert b"".join(asyncio.run(gathered(source))) == BODY


def test_an_asyncio_stream_reader_gives_what_has_arrived():
    async def run() -> list[bytes]:
        reader = asyncio.StreamReader()
        pieces = AsyncPieces(reader)
        for piece in (b"data: no newline yet", b" and none"):
            reader.feed_data(piece)
            assert await anext(pieces) == piece
        reader.feed_eof()
        return [piece async for piece in pieces]

    assert asyncio.run(run()) == []


def test_a_generator_is_closed():
    closed = []

    def generate() -> Iterator[bytes]:
        try:
            yield from PIECES
        finally:
            closed.append("generator")

    pieces = Pieces(generate())
    next(pieces)
    pieces.close()
    assert closed == ["generator"]

    async def generate_async() -> AsyncIterator[bytes]:
        try:
            for piece in PIECES:
                yield piece
        finally:
            closed.append("async generator")

    async def run(source) -> None:
        pieces = AsyncPieces(source)
        await anext(pieces)
        await pieces.aclose()

    asyncio.run(run(generate_async()))
    assert closed == ["generator", "async generator"]
    asyncio.run(run(generate()))
    assert closed == ["generator", "async generator", "generator"]


def test_a_close_that_is_a_coroutine_is_awaited():
    """As the openai SDK's AsyncAPIResponse: `iter_bytes` and `close`, both asynchronous."""
    closed = []

    class Response:
        async def iter_bytes(self) -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece

        async def close(self) -> None:
            closed.append(self)

    async def run() -> None:
        pieces = AsyncPieces(Response())
        assert b"".join([bytes(piece) async for piece in pieces]) == BODY
        await pieces.aclose()

    asyncio.run(run())
    assert closed
    with pytest.raises(TypeError, match="is asynchronous: use amerge, aiter_deltas or aiter_events"):
        Pieces(Response())


def test_a_response_that_is_asynchronous_alone():
    class Response:
        async def aiter_bytes(self) -> AsyncIterator[bytes]:
            for piece in PIECES:
                yield piece

    assert asyncio.run(gathered(Response())) == PIECES
    with pytest.raises(TypeError, match="is asynchronous"):
        Pieces(Response())


@pytest.mark.parametrize("source", ["data: 1", io.StringIO("data: 1")])
def test_text_is_no_source(source):
    for asynchronous in (False, True):
        with pytest.raises(TypeError, match='gives bytes, not text: encode it, or open the file with mode "rb"'):
            recognise(source, asynchronous=asynchronous)


def test_a_text_file_is_no_source(tmp_path):
    (tmp_path / "body").write_bytes(BODY)
    with (tmp_path / "body").open(encoding="utf-8") as file, pytest.raises(TypeError, match="not text"):
        Pieces(file)


@pytest.mark.parametrize("source", [["data: 1"], {"data": 1}, (text for text in ["data: 1"])])
def test_pieces_of_text_are_refused(source):
    with pytest.raises(TypeError, match="gives bytes, not text"):
        list(Pieces(source))
    with pytest.raises(TypeError, match="gives bytes, not text"):
        asyncio.run(gathered(["data: 1"]))


@pytest.mark.parametrize("source", [[1], [None], [BODY, 3.5]])
def test_pieces_that_are_no_bytes_are_refused(source):
    with pytest.raises(TypeError, match=r"gives bytes, not (int|NoneType|float)"):
        list(Pieces(source))


@pytest.mark.parametrize("source", [None, 7, object(), Path("body.sse")])
def test_what_gives_no_bytes_is_no_source(source):
    for make in (Pieces, AsyncPieces):
        with pytest.raises(TypeError, match=r"a source is bytes, a binary file, .* not "):
            make(source)


def test_an_asynchronous_source_is_refused_by_synchronous_code():
    async def generate() -> AsyncIterator[bytes]:
        yield BODY

    generator = generate()
    with pytest.raises(TypeError, match="async_generator is asynchronous: use amerge"):
        Pieces(generator)


def test_a_blocking_source_outside_asyncio_is_refused():
    """Trio's and curio's loops drive coroutines as this test does."""
    step = AsyncPieces(map(bytes, PIECES)).__anext__()
    with pytest.raises(TypeError, match="read in a thread of asyncio"):
        step.send(None)
    with pytest.raises(StopIteration) as returned:
        AsyncPieces(PIECES).__anext__().send(None)
    assert returned.value.value == PIECES[0]


def test_closing_waits_for_a_read_in_a_thread():
    entered, leave = threading.Event(), threading.Event()

    def generate() -> Iterator[bytes]:
        yield PIECES[0]
        entered.set()
        assert leave.wait(PATIENCE)
        yield PIECES[1]

    async def run() -> None:
        pieces = AsyncPieces(generate())
        await anext(pieces)
        read = asyncio.create_task(pieces.__anext__())
        await asyncio.to_thread(entered.wait, PATIENCE)
        read.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await read
        asyncio.get_running_loop().call_later(0.05, leave.set)
        await pieces.aclose()

    asyncio.run(run())
