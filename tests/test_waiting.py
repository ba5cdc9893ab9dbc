"""Sources that keep one waiting: timeouts and cancellation are honoured, and the event loop is never blocked."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import threading
import urllib.request
from collections.abc import AsyncIterator, Iterator

import pytest

from faults import FaultServer
from servers import PATIENCE, PiecesServer
from ssefold.sources import TURN_SIZE, AsyncPieces
from test_streams import BODY, ERROR, PIECES, chunk, texts

SENT = len(PIECES[0]) + 5
BRIEFLY = 0.3  # seconds: a timeout that is to pass, while the first piece comes in time on a busy machine


@contextlib.contextmanager
def slow_httpx(url):
    import httpx

    with httpx.stream("GET", url, timeout=httpx.Timeout(PATIENCE, read=BRIEFLY)) as response:
        yield response


@contextlib.contextmanager
def slow_requests(url):
    import requests

    with requests.get(url, stream=True, timeout=(PATIENCE, BRIEFLY)) as response:
        yield response


@contextlib.contextmanager
def slow_urllib3(url):
    import urllib3

    with urllib3.PoolManager(timeout=urllib3.Timeout(connect=PATIENCE, read=BRIEFLY)) as pool:
        response = pool.request("GET", url, preload_content=False, retries=False)
        yield response
        response.close()


@contextlib.contextmanager
def slow_urllib(url):
    with urllib.request.urlopen(url, timeout=BRIEFLY) as response:  # noqa: S310 - the URL is the test's
        yield response


@contextlib.contextmanager
def slow_http_client(url):
    host, path = url.removeprefix("http://").split("/", 1)
    connection = http.client.HTTPConnection(host, timeout=BRIEFLY)
    connection.request("GET", f"/{path}")
    with connection.getresponse() as response:
        yield response
    connection.close()


@contextlib.asynccontextmanager
async def slow_async_httpx(url):
    import httpx

    timeout = httpx.Timeout(PATIENCE, read=BRIEFLY)
    async with httpx.AsyncClient(timeout=timeout) as client, client.stream("GET", url) as response:
        yield response


@contextlib.asynccontextmanager
async def slow_aiohttp(url):
    import aiohttp

    timeout = aiohttp.ClientTimeout(sock_read=BRIEFLY)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
        yield response


SLOW = [slow_httpx, slow_requests, slow_urllib3, slow_urllib, slow_http_client]
SLOW_ASYNC = [slow_async_httpx, slow_aiohttp]


@contextlib.asynccontextmanager
async def ticking():
    """Count how often the loop comes round while something else is done in it."""
    ticks = [0]

    async def tick() -> None:
        while True:
            ticks[0] += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(tick())
    await asyncio.sleep(0)
    yield ticks
    task.cancel()


# The clients' own timeouts


@pytest.mark.parametrize("client", SLOW)
def test_a_read_that_times_out(api, client):
    with FaultServer(BODY) as server:
        with (
            client(server.url("stall", SENT)) as response,
            pytest.raises(Exception, match=r"(?i)timed? ?out") as raised,
        ):
            api.merge(response)
        assert raised.value.merged.text == "Hel"
        assert raised.value.merged.termination == "eof"
        with client(server.url("stall", SENT)) as response:
            stream, deltas = api.iter_deltas(response), []
            with pytest.raises(Exception, match=r"(?i)timed? ?out"):
                deltas.extend(stream)
            assert texts(deltas) == [stream.result().text] == ["Hel"]
        assert not server.let_go.is_set()


@pytest.mark.parametrize("client", [*SLOW, *SLOW_ASYNC])
def test_a_read_of_asynchronous_code_that_times_out(api, client):
    async def run(server) -> None:
        async with contextlib.AsyncExitStack() as stack:
            entered = client(server.url("stall", SENT))
            if client in SLOW_ASYNC:
                response = await stack.enter_async_context(entered)
            else:
                response = stack.enter_context(entered)
            with pytest.raises(Exception, match=r"(?i)timed? ?out|^$") as raised:
                await api.amerge(response)
            assert "imeout" in type(raised.value).__name__
            assert raised.value.merged.text == "Hel"
            assert not server.let_go.is_set()

    with FaultServer(BODY) as server:
        asyncio.run(run(server))


# Cancellation


def test_a_timeout_of_asyncio(api):
    async def run(server) -> None:
        import aiohttp

        async with aiohttp.ClientSession() as session, session.get(server.url("stall", SENT)) as response:
            with pytest.raises(TimeoutError) as raised:
                async with asyncio.timeout(BRIEFLY):
                    await api.amerge(response)
            assert isinstance(raised.value.__cause__, asyncio.CancelledError)
            assert raised.value.__cause__.merged.text == "Hel"
            assert response.closed

    with FaultServer(BODY) as server:
        asyncio.run(run(server))


def test_a_cancellation_is_no_error_of_the_provider(api):
    """What the provider said before is in the message's termination; who cancels gets the cancellation."""

    async def generate() -> AsyncIterator[bytes]:
        yield PIECES[0] + ERROR
        await asyncio.sleep(PATIENCE)

    async def run() -> None:
        task = asyncio.create_task(api.amerge(generate()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await task
        assert (raised.value.merged.text, raised.value.merged.termination) == ("Hel", "error")

    asyncio.run(run())


def test_a_read_in_a_thread_does_not_hold_up_a_cancellation(api):
    """The thread can't be interrupted: it closes the response when its read returns."""

    async def run(server, response) -> None:
        with pytest.raises(TimeoutError) as raised:
            async with asyncio.timeout(BRIEFLY):
                await api.amerge(response)
        assert raised.value.__cause__.merged.text == "Hel"
        assert not server.let_go.is_set()
        assert not response.closed
        server.release()

    with FaultServer(BODY) as server, urllib.request.urlopen(server.url("stall", SENT)) as response:  # noqa: S310 - ours
        # The end of the loop waits for its threads.
        asyncio.run(run(server, response))
        assert response.closed


def test_what_a_cancelled_read_was_given_is_not_lost(api):
    """The next one gets it: a consumer may wait for each delta with a timeout of its own."""
    proceed = threading.Event()

    def generate() -> Iterator[bytes]:
        yield PIECES[0]
        for piece in PIECES[1:]:
            assert proceed.wait(PATIENCE)
            yield piece

    async def run() -> None:
        seen = []
        async with api.aiter_deltas(generate()) as stream:
            for _ in range(3):
                with contextlib.suppress(TimeoutError):
                    while True:
                        seen.append(await asyncio.wait_for(anext(stream), BRIEFLY))
            assert texts(seen) == ["Hel"]
            proceed.set()
            seen.extend([delta async for delta in stream])
            assert texts(seen) == ["Hel", "lo wörld"]
            assert stream.result().complete

    asyncio.run(run())


def test_a_read_that_is_given_up_and_fails_is_closed_in_silence(api, caplog):
    proceed, closed = threading.Event(), threading.Event()

    class Response:
        def iter_bytes(self) -> Iterator[bytes]:
            yield PIECES[0]
            assert proceed.wait(PATIENCE)
            raise http.client.IncompleteRead(b"")

        def close(self) -> None:
            closed.set()
            raise OSError("closed already")

    async def run() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(api.amerge(Response()), BRIEFLY)
        assert not closed.is_set()
        proceed.set()
        assert await asyncio.to_thread(closed.wait, PATIENCE)

    asyncio.run(run())
    assert caplog.records == []


# The event loop


@pytest.mark.parametrize(
    "make", [bytes, bytearray, memoryview, lambda body: [body], lambda body: memoryview(body)[::1]]
)
def test_a_large_body_lets_others_run(api, make):
    body = b"".join([*[chunk("some text")] * 20_000, *PIECES[2:]])

    async def run() -> None:
        async with ticking() as ticks:
            assert (await api.amerge(make(body))).text == "some text" * 20_000
            assert ticks[0] > len(body) // TURN_SIZE
        async with ticking() as ticks, api.aiter_deltas(make(body)) as stream:
            assert "".join([delta.text async for delta in stream if delta.kind == "text"]) == "some text" * 20_000
            assert ticks[0] > len(body) // TURN_SIZE
        async with ticking() as ticks:
            assert len([event async for event in api.aiter_events(make(body))]) == 20_002
            assert ticks[0] > len(body) // TURN_SIZE

    asyncio.run(run())


def test_many_small_pieces_let_others_run(api):
    async def always_there() -> AsyncIterator[bytes]:
        for _ in range(5_000):
            yield b""
        yield BODY

    async def run() -> None:
        for source in (always_there(), [b""] * 5_000 + [BODY]):
            async with ticking() as ticks:
                assert (await api.amerge(source)).text == "Hello wörld"
                assert ticks[0] > 3

    asyncio.run(run())


def test_a_short_body_is_merged_without_a_turn(api):
    """Nine in ten are shorter than a turn: nothing is paid for the tenth."""

    async def run() -> None:
        async with ticking() as ticks:
            assert (await api.amerge(BODY)).text == "Hello wörld"
            assert ticks[0] == 1

    asyncio.run(run())


def test_the_parts_of_a_large_piece():
    piece = bytes(range(256)) * 4096

    async def run(source) -> None:
        pieces = AsyncPieces(source)
        parts = [bytes(await anext(pieces)) for _ in range(3)]
        assert [len(part) for part in parts] == [TURN_SIZE] * 3
        assert b"".join([*parts, *[bytes(part) async for part in pieces]]) == piece
        closing = AsyncPieces(source)
        await anext(closing)
        await closing.aclose()
        assert [part async for part in closing] == []

    asyncio.run(run(piece))
    asyncio.run(run([memoryview(piece).cast("H")]))
    asyncio.run(run([memoryview(piece + piece[::-1])[: len(piece)]]))


# Another loop


def test_trio(api):
    import httpx
    import trio

    async def run(server, large) -> None:
        async with httpx.AsyncClient() as client:
            async with client.stream("GET", server.url) as response:
                assert (await api.amerge(response)).text == "Hello wörld"
            async with client.stream("GET", server.url) as response, api.aiter_deltas(response) as stream:
                assert texts([delta async for delta in stream]) == ["Hel", "lo wörld"]
            async with client.stream("GET", server.url) as response:
                assert len([event async for event in api.aiter_events(response)]) == 4
        assert (await api.amerge(large)).text == "some text" * 20_000

    with PiecesServer(PIECES) as server:
        trio.run(run, server, b"".join([*[chunk("some text")] * 20_000, *PIECES[2:]]))


def test_a_cancellation_of_trio(api):
    import httpx
    import trio

    async def run(server) -> None:
        async with httpx.AsyncClient() as client, client.stream("GET", server.url("stall", SENT)) as response:
            with trio.move_on_after(BRIEFLY) as scope:
                async with api.aiter_deltas(response) as stream:
                    async for _ in stream:
                        pass
            assert scope.cancelled_caught
            assert stream.result().text == "Hel"
            assert response.is_closed

    with FaultServer(BODY) as server:
        trio.run(run, server)
