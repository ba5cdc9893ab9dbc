"""Gemini, other bodies than an answer in events: an array without `alt=sse`, a blocked prompt, a bare error."""

from __future__ import annotations

import json

from .gemini import MODEL, PATH, SSE, asking, chunk, counts, sent
from .scenario import Exchange, Expectation, Scenario, fragments, usage

TWO = "One is mortal, the other isn't."


def _array() -> Exchange:
    pieces = fragments("One is| mortal, the| other isn't.")
    chunks = [chunk("r-05Array", [{"text": piece}], counts(11, 3 * at)) for at, piece in enumerate(pieces, 1)]
    chunks[-1]["candidates"][0]["finishReason"] = "STOP"
    # As Google prints it: indented, a comma in front of each chunk but the first.
    printed = [json.dumps(each, indent=2) for each in chunks]
    return Exchange(
        request=asking("How do the twins differ?"),
        path=PATH,
        content_type="application/json; charset=UTF-8",
        pieces=(b"[", printed[0].encode(), *(f"\n,\r\n{text}".encode() for text in printed[1:]), b"\n]\n"),
        expected=Expectation(
            dialect="gemini",
            id="r-05Array",
            model=MODEL,
            text=TWO,
            finish_reason="STOP",
            termination="finish_reason",
            usage=usage(11, 9, 20),
            message=chunk("r-05Array", [{"text": TWO}], counts(11, 9), finishReason="STOP"),
        ),
    )


BLOCKED = {"blockReason": "PROHIBITED_CONTENT"}
ASKED = {"promptTokenCount": 6, "totalTokenCount": 6}


def _blocked() -> Exchange:
    told = {"promptFeedback": BLOCKED, "usageMetadata": ASKED, "modelVersion": MODEL, "responseId": "r-06Blocked"}
    return Exchange(
        request=asking("How does one steal a star?"),
        path=SSE,
        pieces=sent(told),
        expected=Expectation(
            dialect="gemini",
            id="r-06Blocked",
            model=MODEL,
            text="",
            finish_reason=None,
            termination="finish_reason",
            usage={"input_tokens": 6, "output_tokens": None, "total_tokens": 6, "reasoning_tokens": None,
                   "cached_tokens": None},
            message=told,
        ),
    )  # fmt: skip


GONE = {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}


def _error() -> Exchange:
    return Exchange(
        request=asking("Tell me the whole myth."),
        path=SSE,
        pieces=(
            *sent(chunk("r-07Error", [{"text": "Leda was"}], counts(8, 2))),
            # Printed over lines, without `data:`.
            f"{json.dumps({'error': GONE}, indent=2)}\n".encode(),
        ),
        expected=Expectation(
            dialect="gemini",
            id="r-07Error",
            model=MODEL,
            text="Leda was",
            finish_reason=None,
            termination="error",
            complete=False,
            error=GONE,
            usage=usage(8, 2, 10),
            quirks=("bare_json_line",),
            message=chunk("r-07Error", [{"text": "Leda was"}], counts(8, 2)),
        ),
    )


GEMINI_ARRAY = Scenario("gemini_array", "go-vcr", (_array(),))
GEMINI_ENDS = Scenario("gemini_ends", "vcrpy", (_blocked(), _error()))
