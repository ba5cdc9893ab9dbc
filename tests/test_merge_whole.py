"""What is stated whole, beside what was streamed: it erases nothing by saying less, and is itself what it states."""

from __future__ import annotations

import json

import pytest

from merging import delta, fold, same_however_cut, sse

CREATED = {"type": "response.created", "response": {"id": "r", "status": "in_progress", "output": []}}
CALL = {"type": "function_call", "call_id": "c", "name": "f"}


def said(kind, **members: object):
    return {"type": f"response.{kind}", **members}


def text(piece, place):
    return said("output_text.delta", output_index=place, content_index=0, delta=piece)


def completed(*output: dict[str, object]):
    return said("completed", response={"id": "r", "status": "completed", "output": list(output)})


def message(words, **members: object):
    return {"type": "message", **members, "content": [{"type": "output_text", "text": words}]}


def thought(words):
    return said("reasoning_summary_text.delta", output_index=0, summary_index=0, delta=words)


def types(run):
    return [item["type"] for item in run.message["output"]]


def block(kind, index, **members: object):
    return {"type": "content_block_start", "index": index, "content_block": {"type": kind, **members}}


def piece(words, index):
    return {"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": words}}


def test_an_end_that_leaves_out_the_reasoning(api):
    """As gateways answer: maximhq/bifrost#5149, open-webui#27800."""
    added = said("output_item.added", output_index=0, item={"id": "rs", "type": "reasoning", "summary": []})
    run = same_however_cut(
        api, sse(CREATED, added, thought("think"), text("x", 1), completed(message("x", id="m")), end=b"")
    )
    assert (types(run), run.merged.text, run.merged.reasoning) == (["reasoning", "message"], "x", "think")
    assert run.message["output"][1]["id"] == "m"
    assert run.texts("text") == ["x"]
    assert run.quirks == {}


def test_items_are_told_by_ids_before_types(api):
    items = [{"id": name, **message(name)} for name in "abcd"]
    done = [said("output_item.done", output_index=at, item=item) for at, item in enumerate(items)]
    stated = [{**items[2], "status": "C"}, {"id": "new", **message("d")}, {"id": "e", **CALL}]
    run = same_however_cut(api, sse(CREATED, *done, completed(*stated), end=b""))
    assert [item["id"] for item in run.message["output"]] == ["a", "b", "c", "new", "e"]
    assert run.message["output"][2]["status"] == "C"
    assert run.merged.text == "abcd"


def test_a_shorter_list_that_ends_nothing(api):
    held = [said("output_item.done", output_index=at, item=message(f"{at}")) for at in range(3)]
    begun = said("in_progress", response={"id": "r", "output": [message("0", id="m")]})
    run = same_however_cut(api, sse(CREATED, *held, begun, completed(message("1")), end=b""))
    assert run.merged.text == "112"
    assert run.message["output"][0]["type"] == "message"


@pytest.mark.parametrize("streamed", [[1], [0, 1], [2], [0, 2], []])
def test_an_end_stands_at_its_indexes(api, streamed):
    """What was streamed of it is where the event said, whether the items before it were streamed or not."""
    whole = [{"type": "reasoning", "summary": []}, message("x"), {**CALL, "arguments": "{}"}]
    calls = said("function_call_arguments.delta", output_index=2, delta="{}")
    events = {0: thought("t"), 1: text("x", 1), 2: calls}
    run = same_however_cut(api, sse(CREATED, *(events[at] for at in streamed), completed(*whole), end=b""))
    assert types(run) == ["reasoning", "message", "function_call"]
    assert [set(item) & {"content", "summary", "arguments"} for item in run.message["output"]] == [
        {"summary"},
        {"content"},
        {"arguments"},
    ]
    assert run.texts("text") == (["x"] if run.merged.text else [])
    assert run.merged.text == "x"


def test_lists_that_count_from_one(api):
    run = same_however_cut(api, sse(CREATED, text("x", 1), completed(message("x", id="m")), end=b""))
    assert run.message["output"] == [message("x", id="m") | {}]
    assert run.texts("text") == ["x"]


def test_an_item_of_another_type_is_another_item(api):
    run = same_however_cut(
        api,
        sse(CREATED, text("x", 0), said("output_item.done", output_index=0, item={**CALL, "arguments": "{}"}), end=b""),
    )
    assert run.message["output"] == [{**CALL, "arguments": "{}"}]
    assert run.quirks["done_text_differs"]


@pytest.mark.parametrize("whole", [{}, {"text": ""}, {"text": None}])
def test_a_text_is_erased_by_none_that_says_nothing(api, whole):
    done = said("reasoning_summary_text.done", output_index=0, summary_index=0, **whole)
    last = said(
        "output_item.done", output_index=0, item={"type": "reasoning", "summary": [{"type": "summary_text", **whole}]}
    )
    run = same_however_cut(api, sse(CREATED, thought("think"), done, last, end=b""))
    assert run.merged.reasoning == "think"
    assert ("done_text_differs" in run.quirks) == ("text" not in whole or whole["text"] == "")


def test_an_object_that_fragments_go_into_is_not_erased(api):
    """Found by fuzzing: a start that states the call without its function, and then another one with it."""
    piece = {
        "type": "tool-call-delta",
        "index": 0,
        "delta": {"message": {"tool_calls": {"function": {"arguments": "x"}}}},
    }
    starts = [
        {"type": "message-start", "delta": {"message": {"tool_calls": calls}}}
        for calls in ([{"text": "t"}], [{"function": {"arguments": "a"}}])
    ]
    run = same_however_cut(api, sse(piece, piece, starts[0], end=b""))
    assert run.message["message"]["tool_calls"][0]["function"] == {"arguments": "xx"}
    run = same_however_cut(api, sse(piece, piece, *starts, end=b""))
    assert run.message["message"]["tool_calls"][0]["function"] == {"arguments": "a"}
    assert run.quirks["done_text_differs"]


