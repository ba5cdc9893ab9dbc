"""Chats of Cohere."""

from __future__ import annotations

from itertools import chain, count

from benches.shapes.shape import Shape, again, each, held, typed

BEGUN = typed("message-start", id="m", delta={"message": {"role": "assistant", "content": []}})
COHERE_CALL = {"id": "t", "type": "function", "function": {"name": "f", "arguments": ""}}


def cohere_call(size: int) -> list[bytes]:
    made = {**COHERE_CALL, "function": {"name": "f" * size, "arguments": ""}}
    return [BEGUN, typed("tool-call-start", index=0, delta={"message": {"tool_calls": made}})]


COHERE = {
    "tokens": Shape(
        again(typed("content-delta", index=0, delta={"message": {"content": {"text": " harbour"}}}), first=BEGUN)
    ),
    "a long name, then arguments": Shape(
        held(
            cohere_call,
            typed("tool-call-delta", index=0, delta={"message": {"tool_calls": {"function": {"arguments": "x"}}}}),
        )
    ),
    "a long id, then names": Shape(
        lambda size: chain(
            [BEGUN, typed("tool-call-start", index=0, delta={"message": {"tool_calls": {"id": "i" * (size // 2)}}})],
            (
                typed(
                    "tool-call-delta", index=0, delta={"message": {"tool_calls": {"function": {"name": f"{number}"}}}}
                )
                for number in count()
            ),
        )
    ),
    "calls": Shape(
        each(
            lambda number: typed(
                "tool-call-start", index=number % 9999, delta={"message": {"tool_calls": COHERE_CALL}}
            ),
            BEGUN,
        )
    ),
    "citations": Shape(
        each(lambda number: typed("citation-start", index=0, delta={"message": {"citations": {"n": number}}}), BEGUN)
    ),
}
