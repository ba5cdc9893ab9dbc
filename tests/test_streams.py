"""Events, deltas and messages of live streams: sync and async, errors after what came before them, closing."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator

import pytest

from servers import PATIENCE, PiecesServer
from test_sources import ASYNC_CLIENTS, CLIENTS


def chunk(content: str | None = None, **choice: object) -> bytes:
    delta = {} if content is None else {"content": content}
    value = {"id": "c-1", "model": "m", "choices": [{"index": 0, "delta": delta, **choice}]}
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
PIECES = [chunk("Hel"), chunk("lo wörld"), chunk(finish_reason="stop"), DONE]
BODY = b"".join(PIECES)
ERROR = b'data: {"error": {"message": "overloaded", "code": 529}}\n\n'
MALFORMED = b"data: {nope}\n\n"
# An EventStream counts 0 events before it; 70 bytes of data are over the bound.
LARGE = b"data: " + b"x" * 70 + b"\n\n"


async def from_async(pieces):
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece


def texts(deltas):
    return [delta.text for delta in deltas if delta.kind == "text"]


def outcome(call):
    """What a call raised, or what it returned."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is compared
        return error


# Events


@pytest.mark.parametrize("source", [BODY, PIECES, bytearray(BODY), [bytes([byte]) for byte in BODY]])
def test_events(api, source):
    events = list(api.iter_events(source))
    assert [event.data for event in events] == [piece[6:-2].decode() for piece in PIECES]
    assert all(type(event) is api.Event for event in events)

    async def run() -> list[object]:
        return [event async for event in api.aiter_events(source)]

    assert asyncio.run(run()) == events


def test_an_event_without_its_blank_line_is_dropped(api):
    assert [event.data for event in api.iter_events(b"data: 1\n\ndata: 2\n")] == ["1"]


def test_events_come_before_the_limit_error(api):
    expected = ["1", "2"]
    source = [b"data: 1\n\ndata: 2\n\n" + LARGE + b"data: 3\n\n"]
    stream, seen = api.iter_events(source, max_event_size=50), []
    with pytest.raises(api.StreamLimitError) as raised:
        seen.extend(event.data for event in take_all(stream, seen))
    assert seen == expected
    assert raised.value.limit == "max_event_size"
    assert list(stream) == []

    async def run() -> None:
        async for event in api.aiter_events(source, max_event_size=50):
            seen.append(event.data)  # noqa: PERF401 - what came before the error is to stay

    seen.clear()
    with pytest.raises(api.StreamLimitError):
        asyncio.run(run())
    assert seen == expected


def take_all(stream, into):
    """Append the data of each event as it comes, and give nothing: what came before an error stays."""
    for event in stream:
        into.append(event.data)
    return ()


def test_an_unlimited_event(api):
    assert len(list(api.iter_events(LARGE, max_event_size=None))) == 1


@pytest.mark.parametrize("name", ["iter_events", "iter_deltas", "merge", "aiter_events", "aiter_deltas"])
def test_a_wrong_source_is_told_at_the_call(api, name):
    with pytest.raises(TypeError, match="gives bytes, not text"):
        getattr(api, name)("data: 1")


# Live streams


@pytest.mark.parametrize("client", CLIENTS)
def test_the_first_event_comes_before_the_rest_is_sent(api, client):
    with PiecesServer(PIECES, hold=True) as server, client(server.url) as response, api.iter_events(response) as events:
        assert next(events).json()["choices"][0]["delta"] == {"content": "Hel"}
        server.proceed.set()
        assert len(list(events)) == 3


@pytest.mark.parametrize("client", CLIENTS)
def test_the_first_delta_comes_before_the_rest_is_sent(api, client):
    with PiecesServer(PIECES, hold=True) as server, client(server.url) as response, api.iter_deltas(response) as stream:
        assert next(delta.text for delta in stream if delta.kind == "text") == "Hel"
        assert stream.result().text == "Hel"
        assert stream.result().termination == "open"
        server.proceed.set()
        assert texts(stream) == ["lo wörld"]
    assert stream.result().complete


