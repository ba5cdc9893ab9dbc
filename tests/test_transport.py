"""Connections that fail, at any byte and in any way: what came is kept, the client's exception tells, nothing hangs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import FAULTS, FaultServer
from servers import PATIENCE, PiecesServer
from test_sources import (
    ASYNC_CLIENTS,
    CLIENTS,
    over_aiohttp,
    over_async_httpx,
    over_http_client,
    over_httpx,
    over_httpx2,
    over_requests,
    over_urllib,
    over_urllib3,
)
from test_streams import BODY, DONE, ERROR, PIECES, chunk

CASSETTES = Path(__file__).parent / "cassettes"
# Short, and of dialects that end in different ways.
RECORDINGS = ("anthropic_broken__0", "gemini_ends__0", "ollama_lines__1")
# With these a body that is cut looks like one that is whole. `read1` of http.client doesn't look at the length.
SILENT = {"close", "end"}
SILENT_OF = {over_http_client: SILENT | {"length"}, over_urllib: SILENT | {"length"}}
BREAKING = [fault for fault in FAULTS if fault != "stall"]


def whole(api, body: bytes):
    """What is known of a body that ends there."""
    merged = api.merge(body, on_error="record")
    return merged.error, (merged.message, merged.termination, merged.complete, merged.report)


def kept(merged):
    assert merged.error is None
    return merged.message, merged.termination, merged.complete, merged.report


def check(api, body: bytes, sent: int, outcome, *, silent: bool) -> None:
    """Compare what a call returned or raised with the bytes that were sent."""
    error, known = whole(api, body[:sent])
    if isinstance(outcome, api.Merged):
        assert silent or sent == len(body)
        assert error is None
        assert kept(outcome) == known
        return
    received = outcome.merged.report.bytes
    # A reset may overtake what the client has not taken from its socket yet.
    assert received <= sent
    error, known = whole(api, body[:received])
    assert kept(outcome.merged) == known
    if isinstance(outcome, api.SSEFoldError):
        assert silent or isinstance(outcome, api.ProviderError)
        assert (type(outcome), str(outcome)) == (type(error), str(error))
    else:
        assert not silent
        assert isinstance(outcome, (OSError, EOFError)) or type(outcome).__module__.split(".")[0] in {
            "aiohttp",
            "http",
            "httpx",
            "httpx2",
            "urllib3",
        }


@contextlib.contextmanager
def reusing(client):
    """The client with one session for all requests: with a new one for each, most of the time goes to TLS contexts."""
    import httpx
    import httpx2
    import requests
    import urllib3

    made = {
        over_httpx: httpx.Client,
        over_httpx2: httpx2.Client,
        over_requests: requests.Session,
        over_urllib3: urllib3.PoolManager,
    }
    if client not in made:
        yield client
        return
    with made[client]() as session:
        if client is over_requests:
            yield functools.partial(session.get, stream=True, timeout=PATIENCE)
        elif client is over_urllib3:
            yield functools.partial(session.request, "GET", preload_content=False, retries=False)
        else:
            yield functools.partial(session.stream, "GET")


@contextlib.asynccontextmanager
async def reusing_async(client):
    import aiohttp
    import httpx
    import httpx2

    if client is over_aiohttp:
        async with aiohttp.ClientSession() as session:
            yield session.get
        return
    async with (httpx if client is over_async_httpx else httpx2).AsyncClient() as session:
        yield functools.partial(session.stream, "GET")


def merged_of(api, client, url: str):
    try:
        with client(url) as response:
            return api.merge(response)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is judged
        return error


async def amerged_of(api, client, url: str):
    try:
        async with client(url) as response:
            return await api.amerge(response)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is judged
        return error


@pytest.mark.parametrize("fault", BREAKING)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_body_that_breaks_off(api, client, fault):
    silent = fault in SILENT_OF.get(client, SILENT)
    with FaultServer(BODY) as server, reusing(client) as opener:
        for sent in range(0, len(BODY) + 1, 17):
            check(api, BODY, sent, merged_of(api, opener, server.url(fault, sent)), silent=silent)


@pytest.mark.parametrize("fault", BREAKING)
@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_a_body_that_breaks_off_in_asynchronous_code(api, client, fault):
    async def run(server) -> None:
        async with reusing_async(client) as opener:
            for sent in range(0, len(BODY) + 1, 17):
                outcome = await amerged_of(api, opener, server.url(fault, sent))
                check(api, BODY, sent, outcome, silent=fault in SILENT)

    with FaultServer(BODY) as server:
        asyncio.run(run(server))


@pytest.mark.thorough
@pytest.mark.parametrize("name", RECORDINGS)
def test_every_byte_of_a_recording(api, name):
    """Clients and faults take turns."""
    body = (CASSETTES / f"{name}.sse").read_bytes()
    with FaultServer(body) as server, contextlib.ExitStack() as stack:
        openers = [(client, stack.enter_context(reusing(client))) for client in CLIENTS]
        turns = [(*opener, fault) for fault in BREAKING for opener in openers]
        for sent in range(len(body) + 1):
            client, opener, fault = turns[sent % len(turns)]
            silent = fault in SILENT_OF.get(client, SILENT)
            check(api, body, sent, merged_of(api, opener, server.url(fault, sent)), silent=silent)


@pytest.mark.thorough
@pytest.mark.parametrize("name", RECORDINGS)
def test_every_byte_of_a_recording_in_asynchronous_code(api, name):
    body = (CASSETTES / f"{name}.sse").read_bytes()

    async def run(server) -> None:
        async with contextlib.AsyncExitStack() as stack:
            openers = [await stack.enter_async_context(reusing_async(client)) for client in ASYNC_CLIENTS]
            turns = [(opener, fault) for fault in BREAKING for opener in openers]
            for sent in range(len(body) + 1):
                opener, fault = turns[sent % len(turns)]
                outcome = await amerged_of(api, opener, server.url(fault, sent))
                check(api, body, sent, outcome, silent=fault in SILENT)

    with FaultServer(body) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize("fault", ["chunk", "reset"])
def test_deltas_come_before_the_exception(api, fault):
    """Those of an event that the cut left without its blank line too."""
    sent = len(PIECES[0] + PIECES[1]) - 1

    async def exhaust(stream, deltas) -> None:
        async for delta in stream:
            deltas.append(delta)

    async def collect(server, deltas) -> object:
        import httpx

        async with httpx.AsyncClient() as client, client.stream("GET", server.url(fault, sent)) as response:
            stream = api.aiter_deltas(response)
            with pytest.raises(httpx.TransportError) as raised:
                await exhaust(stream, deltas)
            assert response.is_closed
            assert [delta async for delta in stream] == []
        return raised.value, stream.result()

    def collect_sync(server, deltas) -> object:
        import httpx

        with httpx.stream("GET", server.url(fault, sent)) as response:
            stream = api.iter_deltas(response)
            with pytest.raises(httpx.TransportError) as raised:
                deltas.extend(stream)
            assert response.is_closed
            assert list(stream) == []
        return raised.value, stream.result()

    with FaultServer(BODY) as server:
        for call in (lambda into: asyncio.run(collect(server, into)), functools.partial(collect_sync, server)):
            deltas = []
            error, merged = call(deltas)
            assert "".join(delta.text for delta in deltas if delta.kind == "text") == merged.text == "Hello wörld"
            assert (merged.termination, type(merged.error)) == ("eof", api.IncompleteStreamError)
            assert kept(error.merged) == whole(api, BODY[:sent])[1]


def test_events_come_before_the_exception(api):
    import httpx

    seen = []
    with (
        FaultServer(BODY) as server,
        httpx.stream("GET", server.url("reset", len(PIECES[0]) + 5)) as response,
        pytest.raises(httpx.ReadError),
    ):
        seen.extend(event.data for event in api.iter_events(response))
    assert seen == [PIECES[0][6:-2].decode()]


def test_what_a_provider_said_before_the_connection_broke_is_raised(api):
    import httpx

    body = PIECES[0] + ERROR + DONE
    sent = len(body) - 5

    async def run(server) -> None:
        async with httpx.AsyncClient() as client:
            for call in (api.amerge, exhaust):
                async with client.stream("GET", server.url("reset", sent)) as response:
                    with pytest.raises(api.ProviderError, match="overloaded") as raised:
                        await call(response)
                    assert isinstance(raised.value.__context__, httpx.ReadError)

    async def exhaust(response) -> None:
        async for _ in api.aiter_deltas(response):
            pass

    with FaultServer(body) as server:
        asyncio.run(run(server))
        for call in (api.merge, lambda response: list(api.iter_deltas(response))):
            with httpx.stream("GET", server.url("reset", sent)) as response:
                with pytest.raises(api.ProviderError, match="overloaded") as raised:
                    call(response)
                assert isinstance(raised.value.__context__, httpx.ReadError)
                assert raised.value.merged.text == "Hel"


def test_on_error_is_about_the_stream_alone(api):
    """A lost connection passes through where errors are recorded too; what came is whole there already."""
    import httpx

    with FaultServer(BODY) as server:
        for call in (api.merge, lambda response, **options: list(api.iter_deltas(response, **options))):
            with httpx.stream("GET", server.url("chunk", len(BODY) - 1)) as response:
                with pytest.raises(httpx.RemoteProtocolError) as raised:
                    call(response, on_error="record")
                assert raised.value.merged.complete
                assert raised.value.merged.text == "Hello wörld"


def test_any_exception_can_carry_what_was_merged(api):
    @dataclasses.dataclass(frozen=True)
    class LostError(Exception):
        code: int

    def generate() -> Iterator[bytes]:
        yield PIECES[0]
        raise LostError(7)

    with pytest.raises(LostError) as raised:
        api.merge(generate())
    assert raised.value.merged.text == "Hel"

    def passing() -> Iterator[object]:
        yield PIECES[0]
        yield api.merge(PIECES[1])

    with pytest.raises(api.IncompleteStreamError) as raised:
        api.merge(passing())
    assert raised.value.merged.text == "lo wörld"


# Consumers that leave


@pytest.mark.parametrize("client", CLIENTS)
def test_a_consumer_that_leaves_closes_the_response(api, client):
    connected = client is over_http_client
    for leave in (StopIteration, KeyError, KeyboardInterrupt):
        with PiecesServer([PIECES[0]] * 20_000) as server, client(server.url) as response:
            with contextlib.suppress(leave), api.iter_deltas(response) as stream:
                for _ in stream:
                    raise leave
            assert response.closed if connected else server.gone.wait(PATIENCE)


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_a_consumer_of_asynchronous_code_that_leaves_closes_the_response(api, client):
    async def leaving(response, leave) -> None:
        async with api.aiter_deltas(response) as stream:
            async for _ in stream:
                raise leave

    async def run(server) -> None:
        for leave in (KeyError, asyncio.CancelledError):
            server.gone.clear()
            async with client(server.url) as response:
                with contextlib.suppress(leave):
                    await leaving(response, leave)
                assert await asyncio.to_thread(server.gone.wait, PATIENCE)

    with PiecesServer([PIECES[0]] * 20_000) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize("client", CLIENTS)
def test_an_error_in_the_stream_closes_the_response(api, client):
    connected = client is over_http_client
    body = [chunk("Hel"), b"data: {nope}\n\n", *[PIECES[0]] * 20_000]
    for call in (api.merge, lambda response: list(api.iter_deltas(response))):
        with PiecesServer(body) as server, client(server.url) as response:
            with pytest.raises(api.MalformedStreamError):
                call(response)
            assert response.closed if connected else server.gone.wait(PATIENCE)


def test_closing_that_fails_hides_nothing(api):
    class Response:
        def iter_bytes(self) -> Iterator[bytes]:
            yield PIECES[0]
            raise http.client.IncompleteRead(b"")

        def close(self) -> None:
            raise OSError("closed already")

    for call in (
        api.merge,
        lambda response: list(api.iter_deltas(response)),
        lambda response: asyncio.run(api.amerge(response)),
    ):
        with pytest.raises(http.client.IncompleteRead) as raised:
            call(Response())
        assert raised.value.merged.text == "Hel"
