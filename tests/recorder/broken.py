"""Streams that go wrong after they began: the connection drops inside an event; an error comes with status 200."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, asking, fragments, tool_call, usage
from .wire import DONE, comment, compact, event

MODEL = "harbour-70b"


def chunk(answer_id: str, created: int, delta: dict[str, Any], finish: str | None = None, **more: object) -> bytes:
    """Encode one change of the only choice."""
    head = {"id": answer_id, "object": "chat.completion.chunk", "created": created, "model": MODEL}
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return event(compact({**head, "choices": [choice], **more}))


def _cut() -> tuple[bytes, ...]:
    def delta(**members: object) -> bytes:
        return chunk("chatcmpl-9f02-cut-short", 1790000600, members)

    text = fragments("I'll| write| the| invitation| and| send| it| to| both| of| them|.")
    opened = {"name": "send_mail", "arguments": ""}
    arguments = fragments('{"to"|: ["|ines|@example.|com",| "|joão|@example.|com"],| "sub|ject": "|Jantar')
    whole = (
        delta(role="assistant", content=""),
        *(delta(content=piece) for piece in text),
        delta(tool_calls=[{"index": 0, "id": "call_mail01", "type": "function", "function": opened}]),
        *(delta(tool_calls=[{"index": 0, "function": {"arguments": piece}}]) for piece in arguments),
    )
    lost = delta(tool_calls=[{"index": 0, "function": {"arguments": " às 20"}}])
    # Between the two bytes of the à: what arrived isn't UTF-8, and the event has no end.
    return (*whole, lost[: lost.index("à".encode()) + 1])


SENT = '{"to": ["ines@example.com", "joão@example.com"], "subject": "Jantar'

TRUNCATED = Scenario(
    "truncated",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "Invite Inês and João to dinner."),
            pieces=_cut(),
            dropped=True,
            expected=Expectation(
                id="chatcmpl-9f02-cut-short",
                model=MODEL,
                text="I'll write the invitation and send it to both of them.",
                finish_reason=None,
                termination="eof",
                complete=False,
                tool_calls=[tool_call(0, "call_mail01", "send_mail", SENT, "truncated")],
                message={
                    "id": "chatcmpl-9f02-cut-short",
                    "object": "chat.completion",
                    "created": 1790000600,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "I'll write the invitation and send it to both of them.",
                                "tool_calls": [
                                    {
                                        "id": "call_mail01",
                                        "type": "function",
                                        "function": {"name": "send_mail", "arguments": SENT},
                                    }
                                ],
                            },
                            "finish_reason": None,
                        }
                    ],
                },
            ),
        ),
    ),
)

OVERLOADED = {"message": "The worker that served this request is gone.", "type": "server_error", "code": "worker_lost"}
EXHAUSTED = {"code": 402, "message": "Credits ran out", "metadata": {"provider_name": "Lantern Hosting"}}
COUNTED = {"prompt_tokens": 18, "completion_tokens": 12, "total_tokens": 30}


def _named_error() -> tuple[bytes, ...]:
    def delta(**members: object) -> bytes:
        return chunk("chatcmpl-4c6e-named-error", 1790000610, members, x_groq=None)

    text = fragments("Cut| the| willow| in| winter|,| when| it| sleeps|,| and")
    return (
        chunk("chatcmpl-4c6e-named-error", 1790000610, {"role": "assistant", "content": ""}, x_groq={"id": "req_77"}),
        *(delta(content=piece) for piece in text),
        event(compact({"error": OVERLOADED}), name="error"),
    )


def _error_in_chunk() -> tuple[bytes, ...]:
    def delta(text: str) -> bytes:
        return chunk("gen-1790000620-outOfCredits", 1790000620, {"role": "assistant", "content": text})

    last = {"role": "assistant", "content": " rods"}
    return (
        comment("OPENROUTER PROCESSING"),
        *map(delta, fragments("|Soak| the| willow| for| a| day|,| then| weave| the| thin")),
        chunk("gen-1790000620-outOfCredits", 1790000620, last, "error", error=EXHAUSTED, usage=COUNTED),
        chunk("gen-1790000620-outOfCredits", 1790000620, {"content": " (never merged)"}),
        DONE,
    )


ERROR_MID_STREAM = Scenario(
    "error_mid_stream",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "How do I make a willow basket?"),
            pieces=_named_error(),
            expected=Expectation(
                id="chatcmpl-4c6e-named-error",
                model=MODEL,
                text="Cut the willow in winter, when it sleeps, and",
                finish_reason=None,
                termination="error",
                complete=False,
                error=OVERLOADED,
                message={
                    "id": "chatcmpl-4c6e-named-error",
                    "object": "chat.completion",
                    "created": 1790000610,
                    "model": MODEL,
                    "x_groq": {"id": "req_77"},
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "Cut the willow in winter, when it sleeps, and",
                            },
                            "finish_reason": None,
                        }
                    ],
                },
            ),
        ),
        Exchange(
            request=asking(MODEL, "And what do I do with the willow then?"),
            pieces=_error_in_chunk(),
            expected=Expectation(
                id="gen-1790000620-outOfCredits",
                model=MODEL,
                text="Soak the willow for a day, then weave the thin rods",
                finish_reason="error",
                termination="error",
                complete=False,
                error=EXHAUSTED,
                usage=usage(18, 12, 30),
                quirks=("role_repeated",),
                comments=1,
                message={
                    "id": "gen-1790000620-outOfCredits",
                    "object": "chat.completion",
                    "created": 1790000620,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": "Soak the willow for a day, then weave the thin rods",
                            },
                            "finish_reason": "error",
                        }
                    ],
                    "usage": COUNTED,
                },
            ),
        ),
    ),
)
