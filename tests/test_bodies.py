"""Bodies in other ways than a stream's, and bodies that are none: pages, errors, codings, redirects."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.request

import pytest

from servers import ENCODINGS, PiecesServer
from test_sources import (
    ASYNC_CLIENTS,
    CLIENTS,
    DECODING,
    over_http_client,
    over_httpx,
    over_requests,
    over_urllib,
)
from test_streams import BODY, PIECES
from test_transport import kept, merged_of


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("client", [*CLIENTS, *ASYNC_CLIENTS])
def test_one_byte_at_a_time(api, client, framing):
    async def run(server) -> object:
        async with client(server.url) as response:
            return await api.amerge(response)

    with PiecesServer([bytes([byte]) for byte in BODY], framing=framing) as server:
        if client in ASYNC_CLIENTS:
            merged = asyncio.run(run(server))
        else:
            with client(server.url) as response:
                merged = api.merge(response)
    assert kept(merged) == kept(api.merge(BODY))


@pytest.mark.parametrize("client", [*CLIENTS, *ASYNC_CLIENTS])
def test_a_body_of_http_1_0(api, client):
    async def run(server) -> object:
        async with client(server.url) as response:
            return await api.amerge(response)

    with PiecesServer(PIECES, framing="close", protocol="HTTP/1.0") as server:
        if client in ASYNC_CLIENTS:
            merged = asyncio.run(run(server))
        else:
            with client(server.url) as response:
                merged = api.merge(response)
    assert merged.text == "Hello wörld"


# Bodies that are no stream

PAGE = b"<!DOCTYPE html>\r\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\r\n"
REFUSED = {"error": {"message": "no such key", "type": "invalid_request_error", "code": "invalid_api_key"}}
ANSWER = {
    "id": "c-1",
    "object": "chat.completion",
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


@contextlib.contextmanager
def opened(client, server):
    """A response of any status: urllib raises an HTTPError, which is one."""
    try:
        with client(server.url) as response:
            yield response
    except urllib.request.HTTPError as error:
        with error:
            yield error


# Status, content type, body; the exception and its words.
JSON, STREAM = "application/json", "text/event-stream"
NOT_FOUND = b'{"detail":"Not Found"}'
OVERLOADED = b'{"type":"error","error":{"message":"Overloaded"}}'
NO_STREAMS = [
    (
        502,
        "text/html",
        PAGE,
        "UnknownDialectError",
        r'; the body begins "<!DOCTYPE html>  <html><head><title>502 Bad Gate',
    ),
    (
        503,
        "text/plain",
        b"upstream timed out",
        "UnknownDialectError",
        r'no chunk; the body begins "upstream timed out"$',
    ),
    (404, JSON, NOT_FOUND, "UnknownDialectError", r'the members detail; the body begins "{"detail":"Not Found"}"$'),
    (401, JSON, json.dumps(REFUSED).encode(), "ProviderError", r"^no such key$"),
    (429, JSON, json.dumps(REFUSED, indent=2).encode(), "ProviderError", r"^no such key$"),
    (529, JSON, OVERLOADED, "ProviderError", r"^Overloaded$"),
    (200, JSON, b'[{"error":{"message":"quota","code":429}}]', "ProviderError", r"^quota$"),
    (500, STREAM, b"", "IncompleteStreamError", r"^the stream ended before its first chunk$"),
    (204, STREAM, b"", "IncompleteStreamError", r"^the stream ended before its first chunk$"),
]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("answer", NO_STREAMS, ids=[f"{row[0]} {row[3]}" for row in NO_STREAMS])
def test_a_body_that_is_no_stream(api, client, answer):
    status, content_type, body, kind, words = answer
    # A 204 has no body, nor a framing of one (RFC 9110 §15.3.5, §8.6).
    pieces, framing = ([], "close") if status == 204 else ([body], "length")
    with (
        PiecesServer(pieces, status=status, content_type=content_type, framing=framing) as server,
        opened(client, server) as response,
        pytest.raises(getattr(api, kind), match=words) as raised,
    ):
        api.merge(response)
    assert raised.value.merged.message is None


@pytest.mark.parametrize("indent", [None, 2])
def test_an_answer_that_was_not_streamed_is_the_message(api, indent):
    body = json.dumps(ANSWER, indent=indent).encode()
    with PiecesServer([body], content_type="application/json") as server, over_httpx(server.url) as response:
        merged = api.merge(response)
    assert (merged.message, merged.termination) == (ANSWER, "finish_reason")


@pytest.mark.parametrize("dialect", ["openai-chat", "anthropic-messages", "gemini"])
def test_a_page_where_a_dialect_was_asked_for(api, dialect):
    with pytest.raises(
        api.IncompleteStreamError, match='ended before its message did; the body begins "<!DOCTYPE html>'
    ):
        api.merge(PAGE, dialect)
    with pytest.raises(api.IncompleteStreamError, match="the body begins"):
        api.merge([PAGE[at : at + 1] for at in range(len(PAGE))], dialect)


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xfe<\0", b"x" * 62 + "ñ€".encode(), "ä".encode() * 100])
def test_what_a_body_begins_with_is_one_line(api, head):
    for pieces in ([head], [head[at : at + 1] for at in range(len(head))]):
        error = api.merge(pieces, on_error="record").error
        opening = str(error).partition("; the body begins ")[2]
        assert opening.startswith('"')
        assert opening[1:-1] in head[:64].decode("utf-8", "replace").translate(dict.fromkeys(range(32), " "))
        assert opening.isprintable()


# Content codings


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("client", DECODING)
def test_a_coding_that_is_cut(api, client, encoding):
    """The clients decode what came; what lacks its end is as a body that lacks it."""
    with PiecesServer(PIECES[:2], encoding=encoding) as server:
        server.pieces = server.pieces[:-1]
        assert merged_of(api, client, server.url).merged.text == "Hello wörld"
        server.pieces = [*server.pieces, b"\xff nonsense"]
        assert merged_of(api, client, server.url).merged.text == "Hello wörld"


def test_what_no_client_decoded_is_named(api):
    raw = {
        over_httpx: lambda response: response.iter_raw(),
        over_requests: lambda response: response.raw.stream(decode_content=False),
        over_http_client: lambda response: response,
        over_urllib: lambda response: response,
    }
    for encoding in ("gzip", "deflate", "zstd"):
        with PiecesServer(PIECES, encoding=encoding) as server:
            for client, body in raw.items():
                with (
                    client(server.url) as response,
                    pytest.raises(api.MalformedStreamError, match=f"compressed with {encoding}: decode it first"),
                ):
                    api.merge(body(response))


def test_brotli_has_no_mark(api):
    """RFC 7932 gives its streams none: that it is no text is all that can be told."""
    with (
        PiecesServer(PIECES, encoding="br") as server,
        over_http_client(server.url) as response,
        pytest.raises(api.UnknownDialectError, match="there is no chunk; the body begins"),
    ):
        api.merge(response)


# Redirects


def test_a_redirect_that_is_followed_and_one_that_is_not(api):
    import httpx

    with PiecesServer(PIECES) as server:
        url = f"http://127.0.0.1:{server.port}/redirect"
        for client in (over_requests, over_urllib):
            with client(url) as response:
                assert api.merge(response).text == "Hello wörld"
        with httpx.stream("GET", url, follow_redirects=True) as response:
            assert api.merge(response).text == "Hello wörld"
        with (
            httpx.stream("GET", url) as response,
            pytest.raises(api.IncompleteStreamError, match="before its first chunk"),
        ):
            api.merge(response)
