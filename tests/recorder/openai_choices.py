"""OpenAI: two choices with logprobs, the second first; a refusal; padding in `obfuscation`."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import DONE, compact, event

MODEL = "folio-4o-2026-05-13"
FINGERPRINT = "fp_90b1c7d3ae"


def chunk(answer_id: str, created: int, choices: list[dict[str, Any]], **more: object) -> bytes:
    """Encode a chunk with OpenAI's order of keys."""
    head = {"id": answer_id, "object": "chat.completion.chunk", "created": created, "model": MODEL}
    return event(compact({**head, "system_fingerprint": FINGERPRINT, "choices": choices, **more}))


def completion(answer_id: str, created: int, choices: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    """Build the answer as it would have come without streaming."""
    head = {"id": answer_id, "object": "chat.completion", "created": created, "model": MODEL}
    return {**head, "system_fingerprint": FINGERPRINT, "choices": choices, **more}


def token(text: str, logprob: float, *others: tuple[str, float]) -> dict[str, Any]:
    """Build one entry of `logprobs.content`."""
    top = [{"token": other, "logprob": value, "bytes": list(other.encode())} for other, value in others]
    return {"token": text, "logprob": logprob, "bytes": list(text.encode()), "top_logprobs": top}


NAMES_ID = "chatcmpl-N2twoNamesForACat01"
PEPPER = [
    token("Pe", -0.21, ("Pe", -0.21), ("Mo", -1.9)),
    token("pper", -0.000004),
    token(" —", -2.5),
    token(" small", -0.75),
    token(" but", -0.3125),
    token(" sharp", -1.0),
]
BISCUIT = [
    token("B", -1.125),
    token("isc", -0.5),
    token("uit", 0.0),
    token(",", -0.0625, (",", -0.0625), (" —", -3.0), (":", -4.5)),
    token(" of", -0.9),
    token(" course", -0.01),
    token("!", -1.75),
]


def _named(index: int, entry: dict[str, Any]) -> bytes:
    logprobs = {"content": [entry], "refusal": None}
    choice = {"index": index, "delta": {"content": entry["token"]}, "logprobs": logprobs, "finish_reason": None}
    return chunk(NAMES_ID, 1790001100, [choice])


def _names() -> tuple[bytes, ...]:
    def bare(index: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}

    role = {"role": "assistant", "content": "", "refusal": None}
    pairs = [_named(index, entry) for pair in zip(BISCUIT, PEPPER, strict=False) for index, entry in enumerate(pair)]
    return (
        chunk(NAMES_ID, 1790001100, [bare(1, role)]),
        _named(1, PEPPER[0]),
        chunk(NAMES_ID, 1790001100, [bare(0, role)]),
        *pairs[:1],
        *pairs[2:],
        _named(0, BISCUIT[6]),
        chunk(NAMES_ID, 1790001100, [bare(1, {}, "length"), bare(0, {}, "stop")]),
        chunk(NAMES_ID, 1790001100, [], usage={"prompt_tokens": 14, "completion_tokens": 13, "total_tokens": 27}),
        DONE,
    )


N2_CHOICES = Scenario(
    "n2_choices",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "A name for a ginger cat?", n=2, logprobs=True, top_logprobs=3),
            pieces=_names(),
            expected=Expectation(
                id=NAMES_ID,
                model=MODEL,
                text="Biscuit, of course!",
                finish_reason="stop",
                usage=usage(14, 13, 27),
                message=completion(
                    NAMES_ID,
                    1790001100,
                    [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": "Biscuit, of course!"},
                            "logprobs": {"content": BISCUIT},
                            "finish_reason": "stop",
                        },
                        {
                            "index": 1,
                            "message": {"role": "assistant", "content": "Pepper — small but sharp"},
                            "logprobs": {"content": PEPPER},
                            "finish_reason": "length",
                        },
                    ],
                    usage={"prompt_tokens": 14, "completion_tokens": 13, "total_tokens": 27},
                ),
            ),
        ),
    ),
)

REFUSAL_ID = "chatcmpl-R3theWitnessIsQuiet1"


def _refusal() -> tuple[bytes, ...]:
    def delta(finish: str | None = None, **members: object) -> bytes:
        choice = {"index": 0, "delta": members, "logprobs": None, "finish_reason": finish}
        return chunk(REFUSAL_ID, 1790001110, [choice])

    text = fragments("I|'m| sorry|,| but| I| can|'t| help| with| opening| somebody| else|'s| letters|.")
    return (
        delta(role="assistant", content=None, refusal=""),
        *(delta(refusal=piece) for piece in text),
        delta("stop"),
        chunk(REFUSAL_ID, 1790001110, [], usage={"prompt_tokens": 30, "completion_tokens": 17, "total_tokens": 47}),
        DONE,
    )


REFUSAL = Scenario(
    "refusal",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "Open my neighbour's letters.", response_format={"type": "json_object"}),
            pieces=_refusal(),
            expected=Expectation(
                id=REFUSAL_ID,
                model=MODEL,
                text="",
                refusal="I'm sorry, but I can't help with opening somebody else's letters.",
                finish_reason="stop",
                usage=usage(30, 17, 47),
                message=completion(
                    REFUSAL_ID,
                    1790001110,
                    [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": None,
                                "refusal": "I'm sorry, but I can't help with opening somebody else's letters.",
                            },
                            "finish_reason": "stop",
                        }
                    ],
                    usage={"prompt_tokens": 30, "completion_tokens": 17, "total_tokens": 47},
                ),
            ),
        ),
    ),
)

PADDED_ID = "chatcmpl-O4everyEventAsLong01"
PADDING = "qT7vLk2xWm9ZrB4n"


def _padded() -> tuple[bytes, ...]:
    def padded(text: str, *choices: dict[str, Any], **more: object) -> bytes:
        # The shorter the text, the longer the padding: all events are of one length.
        return chunk(PADDED_ID, 1790001120, list(choices), **more, obfuscation=PADDING[len(text) :])

    def delta(text: str = "", finish: str | None = None, **members: object) -> bytes:
        choice = {"index": 0, "delta": members, "logprobs": None, "finish_reason": finish}
        return padded(text, choice, usage=None)

    text = fragments("The| clockmaker| lives| above| the| bakery|,| third| door| past| the| fountain|;| ring| twice|.")
    return (
        delta(role="assistant", content="", refusal=None),
        *(delta(piece, content=piece) for piece in text),
        delta(finish="stop"),
        padded("", usage={"prompt_tokens": 12, "completion_tokens": 17, "total_tokens": 29}),
        DONE,
    )


OBFUSCATED = Scenario(
    "obfuscated",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "Where does the clockmaker live?", stream_options={"include_obfuscation": True}),
            pieces=_padded(),
            expected=Expectation(
                id=PADDED_ID,
                model=MODEL,
                text="The clockmaker lives above the bakery, third door past the fountain; ring twice.",
                finish_reason="stop",
                usage=usage(12, 17, 29),
                message=completion(
                    PADDED_ID,
                    1790001120,
                    [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": (
                                    "The clockmaker lives above the bakery, third door past the fountain; ring twice."
                                ),
                            },
                            "finish_reason": "stop",
                        }
                    ],
                    usage={"prompt_tokens": 12, "completion_tokens": 17, "total_tokens": 29},
                ),
            ),
        ),
    ),
)
