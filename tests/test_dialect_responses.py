"""OpenAI Responses: items and parts by their indexes, texts that are said again when done, and how a response ends."""

from __future__ import annotations

import pytest

from merging import DONE, fold, paths_hold, same_however_cut, sse, told

RESPONSE = {"id": "r", "object": "response", "model": "x", "status": "in_progress", "output": [], "usage": None}
CREATED = {"type": "response.created", "response": RESPONSE}
PLACE = {"output_index": 0, "content_index": 0}
TEXT_AT = ("output", 0, "content", 0, "text")


def said(kind, **members: object):
    return {"type": f"response.{kind}", **members}


def item(when, place, **members: object):
    return said(f"output_item.{when}", output_index=place, item=members)


def text(piece, place=0, part=0):
    return said("output_text.delta", output_index=place, content_index=part, delta=piece)


def ended(status="completed", **members: object):
    return said(status, response={**RESPONSE, "status": status, **members})


def answer(*events: dict[str, object], end=b""):
    return sse(CREATED, *events, ended(), end=end)


def message(*parts: dict[str, object], **members: object):
    return {"type": "message", **members, "content": list(parts)}


def part(piece, *annotations: object):
    return {"type": "output_text", "text": piece, "annotations": list(annotations)}


def test_a_response_in_wire_order(api):
    call = {"type": "function_call", "call_id": "c", "name": "add"}
    body = answer(
        item("added", 0, type="message", role="assistant", content=[]),
        said("content_part.added", **PLACE, part=part("")),
        text("Hi"),
        text(""),
        text("!"),
        said("output_text.done", **PLACE, text="Hi!"),
        said("content_part.done", **PLACE, part=part("Hi!")),
        item("done", 0, role="assistant", **message(part("Hi!"))),
        item("added", 1, **call, arguments=""),
        said("function_call_arguments.delta", output_index=1, delta='{"a"'),
        said("function_call_arguments.delta", output_index=1, delta=":1}"),
        said("function_call_arguments.done", output_index=1, arguments='{"a":1}'),
        item("done", 1, **call, arguments='{"a":1}'),
    )
    run = same_however_cut(api, body)
    assert run.message["output"] == [
        {"type": "message", "role": "assistant", "content": [part("Hi!")]},
        {**call, "arguments": '{"a":1}'},
    ]
    assert told(run, "start", "text", "tool_call", "arguments", "finish") == [
        ("start", None, None, ()),
        ("text", "Hi", 0, TEXT_AT),
        ("text", "!", 0, TEXT_AT),
        ("tool_call", "add", 1, ("output", 1)),
        ("arguments", '{"a"', 1, ("output", 1, "arguments")),
        ("arguments", ":1}", 1, ("output", 1, "arguments")),
        ("finish", "completed", None, ("status",)),
    ]
    assert (run.merged.termination, run.merged.text, run.quirks) == ("done", "Hi!", {})
    (tool,) = run.merged.tool_calls
    assert (tool.id, tool.name, tool.arguments, tool.index) == ("c", "add", '{"a":1}', 1)
    paths_hold(api, [event + b"\n\n" for event in body.split(b"\n\n")])


@pytest.mark.parametrize(
    ("kind", "done", "type_", "path"),
    [
        ("output_text", "text", "message", ("content", 0, "text")),
        ("refusal", "refusal", "message", ("content", 0, "refusal")),
        ("reasoning_text", "text", "reasoning", ("content", 0, "text")),
        ("reasoning_summary_text", "text", "reasoning", ("summary", 0, "text")),
        ("function_call_arguments", "arguments", "function_call", ("arguments",)),
        ("custom_tool_call_input", "input", "custom_tool_call", ("input",)),
        ("mcp_call_arguments", "arguments", "mcp_call", ("arguments",)),
        ("code_interpreter_call_code", "code", "code_interpreter_call", ("code",)),
        ("apply_patch_call_operation_diff", "diff", "apply_patch_call", ("operation", "diff")),
    ],
)
def test_texts(api, kind, done, type_, path):
    """In fragments, whole, or both; nobody opened what they are added to."""
    where = {"output_index": 0, "content_index": 0, "summary_index": 0}
    pieces = [said(f"{kind}.delta", **where, delta=piece) for piece in ("é", "", "b")]
    for events, quirks in (
        (pieces, {}),
        ([said(f"{kind}.done", **where, **{done: "éb"})], {}),
        ([*pieces, said(f"{kind}.done", **where, **{done: "éb"})], {}),
        ([pieces[0], said(f"{kind}.done", **where, **{done: "éb"})], {}),
        ([*pieces, said(f"{kind}.done", **where, **{done: "no"})], {"done_text_differs": 1}),
    ):
        run = fold(api, answer(*events))
        found = run.message["output"][0]
        assert found["type"] == type_
        for step in path:
            found = found[step]
        assert found == ("no" if quirks else "éb")
        assert run.quirks == quirks
        joined = "".join(each.text or each.value for each in run.deltas if each.path == ("output", 0, *path))
        assert joined == ("éb" if not quirks else joined)


