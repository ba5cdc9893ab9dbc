"""Anthropic Messages: blocks by their index, input that is parsed when its block ends, and an end."""

from __future__ import annotations

import pytest

from merging import DONE, fold, paths_hold, same_however_cut, sse, told

BASE = {
    "id": "m", "type": "message", "role": "assistant", "model": "x", "content": [], "stop_reason": None,
    "stop_sequence": None, "usage": {"input_tokens": 3, "output_tokens": 1},
}  # fmt: skip
START = {"type": "message_start", "message": BASE}
STOP = {"type": "message_stop"}
TOOL = {"type": "tool_use", "id": "t1", "name": "add", "input": {}}


def opened(index, **block: object):
    return {"type": "content_block_start", "index": index, "content_block": block}


def change(index, kind, **members: object):
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **members}}


def closed(index):
    return {"type": "content_block_stop", "index": index}


def ended(reason="end_turn", **usage: object):
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


def answer(*events: dict[str, object], end=b""):
    return sse(START, *events, ended(), STOP, end=end)


def text(index, said):
    return change(index, "text_delta", text=said)


def json_of(index, piece):
    return change(index, "input_json_delta", partial_json=piece)


def test_a_message_in_wire_order(api):
    body = answer(
        opened(0, type="thinking", thinking="", signature=""),
        change(0, "thinking_delta", thinking="Hm"),
        change(0, "signature_delta", signature="s1"),
        closed(0),
        opened(1, type="text", text=""),
        text(1, "Hi"),
        text(1, ""),
        closed(1),
        opened(2, **TOOL),
        json_of(2, ""),
        json_of(2, '{"a":'),
        json_of(2, "1}"),
        closed(2),
    )
    run = same_however_cut(api, body)
    assert run.message["content"] == [
        {"type": "thinking", "thinking": "Hm", "signature": "s1"},
        {"type": "text", "text": "Hi"},
        {**TOOL, "input": {"a": 1}},
    ]
    assert told(run, "start", "text", "reasoning", "tool_call", "arguments", "finish") == [
        ("start", "assistant", None, ()),
        ("reasoning", "Hm", 0, ("content", 0, "thinking")),
        ("text", "Hi", 1, ("content", 1, "text")),
        ("tool_call", "add", 2, ("content", 2)),
        ("arguments", '{"a":', 2, ("content", 2, "input")),
        ("arguments", "1}", 2, ("content", 2, "input")),
        ("finish", "end_turn", None, ("stop_reason",)),
    ]
    assert [each.id for each in run.deltas if each.kind == "tool_call"] == ["t1"]
    assert (run.merged.termination, run.merged.reasoning, run.merged.text) == ("done", "Hm", "Hi")
    paths_hold(api, [event + b"\n\n" for event in body.split(b"\n\n")])


def test_the_base_keeps_its_nulls(api):
    message = fold(api, sse(START, STOP, end=b"")).message
    assert (message["stop_reason"], message["stop_sequence"], message["content"]) == (None, None, [])


def test_the_order_is_that_of_the_index(api):
    run = fold(api, answer(*(opened(at, type="text", text=str(at)) for at in (7, 2, 4_000_000_000)), text(7, "!")))
    assert run.merged.text == "27!4000000000"
    assert told(run, "text")[-1] == ("text", "!", 1, ("content", 1, "text"))


def test_a_block_that_nobody_opened(api):
    events = (text(0, "a"), change(1, "thinking_delta", thinking="b"), json_of(2, "{}"))
    run = fold(api, answer(*events))
    assert run.message["content"] == [
        {"type": "text", "text": "a"},
        {"type": "thinking", "thinking": "b"},
        {"type": "tool_use", "input": {}},
    ]


