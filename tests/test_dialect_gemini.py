"""Gemini: parts that join or don't, calls whole and in pieces, bodies of every kind, and an end without a word."""

from __future__ import annotations

import json

import pytest

from merging import DONE, fold, paths_hold, same_however_cut, sse, told

PARTS = ("candidates", 0, "content", "parts")
SIGNED = {"thoughtSignature": "s"}


def chunk(*parts: dict[str, object], **candidate: object):
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, **candidate}]}


def parts_of(run):
    return run.message["candidates"][0]["content"]["parts"]


def called(**call: object):
    return {"functionCall": call}


def body_of(*chunks: dict[str, object]):
    return sse(*chunks, end=b"")


STOP = chunk(finishReason="STOP")


def test_a_message_in_wire_order(api):
    body = body_of(
        {**chunk({"text": "Hm", "thought": True}), "responseId": "r", "modelVersion": "v"},
        chunk({"text": "H"}),
        chunk({"text": "i"}, called(name="f", args={"a": 1})),
        {**STOP, "usageMetadata": {"totalTokenCount": 5}},
    )
    run = same_however_cut(api, body)
    assert run.message == {
        **chunk({"text": "Hm", "thought": True}, {"text": "Hi"}, called(name="f", args={"a": 1}), finishReason="STOP"),
        "responseId": "r",
        "modelVersion": "v",
        "usageMetadata": {"totalTokenCount": 5},
    }
    assert told(run, "start", "text", "reasoning", "tool_call", "arguments", "finish", "usage") == [
        ("start", "model", None, ()),
        ("reasoning", "Hm", 0, (*PARTS, 0, "text")),
        ("text", "H", 1, (*PARTS, 1, "text")),
        ("text", "i", 1, (*PARTS, 1, "text")),
        ("tool_call", "f", 2, (*PARTS, 2, "functionCall")),
        ("arguments", '{"a":1}', 2, (*PARTS, 2, "functionCall", "args")),
        ("finish", "STOP", None, ("candidates", 0, "finishReason")),
        ("usage", {"totalTokenCount": 5}, None, ("usageMetadata",)),
    ]
    merged = run.merged
    assert (merged.id, merged.model, merged.text, merged.reasoning, merged.termination) == (
        "r", "v", "Hi", "Hm", "finish_reason",
    )  # fmt: skip
    paths_hold(api, [event + b"\n\n" for event in body.split(b"\n\n")])


@pytest.mark.parametrize(
    ("parts", "merged"),
    [
        ([{"text": "a"}, {"text": "b"}], [{"text": "ab"}]),
        ([{"text": "a"}, {"text": ""}], [{"text": "a"}]),
        ([{"text": ""}], [{"text": ""}]),
        ([{"text": "a", "thought": False}, {"text": "b"}], [{"text": "ab", "thought": False}]),
        ([{"text": "a", "thought": True}, {"text": "b"}], [{"text": "a", "thought": True}, {"text": "b"}]),
        ([{"text": "a", "thought": True}, {"text": "b", "thought": True}], [{"text": "ab", "thought": True}]),
        ([{"text": "a"}, {"text": "", **SIGNED}], [{"text": "a"}, {"text": "", **SIGNED}]),
        ([{"text": "", **SIGNED}, {"text": "a"}], [{"text": "", **SIGNED}, {"text": "a"}]),
        ([{"text": "a", **SIGNED}, {"text": "b", **SIGNED}], [{"text": "a", **SIGNED}, {"text": "b", **SIGNED}]),
        ([{"text": "a"}, {"inlineData": {"data": "x"}}, {"text": "b"}], None),
        ([{"executableCode": {"code": "1"}}, {"codeExecutionResult": {"output": "1"}}], None),
        ([{"text": "a", "other": 1}, {"text": "b"}], None),
        ([called(name="f", args={}), called(name="f", args={})], None),
        ([None, {"text": "a"}, {"text": "b", "thought": None}], [{"text": "ab"}]),
    ],
)
def test_which_parts_join(api, parts, merged):
    """Whether they come in one chunk or each in its own."""
    together, apart = body_of(chunk(*parts), STOP), body_of(*map(chunk, parts), STOP)
    for body in (together, apart):
        assert parts_of(fold(api, body)) == (merged or parts)


