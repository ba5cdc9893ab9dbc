"""Parts, citations and arguments in pieces of Gemini."""

from __future__ import annotations

from benches.shapes.shape import Json, Shape, again, each, held, once, sse


def candidate(*parts: Json, **more: Json) -> bytes:
    return sse({"candidates": [{"content": {"parts": list(parts)}, **more}]})


def source(number: int) -> Json:
    return {"startIndex": number, "uri": f"https://example.com/{number}"}


GEMINI_FIRST = candidate({"text": "x"})
GEMINI = {
    "tokens": Shape(again(candidate({"text": " harbour"}), first=GEMINI_FIRST)),
    "parts in turn": Shape(
        again(candidate({"text": "x"}), candidate({"text": "y", "thought": True}), first=GEMINI_FIRST)
    ),
    "parts in turn, deltas": Shape(
        again(candidate({"text": "x"}), candidate({"text": "y", "thought": True}), first=GEMINI_FIRST), "deltas"
    ),
    "empty parts": Shape(once(lambda size: candidate(*[{}] * (size // 3)), first=GEMINI_FIRST)),
    "calls": Shape(again(candidate({"functionCall": {"name": "f", "args": {"x": 1}}}), first=GEMINI_FIRST)),
    "calls, deltas": Shape(
        again(candidate({"functionCall": {"name": "f", "args": {"x": 1}}}), first=GEMINI_FIRST), "deltas"
    ),
    "citations": Shape(
        each(
            lambda number: candidate({"text": "x"}, citationMetadata={"citationSources": [source(number)]}),
            GEMINI_FIRST,
        )
    ),
    "citations sent again": Shape(
        each(
            lambda _: candidate({"text": "x"}, citationMetadata={"citationSources": [source(n) for n in range(20)]}),
            GEMINI_FIRST,
        )
    ),
    "citations in one event": Shape(
        once(
            lambda size: candidate(
                {"text": "x"}, citationMetadata={"citationSources": [source(n) for n in range(size // 58)]}
            ),
            GEMINI_FIRST,
        )
    ),
    "citations of one number": Shape(
        once(
            lambda size: candidate(
                {"text": "x"}, citationMetadata={"citationSources": [[n] for n in range(size // 8)]}
            ),
            GEMINI_FIRST,
        )
    ),
    "arguments in pieces": Shape(
        again(
            candidate(
                {"functionCall": {"partialArgs": [{"jsonPath": "$.x", "stringValue": "y"}], "willContinue": True}}
            ),
            first=GEMINI_FIRST + candidate({"functionCall": {"name": "f", "willContinue": True}}),
        )
    ),
    "arguments of new paths": Shape(
        each(
            lambda number: candidate(
                {
                    "functionCall": {
                        "partialArgs": [{"jsonPath": f"$.x[{number}].y", "numberValue": 1}],
                        "willContinue": True,
                    }
                }
            ),
            GEMINI_FIRST + candidate({"functionCall": {"name": "f", "willContinue": True}}),
        )
    ),
    "arguments at deep paths": Shape(
        each(
            lambda number: candidate(
                {
                    "functionCall": {
                        "partialArgs": [{"jsonPath": "$" + ".a" * 60 + f".b{number}", "numberValue": 1}],
                        "willContinue": True,
                    }
                }
            ),
            GEMINI_FIRST + candidate({"functionCall": {"name": "f", "willContinue": True}}),
        )
    ),
    "an odd part, then texts": Shape(
        held(
            lambda size: [candidate({"text": "x", **{f"{n}": None for n in range(size // 13)}})],
            candidate({"text": "x"}),
        )
    ),
    "counts": Shape(
        each(
            lambda number: sse(
                {"candidates": [], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": number}}
            ),
            GEMINI_FIRST,
        )
    ),
}
