"""Gemini's compatible endpoint and gateways like it: whole tool calls without index, some arguments as an object."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, tool_call, usage
from .wire import DONE, escaped, event

ID = "yQb7aMmXGf-no-index-here"
MODEL = "aurora-2.5-flash"
SIGNED = {"google": {"thought_signature": "c2lnbmVkLWJ5LWF1cm9yYQ=="}}
SEEDS = {"bed": "north", "rows": [3, 4], "spacing": {"cm": 7.5}, "note": "für später"}


def chunk(delta: dict[str, Any], finish: str | None = None, **more: object) -> bytes:
    """Encode a chunk as this endpoint sorts it; its JSON is ASCII with spaces."""
    choice: dict[str, Any] = {"delta": delta, "index": 0}
    if finish:
        choice = {"delta": delta, "finish_reason": finish, "index": 0}
    head = {"choices": [choice], "created": 1790000800, "id": ID, "model": MODEL, "object": "chat.completion.chunk"}
    return event(escaped({**head, **more}))


def _pieces() -> tuple[bytes, ...]:
    text = fragments("I'll note| the| sowing|,| check| the| frost| and| water| the| beds|.")
    frost = {
        "function": {"arguments": '{"nights":5}', "name": "frost_risk"},
        "id": "function-call-81",
        "type": "function",
    }
    sow = {
        "extra_content": SIGNED,
        "function": {"arguments": SEEDS, "name": "note_sowing"},
        "id": "function-call-80",
        "type": "function",
    }
    water = {"function": {"arguments": {"litres": 12}, "name": "water"}, "id": "", "type": "function"}
    again = {"function": {"arguments": {}, "name": "water"}, "type": "function"}
    counts = {"completion_tokens": 44, "prompt_tokens": 102, "total_tokens": 171}
    return (
        *(chunk({"content": piece, "role": "assistant"}) for piece in text),
        chunk({"role": "assistant", "tool_calls": [sow]}),
        chunk({"role": "assistant", "tool_calls": [frost, water]}),
        chunk({"role": "assistant", "tool_calls": [again]}),
        chunk({"role": "assistant"}, "tool_calls", usage=counts),
        DONE,
    )


SEED_TEXT = '{"bed":"north","rows":[3,4],"spacing":{"cm":7.5},"note":"für später"}'

GATEWAY_NO_INDEX = Scenario(
    "gateway_no_index",
    "vcrpy",
    (
        Exchange(
            path="/v1beta/openai/chat/completions",
            request=asking(MODEL, "Sow the carrots, mind the frost, water the beds."),
            pieces=_pieces(),
            content_type="text/event-stream",
            expected=Expectation(
                id=ID,
                model=MODEL,
                text="I'll note the sowing, check the frost and water the beds.",
                finish_reason="tool_calls",
                usage=usage(102, 44, 171),
                quirks=("tool_index_missing", "arguments_object", "role_repeated"),
                tool_calls=[
                    tool_call(0, "function-call-80", "note_sowing", SEED_TEXT),
                    tool_call(1, "function-call-81", "frost_risk", '{"nights":5}'),
                    tool_call(2, None, "water", '{"litres":12}'),
                    tool_call(3, None, "water", "{}"),
                ],
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790000800,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "I'll note the sowing, check the frost and water the beds.",
                                "tool_calls": [
                                    {
                                        "id": "function-call-80",
                                        "type": "function",
                                        "function": {"name": "note_sowing", "arguments": SEED_TEXT},
                                        "extra_content": SIGNED,
                                    },
                                    {
                                        "id": "function-call-81",
                                        "type": "function",
                                        "function": {"name": "frost_risk", "arguments": '{"nights":5}'},
                                    },
                                    {"type": "function", "function": {"name": "water", "arguments": '{"litres":12}'}},
                                    {"type": "function", "function": {"name": "water", "arguments": "{}"}},
                                ],
                            },
                            "finish_reason": "tool_calls",
                        }
                    ],
                    "usage": {"completion_tokens": 44, "prompt_tokens": 102, "total_tokens": 171},
                },
            ),
        ),
    ),
)
