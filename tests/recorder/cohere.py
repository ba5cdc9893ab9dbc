"""Cohere: typed events with all that they say within `delta.message`; a plan before the calls, citations behind."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, tool_call, usage
from .wire import compact, event

MODEL = "coral-reef-08-2026"
PATH = "/v2/chat"
EMPTY = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}


def said(kind: str, message: dict[str, Any] | None = None, **members: object) -> bytes:
    """Encode an event of that type."""
    inner = {} if message is None else {"delta": {"message": message}}
    return event(compact({"type": kind, **members, **inner}), name=kind)


def counts(given: int, out: int) -> dict[str, Any]:
    """Build the usage, with what is paid for."""
    return {
        "billed_units": {"input_tokens": given - 7, "output_tokens": out},
        "tokens": {"input_tokens": given, "output_tokens": out},
        "cached_tokens": 16,
    }


def end(reason: str, used: dict[str, Any]) -> bytes:
    """Encode the end of a message."""
    return said("message-end", delta={"finish_reason": reason, "usage": used})


def block(index: int, kind: str, text: str) -> tuple[bytes, ...]:
    """Encode a block of text or of thinking, cut at the bars."""
    return (
        said("content-start", {"content": {"type": kind, kind: ""}}, index=index),
        *(said("content-delta", {"content": {kind: piece}}, index=index) for piece in fragments(text)),
        said("content-end", index=index),
    )


def call(index: int, call_id: str, name: str, arguments: str) -> tuple[bytes, ...]:
    """Encode a tool call, its arguments cut at the bars."""
    opened = {"id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
    return (
        said("tool-call-start", {"tool_calls": opened}, index=index),
        *(
            said("tool-call-delta", {"tool_calls": {"function": {"arguments": piece}}}, index=index)
            for piece in fragments(arguments)
        ),
        said("tool-call-end", index=index),
    )


def cited(start: int, stop: int, text: str, source: str) -> dict[str, Any]:
    """Build a citation."""
    sources = [{"type": "document", "id": source, "document": {"id": source}}]
    return {"start": start, "end": stop, "text": text, "sources": sources, "type": "TEXT_CONTENT"}


THOUGHT = "They want the colour of the reef."
ANSWER = "The reef is red, and in places white."
CITATIONS = [cited(12, 15, "red", "doc:0"), cited(31, 36, "white", "doc:1")]


def _text() -> Exchange:
    used = counts(45, 28)
    return Exchange(
        request=asking(MODEL, "Which colour is the reef?", documents=["Red.", "White, in places."]),
        path=PATH,
        pieces=(
            said("message-start", EMPTY, id="5a1e-reef"),
            *block(0, "thinking", "They| want| the| colour| of| the reef|."),
            *block(1, "text", "The| reef| is| red|, and| in places| white|.")[:-1],
            *(said("citation-start", {"citations": each}, index=at) for at, each in enumerate(CITATIONS)),
            said("citation-end", index=0),
            said("content-end", index=1),
            end("COMPLETE", used),
        ),
        expected=Expectation(
            dialect="cohere-v2",
            id="5a1e-reef",
            model=None,
            text=ANSWER,
            reasoning=THOUGHT,
            finish_reason="COMPLETE",
            usage=usage(45, 28, None, cached=16),
            message={
                "id": "5a1e-reef",
                "message": {
                    "role": "assistant",
                    "tool_plan": "",
                    "content": [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": ANSWER}],
                    "citations": CITATIONS,
                },
                "finish_reason": "COMPLETE",
                "usage": used,
            },
        ),
    )


PLAN = "I will ask for the depth and the swell."


def _tools() -> Exchange:
    used = counts(812, 61)
    arguments = ['{"reef": "Coroa"}', "{}"]
    return Exchange(
        request=asking(MODEL, "May I dive today?", tools=[{"name": "depth"}, {"name": "swell"}]),
        path=PATH,
        pieces=(
            said("message-start", EMPTY, id="6b2f-dive"),
            *(
                said("tool-plan-delta", {"tool_plan": piece})
                for piece in fragments("I| will| ask| for| the depth| and| the swell|.")
            ),
            *call(0, "depth_7", "depth", '{"|reef|": "|Cor|oa"}'),
            *call(1, "swell_8", "swell", "{}"),
            end("TOOL_CALL", used),
        ),
        expected=Expectation(
            dialect="cohere-v2",
            id="6b2f-dive",
            model=None,
            text="",
            reasoning=PLAN,
            finish_reason="TOOL_CALL",
            usage=usage(812, 61, None, cached=16),
            tool_calls=[tool_call(0, "depth_7", "depth", arguments[0]), tool_call(1, "swell_8", "swell", arguments[1])],
            message={
                "id": "6b2f-dive",
                "message": {
                    "role": "assistant",
                    "tool_plan": PLAN,
                    "tool_calls": [
                        {"id": call_id, "type": "function", "function": {"name": name, "arguments": text}}
                        for call_id, name, text in zip(
                            ("depth_7", "swell_8"), ("depth", "swell"), arguments, strict=True
                        )
                    ],
                },
                "finish_reason": "TOOL_CALL",
                "usage": used,
            },
        ),
    )


COHERE = Scenario("cohere", "go-vcr", (_text(), _tools()))
