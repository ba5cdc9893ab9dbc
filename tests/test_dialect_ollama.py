"""Ollama's own API: a chunk a line, texts that are appended, calls that come whole, counts in the last line."""

from __future__ import annotations

import json

import pytest

from merging import fold, paths_hold, same_however_cut, sse, told


def chunk(content="", done=False, **message: object):  # noqa: FBT002 - as it is said on the wire
    return {"model": "m", "message": {"role": "assistant", "content": content, **message}, "done": done}


END = {**chunk(done=True), "done_reason": "stop", "eval_count": 7, "prompt_eval_count": 3}


def lines(*chunks: dict[str, object]):
    return b"".join(json.dumps(each).encode() + b"\n" for each in chunks)


def test_a_message_in_wire_order(api):
    call = {"function": {"name": "f", "arguments": {"a": 1}}}
    body = lines(chunk(thinking="Hm"), chunk("H"), chunk("i"), chunk(tool_calls=[call]), END)
    run = same_however_cut(api, body)
    said = {"role": "assistant", "content": "Hi", "thinking": "Hm", "tool_calls": [call]}
    assert run.message == {**END, "message": said}
    place = ("message", "tool_calls", 0)
    assert told(run, "start", "text", "reasoning", "tool_call", "arguments", "finish") == [
        ("start", "assistant", None, ()),
        ("reasoning", "Hm", None, ("message", "thinking")),
        ("text", "H", None, ("message", "content")),
        ("text", "i", None, ("message", "content")),
        ("tool_call", "f", 0, place),
        ("arguments", '{"a":1}', 0, (*place, "function", "arguments")),
        ("finish", "stop", None, ("done_reason",)),
    ]
    merged = run.merged
    assert (merged.text, merged.reasoning, merged.model, merged.termination) == ("Hi", "Hm", "m", "done")
    assert (merged.usage.input_tokens, merged.usage.output_tokens, merged.usage.total_tokens) == (3, 7, None)
    assert run.quirks == {"bare_json_line": 5}
    paths_hold(api, body.splitlines(keepends=True))


def test_calls_are_added(api):
    calls = [
        {"function": {"name": "f", "arguments": {}}},
        {"id": "c", "function": {"name": "g"}},
        {"function": {"index": 0, "name": "f", "arguments": {"é": None}}},
    ]
    run = fold(api, lines(chunk(tool_calls=calls[:2]), chunk(tool_calls=calls[2:]), END))
    assert run.message["message"]["tool_calls"] == calls
    assert [(call.id, call.name, call.arguments, call.status, call.index) for call in run.merged.tool_calls] == [
        (None, "f", "{}", "complete", 0),
        ("c", "g", "{}", "complete", 1),
        (None, "f", '{"é":null}', "complete", 2),
    ]
    # Arguments that nobody stated are told of what would hold them.
    place = ("message", "tool_calls")
    assert told(run, "arguments") == [
        ("arguments", "{}", 0, (*place, 0, "function", "arguments")),
        ("arguments", "{}", 1, (*place, 1, "function")),
        ("arguments", '{"é":null}', 2, (*place, 2, "function", "arguments")),
    ]


def test_arguments_that_are_a_text(api):
    run = fold(api, lines(chunk(tool_calls=[{"function": {"name": "f", "arguments": '{"a"'}}]), END))
    (call,) = run.merged.tool_calls
    assert (call.arguments, call.status, run.texts("arguments")) == ('{"a"', "truncated", ['{"a"'])


def test_generate(api):
    """/api/generate: the text stands in the chunk itself."""
    run = fold(api, lines(*({"model": "m", "response": said, "done": said == ""} for said in ("a", "b", ""))))
    assert (run.merged.dialect, run.merged.text, run.texts("text"), run.merged.termination) == (
        "ollama", "ab", ["a", "b"], "done",
    )  # fmt: skip


def test_there_is_no_usage_before_the_last_line(api):
    assert fold(api, lines(chunk("a"))).merged.usage is None
    assert fold(api, lines(chunk("a"), {**END, "eval_count": 0})).merged.usage.output_tokens == 0


@pytest.mark.parametrize(
    ("body", "termination"),
    [
        (lines(chunk("a"), END), "done"),
        (lines(chunk("a"), END)[:-1], "done"),
        (lines(chunk("a")), "eof"),
        (lines(chunk("a"), END)[:-3], "eof"),
        (sse(chunk("a"), END, end=b""), "done"),
        (json.dumps([chunk("a"), END]).encode(), "done"),
    ],
)
def test_termination(api, body, termination):
    merged = fold(api, body).merged
    assert (merged.dialect, merged.termination, merged.text) == ("ollama", termination, "a")


def test_an_error_is_a_line(api):
    run = same_however_cut(api, lines(chunk("a"), {"error": "it stopped"}, chunk("b")))
    assert (run.merged.error.error, run.merged.termination, run.merged.text) == (
        {"message": "it stopped"},
        "error",
        "a",
    )


def test_what_comes_behind_the_end(api):
    run = fold(api, lines(chunk("a"), END, chunk("b")))
    assert (run.merged.text, run.quirks["data_after_done"]) == ("a", 1)


def test_lines_that_say_nothing_come_first(api):
    body = lines({"status": "loading"}, {"status": "ready"}, chunk("a"), END)
    run = same_however_cut(api, body)
    assert (run.merged.dialect, run.message["status"], run.merged.report.unknown_fields) == (
        "ollama",
        "ready",
        {"status": 2},
    )


@pytest.mark.parametrize("wrong", [None, 5, "x", [], [1], {"a": 1}, True])
def test_wrong_types_have_no_effect(api, wrong):
    run = fold(
        api,
        lines(
            {"done": False, "message": wrong},
            chunk("a"),
            {"done": False, "message": {"content": wrong, "thinking": wrong, "tool_calls": wrong}},
            chunk(tool_calls=[wrong]),
            END,
        ),
    )
    assert run.merged.termination == "done"
    assert run.merged.text.startswith("a")