def test_a_whole_text_tells_what_the_fragments_left_out(api):
    run = fold(api, answer(text("ab"), said("output_text.done", **PLACE, text="abcd")))
    assert (run.texts("text"), run.merged.text, run.quirks) == (["ab", "cd"], "abcd", {})


@pytest.mark.parametrize("end", ["item", "response"])
def test_what_is_done_says_it_all(api, end):
    """Fragments that were lost come with the item, or with the response."""
    whole = message(part("abcd", {"n": 1}))
    events = [item("done", 0, **whole)] if end == "item" else []
    run = fold(api, sse(CREATED, text("ab"), *events, ended(output=[whole]), end=b""))
    assert (run.message["output"], run.texts("text"), run.quirks) == ([whole], ["ab", "cd"], {})


@pytest.mark.parametrize("output", [None, [], [message(part("a"))], "x", ["x"]])
def test_an_end_that_says_less_erases_nothing(api, output):
    """An empty or a shorter output (ChatGPT's backend)."""
    events = [text("a", 0), text("b", 1)]
    run = fold(api, sse(CREATED, *events, ended(output=output, usage={"input_tokens": 1}), end=b""))
    assert (run.merged.text, len(run.message["output"]), run.merged.usage.input_tokens) == ("ab", 2, 1)


def test_parts_that_the_end_leaves_out(api):
    run = fold(api, sse(CREATED, text("a", 0, 0), text("b", 0, 1), ended(output=[message()]), end=b""))
    assert run.merged.text == "ab"


def test_what_the_base_says_is_what_stands(api):
    """A member that the next response object lacks is gone, the items stay."""
    first = {**CREATED, "response": {**RESPONSE, "extra": 1, "metadata": {"a": 1, "b": 2}}}
    progress = said("in_progress", response={**RESPONSE, "metadata": {"a": 3}})
    run = fold(api, sse(first, text("a"), progress, ended(metadata={"a": 3}), end=b""))
    assert (run.message["metadata"], "extra" in run.message, run.merged.text) == ({"a": 3}, False, "a")
    assert run.message["usage"] is None


def test_items_are_found_by_their_index(api):
    """Never by an id, which Copilot changes with every event; the order is that of the index."""
    events = [{**text(piece, place), "item_id": f"id{piece}"} for piece, place in (("b", 9), ("a", 4), ("c", 9))]
    run = fold(api, answer(*events))
    assert [each["content"][0]["text"] for each in run.message["output"]] == ["a", "bc"]
    assert "item_id" not in str(run.message)
    assert [each.index for each in run.deltas if each.kind == "text"] == [0, 0, 1]


def test_reasoning(api):
    """The text, else the summary; parts joined by a blank line."""
    summary = [
        said("reasoning_summary_text.delta", output_index=0, summary_index=at, delta=piece)
        for at, piece in ((0, "a"), (1, "b"), (1, "c"))
    ]
    own = [said("reasoning_text.delta", **PLACE, delta="x")]
    run = fold(api, answer(*summary))
    assert (run.merged.reasoning, run.texts("reasoning")) == ("a\n\nbc", ["a", "b", "c"])
    run = fold(api, answer(*own, *summary))
    assert (run.merged.reasoning, run.texts("reasoning")) == ("x", ["x"])
    assert ("other", "c", 0, ("output", 0, "summary", 1, "text")) in told(run, "other")


def test_encrypted_reasoning_is_that_of_the_end(api):
    whole = {"type": "reasoning", "summary": [], "encrypted_content": "new"}
    run = fold(api, answer(item("added", 0, **{**whole, "encrypted_content": "old"}), item("done", 0, **whole)))
    assert run.message["output"] == [whole]


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [("input", "free text", "complete"), ("input", "{", "complete"), ("input", "", "empty")],
)
def test_a_custom_tool_takes_any_text(api, name, value, status):
    call = {"type": "custom_tool_call", "call_id": "c", "name": "run", name: value}
    (tool,) = fold(api, answer(item("done", 0, **call))).merged.tool_calls
    assert (tool.id, tool.name, tool.arguments, tool.status) == ("c", "run", value, status)