@pytest.mark.parametrize("stop", [True, False])
def test_a_block_that_another_one_takes_the_place_of(api, stop):
    """Proxies number every block 0: the last one of an index is it, and has nothing of those before."""
    one = [block("tool_use", 0, id="A", name="f", input={}), piece('{"a":1}', 0)]
    two = [block("tool_use", 0, id="B", name="g", input={}), piece('{"b":2}', 0)]
    between = [{"type": "content_block_stop", "index": 0}] if stop else []
    run = same_however_cut(api, sse(*one, *between, *two, {"type": "message_stop"}, end=b""))
    (called,) = run.merged.tool_calls
    assert (called.id, called.name, called.arguments, called.status) == ("B", "g", '{"b":2}', "complete")
    assert [(each.id, each.text) for each in run.deltas if each.kind == "tool_call"] == [("A", "f"), ("B", "g")]
    words = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}}
    run = same_however_cut(
        api, sse(*one, *between, block("text", 0, text=""), words, {"type": "message_stop"}, end=b"")
    )
    assert run.message["content"] == [{"type": "text", "text": "hi"}]


def test_the_same_block_stated_again_goes_on(api):
    start = block("tool_use", 0, id="A", name="f", input={})
    run = same_however_cut(api, sse(start, piece('{"a"', 0), start, piece(":1}", 0), {"type": "message_stop"}, end=b""))
    assert run.message["content"][0]["input"] == {"a": 1}


def test_the_size_of_what_was_taken_away(api):
    """A message of many blocks in one place is as large as the last one."""
    blocks = [each for at in range(200) for each in (block("tool_use", 0, id=f"{at}", name="f"), piece("[" * 90, 0))]
    run = fold(api, sse(*blocks, end=b""), max_message_size=600)
    assert run.merged.termination != "limit"


def test_the_index_of_half_a_character_told_at_the_end(api):
    """Its block was the first one when it came, and is the second now."""
    words = [("\ud83d", 1), ("b", 0)]
    for more in ([], [("", 1)]):
        events = [
            json.dumps({"type": "content_block_delta", "index": at, "delta": {"type": "text_delta", "text": said}})
            for said, at in words + more
        ]
        run = same_however_cut(api, sse(*events, end=b""))
        told = [(each.text, each.index) for each in run.deltas if each.kind == "text" and each.text]
        assert told == [("b", 0), ("\ufffd", 1)]


def test_a_message_that_came_whole_is_itself(api):
    details = [{"type": "reasoning.text", "text": word, "signature": word} for word in "AB"]
    content = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "t"}] * 2},
        *({"type": "text", "text": word} for word in "ab"),
    ]
    whole = {"role": "assistant", "content": [*content, {"type": "text", "text": ""}], "reasoning_details": details}
    run = same_however_cut(api, sse({"choices": [{"index": 0, "message": whole, "finish_reason": "stop"}]}))
    assert run.first == whole


@pytest.mark.parametrize("empty", [{}, {"role": None}, None])
def test_a_delta_that_says_nothing_is_none(api, empty):
    whole = {"choices": [{"index": 0, "delta": empty, "message": {"content": "hi"}, "finish_reason": "stop"}]}
    assert same_however_cut(api, sse(whole)).merged.text == "hi"
    run = same_however_cut(api, sse(delta({"content": "Hi"}), whole))
    assert (run.merged.text, run.quirks["message_beside_delta"]) == ("Hi", 1)


@pytest.mark.parametrize("first", [[], None])
def test_an_empty_list_is_of_no_kind_yet(api, first):
    tool = {"index": 0, "type": "python", "arguments": "{}"}
    more = [[tool], [{**tool, "output": "o"}]]
    chunks = [delta({"executed_tools": value}) for value in (first, first, *more)]
    assert same_however_cut(api, sse(*chunks)).first["executed_tools"] == [{**tool, "output": "o"}]


def test_arguments_told_at_the_end_are_those_of_their_choice(api):
    call = {"functionCall": {"name": "f", "willContinue": True}}
    parts = [[{"text": "a"}], [call]]
    body = sse({"candidates": [{"index": at, "content": {"parts": each}} for at, each in enumerate(parts)]}, end=b"")
    (told,) = (each for each in fold(api, body).deltas if each.kind == "arguments")
    assert (told.text, told.choice, told.path[:2]) == ("{}", 1, ("candidates", 1))


@pytest.mark.parametrize("body", ["{chunk}\n[DONE]\n", "{chunk}\n[DONE]", "[{chunk},DONE]", "[DONE ]\n"])
def test_an_end_without_a_field_name(api, body):
    chunk = '{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}'
    run = same_however_cut(api, body.replace("{chunk}", chunk).encode(), dialect="openai-chat")
    assert (run.merged.termination, run.merged.error) == ("done", None)
    assert run.merged.text == ("x" if "chunk" in body else "")


def test_log_probabilities_of_ollama(api):
    lines = "".join(
        f'{{"message":{{"content":"{word}"}},"logprobs":[{{"token":"{word}"}}],"done":false}}\n' for word in "ab"
    )
    run = same_however_cut(api, lines.encode() + b'{"done":true}\n')
    assert run.message["logprobs"] == [{"token": "a"}, {"token": "b"}]
    assert run.merged.report.unknown_fields == {}
