"""OpenAI Responses, other ends than the usual one: a refusal, a response cut at its limit, one that failed."""

from __future__ import annotations

from .responses import MODEL, PATH, Stream, asking, counts, spoken
from .scenario import Exchange, Expectation, Scenario, usage

REFUSED = "I won't help to wreck a ship."


def _refusal() -> Exchange:
    stream = Stream("resp_05Refused", 1790002040)
    used = counts(19, 9)
    head = {"id": "msg_no", "type": "message", "role": "assistant"}
    where = {"item_id": "msg_no", "output_index": 0, "content_index": 0}
    whole = {**head, "status": "completed", "content": [{"type": "refusal", "refusal": REFUSED}]}
    return Exchange(
        request=asking("How do I put out the lighthouse?"),
        path=PATH,
        pieces=(
            *stream.opened(),
            stream.item("added", 0, **head, status="in_progress", content=[]),
            stream.said("response.content_part.added", **where, part={"type": "refusal", "refusal": ""}),
            *stream.deltas("refusal", "I| won't| help| to| wreck a| ship|.", "refusal", **where),
            stream.said("response.content_part.done", **where, part=whole["content"][0]),
            stream.item("done", 0, **whole),
            stream.state("completed", "completed", output=[whole], usage=used),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_05Refused",
            model=MODEL,
            text="",
            refusal=REFUSED,
            finish_reason="completed",
            usage=usage(19, 9, 28, reasoning=0, cached=0),
            message=stream.answer("completed", [whole], usage=used),
        ),
    )


def _incomplete() -> Exchange:
    stream = Stream("resp_06Short", 1790002050, max_output_tokens=16)
    used = counts(22, 16)
    cut = {**spoken("msg_log", "Monday: fog. Tuesday:"), "status": "incomplete"}
    why = {"reason": "max_output_tokens"}
    return Exchange(
        request=asking("Read me the logbook.", max_output_tokens=16),
        path=PATH,
        pieces=(
            *stream.opened(),
            *stream.message(0, "msg_log", "Monday|:| fog|.| Tuesday|:")[:-1],
            stream.item("done", 0, **cut),
            stream.state("incomplete", "incomplete", output=[cut], usage=used, incomplete_details=why),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_06Short",
            model=MODEL,
            text="Monday: fog. Tuesday:",
            finish_reason="max_output_tokens",
            usage=usage(22, 16, 38, reasoning=0, cached=0),
            message=stream.answer("incomplete", [cut], usage=used, incomplete_details=why),
        ),
    )


LIMITED = {"type": "requests", "code": "rate_limit_exceeded", "message": "Too many ships", "param": None}
FAILED = {"code": "rate_limit_exceeded", "message": "Too many ships in the channel"}


def _failed() -> Exchange:
    stream = Stream("resp_07Failed", 1790002060)
    head = {"id": "msg_fail", "type": "message", "role": "assistant", "status": "in_progress"}
    part = {"type": "output_text", "text": "Ships", "annotations": []}
    return Exchange(
        request=asking("List the ships in the channel."),
        path=PATH,
        pieces=(
            *stream.opened(),
            *stream.message(0, "msg_fail", "Ships")[:3],
            stream.said("error", error=LIMITED),
            stream.state("failed", "failed", error=FAILED),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_07Failed",
            model=MODEL,
            text="Ships",
            finish_reason="failed",
            termination="error",
            complete=False,
            error=LIMITED,
            message=stream.answer("failed", [{**head, "content": [part]}], error=FAILED),
        ),
    )


RESPONSES_ENDS = Scenario("responses_ends", "vcrpy", (_refusal(), _incomplete(), _failed()))