@pytest.mark.parametrize(
    ("arguments", "status"), [("", "empty"), ("{}", "complete"), ('{"a', "truncated"), ("}", "invalid")]
)
def test_the_status_of_arguments(api, arguments, status):
    events = [item("added", 2, type="function_call", call_id="c", name="f", arguments="")]
    events += [said("function_call_arguments.delta", output_index=2, delta=piece) for piece in arguments]
    run = fold(api, answer(*events))
    (tool,) = run.merged.tool_calls
    assert (tool.arguments, tool.status, tool.index) == (arguments, status, 0)
    assert "".join(run.texts("arguments")) == arguments


def test_a_call_whose_name_comes_late(api):
    events = [
        said("function_call_arguments.delta", output_index=0, delta="{}"),
        said("function_call_arguments.done", output_index=0, arguments="{}", name="late"),
        item("done", 0, type="function_call", call_id="c", name="late", arguments="{}"),
    ]
    run = fold(api, answer(*events))
    (tool,) = run.merged.tool_calls
    assert (tool.id, tool.name, tool.arguments) == ("c", "late", "{}")
    assert "".join(run.texts("tool_call")) == "late"
    assert [each.id for each in run.deltas if each.kind == "tool_call" and each.id] == ["c"]


@pytest.mark.parametrize(("whole", "arguments"), [({"é": 1.0}, '{"é":1.0}'), ([], "[]"), (False, "false")])
def test_arguments_that_are_no_text(api, whole, arguments):
    """As a gateway sends them: told as they are seen, once, as compact JSON."""
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": whole}
    run = fold(api, answer(item("added", 0, **call), item("done", 0, **call)))
    assert (run.message["output"], run.merged.tool_calls[0].arguments) == ([call], arguments)
    assert told(run, "arguments") == [("arguments", arguments, 0, ("output", 0, "arguments"))]


def test_a_text_that_is_none_is_told_as_another_value(api):
    run = fold(api, answer(item("done", 0, **message({"type": "output_text", "text": 5}))))
    assert (run.merged.text, told(run, "text")) == ("", [])
    assert ("other", 5, 0, TEXT_AT) in told(run, "other")


def test_a_text_that_is_not_stated_stays(api):
    call = {"type": "function_call", "call_id": "c", "name": "f"}
    events = [item("added", 0, **call), said("function_call_arguments.delta", output_index=0, delta="{}")]
    run = fold(api, answer(*events, item("done", 0, **call)))
    assert (run.message["output"], run.quirks) == ([{**call, "arguments": "{}"}], {"done_text_differs": 1})


def test_annotations(api):
    """Put in their places; one that is taken is replaced."""

    def added(at: int, n: int) -> dict[str, object]:
        return said("output_text.annotation.added", **PLACE, annotation_index=at, annotation={"n": n})

    run = fold(api, answer(text("a"), added(1, 1), added(0, 2), added(1, 3)))
    assert run.message["output"][0]["content"][0]["annotations"] == [{"n": 2}, {"n": 3}]


def test_padding_is_dropped(api):
    events = [{**text(piece), "obfuscation": "x" * at} for at, piece in enumerate("abcdef")]
    run = fold(api, answer(*events))
    assert (run.merged.text, "obfuscation" in str(run.message), run.merged.report.unknown_fields) == (
        "abcdef",
        False,
        {},
    )


@pytest.mark.parametrize(
    ("numbers", "gaps"),
    [([0, 1, 2, 3], 0), ([5, 6, 7, 8], 0), ([0, 2, 3, 9], 2), ([0, 0, 1, 2], 1), ([None, "1", 7, 9], 1), ([], 0)],
)
def test_gaps_in_the_numbers(api, numbers, gaps):
    events = [CREATED, text("a"), text("b"), ended()]
    numbered = [{**event, "sequence_number": number} for event, number in zip(events, numbers, strict=False)]
    run = fold(api, sse(*(numbered or events), end=b""))
    assert (run.merged.text, run.quirks.get("sequence_gap", 0)) == ("ab", gaps)
    assert "sequence_number" not in run.message


@pytest.mark.parametrize(
    ("body", "termination", "finish"),
    [
        (answer(), "done", "completed"),
        (sse(CREATED, ended("incomplete", incomplete_details={"reason": "max"}), end=b""), "done", "max"),
        (sse(CREATED, ended("incomplete", incomplete_details=None), end=b""), "done", "incomplete"),
        (sse(CREATED, text("a"), end=b""), "eof", "in_progress"),
        (sse(CREATED, text("a")), "done", "in_progress"),
        (sse(CREATED, ended("failed", error={"message": "m"}), end=b""), "error", "failed"),
        (answer()[:-1], "done", "completed"),
    ],
)
def test_termination(api, body, termination, finish):
    merged = fold(api, body).merged
    assert (merged.termination, merged.finish_reason) == (termination, finish)


