"""Ollama's own API: a JSON object a line, the last one with the counts; tool calls come whole, errors as a line."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, tool_call
from .wire import compact

MODEL = "walnut3:8b"
PATH = "/api/chat"
TIME = "2026-11-02T10:15:{:02}.123456Z"
COUNTS = {"total_duration": 912345678, "prompt_eval_count": 26, "eval_count": 41}
COUNTED = {
    "input_tokens": 26,
    "output_tokens": 41,
    "total_tokens": None,
    "reasoning_tokens": None,
    "cached_tokens": None,
}


def line(second: int, message: dict[str, Any], **last: object) -> bytes:
    """Encode a line; ``last`` is what the last one has more."""
    head = {"model": MODEL, "created_at": TIME.format(second)}
    said = {"role": "assistant", "content": "", **message}
    return f"{compact({**head, 'message': said, 'done': bool(last), **last})}\n".encode()


def answer(second: int, message: dict[str, Any], **last: object) -> dict[str, Any]:
    """Build the message that is expected."""
    head = {"model": MODEL, "created_at": TIME.format(second)}
    return {**head, "message": {"role": "assistant", **message}, "done": bool(last), **last}


def _text() -> Exchange:
    thoughts = fragments("Walnuts| or| hazelnuts|?")
    words = fragments("Both|,| in| autumn|.")
    lines = [*({"thinking": piece} for piece in thoughts), *({"content": piece} for piece in words)]
    return Exchange(
        request=asking(MODEL, "Which nuts?", think=True),
        path=PATH,
        content_type="application/x-ndjson",
        pieces=(
            *(line(at, each) for at, each in enumerate(lines)),
            line(30, {}, done_reason="stop", **COUNTS),
        ),
        expected=Expectation(
            dialect="ollama",
            id=None,
            model=MODEL,
            text="".join(words),
            reasoning="".join(thoughts),
            finish_reason="stop",
            usage=COUNTED,
            message=answer(
                30,
                {"content": "".join(words), "thinking": "".join(thoughts)},
                done_reason="stop",
                **COUNTS,
            ),
        ),
    )


CALLS = [
    {"function": {"index": 0, "name": "ripe", "arguments": {"tree": "walnut", "row": 3}}},
    {"id": "call_ladder", "function": {"index": 1, "name": "ladder", "arguments": {}}},
]


def _tools() -> Exchange:
    return Exchange(
        request=asking(MODEL, "Are the walnuts ripe?", tools=[{"type": "function"}]),
        path=PATH,
        content_type="application/x-ndjson",
        pieces=(
            line(40, {"tool_calls": CALLS[:1]}),
            line(41, {"tool_calls": CALLS[1:]}),
            line(42, {}, done_reason="stop", **COUNTS),
        ),
        expected=Expectation(
            dialect="ollama",
            id=None,
            model=MODEL,
            text="",
            finish_reason="stop",
            usage=COUNTED,
            tool_calls=[
                tool_call(0, None, "ripe", '{"tree":"walnut","row":3}'),
                tool_call(1, "call_ladder", "ladder", "{}"),
            ],
            message=answer(42, {"content": "", "tool_calls": CALLS}, done_reason="stop", **COUNTS),
        ),
    )


def _error() -> Exchange:
    said = "model runner has unexpectedly stopped"
    return Exchange(
        request=asking(MODEL, "How many walnuts are there?"),
        path=PATH,
        content_type="application/x-ndjson",
        pieces=(line(50, {"content": "About"}), f"{compact({'error': said})}\n".encode()),
        expected=Expectation(
            dialect="ollama",
            id=None,
            model=MODEL,
            text="About",
            finish_reason=None,
            termination="error",
            complete=False,
            error={"message": said},
            message=answer(50, {"content": "About"}),
        ),
    )


OLLAMA_LINES = Scenario("ollama_lines", "vcrpy", (_text(), _tools(), _error()))
