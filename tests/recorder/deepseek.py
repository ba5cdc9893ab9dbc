"""DeepSeek: of content and `reasoning_content` one is null, usage on the finish chunk, an end without `[DONE]`."""

from __future__ import annotations

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import comment, compact, event

ID = "b7c0d5e2-19fa-4e63-8d27-5a90c1f46e38"
MODEL = "trench-reasoner"
FINGERPRINT = "fp_11aa7c2b90_prod_fp8"
USED = {
    "prompt_tokens": 16,
    "completion_tokens": 45,
    "total_tokens": 61,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 21},
    "prompt_cache_hit_tokens": 0,
    "prompt_cache_miss_tokens": 16,
}


def chunk(content: str | None, reasoning: str | None, finish: str | None = None, **role: str) -> bytes:
    """Encode a chunk; of content and reasoning one is null."""
    delta = {**role, "content": content, "reasoning_content": reasoning}
    payload = {
        "id": ID,
        "object": "chat.completion.chunk",
        "created": 1790001200,
        "model": MODEL,
        "system_fingerprint": FINGERPRINT,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "usage": USED if finish else None,
    }
    return event(compact(payload))


def _pieces() -> tuple[bytes, ...]:
    thought = fragments("H|mm|,| 17| is| prime|,| and| 51| is| 3| times| 17|,| so| 51| isn|'t|.")
    answer = fragments("**|No|**|:| 51| = 3|·|17|,| so| it| is| not| a| prime| number|.")
    return (
        comment("keep-alive"),
        comment("keep-alive"),
        chunk(None, "", role="assistant"),
        *(chunk(None, piece) for piece in thought),
        *(chunk(piece, None) for piece in answer),
        chunk("", None, "stop"),
    )


DEEPSEEK_EOF = Scenario(
    "deepseek_eof",
    "vcrpy",
    (
        Exchange(
            path="/chat/completions",
            request=asking(MODEL, "Is 51 prime?"),
            pieces=_pieces(),
            expected=Expectation(
                id=ID,
                model=MODEL,
                text="**No**: 51 = 3·17, so it is not a prime number.",
                reasoning="Hmm, 17 is prime, and 51 is 3 times 17, so 51 isn't.",
                finish_reason="stop",
                termination="finish_reason",
                usage=usage(16, 45, 61, reasoning=21, cached=0),
                quirks=("done_missing",),
                comments=2,
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790001200,
                    "model": MODEL,
                    "system_fingerprint": FINGERPRINT,
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "**No**: 51 = 3·17, so it is not a prime number.",
                                "reasoning_content": "Hmm, 17 is prime, and 51 is 3 times 17, so 51 isn't.",
                            },
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": USED,
                },
            ),
        ),
    ),
)
