"""Azure: a first chunk about the prompt alone, keys sorted, and filter results that come late, without a delta."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import DONE, compact, event

ID = "chatcmpl-Az9filterComesLater01"
MODEL = "folio-5-mini-2026-08-07"
SAFE = {"filtered": False, "severity": "safe"}
LOW = {"filtered": False, "severity": "low"}
PROMPT = {"hate": SAFE, "jailbreak": {"detected": False, "filtered": False}, "self_harm": SAFE, "violence": LOW}
USED = {
    "completion_tokens": 30,
    "completion_tokens_details": {"audio_tokens": 0, "reasoning_tokens": 0},
    "prompt_tokens": 24,
    "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 0},
    "total_tokens": 54,
}


def chunk(*choices: dict[str, Any], **members: object) -> bytes:
    """Encode a chunk as Azure sorts it."""
    head = {
        "choices": list(choices),
        "created": 1790000400,
        "id": ID,
        "model": MODEL,
        "object": "chat.completion.chunk",
        "system_fingerprint": "fp_c0ffee1791",
        "usage": None,
    }
    return event(compact(dict(sorted({**head, **members}.items()))))


def delta(finish: str | None = None, **members: object) -> bytes:
    """Encode a chunk with a delta; its own filter results are still empty."""
    choice = {"content_filter_results": {}, "delta": members, "finish_reason": finish, "index": 0, "logprobs": None}
    return chunk(choice)


def filtered(start: int, end: int, **results: object) -> bytes:
    """Encode what the asynchronous filter found in a stretch of the text: no delta, no id, no model."""
    offsets = {"check_offset": start, "start_offset": start, "end_offset": end}
    choice = {
        "index": 0,
        "finish_reason": None,
        "content_filter_results": results,
        "content_filter_offsets": offsets,
    }
    empty: dict[str, Any] = {"id": "", "object": "", "created": 0, "model": "", "choices": [choice], "usage": None}
    return event(compact(empty))


def _pieces() -> tuple[bytes, ...]:
    text = fragments(
        "Sharpen| the| knife| before| you| start|,| hold| the| onion| in| a| claw| grip|,| and| let| the| weight|"
        " of| the| blade| do| the| cutting|."
    )
    first = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
    filters = [{"prompt_index": 0, "content_filter_results": PROMPT}]
    return (
        event(compact({**first, "prompt_filter_results": filters})),
        delta(content="", refusal=None, role="assistant"),
        *(delta(content=piece) for piece in text[:12]),
        filtered(0, 58, hate=SAFE, violence=SAFE),
        *(delta(content=piece) for piece in text[12:]),
        delta("stop"),
        filtered(58, 117, violence=LOW, self_harm=SAFE),
        chunk(usage=USED),
        DONE,
    )


ANSWER = (
    "Sharpen the knife before you start, hold the onion in a claw grip, and let the weight of the blade do the cutting."
)

AZURE_FIRST_CHUNK = Scenario(
    "azure_first_chunk",
    "go-vcr",
    (
        Exchange(
            path="/openai/deployments/folio-5-mini/chat/completions?api-version=2026-06-01",
            request=asking(MODEL, "How do I cut an onion?", stream_options={"include_usage": True}),
            pieces=_pieces(),
            expected=Expectation(
                id=ID,
                model=MODEL,
                text=ANSWER,
                finish_reason="stop",
                usage=usage(24, 30, 54, reasoning=0, cached=0),
                quirks=("choices_empty", "delta_missing"),
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790000400,
                    "model": MODEL,
                    "system_fingerprint": "fp_c0ffee1791",
                    "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": PROMPT}],
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": ANSWER},
                            "finish_reason": "stop",
                            "content_filter_results": {"hate": SAFE, "violence": LOW, "self_harm": SAFE},
                            "content_filter_offsets": {"check_offset": 58, "start_offset": 58, "end_offset": 117},
                        }
                    ],
                    "usage": USED,
                },
            ),
        ),
    ),
)
