"""A small HTTP/1.1 server on 127.0.0.1 that sends a body piece by piece, as slowly as the test wants.

It stops with its `with` block. `proceed` proves that a client hands on what has arrived: with `hold=True` everything
after the first piece waits for it.
"""

from __future__ import annotations

import sys
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Literal, Self

PATIENCE = 60.0  # seconds until a test that would hang fails: many, as machines are shared
ENCODINGS = ("gzip", "deflate", "br", "zstd")


def encoded(pieces: Sequence[bytes], encoding: str) -> Iterator[bytes]:
    """The pieces in a content coding, each of which can be decoded when it has come (RFC 9110 §8.4.1)."""
    if encoding == "br":
        import brotli

        brotli_compressor = brotli.Compressor()
        for piece in pieces:
            yield brotli_compressor.process(piece) + brotli_compressor.flush()
        yield brotli_compressor.finish()
    elif encoding == "zstd":
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd

        zstd_compressor = zstd.ZstdCompressor()
        for piece in pieces:
            yield zstd_compressor.compress(piece, mode=zstd_compressor.FLUSH_BLOCK)
        yield zstd_compressor.flush()
    else:
        compressor = zlib.compressobj(wbits={"gzip": 31, "deflate": 15}[encoding])
        for piece in pieces:
            yield compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH)
        yield compressor.flush()


class PiecesServer:
    """Answers every request with the same pieces.

    ``delays``: seconds before each piece; ``framing``: "chunked", "length" or "close" (the end of the connection is the
    end of the body); ``cut``: the connection ends where the body doesn't; ``encoding``: one of ``ENCODINGS``. Who asks
    at ``/redirect`` is sent to ``url`` first. ``gone`` is set when a client left early.
    """

    def __init__(
        self,
        pieces: Sequence[bytes],
        delays: Sequence[float] = (),
        *,
        hold: bool = False,
        encoding: str = "",
        framing: Literal["chunked", "length", "close"] = "chunked",
        cut: bool = False,
        content_type: str = "text/event-stream",
        status: int = 200,
        protocol: Literal["HTTP/1.0", "HTTP/1.1"] = "HTTP/1.1",
    ) -> None:
        self.pieces = list(encoded(pieces, encoding)) if encoding else pieces
        self.delays = dict(enumerate(delays))
        self.encoding = encoding
        self.framing = framing
        self.cut = cut
        self.content_type = content_type
        self.status = status
        self.proceed = threading.Event()
        self.gone = threading.Event()
        if not hold:
            self.proceed.set()
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            protocol_version = protocol

            def do_GET(self) -> None:
                answer(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1/chat/completions"
        self.port = self._server.server_port

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if request.path == "/redirect":
            request.send_response(307)
            request.send_header("Location", self.url)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(self.status)
        request.send_header("Content-Type", self.content_type)
        if self.encoding:
            request.send_header("Content-Encoding", self.encoding)
        if self.framing == "chunked":
            request.send_header("Transfer-Encoding", "chunked")
        elif self.framing == "length":
            request.send_header("Content-Length", str(sum(map(len, self.pieces))))
        request.close_connection = self.cut or self.framing == "close"
        if request.close_connection:
            request.send_header("Connection", "close")
        request.end_headers()
        try:
            self.send(request)
        except OSError:
            self.gone.set()
            request.close_connection = True

    def send(self, request: BaseHTTPRequestHandler) -> None:
        for number, piece in enumerate(self.pieces):
            if number:
                self.proceed.wait(PATIENCE)
            time.sleep(self.delays.get(number, 0))
            framed = b"%x\r\n%b\r\n" % (len(piece), piece) if self.framing == "chunked" else piece
            request.wfile.write(framed)
            request.wfile.flush()
        if self.framing == "chunked" and not self.cut:
            request.wfile.write(b"0\r\n\r\n")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.proceed.set()
        self._server.shutdown()
        self._thread.join(PATIENCE)
        self._server.server_close()
