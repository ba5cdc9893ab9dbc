"""A server on 127.0.0.1 that breaks off: at any byte of a body, in any way that a connection can end.

The path of a request says which: `/FAULT/SENT`, so that one server answers thousands of requests. It stops with its
`with` block; a connection that it holds open is let go then, or by `release`, and `let_go` is set.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from types import TracebackType
from typing import Self

from servers import PATIENCE

FAULTS = {
    "close": "no length is stated, and the connection ends early: nothing tells that from a whole body",
    "length": "a length is stated that doesn't come",
    "chunk": "the connection ends within a chunk",
    "chunks": "the connection ends between two chunks",
    "end": "a chunked body that ends properly, and early",
    "reset": "the connection is reset",
    "stall": "nothing more comes, and the connection stays",
}
_LINGER_NOT = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close sends RST (RFC 9293 §3.10.4, as Linux does it)


class FaultServer:
    """Sends the first bytes of one body, then does what the request asks for."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.let_go = threading.Event()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._thread = threading.Thread(target=self._accept)
        self._answers: list[threading.Thread] = []
        self.port = self._listener.getsockname()[1]

    def url(self, fault: str, sent: int) -> str:
        return f"http://127.0.0.1:{self.port}/{fault}/{sent}"

    def release(self) -> None:
        """Let go of the connections that stall."""
        self._over.set()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            answer = threading.Thread(target=self._answer, args=(connection,))
            answer.start()
            self._answers = [*(thread for thread in self._answers if thread.is_alive()), answer]

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(PATIENCE)
            request = b""
            while b"\r\n\r\n" not in request:
                piece = connection.recv(65_536)
                if not piece:
                    return
                request += piece
            _, fault, sent = re.split(rb"[/ ]+", request)[:3]
            self._send(connection, fault.decode(), self.body[: int(sent)])

    def _send(self, connection: socket.socket, fault: str, sent: bytes) -> None:
        lines = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", "Connection: close"]
        if fault == "length":
            lines.append(f"Content-Length: {len(self.body)}")
        elif fault != "close":
            lines.append("Transfer-Encoding: chunked")
            size = len(self.body) if fault == "chunk" else len(sent)
            sent = b"%x\r\n%b" % (size, sent) if sent or fault == "chunk" else b""
            if sent and fault != "chunk":
                sent += b"\r\n"
            if fault == "end":
                sent += b"0\r\n\r\n"
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + sent)
        if fault == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        elif fault == "stall":
            self._over.wait(PATIENCE)
            self.let_go.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        # Closing a socket does not wake who accepts on it.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE)
        self._listener.close()
        for answer in self._answers:
            answer.join(PATIENCE)
