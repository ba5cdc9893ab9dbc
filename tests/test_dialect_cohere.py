"""Cohere: what the events say stands within `delta.message`; blocks and calls by their index."""

from __future__ import annotations

import pytest

from merging import fold, paths_hold, same_however_cut, sse, told

EMPTY = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}


def event(kind, message=None, **members: object):
    return {"type": kind, **members, **({} if message is None else {"delta": {"message": message}})}


START = event("message-start", EMPTY, id="i")
END = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": {"tokens": {"input_tokens": 3}}}}


def text(piece, index=0):
    return event("content-delta", {"content": {"text": piece}}, index=index)


def body_of(*events: dict[str, object]):
    return sse(START, *events, END, end=b"")


def test_a_message_in_wire_order(api):
    tool = {"id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}
    body = body_of(
        event("content-start", {"content": {"type": "thinking", "thinking": ""}}, index=0),
        event("content-delta", {"content": {"thinking": "Hm"}}, index=0),
        event("content-end", index=0),
        event("content-start", {"content": {"type": "text", "text": ""}}, index=1),
        text("Hi", 1),
        event("content-end", index=1),
        event("citation-start", {"citations": {"start": 0}}, index=0),
        event("citation-end", index=0),
        event("tool-call-start", {"tool_calls": tool}, index=0),
        event("tool-call-delta", {"tool_calls": {"function": {"arguments": "{}"}}}, index=0),
        event("tool-call-end", index=0),
    )
    run = same_however_cut(api, body)
    assert run.message == {
        "id": "i",
        "message": {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}],
            "tool_plan": "",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            "citations": [{"start": 0}],
        },
        "finish_reason": "COMPLETE",
        "usage": {"tokens": {"input_tokens": 3}},
    }
    assert told(run, "start", "text", "reasoning", "tool_call", "arguments", "finish") == [
        ("start", "assistant", None, ()),
        ("reasoning", "Hm", 0, ("message", "content", 0, "thinking")),
        ("text", "Hi", 1, ("message", "content", 1, "text")),
        ("tool_call", "f", 0, ("message", "tool_calls", 0)),
        ("arguments", "{}", 0, ("message", "tool_calls", 0, "function", "arguments")),
        ("finish", "COMPLETE", None, ("finish_reason",)),
    ]
    merged = run.merged
    assert (merged.text, merged.reasoning, merged.termination, merged.id) == ("Hi", "Hm", "done", "i")
    assert (merged.usage.input_tokens, merged.usage.total_tokens) == (3, None)
    paths_hold(api, [each + b"\n\n" for each in body.split(b"\n\n")])


def test_a_plan_is_the_reasoning_where_there_is_no_thinking(api):
    plan = [event("tool-plan-delta", {"tool_plan": piece}) for piece in ("I ", "will")]
    run = fold(api, body_of(*plan))
    assert (run.message["message"]["tool_plan"], run.merged.reasoning, run.texts("reasoning")) == (
        "I will", "I will", ["I ", "will"],
    )  # fmt: skip
    thinking = event("content-delta", {"content": {"thinking": "x"}}, index=0)
    start = event("content-start", {"content": {"type": "thinking", "thinking": ""}}, index=0)
    run = fold(api, body_of(start, thinking, *plan))
    assert (run.merged.reasoning, run.texts("reasoning")) == ("x", ["x"])


def test_calls_by_their_index(api):
    def opened(at: int) -> dict[str, object]:
        call = {"id": f"c{at}", "type": "function", "function": {"name": "f", "arguments": ""}}
        return event("tool-call-start", {"tool_calls": call}, index=at)

    def piece(at: int, said: str) -> dict[str, object]:
        return event("tool-call-delta", {"tool_calls": {"function": {"arguments": said}}}, index=at)

    run = fold(api, body_of(opened(1), piece(1, "{"), opened(2), piece(2, "["), piece(1, "}"), piece(2, "]")))
    assert [(call.id, call.arguments, call.index) for call in run.merged.tool_calls] == [
        ("c1", "{}", 0),
        ("c2", "[]", 1),
    ]
    for call in run.merged.tool_calls:
        parts = [each.text for each in run.deltas if (each.kind, each.index) == ("arguments", call.index)]
        assert "".join(parts) == call.arguments


@pytest.mark.parametrize(
    ("body", "termination"),
    [
        (body_of(text("a")), "done"),
        (sse(START, text("a"), end=b""), "eof"),
        (sse(START, text("a")), "done"),
        (body_of()[:-1], "done"),
    ],
)
def test_termination(api, body, termination):
    assert fold(api, body).merged.termination == termination


@pytest.mark.parametrize(
    "last",
    [{"type": "message-end", "delta": {"error": "m", "finish_reason": "ERROR"}}, {"error": {"message": "m"}}],
    ids=["in the end", "alone"],
)
def test_errors(api, last):
    run = fold(api, sse(START, text("a"), last, end=b""))
    assert (run.merged.error.error, run.merged.termination) == ({"message": "m"}, "error")
    assert run.merged.finish_reason == ("ERROR" if "type" in last else None)


def test_another_message_behind_the_end(api):
    run = fold(api, body_of(text("lost")) + sse(text("!"), {**START, "id": "j"}, text("kept"), END, end=b""))
    assert (run.merged.id, run.quirks) == ("j", {"data_after_done": 1, "message_restarted": 1})


@pytest.mark.parametrize(
    "kind",
    [
        "message-start", "message-end", "content-start", "content-delta", "content-end", "tool-plan-delta",
        "tool-call-start", "tool-call-delta", "tool-call-end",
    ],
)  # fmt: skip
def test_every_event_tells_the_dialect(api, kind):
    assert fold(api, sse({"n": 1}, {"type": kind}, END, end=b"")).merged.dialect == "cohere-v2"


def test_a_stream_that_begins_with_other_events_cut_anywhere(api):
    body = sse({"n": 1}, {"type": "debug"}, START, text("a"), END, end=b"")
    assert same_however_cut(api, body).merged.dialect == "cohere-v2"


@pytest.mark.parametrize("wrong", [None, 5, "x", [], [1], {"a": 1}, True])
def test_wrong_types_have_no_effect(api, wrong):
    run = fold(
        api,
        sse(
            {"type": "message-start", "delta": wrong},
            {"type": "message-start", "delta": {"message": wrong}},
            event("content-start", {"content": {"type": "text", "text": "a"}}, index=0),
            event("content-delta", {"content": wrong}, index=0),
            {"type": "content-delta", "delta": wrong, "index": 0},
            event("content-delta", {"content": {"text": "b"}}, index=wrong),
            event("tool-call-delta", {"tool_calls": wrong}, index=wrong),
            {"type": "message-end", "delta": {"usage": wrong}},
            end=b"",
        ),
    )
    assert run.merged.termination == "done"
    assert run.merged.text.startswith("a")