def test_input_while_it_comes_is_that_of_the_start(api):
    merger = api.Merger()
    merger.feed(sse(START, opened(0, **TOOL), json_of(0, '{"a": [1'), end=b""))
    assert merger.snapshot()["content"][0]["input"] == {}
    (call,) = merger.result().tool_calls
    assert (call.arguments, call.status, call.index) == ('{"a": [1', "truncated", 0)
    merger.feed(sse(json_of(0, "]}"), end=b""))
    assert merger.result().tool_calls[0].status == "complete"
    assert merger.snapshot()["content"][0]["input"] == {}
    assert merger.feed(sse(closed(0), end=b"")) == []
    assert merger.snapshot()["content"][0]["input"] == {"a": [1]}
    assert merger.result().tool_calls[0].arguments == '{"a": [1]}'


@pytest.mark.parametrize(
    ("start", "pieces", "input_", "arguments", "status"),
    [
        ({}, [], {}, "{}", "complete"),
        ({}, [""], {}, "{}", "complete"),
        ({"a": "é"}, [], {"a": "é"}, '{"a":"é"}', "complete"),
        ({"a": 1}, [""], {"a": 1}, '{"a":1}', "complete"),
        ({"a": 1}, ['{"b"', ": 2}"], {"b": 2}, '{"b": 2}', "complete"),
        ({}, ["[1]"], [1], "[1]", "complete"),
        ({}, ['"x"'], "x", '"x"', "complete"),
        ('{"a": 1}', [], '{"a": 1}', '{"a": 1}', "complete"),
        ({}, ['{"a'], '{"a', '{"a', "truncated"),
        ({}, ["{nope"], "{nope", "{nope", "invalid"),
        ({}, ['{"a":1e999}'], '{"a":1e999}', '{"a":1e999}', "invalid"),
    ],
)
@pytest.mark.parametrize("stopped", [True, False])
def test_input(api, start, pieces, input_, arguments, status, stopped):  # noqa: PLR0917 - a row of the table
    """Parsed when the block ends, or with the message."""
    end = [closed(3)] if stopped else []
    run = fold(api, answer(opened(3, **{**TOOL, "input": start}), *(json_of(3, each) for each in pieces), *end))
    assert run.message["content"][0]["input"] == input_
    (call,) = run.merged.tool_calls
    assert (call.id, call.name, call.arguments, call.status, call.index) == ("t1", "add", arguments, status, 0)
    assert "".join(run.texts("arguments")) == arguments
    assert {each.index for each in run.deltas if each.kind == "arguments"} == {call.index}
    assert run.quirks.get("input_unparsable", 0) == (status != "complete")


def test_an_input_that_half_came(api):
    run = fold(api, sse(START, opened(0, **TOOL), json_of(0, '{"a'), end=b""))
    assert (run.merged.termination, run.message["content"][0]["input"]) == ("eof", '{"a')
    assert run.merged.tool_calls[0].status == "truncated"


def test_interleaved_tools(api):
    events = [opened(at, **{**TOOL, "id": f"t{at}"}) for at in (1, 2)]
    events += [json_of(at, piece) for piece in ('{"n"', ":", "0}") for at in (2, 1)]
    run = same_however_cut(api, answer(*events, closed(2), closed(1)))
    assert [(call.id, call.arguments, call.index) for call in run.merged.tool_calls] == [
        ("t1", '{"n":0}', 0),
        ("t2", '{"n":0}', 1),
    ]
    for call in run.merged.tool_calls:
        parts = [each.text for each in run.deltas if (each.kind, each.index) == ("arguments", call.index)]
        assert "".join(parts) == call.arguments


def test_tools_of_the_server_are_no_calls(api):
    tool = {**TOOL, "type": "server_tool_use"}
    result = {"type": "web_search_tool_result", "tool_use_id": "t1", "content": [{"type": "web_search_result"}]}
    run = fold(api, answer(opened(0, **tool), json_of(0, '{"q":1}'), closed(0), opened(1, **result), closed(1)))
    assert run.message["content"] == [{**tool, "input": {"q": 1}}, result]
    assert (run.merged.tool_calls, told(run, "tool_call", "arguments")) == ([], [])


def test_citations_are_pushed(api):
    cites = [change(0, "citations_delta", citation={"n": n}) for n in (1, 1, 2)]
    for block in ({"type": "text", "text": ""}, {"type": "text", "text": "", "citations": [{"n": 0}]}):
        run = fold(api, answer(opened(0, **block), *cites, text(0, "x")))
        before = block.get("citations", [])
        assert run.message["content"] == [
            {"type": "text", "text": "x", "citations": [*before, *({"n": n} for n in (1, 1, 2))]}
        ]


