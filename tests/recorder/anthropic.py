"""Anthropic: typed events, pings, random spaces inside and behind the JSON; thinking and its signature; tools."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, tool_call, usage
from .wire import compact

MODEL = "sonnet-of-the-sea-2"
PATH = "/v1/messages"


def said(kind: str, spaces: int = 0, **members: object) -> bytes:
    """Encode an event of that type; ``spaces`` stand before the last brace and, some of them, behind it."""
    data = compact({"type": kind, **members})
    data = data[:-1] + " " * spaces + "}" + " " * (spaces % 4)
    return f"event: {kind}\ndata: {data}\n\n".encode()


def start(answer_id: str, counts: dict[str, Any], model: str = MODEL) -> bytes:
    """Encode the beginning of a message."""
    empty = {"model": model, "id": answer_id, "type": "message", "role": "assistant", "content": []}
    return said("message_start", 3, message={**empty, "stop_reason": None, "stop_sequence": None, "usage": counts})


def block(index: int, fragments_: list[dict[str, Any]], /, **opened: object) -> tuple[bytes, ...]:
    """Encode a block: its start, its deltas, its stop."""
    return (
        said("content_block_start", index * 5 % 7, index=index, content_block=opened),
        *(
            said("content_block_delta", place * 3 % 8, index=index, delta=change)
            for place, change in enumerate(fragments_)
        ),
        said("content_block_stop", 6 - index, index=index),
    )


def texts(text: str, kind: str = "text", key: str = "") -> list[dict[str, Any]]:
    """Build deltas of one type, from a text cut by bars."""
    return [{"type": f"{kind}_delta", key or kind: piece} for piece in fragments(text)]


def stop(reason: str, counts: dict[str, Any]) -> tuple[bytes, ...]:
    """Encode the end of a message."""
    change = {"stop_reason": reason, "stop_sequence": None, "stop_details": None}
    return (said("message_delta", 4, delta=change, usage=counts), said("message_stop", 11))


def answer(answer_id: str, blocks: list[dict[str, Any]], reason: str | None, counts: dict[str, Any]) -> dict[str, Any]:
    """Build the message that is expected."""
    head = {"id": answer_id, "type": "message", "role": "assistant", "model": MODEL}
    return {**head, "content": blocks, "stop_reason": reason, "usage": counts}


CACHED = {
    "input_tokens": 12,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 2048,
    "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    "service_tier": "standard",
}

ANTHROPIC_TEXT = Scenario(
    "anthropic_text",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "Name a knot for a mooring line.", max_tokens=64),
            path=PATH,
            pieces=(
                start("msg_01KnotBowline", {**CACHED, "output_tokens": 1}),
                said("content_block_start", 5, index=0, content_block={"type": "text", "text": ""}),
                said("ping"),
                *(
                    said("content_block_delta", place * 5 % 9, index=0, delta=change)
                    for place, change in enumerate(texts("The| bow|line|: it| holds| and| never| jams|."))
                ),
                said("content_block_stop", 8, index=0),
                # A gateway that counts output alone: what it calls 0 was known before.
                *stop(
                    "end_turn",
                    {
                        "input_tokens": 0,
                        "cache_creation_input_tokens": 0,
                        "cache_read_input_tokens": 0,
                        "output_tokens": 14,
                    },
                ),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_01KnotBowline",
                model=MODEL,
                text="The bowline: it holds and never jams.",
                finish_reason="end_turn",
                usage=usage(12, 14, None, cached=2048),
                message=answer(
                    "msg_01KnotBowline",
                    [{"type": "text", "text": "The bowline: it holds and never jams."}],
                    "end_turn",
                    {**CACHED, "output_tokens": 14},
                ),
            ),
        ),
    ),
)

SIGNATURE = "RXJvc2lvbiBvZiBhIHNpZ25hdHVyZSBieSBzYWx0IHdhdGVy"
REDACTED = "Tm90aGluZyB0byBzZWUgaGVyZSwgbW92ZSBhbG9uZw=="
THOUGHT = "Spring tide is two days after the moon, so"

ANTHROPIC_THINKING = Scenario(
    "anthropic_thinking",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "When is the tide highest?", thinking={"type": "adaptive"}),
            path=PATH,
            pieces=(
                start("msg_02SpringTide", {"input_tokens": 31, "output_tokens": 4}),
                *block(
                    0,
                    [
                        *texts("Spring| tide| is| two| days| after| the moon|, so", "thinking"),
                        *texts(SIGNATURE, "signature"),
                    ],
                    type="thinking",
                    thinking="",
                    signature="",
                ),
                *block(1, [], type="redacted_thinking", data=REDACTED),
                *block(2, texts("Late| on| Thursday", "thinking"), type="thinking", thinking="", signature=""),
                *block(3, texts("On Thursday|, near| midnight|."), type="text", text=""),
                *stop("end_turn", {"input_tokens": 31, "output_tokens": 52}),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_02SpringTide",
                model=MODEL,
                text="On Thursday, near midnight.",
                reasoning=f"{THOUGHT}\n\nLate on Thursday",
                finish_reason="end_turn",
                usage=usage(31, 52, None),
                message=answer(
                    "msg_02SpringTide",
                    [
                        {"type": "thinking", "thinking": THOUGHT, "signature": SIGNATURE},
                        {"type": "redacted_thinking", "data": REDACTED},
                        {"type": "thinking", "thinking": "Late on Thursday", "signature": ""},
                        {"type": "text", "text": "On Thursday, near midnight."},
                    ],
                    "end_turn",
                    {"input_tokens": 31, "output_tokens": 52},
                ),
            ),
        ),
    ),
)

TIDES = '{"harbour": "Ílhavo", "days": [1, 2]}'

ANTHROPIC_TOOLS = Scenario(
    "anthropic_tools",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "What are the tides at Ílhavo, and what day is it?", tools=[{"name": "tides"}]),
            path=PATH,
            pieces=(
                start("msg_03TwoTools", {"input_tokens": 402, "output_tokens": 8}),
                *block(0, texts("I'll| look."), type="text", text=""),
                *block(
                    1,
                    texts('|{"har|bour": "Íl|havo", "days"|: [1, |2]}', "input_json", "partial_json"),
                    type="tool_use",
                    id="toolu_01Tides",
                    name="tides",
                    input={},
                ),
                *block(
                    2,
                    texts("", "input_json", "partial_json"),
                    type="tool_use",
                    id="toolu_02Today",
                    name="today",
                    input={},
                ),
                *stop("tool_use", {"output_tokens": 77}),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_03TwoTools",
                model=MODEL,
                text="I'll look.",
                finish_reason="tool_use",
                usage=usage(402, 77, None),
                tool_calls=[
                    tool_call(1, "toolu_01Tides", "tides", TIDES),
                    tool_call(2, "toolu_02Today", "today", "{}"),
                ],
                message=answer(
                    "msg_03TwoTools",
                    [
                        {"type": "text", "text": "I'll look."},
                        {
                            "type": "tool_use",
                            "id": "toolu_01Tides",
                            "name": "tides",
                            "input": {"harbour": "Ílhavo", "days": [1, 2]},
                        },
                        {"type": "tool_use", "id": "toolu_02Today", "name": "today", "input": {}},
                    ],
                    "tool_use",
                    {"input_tokens": 402, "output_tokens": 77},
                ),
            ),
        ),
    ),
)
