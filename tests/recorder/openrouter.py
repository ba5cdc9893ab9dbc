"""OpenRouter: comments, a role in every delta, reasoning plain and in details, usage with cost beside a choice."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import DONE, comment, compact, event

ID = "gen-1790000200-tQ4mZx81LbRcVe0aKsWd"
MODEL = "papyrus/sonata-4.5"
FORMAT = "anthropic-claude-v1"
SIGNATURE = "c2lnbmF0dXJlLW9mLWEtdGhvdWdodC1hYm91dC1icmVhZA=="
BREAD = {
    "prompt_tokens": 19,
    "completion_tokens": 64,
    "total_tokens": 83,
    "cost": 0.001017,
    "is_byok": False,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "cost_details": {
        "upstream_inference_cost": None,
        "upstream_inference_prompt_cost": 0.000057,
        "upstream_inference_completions_cost": 0.00096,
    },
    "completion_tokens_details": {"reasoning_tokens": 31, "image_tokens": 0},
}


def chunk(delta: dict[str, Any], finish: str | None = None, native: str | None = None, **last: object) -> bytes:
    """Encode a chunk with OpenRouter's order of keys."""
    head = {
        "id": ID,
        "object": "chat.completion.chunk",
        "created": 1790000200,
        "model": MODEL,
        "provider": "Lantern Hosting",
    }
    choice = {"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": native}
    return event(compact({**head, "choices": [choice], **last}))


def thought(text: str) -> bytes:
    """Encode a reasoning fragment, once as text and once as a detail."""
    detail = {"type": "reasoning.text", "text": text, "format": FORMAT, "index": 0}
    return chunk({"content": "", "role": "assistant", "reasoning": text, "reasoning_details": [detail]})


def said(text: str) -> bytes:
    """Encode a content fragment; the reasoning is null beside it."""
    return chunk({"content": text, "role": "assistant", "reasoning": None, "reasoning_details": []})


def _pieces() -> tuple[bytes, ...]:
    signed = {"type": "reasoning.text", "signature": SIGNATURE, "format": FORMAT, "index": 0}
    sealed = {"type": "reasoning.encrypted", "data": "b3Zlbi1zZWNyZXRz", "format": FORMAT, "index": 1}
    more = {"type": "reasoning.encrypted", "data": "LWFuZC1jcnVzdA", "index": 1}
    return (
        *(comment("OPENROUTER PROCESSING"),) * 3,
        *map(
            thought,
            fragments("A sourdough that| stays flat| usually|\nlacks| strength or| time|. I'll| ask| for both|."),
        ),
        chunk({"content": "", "role": "assistant", "reasoning_details": [signed]}),
        chunk({"content": "", "role": "assistant", "reasoning_details": [sealed]}),
        comment("OPENROUTER PROCESSING"),
        chunk({"content": "", "role": "assistant", "reasoning_details": [more]}),
        *map(
            said, fragments("Let the dough| rest| longer|:| four| hours at| 24 °C|,| and fold| it| every| half hour|.")
        ),
        chunk({"content": "", "role": "assistant", "reasoning": None}, "stop", "end_turn"),
        chunk({"content": "", "role": "assistant"}, "stop", "end_turn", usage=BREAD),
        DONE,
    )


ANSWER = "Let the dough rest longer: four hours at 24 °C, and fold it every half hour."
REASONING = "A sourdough that stays flat usually\nlacks strength or time. I'll ask for both."

OPENROUTER_REASONING = Scenario(
    "openrouter_reasoning",
    "vcrpy",
    (
        Exchange(
            path="/api/v1/chat/completions",
            request=asking(MODEL, "Why is my sourdough flat?", reasoning={"max_tokens": 1024}, usage={"include": True}),
            pieces=_pieces(),
            content_type="text/event-stream",
            expected=Expectation(
                id=ID,
                model=MODEL,
                text=ANSWER,
                reasoning=REASONING,
                finish_reason="stop",
                usage=usage(19, 64, 83, reasoning=31, cached=0),
                quirks=("role_repeated", "finish_reason_repeated"),
                comments=4,
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790000200,
                    "model": MODEL,
                    "provider": "Lantern Hosting",
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": ANSWER,
                                "reasoning": REASONING,
                                "reasoning_details": [
                                    {
                                        "type": "reasoning.text",
                                        "text": REASONING,
                                        "signature": SIGNATURE,
                                        "format": FORMAT,
                                        "index": 0,
                                    },
                                    {
                                        "type": "reasoning.encrypted",
                                        "data": "b3Zlbi1zZWNyZXRzLWFuZC1jcnVzdA",
                                        "format": FORMAT,
                                        "index": 1,
                                    },
                                ],
                            },
                            "finish_reason": "stop",
                            "native_finish_reason": "end_turn",
                        }
                    ],
                    "usage": BREAD,
                },
            ),
        ),
    ),
)