@pytest.mark.parametrize("client", ASYNC_CLIENTS)
def test_the_first_delta_comes_before_the_rest_is_sent_to_asynchronous_code(api, client):
    async def run(server) -> None:
        async with client(server.url) as response, api.aiter_deltas(response) as stream:
            async for delta in stream:
                if delta.kind == "text":
                    break
            assert stream.result().text == "Hel"
            server.proceed.set()
            assert texts([delta async for delta in stream]) == ["lo wörld"]
        assert stream.result().complete
        async with client(server.url) as response:
            assert (await api.amerge(response)).text == "Hello wörld"
        async with client(server.url) as response:
            assert len([event async for event in api.aiter_events(response)]) == 4

    with PiecesServer(PIECES, hold=True) as server:
        asyncio.run(run(server))


@pytest.mark.parametrize("client", CLIENTS)
def test_merge_of_a_live_body(api, client):
    with PiecesServer(PIECES, [0, 0.01, 0.01]) as server, client(server.url) as response:
        assert api.merge(response).text == "Hello wörld"


def test_a_connection_that_is_cut(api):
    import httpx

    with PiecesServer(PIECES[:1], cut=True) as server, httpx.stream("GET", server.url) as response:
        stream = api.iter_deltas(response)
        with pytest.raises(httpx.RemoteProtocolError):
            list(stream)
        assert stream.result().text == "Hel"
    with PiecesServer(PIECES[:1], cut=True) as server, httpx.stream("GET", server.url) as response:
        with pytest.raises(httpx.RemoteProtocolError):
            api.merge(response)
        assert response.is_closed


def test_closing_a_stream_closes_its_source(api):
    import httpx

    async def run(server) -> None:
        async with httpx.AsyncClient() as client, client.stream("GET", server.url) as response:
            async with api.aiter_deltas(response) as stream:
                await anext(stream)
            assert response.is_closed
            assert [delta async for delta in stream] == []
            await stream.aclose()

    with PiecesServer([PIECES[0]] * 10_000) as server:
        with httpx.stream("GET", server.url) as response:
            with api.iter_deltas(response) as stream:
                next(stream)
            assert response.is_closed
            assert list(stream) == []
            stream.close()
            assert server.gone.wait(PATIENCE)
        asyncio.run(run(server))


def test_a_file_stays_open_until_it_is_closed(api):
    file = io.BytesIO(BODY)
    assert api.merge(file).text == "Hello wörld"
    assert not file.closed
    file.seek(0)
    with api.iter_deltas(file) as stream:
        list(stream)
        assert not file.closed
    assert file.closed


# Merging


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview, io.BytesIO, lambda body: [body[:9], body[9:]]])
def test_merge(api, make):
    merged = api.merge(make(BODY))
    assert type(merged) is api.Merged
    assert (merged.text, merged.termination, merged.complete) == ("Hello wörld", "done", True)
    again = asyncio.run(api.amerge(make(BODY)))
    assert (again.message, again.report) == (merged.message, merged.report)
    assert asyncio.run(api.amerge(from_async([BODY]))).message == merged.message


def test_merge_takes_a_dialect_and_limits(api):
    assert api.merge(BODY, "openai-chat", max_event_size=None, max_message_size=None).text == "Hello wörld"
    with pytest.raises(api.StreamLimitError) as raised:
        api.merge(BODY, max_message_size=20)
    assert raised.value.limit == "max_message_size"
    with pytest.raises(api.StreamLimitError) as raised:
        asyncio.run(api.amerge([BODY], max_event_size=20))
    assert raised.value.limit == "max_event_size"
    with pytest.raises(TypeError):
        api.merge(BODY, max_size=20)


def test_deltas(api):
    with api.iter_deltas(BODY) as stream:
        deltas = list(stream)
    assert [delta.kind for delta in deltas if delta.kind != "other"] == ["start", "text", "text", "finish"]
    assert all(type(delta) is api.Delta for delta in deltas)
    assert stream.result().message == api.merge(BODY).message

    async def run() -> tuple[list[object], object]:
        async with api.aiter_deltas(from_async([BODY])) as stream:
            return [delta async for delta in stream], stream.result()

    again, merged = asyncio.run(run())
    assert again == deltas
    assert merged.complete


