"""Anthropic streams that go wrong: an error with status 200, a dropped connection, two answers in one body."""

from __future__ import annotations

from .anthropic import MODEL, PATH, answer, block, said, start, stop, texts
from .scenario import Exchange, Expectation, Scenario, asking, tool_call, usage

OVERLOADED = {"type": "overloaded_error", "message": "Too many boats in the harbour"}
SENT = '{"boats": ["Gaivota", "Mar'


def _cut() -> tuple[bytes, ...]:
    whole = block(
        0,
        texts('|{"boats": ["Gaivota"|, "Mar|garida"]}', "input_json", "partial_json"),
        type="tool_use",
        id="toolu_03Fleet",
        name="fleet",
        input={},
    )
    # Cut within the delta that would have brought the end of the name.
    return (start("msg_08CutShort", {"input_tokens": 40, "output_tokens": 1}), *whole[:4], whole[4][:-20])


ANTHROPIC_BROKEN = Scenario(
    "anthropic_broken",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "Who may enter the harbour?"),
            path=PATH,
            pieces=(
                start("msg_07Overloaded", {"input_tokens": 25, "output_tokens": 1}),
                said("content_block_start", index=0, content_block={"type": "text", "text": ""}),
                said("content_block_delta", index=0, delta={"type": "text_delta", "text": "Every boat that"}),
                said("error", error=OVERLOADED, request_id="req_011Overloaded"),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_07Overloaded",
                model=MODEL,
                text="Every boat that",
                finish_reason=None,
                termination="error",
                complete=False,
                error=OVERLOADED,
                usage=usage(25, 1, None),
                message=answer(
                    "msg_07Overloaded",
                    [{"type": "text", "text": "Every boat that"}],
                    None,
                    {"input_tokens": 25, "output_tokens": 1},
                ),
            ),
        ),
        Exchange(
            request=asking(MODEL, "Which boats are ours?", tools=[{"name": "fleet"}]),
            path=PATH,
            pieces=_cut(),
            dropped=True,
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_08CutShort",
                model=MODEL,
                text="",
                finish_reason=None,
                termination="eof",
                complete=False,
                quirks=("input_unparsable",),
                usage=usage(40, 1, None),
                tool_calls=[tool_call(0, "toolu_03Fleet", "fleet", SENT, "truncated")],
                message=answer(
                    "msg_08CutShort",
                    [{"type": "tool_use", "id": "toolu_03Fleet", "name": "fleet", "input": SENT}],
                    None,
                    {"input_tokens": 40, "output_tokens": 1},
                ),
            ),
        ),
        Exchange(
            request=asking(MODEL, "Say it again?"),
            path=PATH,
            pieces=(
                start("msg_09Dropped", {"input_tokens": 7, "output_tokens": 1}),
                *block(0, texts("This is| lost"), type="text", text=""),
                start("msg_10Retried", {"input_tokens": 8, "output_tokens": 1}),
                *block(0, texts("Every| boat|."), type="text", text=""),
                *stop("end_turn", {"output_tokens": 5}),
            ),
            expected=Expectation(
                dialect="anthropic-messages",
                id="msg_10Retried",
                model=MODEL,
                text="Every boat.",
                finish_reason="end_turn",
                quirks=("message_restarted",),
                usage=usage(8, 5, None),
                message=answer(
                    "msg_10Retried",
                    [{"type": "text", "text": "Every boat."}],
                    "end_turn",
                    {"input_tokens": 8, "output_tokens": 5},
                ),
            ),
        ),
    ),
)