@pytest.mark.parametrize("nested", [True, False])
def test_an_error_and_then_the_response_that_failed(api, nested):
    """The first error is kept; what the failed response says is in the message, whatever else came between is not."""
    error = {"code": "c", "message": "m"}
    told_ = {"type": "error", "error": error} if nested else {"type": "error", **error}
    failed = ended("failed", error={"code": "d", "message": "n"})
    run = same_however_cut(api, sse(CREATED, text("a"), told_, text("b"), failed, end=b""))
    assert run.merged.error.error == (error if nested else told_)
    assert (run.merged.error.code, run.merged.termination) == ("c", "error")
    assert (run.message["status"], run.message["error"]["code"], run.merged.text) == ("failed", "d", "a")


def test_a_failed_response_is_an_error(api):
    run = fold(api, sse(CREATED, text("a"), ended("failed", error={"code": "d", "message": "n"}), end=b""))
    assert (run.merged.error.error, run.merged.text) == ({"code": "d", "message": "n"}, "a")


def test_an_error_member_that_is_null_is_none(api):
    assert fold(api, sse(CREATED, ended(error=None), end=b"")).merged.termination == "done"


def test_a_response_behind_the_end_is_another_one(api):
    again = {**CREATED, "response": {**RESPONSE, "id": "s"}}
    body = answer(text("lost"), end=sse(text("!"), again, text("kept"), ended(id="s"), end=b""))
    run = same_however_cut(api, body)
    assert (run.merged.id, run.merged.text, run.merged.termination) == ("s", "kept", "done")
    assert run.quirks == {"data_after_done": 1, "message_restarted": 1}


def test_events_that_say_nothing_of_the_message(api):
    kinds = ("web_search_call.searching", "image_generation_call.partial_image", "mcp_call.completed")
    run = fold(api, answer(*(said(kind, output_index=0, item_id="i") for kind in kinds)))
    assert run.message["output"] == []
    assert not any(name.startswith("type=") for name in run.merged.report.unknown_fields)


def test_unknown_events_are_counted(api):
    run = fold(api, answer(said("hum", x=1), said("hum"), {"type": "other"}))
    assert run.merged.report.unknown_fields == {"type=response.hum": 2, "type=other": 1}


def test_audio(api):
    events = [said("audio.delta", **PLACE, delta=piece) for piece in ("QUI=", "Q0Q=")]
    events += [said("audio.transcript.delta", **PLACE, delta=piece) for piece in "ab"]
    (found,) = fold(api, answer(*events)).message["output"][0]["content"]
    assert found == {"type": "output_audio", "data": "QUJDRA==", "transcript": "ab"}


@pytest.mark.parametrize("kind", ["created", "in_progress", "output_text.delta", "completed", "never.heard.of"])
def test_every_event_tells_the_dialect(api, kind):
    event = {"type": f"response.{kind}", "response": RESPONSE, **PLACE, "delta": "a"}
    assert fold(api, sse(event, end=b"")).merged.dialect == "openai-responses"


def test_chunks_that_say_nothing_come_first(api):
    body = sse({"n": 1}, {"sequence_number": 0}, CREATED, text("a"), ended(), end=DONE)
    assert same_however_cut(api, body).merged.dialect == "openai-responses"


@pytest.mark.parametrize("wrong", [None, 5, "x", [], [1], {"a": 1}, True])
def test_wrong_types_have_no_effect(api, wrong):
    events = [
        {**CREATED, "response": wrong} if not isinstance(wrong, dict) else CREATED,
        CREATED,
        item("added", 0, **message(part("a"))),
        {**item("added", 1), "item": wrong},
        {**text("b"), "delta": wrong},
        {**text("c"), "content_index": wrong},
        said("content_part.added", **PLACE, part=wrong),
        said("output_text.annotation.added", **PLACE, annotation_index=wrong, annotation=wrong),
        said("output_text.done", **PLACE, text=wrong),
        ended(usage=wrong),
    ]
    run = fold(api, sse(*events, end=b""))
    assert run.merged.termination == "done"
    assert run.merged.dialect == "openai-responses"


@pytest.mark.parametrize(("output", "count"), [({}, 3), ("x", 0), ([1], 4), ([], 0)])
def test_a_response_that_is_stated_again_is_judged_again(api, output, count):
    response = {**RESPONSE, "output": output}
    again = said("in_progress", response=response)
    run = fold(api, sse({**CREATED, "response": response}, again, again, ended(output=output), end=b""))
    assert run.merged.report.quirks.get("wrong_type", 0) == count