def test_text_and_reasoning_go_by_the_part(api):
    parts = [{"text": "a"}, {"text": "b", "thought": True}, {"text": "c"}, {"text": "d", "thought": True}]
    run = fold(api, body_of(*map(chunk, parts), STOP))
    assert (run.merged.text, run.merged.reasoning) == ("ac", "b\n\nd")
    assert [each.index for each in run.deltas if each.kind in {"text", "reasoning"}] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ({"name": "f"}, "{}"),
        ({"name": "f", "args": {}}, "{}"),
        ({"name": "f", "args": {"é": [1.5, None]}}, '{"é":[1.5,null]}'),
        ({"name": "f", "id": "i", "args": {"a": 1}}, '{"a":1}'),
        ({"name": "f", "args": '{"a": 1}'}, '{"a": 1}'),
    ],
)
def test_a_whole_call(api, call, arguments):
    run = fold(api, body_of(chunk({"text": "x"}, {**called(**call), **SIGNED}), STOP))
    assert parts_of(run)[1] == {**called(**call), **SIGNED}
    (found,) = run.merged.tool_calls
    assert (found.id, found.name, found.arguments, found.status, found.index) == (
        call.get("id"), "f", arguments, "complete", 1,
    )  # fmt: skip
    # Arguments that nobody stated are told of the call itself.
    place = (*PARTS, 1, "functionCall")
    assert told(run, "arguments") == [("arguments", arguments, 1, (*place, "args") if "args" in call else place)]
    assert [each.id for each in run.deltas if each.kind == "tool_call"] == [call.get("id")]


@pytest.mark.parametrize("wrong", [5, "x", [], ["s", {}], False])
def test_a_call_that_is_no_object_is_none(api, wrong):
    run = fold(api, body_of(chunk({"functionCall": wrong}, called(name="f")), STOP))
    assert parts_of(run) == [{"functionCall": wrong}, called(name="f")]
    assert [(call.name, call.index) for call in run.merged.tool_calls] == [("f", 1)]
    assert told(run, "tool_call") == [("tool_call", "f", 1, (*PARTS, 1, "functionCall"))]


def piece(path, **value: object):
    return {"jsonPath": path, **value}


@pytest.mark.parametrize(
    ("pieces", "args"),
    [
        ([piece("$.a", stringValue="x"), piece("$.a", stringValue="y")], {"a": "xy"}),
        ([piece("$.a", stringValue=""), piece("$.b", boolValue=False)], {"a": "", "b": False}),
        ([piece("$.a", numberValue=1), piece("$.a", numberValue=2.5)], {"a": 2.5}),
        ([piece("$.a", nullValue=None)], {"a": None}),
        ([piece("$.a.b.c", numberValue=1), piece("$.a.d", numberValue=2)], {"a": {"b": {"c": 1}, "d": 2}}),
        ([piece("$.l[0].n", numberValue=1), piece("$.l[1].n", numberValue=2)], {"l": [{"n": 1}, {"n": 2}]}),
        ([piece("$.l[0]", stringValue="a"), piece("$.l[0]", stringValue="b")], {"l": ["ab"]}),
        ([piece("$.l[999999999]", numberValue=1)], {"l": [1]}),
        ([piece("$['a.b']", numberValue=1), piece('$["c d"]', numberValue=2)], {"a.b": 1, "c d": 2}),
    ],
)
def test_a_call_in_pieces(api, pieces, args):
    parts = [called(name="f", willContinue=True)]
    parts += [called(partialArgs=[each], willContinue=True) for each in pieces]
    run = same_however_cut(api, body_of(*map(chunk, [*parts, called()]), STOP))
    assert parts_of(run) == [called(name="f", args=args)]
    (found,) = run.merged.tool_calls
    compact = json.dumps(args, ensure_ascii=False, separators=(",", ":"))
    assert (found.arguments, run.texts("arguments"), run.quirks) == (compact, [compact], {})