def test_a_signature_is_the_last_one(api):
    events = [change(0, "signature_delta", signature=each) for each in ("a", "b")]
    assert fold(api, answer(opened(0, type="thinking", thinking=""), *events)).message["content"][0]["signature"] == "b"


def test_deltas_of_an_unknown_type(api):
    """Their strings are appended, for others the last one stands."""
    events = [change(0, "compaction_delta", content=said, n=n, o={"p": n}) for said, n in (("a", 1), ("b", 2))]
    run = fold(api, answer(opened(0, type="compaction", content=None), *events))
    assert run.message["content"] == [{"type": "compaction", "content": "ab", "n": 2, "o": {"p": 2}}]


def test_what_comes_whole(api):
    block = {"type": "redacted_thinking", "data": "eA=="}
    run = fold(api, answer(opened(0, **block), closed(0)))
    assert (run.message["content"], run.merged.reasoning) == ([block], "")


def test_blocks_of_thinking_are_joined_by_a_blank_line(api):
    run = fold(api, answer(*(opened(at, type="thinking", thinking=said) for at, said in enumerate("ab"))))
    assert run.merged.reasoning == "a\n\nb"
    assert run.texts("reasoning") == ["a", "b"]


def test_a_fallback_is_the_model(api):
    block = {"type": "fallback", "from": {"model": "x"}, "to": {"model": "y"}}
    run = fold(api, answer(opened(0, **block), closed(0)))
    assert (run.merged.model, run.message["content"]) == ("y", [block])


@pytest.mark.parametrize(
    ("said", "merged"),
    [
        ({"output_tokens": 9}, {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 9}),
        ({"input_tokens": 0}, {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 1}),
        (
            {"input_tokens": 0, "cache_read_input_tokens": 0},
            {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 1},
        ),
        (
            {"input_tokens": 4, "cache_read_input_tokens": 0},
            {"input_tokens": 4, "cache_read_input_tokens": 0, "output_tokens": 1},
        ),
        ({"output_tokens": 0}, {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 0}),
        ({"input_tokens": None}, {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 1}),
    ],
)
def test_a_zero_erases_no_count_that_is_known(api, said, merged):
    usage = {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 1}
    start = {"type": "message_start", "message": {**BASE, "usage": usage}}
    run = fold(api, sse(start, {"type": "message_delta", "delta": {}, "usage": said}, STOP, end=b""))
    assert run.message["usage"] == merged
    assert (run.merged.usage.input_tokens, run.merged.usage.cached_tokens, run.merged.usage.total_tokens) == (
        merged["input_tokens"],
        merged["cache_read_input_tokens"],
        None,
    )
    assert len(told(run, "usage")) == 1 + (merged != usage)


def test_other_members_of_a_message_delta(api):
    event = {**ended(), "context_management": {"applied_edits": []}}
    run = fold(api, sse(START, event, STOP, end=b""))
    assert (run.message["context_management"], run.merged.report.unknown_fields) == ({"applied_edits": []}, {})


def test_what_no_rule_knows_is_counted(api):
    run = fold(api, sse(START, {"type": "message_hum", "x": 1}, {**STOP, "y": 2}, end=b""))
    assert run.merged.report.unknown_fields == {"type=message_hum": 1, "y": 1}
    assert run.message == BASE


@pytest.mark.parametrize(
    ("body", "termination"),
    [
        (answer(), "done"),
        (sse(START, ended(), end=b""), "eof"),
        (sse(START, end=b""), "eof"),
        (sse(START, ended(), end=DONE), "done"),
        (answer()[:-1], "done"),
        (answer()[:-4], "eof"),
        (sse({"type": "ping"}, end=b""), "eof"),
    ],
)
def test_termination(api, body, termination):
    assert fold(api, body).merged.termination == termination


