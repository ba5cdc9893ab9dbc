"""Messages of Anthropic: blocks that events find by their index."""

from __future__ import annotations

import json

from benches.shapes.shape import Shape, again, each, held, typed

START = typed("message_start", message={"id": "m", "type": "message", "role": "assistant", "content": [], "usage": {}})
BLOCK = {"type": "text", "text": ""}
TOOL = {"type": "tool_use", "id": "t", "name": "f", "input": {}}


def block(number: int) -> bytes:
    index = number // 3 % 9999
    return (
        typed("content_block_start", index=index, content_block=BLOCK),
        typed("content_block_delta", index=index, delta={"type": "text_delta", "text": "x"}),
        typed("content_block_stop", index=index),
    )[number % 3]


def start_tool(size: int) -> list[bytes]:
    """A tool's input as large as that."""
    piece = {"type": "input_json_delta", "partial_json": json.dumps({"x": "y" * size})}
    return [
        START,
        typed("content_block_start", index=0, content_block=TOOL),
        typed("content_block_delta", index=0, delta=piece),
    ]


ANTHROPIC = {
    "tokens": Shape(
        again(typed("content_block_delta", index=0, delta={"type": "text_delta", "text": " harbour"}), first=START)
    ),
    "blocks": Shape(each(block, START)),
    "blocks, deltas": Shape(each(block, START), "deltas"),
    "blocks in falling order": Shape(
        each(
            lambda number: typed(
                "content_block_delta", index=10**9 - number % 9999, delta={"type": "text_delta", "text": "x"}
            ),
            START,
        )
    ),
    "a block stated again": Shape(
        again(
            typed("content_block_start", index=0, content_block=BLOCK),
            typed("content_block_stop", index=0),
            first=START,
        )
    ),
    "an input stated again": Shape(
        held(
            start_tool, typed("content_block_stop", index=0), typed("content_block_start", index=0, content_block=TOOL)
        )
    ),
    "an input stated again, deltas": Shape(
        held(
            start_tool, typed("content_block_stop", index=0), typed("content_block_start", index=0, content_block=TOOL)
        ),
        "deltas",
    ),
    "input in small pieces": Shape(
        again(
            typed("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": "1"}),
            first=b"".join(start_tool(1)),
        )
    ),
    "messages": Shape(
        again(START, typed("content_block_delta", index=0, delta={"type": "text_delta", "text": "x"}), first=b"")
    ),
    "messages, deltas": Shape(
        again(START, typed("content_block_delta", index=0, delta={"type": "text_delta", "text": "x"}), first=b""),
        "deltas",
    ),
    "citations": Shape(
        each(
            lambda number: typed(
                "content_block_delta", index=0, delta={"type": "citations_delta", "citation": {"n": number}}
            ),
            START,
        )
    ),
    "unknown fragments": Shape(
        each(
            lambda number: typed("content_block_delta", index=0, delta={"type": "x_delta", "x": "y", "n": number}),
            START,
        )
    ),
    "a name in unknown fragments": Shape(
        each(
            lambda number: (
                typed("content_block_start", index=0, content_block={"type": "tool_use", "id": "t", "name": "n"})
                if number == 0
                else typed("content_block_delta", index=0, delta={"type": "x_delta", "name": "ab", "n": number})
            ),
            START,
        )
    ),
    "unknown events": Shape(each(lambda number: typed(f"event {number}"), START)),
    "pings": Shape(again(typed("ping"), first=START)),
    "padded tokens": Shape(
        each(
            lambda number: (
                typed("content_block_delta", index=0, delta={"type": "text_delta", "text": "x"})[:-3]
                + b" " * (number % 40)
                + b"}\n\n"
            ),
            START,
        )
    ),
    "counts": Shape(
        each(lambda number: typed("message_delta", delta={"stop_reason": None}, usage={"output_tokens": number}), START)
    ),
    "ends": Shape(again(START, typed("message_stop"), first=b"")),
    "much text, then starts": Shape(
        held(
            lambda size: [
                START,
                typed("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * size}),
            ],
            typed("content_block_delta", index=0, delta={"type": "text_delta", "text": "y"}),
            typed("content_block_stop", index=0),
        )
    ),
}