@pytest.mark.parametrize("wrong", ["a", "$", "$.", "$[0]", "$.a[-1]", "$..a", "$.a[*]", 5, None])
def test_pieces_with_no_path_have_no_effect(api, wrong):
    parts = [called(name="f", willContinue=True), called(partialArgs=[piece(wrong, numberValue=1)]), called()]
    run = fold(api, body_of(*map(chunk, parts), STOP))
    assert run.merged.tool_calls[0].arguments == "{}"
    assert run.quirks["wrong_type"] == 1


def test_the_next_call_ends_the_one_that_went_on(api):
    parts = [
        called(name="f", willContinue=True),
        called(partialArgs=[piece("$.a", numberValue=1)], willContinue=True),
        called(name="g", args={"b": 2}),
        {"text": "x"},
    ]
    run = fold(api, body_of(*map(chunk, parts), STOP))
    assert [(call.name, call.arguments, call.index) for call in run.merged.tool_calls] == [
        ("f", '{"a":1}', 0),
        ("g", '{"b":2}', 1),
    ]
    assert [(each.text, each.index) for each in run.deltas if each.kind == "arguments"] == [
        ('{"a":1}', 0),
        ('{"b":2}', 1),
    ]


def test_a_call_that_is_cut_off_is_told_at_the_end(api):
    merger = api.Merger(on_error="record")
    parts = [called(name="f", willContinue=True), called(partialArgs=[piece("$.a", numberValue=1)], willContinue=True)]
    assert "arguments" not in [each.kind for each in merger.feed(body_of(*map(chunk, parts)))]
    assert merger.snapshot()["candidates"][0]["content"]["parts"] == [called(name="f", args={"a": 1})]
    assert [(each.kind, each.text, each.index) for each in merger.finish()] == [("arguments", '{"a":1}', 0)]


def test_candidates_by_their_index(api):
    events = [
        {"candidates": [{"index": at, "content": {"parts": [{"text": said}]}}]}
        for at, said in ((1, "b"), (0, "a"), (1, "c"))
    ]
    events.append({"candidates": [{"index": at, "finishReason": "STOP"} for at in (0, 1)]})
    run = fold(api, body_of(*events))
    assert [each["index"] for each in run.message["candidates"]] == [0, 1]
    assert run.merged.text == "a"
    assert [(each.choice, each.text) for each in run.deltas if each.kind == "text"] == [(1, "b"), (0, "a"), (1, "c")]


def test_an_index_that_nobody_stated_is_not_in_the_message(api):
    run = fold(api, body_of(chunk({"text": "a"}), chunk({"text": "b"}, finishReason="STOP")))
    assert run.message["candidates"] == chunk({"text": "ab"}, finishReason="STOP")["candidates"]


def test_metadata(api):
    """Counts are cumulative, sources are collected, of the rest the last one stands."""
    one = chunk(
        {"text": "a"},
        citationMetadata={"citationSources": [{"uri": "u"}]},
        safetyRatings=[1],
        groundingMetadata={"q": 1},
    )
    two = chunk(
        {"text": "b"},
        finishReason="STOP",
        citationMetadata={"citationSources": [{"uri": "u"}, {"uri": "v"}]},
        safetyRatings=[2],
        groundingMetadata={},
    )
    used = ({"promptTokenCount": 3, "thoughtsTokenCount": 9}, {"promptTokenCount": 3, "candidatesTokenCount": 2})
    run = fold(api, body_of({**one, "usageMetadata": used[0]}, {**two, "usageMetadata": used[1]}))
    (candidate,) = run.message["candidates"]
    assert candidate["citationMetadata"] == {"citationSources": [{"uri": "u"}, {"uri": "v"}]}
    assert (candidate["safetyRatings"], candidate["groundingMetadata"]) == ([2], {"q": 1})
    usage = run.merged.usage
    assert (usage.input_tokens, usage.output_tokens, usage.reasoning_tokens) == (3, 2, 9)