@pytest.mark.parametrize(
    ("body", "kind", "termination"),
    [
        (PIECES[0] + MALFORMED + PIECES[1], "MalformedStreamError", "malformed"),
        (PIECES[0] + ERROR, "ProviderError", "error"),
        (PIECES[0] + ERROR + DONE, "ProviderError", "error"),
        (PIECES[0], "IncompleteStreamError", "eof"),
    ],
)
@pytest.mark.parametrize("size", [1, 50, 10_000])
def test_errors_come_after_all_that_came_before_them(api, body, kind, termination, size):
    error_type = getattr(api, kind)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]

    async def collect(into) -> None:
        async for delta in api.aiter_deltas(from_async(pieces)):
            into.append(delta)

    def collect_sync(into) -> None:
        for delta in api.iter_deltas(pieces):
            into.append(delta)

    for run in (collect_sync, lambda into: asyncio.run(collect(into))):
        seen = []
        with pytest.raises(error_type) as raised:
            run(seen)
        assert texts(seen) == ["Hel"]
        assert raised.value.merged.text == "Hel"
        assert raised.value.merged.termination == termination

    for call in (
        lambda **options: api.merge(pieces, **options),
        lambda **options: api.merge(body, **options),
        lambda **options: asyncio.run(api.amerge(from_async(pieces), **options)),
    ):
        with pytest.raises(error_type) as raised:
            call()
        assert raised.value.merged.text == "Hel"
        merged = call(on_error="record")
        assert type(merged.error) is error_type
        assert (merged.text, merged.termination, merged.complete) == ("Hel", termination, False)


def test_recorded_errors_do_not_stop_the_deltas(api):
    stream = api.iter_deltas([PIECES[0], MALFORMED], on_error="record")
    assert texts(stream) == ["Hel"]
    assert isinstance(stream.result().error, api.MalformedStreamError)


def test_a_stream_raises_once(api):
    stream = api.iter_deltas(b"")
    with pytest.raises(api.IncompleteStreamError):
        next(stream)
    assert list(stream) == []
    assert stream.result().termination == "eof"


def test_a_source_is_closed_after_an_error(api):
    closed = []

    def generate() -> Iterator[bytes]:
        try:
            yield PIECES[0]
            yield MALFORMED
            yield PIECES[1]
        finally:
            closed.append(True)

    async def generate_async() -> AsyncIterator[bytes]:
        try:
            yield MALFORMED
            yield PIECES[1]
        finally:
            closed.append(True)

    async def run() -> None:
        async for _ in api.aiter_deltas(generate_async()):
            pass

    # Kept, so that it is not the garbage collector that closes them.
    sources = [generate(), generate(), generate_async()]
    with pytest.raises(api.MalformedStreamError):
        list(api.iter_deltas(sources[0]))
    with pytest.raises(api.MalformedStreamError):
        api.merge(sources[1])
    with pytest.raises(api.MalformedStreamError):
        asyncio.run(api.amerge(sources[2]))
    with pytest.raises(api.MalformedStreamError):
        asyncio.run(run())
    assert closed == [True] * 4


def test_what_a_source_raises_passes_through(api):
    def generate() -> Iterator[bytes]:
        yield PIECES[0]
        raise KeyError("mine")

    for call in (
        lambda: api.merge(generate()),
        lambda: list(api.iter_deltas(generate())),
        lambda: list(api.iter_events(generate())),
        lambda: asyncio.run(api.amerge(generate())),
    ):
        assert repr(outcome(call)) == "KeyError('mine')"


def test_an_unknown_dialect(api):
    assert isinstance(outcome(lambda: api.merge(BODY, "no-such")), ValueError)
    with pytest.raises(api.UnknownDialectError):
        api.merge(b'data: {"nothing": "known"}\n\n')
