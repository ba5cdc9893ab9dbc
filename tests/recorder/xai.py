"""xAI: a role, keep-alive deltas that say nothing, `reasoning_content`, then content; usage in a chunk of its own."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import DONE, compact, event

ID = "5be1c2a4-71d0-4c3e-9a57-0d4be7f3a610_eu-north-1"
MODEL = "quill-mini-high"
TIDES = {
    "prompt_tokens": 41,
    "completion_tokens": 22,
    "total_tokens": 88,
    "prompt_tokens_details": {"text_tokens": 41, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 32},
    "completion_tokens_details": {
        "reasoning_tokens": 25,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
    "num_sources_used": 0,
}


def chunk(created: int, *choices: dict[str, Any], **last: object) -> bytes:
    """Encode a chunk with xAI's order of keys."""
    head = {"id": ID, "object": "chat.completion.chunk", "created": created, "model": MODEL}
    return event(compact({**head, "choices": list(choices), **last, "system_fingerprint": "fp_4e19c07b52"}))


def delta(created: int, **members: str) -> bytes:
    """Encode a chunk of the only choice; no members: a keep-alive."""
    return chunk(created, {"index": 0, "delta": members})


def _pieces() -> tuple[bytes, ...]:
    thought = fragments(
        "They| ask| when| the| causeway| is| dry|.| Low| water| is| at| 14|:|20|,| so| two| hours| either| side|."
    )
    answer = fragments(
        "You| can| walk| to| the| island| between| 12|:|20| and| 16|:|20|;| the| tide| waits| for| nobody|."
    )
    return (
        delta(1790000100, role="assistant"),
        *(delta(1790000100 + second) for second in range(1, 7)),
        *(delta(1790000107, reasoning_content=piece) for piece in thought[:12]),
        delta(1790000108),
        *(delta(1790000109, reasoning_content=piece) for piece in thought[12:]),
        *(delta(1790000110, content=piece) for piece in answer),
        chunk(1790000111, {"index": 0, "delta": {}, "finish_reason": "stop"}),
        chunk(1790000111, usage=TIDES),
        DONE,
    )


ANSWER = "You can walk to the island between 12:20 and 16:20; the tide waits for nobody."
REASONING = "They ask when the causeway is dry. Low water is at 14:20, so two hours either side."

KEEPALIVE_REASONING = Scenario(
    "keepalive_reasoning",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "When can I walk to the island?", stream_options={"include_usage": True}),
            pieces=_pieces(),
            content_type="text/event-stream",
            expected=Expectation(
                id=ID,
                model=MODEL,
                text=ANSWER,
                reasoning=REASONING,
                finish_reason="stop",
                usage=usage(41, 22, 88, reasoning=25, cached=32),
                quirks=("choices_empty",),
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790000100,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": ANSWER, "reasoning_content": REASONING},
                            "finish_reason": "stop",
                        }
                    ],
                    "system_fingerprint": "fp_4e19c07b52",
                    "usage": TIDES,
                },
            ),
        ),
    ),
)