def test_ids_are_the_first_ones(api):
    run = fold(api, body_of(*({**STOP, "responseId": said, "modelVersion": said} for said in ("", "a", "b"))))
    assert (run.merged.id, run.merged.model) == ("a", "a")


@pytest.mark.parametrize(
    ("body", "termination"),
    [
        (body_of(chunk({"text": "a"}), STOP), "finish_reason"),
        (body_of(STOP, chunk({"text": "a"})), "finish_reason"),
        (body_of(chunk({"text": "a"})), "eof"),
        (body_of(chunk({"text": "a"}, finishReason="")), "eof"),
        (body_of({"promptFeedback": {"blockReason": "SAFETY"}}), "finish_reason"),
        (body_of({"promptFeedback": {"safetyRatings": []}}), "eof"),
        (sse(chunk({"text": "a"}), end=DONE), "done"),
        (body_of(STOP) + b'data: {"cand', "eof"),
    ],
)
def test_termination(api, body, termination):
    merged = fold(api, body).merged
    assert (merged.dialect, merged.termination) == ("gemini", termination)


CHUNKS = [chunk({"text": "Hi"}), chunk({"text": "!"}), {**STOP, "usageMetadata": {"totalTokenCount": 1}}]


@pytest.mark.parametrize(
    "body",
    [
        sse(*CHUNKS, end=b""),
        sse(*({"response": each, "traceId": "t"} for each in CHUNKS), end=b""),
        json.dumps(CHUNKS).encode(),
        ("[" + "\n,\r\n".join(json.dumps(each, indent=2) for each in CHUNKS) + "\n]\n").encode(),
        b"".join(json.dumps(each).encode() + b"\n" for each in CHUNKS),
        sse(CHUNKS, end=b""),
    ],
    ids=["events", "wrapped", "array", "printed", "lines", "array in an event"],
)
def test_bodies(api, body):
    run = same_however_cut(api, body)
    assert (run.merged.dialect, run.merged.text, run.merged.termination) == ("gemini", "Hi!", "finish_reason")
    assert run.message == {**chunk({"text": "Hi!"}, finishReason="STOP"), "usageMetadata": {"totalTokenCount": 1}}


ERROR = {"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}


@pytest.mark.parametrize(
    "last",
    [sse(ERROR, end=b""), json.dumps(ERROR).encode() + b"\n", json.dumps(ERROR, indent=2).encode() + b"\n"],
    ids=["event", "line", "printed"],
)
def test_errors(api, last):
    run = same_however_cut(api, body_of(chunk({"text": "a"})) + last)
    assert (run.merged.error.error, run.merged.error.code) == (ERROR["error"], 429)
    assert (run.merged.termination, run.merged.text) == ("error", "a")


@pytest.mark.parametrize(
    "first",
    [
        {"candidates": []},
        {"promptFeedback": {}},
        {"usageMetadata": {}},
        {"response": {"candidates": []}},
        {"response": {"promptFeedback": {}}},
    ],
    ids=str,
)
def test_what_tells_the_dialect(api, first):
    assert same_however_cut(api, body_of({"traceId": "t"}, first)).merged.dialect == "gemini"


@pytest.mark.parametrize("wrong", [None, 5, "x", [], [1], {"a": 1}, True])
def test_wrong_types_have_no_effect(api, wrong):
    run = fold(
        api,
        body_of(
            {"candidates": wrong},
            {"candidates": [wrong]},
            chunk({"text": "a"}),
            {"candidates": [{"content": wrong}]},
            {"candidates": [{"content": {"parts": wrong}}]},
            chunk(called(name="f", willContinue=True)),
            chunk(called(partialArgs=wrong, willContinue=True)),
            {"usageMetadata": wrong},
            STOP,
        ),
    )
    assert run.merged.termination == "finish_reason"
    assert run.merged.text.startswith("a")
