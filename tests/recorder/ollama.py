"""Ollama: every tool call comes whole and says index 0, even two of the same function; `reasoning`, role each time."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, tool_call, usage
from .wire import DONE, compact, event

ID = "chatcmpl-217"
MODEL = "walnut3:8b"


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """Encode a chunk with a role and a content, however empty."""
    choice = {"index": 0, "delta": {"role": "assistant", "content": "", **delta}, "finish_reason": finish}
    return _envelope([choice])


def _envelope(choices: list[dict[str, Any]], **more: object) -> bytes:
    head = {"id": ID, "object": "chat.completion.chunk", "created": 1790000900, "model": MODEL}
    return event(compact({**head, "system_fingerprint": "fp_ollama", "choices": choices, **more}))


def _call(call_id: str, name: str, arguments: str) -> bytes:
    function = {"name": name, "arguments": arguments}
    return chunk({"tool_calls": [{"id": call_id, "index": 0, "type": "function", "function": function}]})


def _pieces() -> tuple[bytes, ...]:
    thought = fragments("Two| walks|,| so| I| need| the| length| of| each| and| then| the| height|.")
    return (
        *(chunk({"reasoning": piece}) for piece in thought),
        _call("call_ridge001", "trail_length", '{"trail":"ridge"}'),
        _call("call_lake0002", "trail_length", '{"trail":"lake"}'),
        _call("call_climb003", "total_climb", '{"trails":["ridge","lake"]}'),
        chunk({}, "tool_calls"),
        _envelope([], usage={"prompt_tokens": 133, "completion_tokens": 79, "total_tokens": 212}),
        DONE,
    )


OLLAMA_SAME_INDEX = Scenario(
    "ollama_same_index",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "How long are the ridge and the lake trail?", stream_options={"include_usage": True}),
            pieces=_pieces(),
            content_type="text/event-stream",
            expected=Expectation(
                id=ID,
                model=MODEL,
                text="",
                reasoning="Two walks, so I need the length of each and then the height.",
                finish_reason="tool_calls",
                usage=usage(133, 79, 212),
                quirks=("tool_index_reused", "role_repeated"),
                tool_calls=[
                    tool_call(0, "call_ridge001", "trail_length", '{"trail":"ridge"}'),
                    tool_call(1, "call_lake0002", "trail_length", '{"trail":"lake"}'),
                    tool_call(2, "call_climb003", "total_climb", '{"trails":["ridge","lake"]}'),
                ],
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790000900,
                    "model": MODEL,
                    "system_fingerprint": "fp_ollama",
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "",
                                "reasoning": "Two walks, so I need the length of each and then the height.",
                                "tool_calls": [
                                    {
                                        "id": "call_ridge001",
                                        "type": "function",
                                        "function": {"name": "trail_length", "arguments": '{"trail":"ridge"}'},
                                    },
                                    {
                                        "id": "call_lake0002",
                                        "type": "function",
                                        "function": {"name": "trail_length", "arguments": '{"trail":"lake"}'},
                                    },
                                    {
                                        "id": "call_climb003",
                                        "type": "function",
                                        "function": {
                                            "name": "total_climb",
                                            "arguments": '{"trails":["ridge","lake"]}',
                                        },
                                    },
                                ],
                            },
                            "finish_reason": "tool_calls",
                        }
                    ],
                    "usage": {"prompt_tokens": 133, "completion_tokens": 79, "total_tokens": 212},
                },
            ),
        ),
    ),
)