def test_the_last_message_of_a_body_wins(api):
    again = {"type": "message_start", "message": {**BASE, "id": "n"}}
    for between, quirks in (([], {"message_restarted": 1}), ([STOP], {"message_restarted": 1})):
        first = [opened(0, type="text", text=""), text(0, "lost"), *between]
        body = sse(START, *first, again, opened(0, type="text", text=""), text(0, "kept"), STOP, end=b"")
        run = same_however_cut(api, body)
        assert (run.merged.id, run.merged.text, run.merged.termination, run.quirks) == ("n", "kept", "done", quirks)
        assert [each.kind for each in run.deltas].count("start") == 2


def test_after_the_end(api):
    run = fold(api, answer(opened(0, type="text", text="a"), end=sse(text(0, "b"), {"type": "ping"}, end=b"")))
    assert (run.merged.text, run.quirks) == ("a", {"data_after_done": 2})


@pytest.mark.parametrize("named", ["", "event: error\n"])
def test_an_error_ends_the_stream(api, named):
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "m"}, "request_id": "r"}
    said = sse(START, text(0, "Hi"), end=b"")
    merger = api.Merger()
    with pytest.raises(api.ProviderError) as caught:
        merger.feed(said + named.encode() + sse(error, text(0, "never"), end=b""))
    assert (caught.value.error, caught.value.type, caught.value.message) == (error["error"], "overloaded_error", "m")
    assert (caught.value.merged.text, [each.text for each in caught.value.deltas if each.kind == "text"]) == (
        "Hi",
        ["Hi"],
    )
    assert (merger.result().termination, merger.result().text) == ("error", "Hi")


def test_spaces_in_and_behind_the_json(api):
    """Random padding, in every event, changes nothing."""
    plain = [START, opened(0, type="text", text=""), *(text(0, each) for each in "abcdef"), ended(), STOP]
    padded = [
        sse(event, end=b"").replace(b"}\n", b" " * (at * 7 % 5) + b"}" + b" " * (at * 3 % 4) + b"\n")
        for at, event in enumerate(plain)
    ]
    run, bare = fold(api, b"".join(padded)), fold(api, sse(*plain, end=b""))
    assert (run.message, run.deltas, run.quirks) == (bare.message, bare.deltas, {})


@pytest.mark.parametrize(
    "first",
    [START, {"type": "ping"}, opened(0, type="text", text=""), text(0, "a"), closed(0), ended(), STOP],
    ids=lambda event: event["type"],
)
def test_every_event_tells_the_dialect(api, first):
    body = sse({"type": "ping"}, first, START, text(0, "x"), STOP, end=b"")
    assert fold(api, body).merged.dialect == "anthropic-messages"


def test_a_stream_that_begins_with_pings_cut_anywhere(api):
    body = sse({"type": "ping"}, {"type": "ping"}, START, text(0, "x"), STOP, end=b"")
    assert same_however_cut(api, body).merged.text == "x"


def test_the_type_may_stand_in_the_event_line_alone(api):
    events = [START, text(0, "x"), STOP]
    body = b"".join(
        f"event: {event['type']}\n".encode() + sse({key: event[key] for key in event if key != "type"}, end=b"")
        for event in events
    )
    run = fold(api, body, "anthropic-messages")
    assert (run.merged.text, run.merged.termination) == ("x", "done")


@pytest.mark.parametrize("wrong", [None, 5, "x", [], [1], {"a": 1}, True])
def test_wrong_types_have_no_effect(api, wrong):
    events = [
        {"type": "message_start", "message": wrong},
        START,
        opened(0, type="text", text="a"),
        {"type": "content_block_delta", "index": 0, "delta": wrong},
        change(0, "text_delta", text=wrong),
        change(1, "input_json_delta", partial_json=wrong),
        {"type": "content_block_delta", "index": wrong, "delta": {"type": "text_delta", "text": "b"}},
        {"type": "content_block_stop", "index": wrong},
        {"type": "message_delta", "delta": wrong, "usage": wrong},
        STOP,
    ]
    run = fold(api, sse(*events, end=b""))
    assert run.merged.termination == "done"
    assert run.merged.text.startswith("a")
