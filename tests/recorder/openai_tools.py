"""OpenAI: parallel tool calls with interleaved arguments, and the answer after them; the legacy `function_call`."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, tool_call, usage
from .wire import DONE, compact, event

MODEL = "folio-4o-2026-05-13"
FINGERPRINT = "fp_90b1c7d3ae"
QUESTION = "Compare the weather in Porto and Tromsø, and tell me the time."
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
TOOLS = [
    {"type": "function", "function": {"name": "forecast", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}},
]
PORTO = '{"city": "Porto", "days": 2}'
TROMSO = '{"city": "Tromsø", "days": 2}'
CALLS = [
    {"id": "call_porto7Kd", "type": "function", "function": {"name": "forecast", "arguments": PORTO}},
    {"id": "call_tromsoQ2", "type": "function", "function": {"name": "forecast", "arguments": TROMSO}},
    {"id": "call_clock0Zx", "type": "function", "function": {"name": "clock", "arguments": ""}},
]


class Chunks:
    """The chunks of one answer, in OpenAI's order of keys."""

    def __init__(self, answer_id: str, created: int, model: str = MODEL) -> None:
        self.head = {"id": answer_id, "object": "chat.completion.chunk", "created": created, "model": model}
        self.head |= {"service_tier": "default", "system_fingerprint": FINGERPRINT}

    def delta(self, finish: str | None = None, **members: object) -> bytes:
        """Encode one change of the only choice."""
        choice = {"index": 0, "delta": members, "logprobs": None, "finish_reason": finish}
        return event(compact({**self.head, "choices": [choice], "usage": None}))

    def opens(self, index: int, call_id: str, name: str) -> bytes:
        """Encode the first fragment of a tool call."""
        function = {"name": name, "arguments": ""}
        return self.delta(tool_calls=[{"index": index, "id": call_id, "type": "function", "function": function}])

    def goes_on(self, index: int, arguments: str) -> bytes:
        """Encode a further fragment, which is known by its index alone."""
        return self.delta(tool_calls=[{"index": index, "function": {"arguments": arguments}}])

    def counts(self, counts: dict[str, Any]) -> bytes:
        """Encode the last chunk, which has usage and no choice."""
        return event(compact({**self.head, "choices": [], "usage": counts}))


def counts(prompt: int, completion: int, total: int, cached: int = 0) -> dict[str, Any]:
    """Token counts as OpenAI spells them."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def _calls() -> tuple[bytes, ...]:
    write = Chunks("chatcmpl-Tk1parallelCalls0001", 1790000300)
    porto = fragments('{"|city|":| "|Porto|",| "|days|":| 2|}')
    tromso = fragments('{"ci|ty": "|Tro|ms|ø",| "days"|: |2}')
    interleaved: list[bytes] = []
    for position, piece in enumerate(porto):
        interleaved.append(write.goes_on(0, piece))
        interleaved += [write.goes_on(1, other) for other in tromso[position : position + 1]]
    return (
        write.delta(role="assistant", content=None, refusal=None),
        write.opens(0, "call_porto7Kd", "forecast"),
        write.opens(1, "call_tromsoQ2", "forecast"),
        *interleaved,
        write.opens(2, "call_clock0Zx", "clock"),
        write.delta("tool_calls"),
        write.counts(counts(96, 51, 147)),
        DONE,
    )


def _answer() -> tuple[bytes, ...]:
    write = Chunks("chatcmpl-Tk1parallelCalls0002", 1790000304)
    text = fragments("It| is| 09|:|45|.| Porto| stays| mild| with| 17| degrees|;| Tromsø| gets| snow| at| 4| below|.")
    return (
        write.delta(role="assistant", content="", refusal=None),
        *(write.delta(content=piece) for piece in text),
        write.delta("stop"),
        write.counts(counts(188, 22, 210, 128)),
        DONE,
    )


def _completion(
    answer_id: str, created: int, message: dict[str, Any], finish: str, used: dict[str, Any]
) -> dict[str, Any]:
    return {
        "id": answer_id,
        "object": "chat.completion",
        "created": created,
        "model": MODEL,
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": used,
    }


ANSWER = "It is 09:45. Porto stays mild with 17 degrees; Tromsø gets snow at 4 below."
RESULTS = [
    {"role": "tool", "tool_call_id": "call_porto7Kd", "content": "17 degrees, dry"},
    {"role": "tool", "tool_call_id": "call_tromsoQ2", "content": "-4 degrees, snow"},
    {"role": "tool", "tool_call_id": "call_clock0Zx", "content": "09:45"},
]
CONVERSATION = [
    {"role": "user", "content": QUESTION},
    {"role": "assistant", "content": None, "tool_calls": CALLS},
    *RESULTS,
]

PARALLEL_TOOLS = Scenario(
    "parallel_tools",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, QUESTION, tools=TOOLS, stream_options={"include_usage": True}),
            pieces=_calls(),
            expected=Expectation(
                id="chatcmpl-Tk1parallelCalls0001",
                model=MODEL,
                text="",
                finish_reason="tool_calls",
                usage=usage(96, 51, 147, reasoning=0, cached=0),
                tool_calls=[
                    tool_call(0, "call_porto7Kd", "forecast", '{"city": "Porto", "days": 2}'),
                    tool_call(1, "call_tromsoQ2", "forecast", '{"city": "Tromsø", "days": 2}'),
                    tool_call(2, "call_clock0Zx", "clock", "", "empty"),
                ],
                message=_completion(
                    "chatcmpl-Tk1parallelCalls0001",
                    1790000300,
                    {"role": "assistant", "content": None, "tool_calls": CALLS},
                    "tool_calls",
                    counts(96, 51, 147),
                ),
            ),
        ),
        Exchange(
            request={"model": MODEL, "messages": CONVERSATION, "stream": True, "tools": TOOLS},
            pieces=_answer(),
            expected=Expectation(
                id="chatcmpl-Tk1parallelCalls0002",
                model=MODEL,
                text=ANSWER,
                finish_reason="stop",
                usage=usage(188, 22, 210, reasoning=0, cached=128),
                message=_completion(
                    "chatcmpl-Tk1parallelCalls0002",
                    1790000304,
                    {"role": "assistant", "content": ANSWER},
                    "stop",
                    counts(188, 22, 210, 128),
                ),
            ),
        ),
    ),
)


def _legacy() -> tuple[bytes, ...]:
    write = Chunks("chatcmpl-Fc2legacyFunction01", 1790000310)
    arguments = fragments('{\n|  "|shelf|":| "|poetry|",\n|  "|limit|":| |12|\n}')
    return (
        write.delta(role="assistant", content=None, function_call={"name": "find_books", "arguments": ""}),
        *(write.delta(function_call={"arguments": piece}) for piece in arguments),
        write.delta("function_call"),
        DONE,
    )


FUNCTION_CALL = Scenario(
    "function_call",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "Which poems do we have?", functions=[{"name": "find_books", "parameters": SCHEMA}]),
            pieces=_legacy(),
            expected=Expectation(
                id="chatcmpl-Fc2legacyFunction01",
                model=MODEL,
                text="",
                finish_reason="function_call",
                message={
                    "id": "chatcmpl-Fc2legacyFunction01",
                    "object": "chat.completion",
                    "created": 1790000310,
                    "model": MODEL,
                    "service_tier": "default",
                    "system_fingerprint": FINGERPRINT,
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": None,
                                "function_call": {
                                    "name": "find_books",
                                    "arguments": '{\n  "shelf": "poetry",\n  "limit": 12\n}',
                                },
                            },
                            "finish_reason": "function_call",
                        }
                    ],
                },
            ),
        ),
    ),
)
