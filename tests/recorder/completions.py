"""The legacy completions endpoint: `choices[].text`, logprobs as four parallel lists, no delta and no role."""

from __future__ import annotations

from .scenario import Exchange, Expectation, Scenario, usage
from .wire import DONE, compact, event

ID = "cmpl-L6onceUponATime00001"
MODEL = "inkwell-instruct"
TOKENS = (" there", " was", " a", " miller", " who", " owned", " nothing", " but", " a", " wheel", ",")
LOGPROBS = (-0.5, -0.25, -0.125, -3.75, -1.5, -2.25, -0.0625, -0.875, -0.75, -4.5, -1.0)
OFFSETS = (16, 22, 26, 28, 35, 39, 45, 53, 57, 59, 65)


def chunk(text: str, logprobs: object, finish: str | None = None) -> bytes:
    """Encode one fragment."""
    choice = {"text": text, "index": 0, "logprobs": logprobs, "finish_reason": finish}
    head = {"id": ID, "object": "text_completion", "created": 1790001400}
    return event(compact({**head, "choices": [choice], "model": MODEL, "usage": None}))


def _pieces() -> tuple[bytes, ...]:
    counts = {"prompt_tokens": 4, "completion_tokens": 11, "total_tokens": 15}
    last = {
        "id": ID,
        "object": "text_completion",
        "created": 1790001400,
        "model": MODEL,
        "usage": counts,
        "choices": [],
    }
    return (
        *(
            chunk(
                text,
                {
                    "tokens": [text],
                    "token_logprobs": [logprob],
                    "top_logprobs": [{text: logprob, " once": -6.5}],
                    "text_offset": [offset],
                },
            )
            for text, logprob, offset in zip(TOKENS, LOGPROBS, OFFSETS, strict=True)
        ),
        chunk("", None, "length"),
        event(compact(last)),
        DONE,
    )


LEGACY_COMPLETIONS = Scenario(
    "legacy_completions",
    "vcrpy",
    (
        Exchange(
            path="/v1/completions",
            request={
                "model": MODEL,
                "prompt": "Once upon a time",
                "max_tokens": 11,
                "logprobs": 2,
                "stream": True,
                "stream_options": {"include_usage": True},
            },
            pieces=_pieces(),
            expected=Expectation(
                dialect="openai-completions",
                id=ID,
                model=MODEL,
                text=" there was a miller who owned nothing but a wheel,",
                finish_reason="length",
                usage=usage(4, 11, 15),
                message={
                    "id": ID,
                    "object": "text_completion",
                    "created": 1790001400,
                    "model": MODEL,
                    "choices": [
                        {
                            "text": " there was a miller who owned nothing but a wheel,",
                            "index": 0,
                            "logprobs": {
                                "tokens": list(TOKENS),
                                "token_logprobs": list(LOGPROBS),
                                "top_logprobs": [
                                    {" there": -0.5, " once": -6.5},
                                    {" was": -0.25, " once": -6.5},
                                    {" a": -0.125, " once": -6.5},
                                    {" miller": -3.75, " once": -6.5},
                                    {" who": -1.5, " once": -6.5},
                                    {" owned": -2.25, " once": -6.5},
                                    {" nothing": -0.0625, " once": -6.5},
                                    {" but": -0.875, " once": -6.5},
                                    {" a": -0.75, " once": -6.5},
                                    {" wheel": -4.5, " once": -6.5},
                                    {",": -1.0, " once": -6.5},
                                ],
                                "text_offset": list(OFFSETS),
                            },
                            "finish_reason": "length",
                        }
                    ],
                    "usage": {"prompt_tokens": 4, "completion_tokens": 11, "total_tokens": 15},
                },
            ),
        ),
    ),
)
