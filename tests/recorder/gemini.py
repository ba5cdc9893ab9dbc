"""Gemini: parts that continue each other, counts that grow, thoughts and signatures, calls whole and in pieces."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, fragments, tool_call, usage
from .wire import compact, event

MODEL = "twin-star-3"
PATH = f"/v1beta/models/{MODEL}:streamGenerateContent"
SSE = f"{PATH}?alt=sse"


def asking(prompt: str, **more: object) -> dict[str, Any]:
    """Body of a request with one part of text."""
    return {"contents": [{"role": "user", "parts": [{"text": prompt}]}], **more}


def counts(prompt: int, candidates: int, thoughts: int | None = None, cached: int | None = None) -> dict[str, Any]:
    """Build the usage so far."""
    more = {"thoughtsTokenCount": thoughts, "cachedContentTokenCount": cached}
    told = {name: value for name, value in more.items() if value is not None}
    total = prompt + candidates + (thoughts or 0)
    return {"promptTokenCount": prompt, "candidatesTokenCount": candidates, "totalTokenCount": total, **told}


def chunk(answer_id: str, parts: list[dict[str, Any]], used: dict[str, Any], **candidate: object) -> dict[str, Any]:
    """Build a chunk of the only candidate."""
    inner = {"content": {"parts": parts, "role": "model"}, **candidate, "index": 0}
    return {"candidates": [inner], "usageMetadata": used, "modelVersion": MODEL, "responseId": answer_id}


def sent(*chunks: dict[str, Any], end: str = "\r\n") -> tuple[bytes, ...]:
    """Encode chunks as events; Google ends lines by CR LF."""
    return tuple(event(compact(each), end=end) for each in chunks)


SAFE = [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "NEGLIGIBLE"}]
SOURCE = {"startIndex": 4, "endIndex": 21, "uri": "https://stars.example.com/castor"}
OTHER = {"startIndex": 30, "endIndex": 44, "uri": "https://stars.example.com/pollux"}


def _text() -> Exchange:
    def said(number: int, piece: str, **candidate: object) -> dict[str, Any]:
        return chunk("r-01Castor", [{"text": piece}], counts(9, 4 * number, cached=8), **candidate)

    pieces = fragments("Castor is| the fainter| one, though| it comes first.")
    return Exchange(
        request=asking("Which twin is brighter?"),
        path=SSE,
        content_type="text/event-stream",
        pieces=sent(
            said(1, pieces[0], safetyRatings=SAFE),
            said(2, pieces[1], citationMetadata={"citationSources": [SOURCE]}),
            # Cited again and for the first time.
            said(3, pieces[2], citationMetadata={"citationSources": [SOURCE, OTHER]}),
            said(4, pieces[3], finishReason="STOP", safetyRatings=SAFE),
        ),
        expected=Expectation(
            dialect="gemini",
            id="r-01Castor",
            model=MODEL,
            text="".join(pieces),
            finish_reason="STOP",
            termination="finish_reason",
            usage=usage(9, 16, 25, cached=8),
            message=chunk(
                "r-01Castor",
                [{"text": "".join(pieces)}],
                counts(9, 16, cached=8),
                finishReason="STOP",
                safetyRatings=SAFE,
                citationMetadata={"citationSources": [SOURCE, OTHER]},
            ),
        ),
    )


SIGNED = "Q2FzdG9yIHdhcyBoZXJl"
SIGNED_CALL = "UG9sbHV4IHdhcyBoZXJl"


def _wrapped() -> Exchange:
    """A gateway wraps each chunk; of the thoughts, the answer and the signed parts none may be mixed."""
    thoughts = fragments("**Stars**: the user| asks about Gemini|, the constellation.")
    answer = fragments("It rises| at dusk|.")
    parts = [
        *({"text": piece, "thought": True} for piece in thoughts),
        *({"text": piece} for piece in answer),
        {"text": "", "thoughtSignature": SIGNED},
        {"text": " In"},
        {"text": " January."},
    ]
    used = counts(14, 9, 31)
    chunks = [chunk("r-02Dusk", [part], {"promptTokenCount": 14, "totalTokenCount": 45}) for part in parts]
    last = chunk("r-02Dusk", [], used, finishReason="STOP")
    return Exchange(
        request=asking("When does it rise?", generationConfig={"thinkingConfig": {"includeThoughts": True}}),
        path="/v1internal:streamGenerateContent?alt=sse",
        content_type="text/event-stream",
        pieces=sent(*({"response": each, "traceId": "4be1"} for each in (*chunks, last)), end="\n"),
        expected=Expectation(
            dialect="gemini",
            id="r-02Dusk",
            model=MODEL,
            text="It rises at dusk. In January.",
            reasoning="".join(thoughts),
            finish_reason="STOP",
            termination="finish_reason",
            usage=usage(14, 9, 54, reasoning=31),
            message=chunk(
                "r-02Dusk",
                [
                    {"text": "".join(thoughts), "thought": True},
                    {"text": "It rises at dusk."},
                    {"text": "", "thoughtSignature": SIGNED},
                    {"text": " In January."},
                ],
                used,
                finishReason="STOP",
            ),
        ),
    )


def _calls() -> Exchange:
    calls = [
        {"functionCall": {"name": "rise", "args": {"star": "Castor", "year": 2026}}, "thoughtSignature": SIGNED_CALL},
        {"functionCall": {"name": "now", "id": "fc-2"}},
    ]
    return Exchange(
        request=asking("Is Castor up?", tools=[{"functionDeclarations": [{"name": "rise"}, {"name": "now"}]}]),
        path=SSE,
        content_type="text/event-stream",
        pieces=sent(
            chunk("r-03Calls", [{"text": "Let me see. "}], counts(60, 4)),
            chunk("r-03Calls", calls, counts(60, 22)),
            chunk("r-03Calls", [{"text": ""}], counts(60, 22), finishReason="STOP"),
        ),
        expected=Expectation(
            dialect="gemini",
            id="r-03Calls",
            model=MODEL,
            text="Let me see. ",
            finish_reason="STOP",
            termination="finish_reason",
            usage=usage(60, 22, 82),
            tool_calls=[
                tool_call(1, None, "rise", '{"star":"Castor","year":2026}'),
                tool_call(2, "fc-2", "now", "{}"),
            ],
            message=chunk(
                "r-03Calls", [{"text": "Let me see. "}, *calls, {"text": ""}], counts(60, 22), finishReason="STOP"
            ),
        ),
    )


def _partial() -> Exchange:
    """A call whose arguments come by their paths."""

    def piece(*values: dict[str, Any], more: bool = True, **call: object) -> dict[str, Any]:
        told: dict[str, Any] = {**call}
        if values:
            told["partialArgs"] = list(values)
        if more:
            told["willContinue"] = True
        return chunk("r-04Pieces", [{"functionCall": told}], counts(60, 30))

    args = {"place": "Vila do Bispo", "at": {"hours": [21, 22]}, "clear": True}
    return Exchange(
        request=asking("Watch for it tonight.", tools=[{"functionDeclarations": [{"name": "watch"}]}]),
        path=SSE,
        content_type="text/event-stream",
        pieces=sent(
            piece(name="watch"),
            piece({"jsonPath": "$.place", "stringValue": "Vila ", "willContinue": True}),
            piece({"jsonPath": "$.place", "stringValue": "do Bispo"}),
            piece({"jsonPath": "$.at.hours[0]", "numberValue": 21}, {"jsonPath": "$.at.hours[1]", "numberValue": 22}),
            piece({"jsonPath": "$.clear", "boolValue": True}),
            piece(more=False),
            chunk("r-04Pieces", [], counts(60, 41), finishReason="STOP"),
        ),
        expected=Expectation(
            dialect="gemini",
            id="r-04Pieces",
            model=MODEL,
            text="",
            finish_reason="STOP",
            termination="finish_reason",
            usage=usage(60, 41, 101),
            tool_calls=[tool_call(0, None, "watch", '{"place":"Vila do Bispo","at":{"hours":[21,22]},"clear":true}')],
            message=chunk(
                "r-04Pieces", [{"functionCall": {"name": "watch", "args": args}}], counts(60, 41), finishReason="STOP"
            ),
        ),
    )


GEMINI_TEXT = Scenario("gemini_text", "go-vcr", (_text(),))
GEMINI_THOUGHTS = Scenario("gemini_thoughts", "go-vcr", (_wrapped(),))
GEMINI_CALLS = Scenario("gemini_calls", "vcrpy", (_calls(), _partial()))
