"""A real HTTP server on 127.0.0.1 that answers each scenario's request with its event stream.

It answers by what was asked (path and JSON body), as a provider would, and sends one HTTP chunk a piece.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from .wire import compact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from .scenario import Exchange, Scenario


def _key(path: str, request: object) -> tuple[str, str]:
    return path, json.dumps(request, sort_keys=True)


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        exchange = self.server.answers.get(_key(self.path, json.loads(body)))
        # send_response would add Server and Date, which change from run to run.
        if exchange is None:
            refusal = compact({"error": {"message": "no such scenario", "type": "not_found"}}).encode()
            self.send_response_only(404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(refusal)))
            self.end_headers()
            self.wfile.write(refusal)
        else:
            self._stream(exchange)

    def _stream(self, exchange: Exchange) -> None:
        self.send_response_only(200)
        self.send_header("Content-Type", exchange.content_type)
        self.send_header("Cache-Control", "no-cache")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in exchange.pieces:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.flush()
        if exchange.dropped:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: dict[tuple[str, str], Exchange]) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.answers = answers


class ScenarioServer:
    """Serve the scenarios while the ``with`` block runs; ``port`` is the one the system chose.

    Two exchanges with the same request are a ValueError: the server couldn't tell them apart.
    """

    def __init__(self, scenarios: Iterable[Scenario]) -> None:
        answers: dict[tuple[str, str], Exchange] = {}
        for scenario in scenarios:
            for exchange in scenario.exchanges:
                key = _key(exchange.path, exchange.request)
                if key in answers:
                    message = f"{scenario.name} repeats another scenario's request"
                    raise ValueError(message)
                answers[key] = exchange
        self._listener = _Listener(answers)
        self._thread = threading.Thread(target=self._listener.serve_forever, kwargs={"poll_interval": 0.01})
        self.port: int = self._listener.server_address[1]

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        """Stop, and wait until the port is free."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
