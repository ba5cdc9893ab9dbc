"""Lines of Ollama."""

from __future__ import annotations

import json

from benches.shapes.shape import Json, Shape, again, once


def line(**members: Json) -> bytes:
    return (
        json.dumps({"model": "folio", "created_at": "2026-11-21T10:00:00Z", **members, "done": False}).encode() + b"\n"
    )


OLLAMA_FIRST = line(message={"role": "assistant", "content": ""})
OLLAMA = {
    "tokens": Shape(again(line(message={"role": "assistant", "content": " harbour"}), first=OLLAMA_FIRST)),
    "calls": Shape(
        again(line(message={"tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]}), first=OLLAMA_FIRST)
    ),
    "lines, a byte a feed": Shape(
        again(line(message={"role": "assistant", "content": " harbour"}), first=OLLAMA_FIRST), "bytes"
    ),
    "empty calls": Shape(once(lambda size: line(message={"tool_calls": [{}] * (size // 4)}), first=OLLAMA_FIRST)),
}
