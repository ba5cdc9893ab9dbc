"""Perplexity: the message so far beside each delta, citations and usage in every chunk, CRLF, and no `[DONE]`."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import compact, event

ID = "0f4a8f7e-3b2c-4d19-8a55-6c1de0b7a9f2"
MODEL = "plover"
CITATIONS = ["https://birds.example.org/storks", "https://rings.example.net/2026/spring"]
RESULTS = [
    {"title": "White storks in spring", "url": "https://birds.example.org/storks", "date": "2026-03-02"},
    {"title": "Ring readings", "url": "https://rings.example.net/2026/spring", "date": None},
]
COST = {"input_tokens_cost": 0.000009, "output_tokens_cost": 0.000031, "request_cost": 0.005, "total_cost": 0.00504}


def chunk(new: str, so_far: str, completion: int, finish: str | None = None) -> bytes:
    """Encode a chunk: `message` repeats all of the text so far, which must not be merged as well."""
    counts: dict[str, Any] = {"prompt_tokens": 9, "completion_tokens": completion, "total_tokens": 9 + completion}
    counts["search_context_size"] = "low"
    if finish:
        counts["cost"] = COST
    payload = {
        "id": ID,
        "model": MODEL,
        "created": 1790001000 + completion // 8,
        "usage": counts,
        "citations": CITATIONS,
        "search_results": RESULTS,
        "object": "chat.completion.done" if finish else "chat.completion.chunk",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": so_far},
                "delta": {"role": "assistant", "content": new},
            }
        ],
    }
    return event(compact(payload), end="\r\n")


def _pieces() -> tuple[bytes, ...]:
    text = fragments("White storks| reach| the valley| in| early| March|[1],| a week| before| the swallows|[2].")
    grown = list(accumulate(text))
    return (
        *(chunk(new, so_far, 2 * n) for n, (new, so_far) in enumerate(zip(text, grown, strict=True), 1)),
        chunk("", grown[-1], 24, "stop"),
    )


ANSWER = "White storks reach the valley in early March[1], a week before the swallows[2]."

CUMULATIVE_USAGE_PERPLEXITY = Scenario(
    "cumulative_usage_perplexity",
    "vcrpy",
    (
        Exchange(
            path="/chat/completions",
            request=asking(MODEL, "When do the storks come back?", web_search_options={"search_context_size": "low"}),
            pieces=_pieces(),
            expected=Expectation(
                id=ID,
                model=MODEL,
                text=ANSWER,
                finish_reason="stop",
                termination="finish_reason",
                usage=usage(9, 24, 33),
                quirks=("message_beside_delta", "usage_repeated", "done_missing"),
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790001000,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": ANSWER},
                            "finish_reason": "stop",
                        }
                    ],
                    "citations": CITATIONS,
                    "search_results": RESULTS,
                    "usage": {
                        "prompt_tokens": 9,
                        "completion_tokens": 24,
                        "total_tokens": 33,
                        "search_context_size": "low",
                        "cost": COST,
                    },
                },
            ),
        ),
    ),
)
