"""Rule T: which call a fragment belongs to, whatever the provider does with index and id."""

from __future__ import annotations

import pytest

from merging import call, delta, fold, sse


def calls(api, *chunks: dict[str, object]):
    """(id, name, arguments) of each call in the message's order."""
    run = fold(api, sse(*chunks))
    shapes = [(each["id"], each["function"]["name"], each["function"]["arguments"]) for each in run.first["tool_calls"]]
    assert [(each.id, each.name, each.arguments) for each in run.merged.tool_calls] == shapes
    assert [each.index for each in run.merged.tool_calls] == list(range(len(shapes)))
    assert all("index" not in each for each in run.first["tool_calls"])
    for slot, (_, _, arguments) in enumerate(shapes):
        assert "".join(each.text for each in run.deltas if (each.kind, each.index) == ("arguments", slot)) == arguments
    return shapes, run.quirks


def test_fragments_by_index(api):
    shapes, quirks = calls(
        api,
        call(0, "add", "", id="1", type="function"), call(0, arguments='{"a"'),
        call(1, "get", "{", id="2", type="function"),
        call(0, arguments=":1}"), call(1, arguments="}", id=""), call(1, arguments="", id="2", name=""),
    )  # fmt: skip
    assert shapes == [("1", "add", '{"a":1}'), ("2", "get", "{}")]
    assert quirks == {"tool_id_repeated": 1}


def test_the_index_is_no_position(api):
    shapes, quirks = calls(
        api, call(1, "a", "{}", id="1"), call(4_000_000_000, "b", "{}", id="2"), call(2**63 - 1, "c", "{}", id="3")
    )
    assert [each[1] for each in shapes] == ["a", "b", "c"]
    assert quirks == {"tool_index_base": 1}


def test_an_id_of_another_call_wins_over_the_index(api):
    shapes, _ = calls(
        api,
        call(0, "a", "1", id="1"),
        call(1, "b", "2", id="2"),
        call(0, arguments="3", id="2"),
        call(0, arguments="4"),
    )
    assert shapes == [("1", "a", "14"), ("2", "b", "23")]


def test_new_ids_without_name_are_the_same_call(api):
    """LM Studio gives every fragment a new id."""
    shapes, _ = calls(api, call(0, "a", "{", id="1"), call(0, arguments="}", id="2"), call(0, arguments=" ", id="3"))
    assert shapes == [("1", "a", "{} ")]


def test_a_new_id_with_a_name_is_a_new_call(api):
    """Ollama, Groq and Dynamo give every call index 0."""
    shapes, quirks = calls(
        api,
        call(0, "a", "{}", id="1"),
        call(0, "a", "[]", id="2"),
        call(0, arguments=" "),
        call(0, arguments="x", id="1"),
    )
    assert shapes == [("1", "a", "{}x"), ("2", "a", "[] ")]
    assert quirks["tool_index_reused"] == 1


@pytest.mark.parametrize(("name", "count"), [("add", 1), ("sub", 2)])
def test_a_new_id_with_the_same_name_before_arguments_is_the_same_call(api, name, count):
    shapes, _ = calls(api, call(0, "add", "", id="1"), call(0, name, "{}", id="2"))
    assert len(shapes) == count
    assert shapes[-1] == (str(count), name, "{}")


def test_an_index_not_bound_takes_the_call_of_its_id(api):
    shapes, _ = calls(api, call(0, "a", "1", id="1"), call(5, arguments="2", id="1"), call(5, arguments="3"))
    assert shapes == [("1", "a", "123")]


@pytest.mark.parametrize("index", [None, True, 1.0, "0", {}])
def test_without_index(api, index):
    fragments = [
        {"id": "1", "function": {"name": "a", "arguments": "1"}},
        {"function": {"arguments": "2"}},
        {"id": "9", "function": {"arguments": "3"}},
        {"id": "2", "function": {"name": "b", "arguments": "4"}},
        {"function": {"name": "c", "arguments": "5"}},
        {"id": "1", "function": {"arguments": "6"}},
        {"function": {"arguments": "7"}},
    ]
    shapes, quirks = calls(api, *(delta({"tool_calls": [{"index": index, **each}]}) for each in fragments))
    assert shapes == [("1", "a", "12367"), ("2", "b", "4"), (None, "c", "5")]
    assert quirks["tool_index_missing"] == len(fragments)


def test_nothing_open_opens_a_call(api):
    shapes, _ = calls(api, delta({"tool_calls": [{"function": {"arguments": "1"}}]}), call(arguments="2", id="1"))
    assert shapes == [("1", None, "12")]


def test_a_negative_index_is_0(api):
    shapes, _ = calls(api, call(-1, "a", "1", id="1"), call(0, arguments="2"), call(-7, arguments="3"))
    assert shapes == [("1", "a", "123")]


def test_names_grow_until_arguments_come(api):
    shapes, quirks = calls(
        api, call(0, "get_", id="1"), call(0, "time"), call(0, "get_time"), call(0, arguments="{"), call(0, "late", "}")
    )
    assert shapes == [("1", "get_time", "{}")]
    assert quirks == {"tool_name_repeated": 1, "tool_name_late": 1}


def test_ids_and_names_that_come_late_are_told(api):
    run = fold(api, sse(call(0, arguments=""), call(0, "get", id="1"), call(0, "_it")))
    told = [(each.index, each.text, each.id, each.path) for each in run.deltas if each.kind == "tool_call"]
    path = ("choices", 0, "message", "tool_calls", 0)
    assert told == [(0, "", None, path), (0, "get", "1", path), (0, "_it", None, path)]


def test_the_first_fragment_opens_with_name_and_id(api):
    run = fold(api, sse(call(3, "get", "{}", id="1", type="function"), call(1, "put", "{}", id="2")))
    told = [
        (each.kind, each.index, each.text, each.id) for each in run.deltas if each.kind in {"tool_call", "arguments"}
    ]
    assert told == [
        ("tool_call", 0, "get", "1"),
        ("arguments", 0, "{}", None),
        ("tool_call", 1, "put", "2"),
        ("arguments", 1, "{}", None),
    ]


@pytest.mark.parametrize("nothing", [None, [], [None]])
def test_nothing_is_nothing(api, nothing):
    assert not fold(api, sse(delta({"tool_calls": nothing, "content": "x"}))).merged.tool_calls


@pytest.mark.parametrize("wrong", [5, "x", {"index": 0}, [5, "x", [], True]])
def test_wrong_types_have_no_effect(api, wrong):
    run = fold(api, sse(delta({"tool_calls": wrong, "content": "x"})))
    assert not run.merged.tool_calls
    assert run.quirks["wrong_type"] == (len(wrong) if isinstance(wrong, list) else 1)


@pytest.mark.parametrize(
    "fragment", [{"function": 5}, {"function": {"arguments": 5}}, {"function": {"arguments": []}}, {"custom": "x"}]
)
def test_wrong_types_inside_a_call(api, fragment):
    run = fold(api, sse(delta({"tool_calls": [{"index": 0, **fragment}]})))
    assert [(each.id, each.name, each.arguments, each.status) for each in run.merged.tool_calls] == [
        (None, None, "", "empty")
    ]
    assert run.quirks == {"wrong_type": 1}


def test_an_object_for_arguments_is_its_json(api):
    chunk = delta(
        {
            "tool_calls": [
                {"index": 0, "id": "1", "function": {"name": "f", "arguments": {"a": [1, 1.5, "é"], "b": None}}}
            ]
        }
    )
    run = fold(api, sse(chunk))
    assert run.merged.tool_calls[0].arguments == '{"a":[1,1.5,"é"],"b":null}'
    assert run.quirks["arguments_object"] == 1


def test_a_custom_tool(api):
    fragments = [
        {"index": 0, "id": "1", "type": "custom", "custom": {"name": "sql", "input": ""}},
        {"index": 0, "custom": {"input": "select"}},
    ]
    run = fold(api, sse(*(delta({"tool_calls": [each]}) for each in fragments)))
    assert run.first["tool_calls"] == [{"id": "1", "type": "custom", "custom": {"name": "sql", "input": "select"}}]
    assert [(each.name, each.arguments, each.status) for each in run.merged.tool_calls] == [
        ("sql", "select", "complete")
    ]
    assert run.texts("arguments") == ["select"]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ("", "empty"), (" \n", "empty"), ("{}", "complete"), ("7", "complete"), ("null", "complete"),
        ('{"a":', "truncated"), ("nul", "truncated"), ("-", "truncated"), ("[1,]", "invalid"), ("{} {}", "invalid"),
        ("nil", "invalid"), ('"\\ud83d"', "complete"), ("1e999", "invalid"),
        ("[" * 128 + "]" * 128, "complete"), ("[" * 129, "invalid"), ("9" * 4300, "complete"), ("9" * 4301, "invalid"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", [b"data: [DONE]\n\n", b""])
def test_status_is_judged_on_the_text(api, arguments, status, end):
    run = fold(api, sse(call(0, "f", arguments, id="1"), end=end))
    assert [(each.arguments, each.status) for each in run.merged.tool_calls] == [(arguments, status)]


def test_a_call_is_not_finished_because_its_arguments_parse(api):
    run = fold(api, sse(call(0, "f", "{}", id="1"), call(0, arguments=" "), end=b""))
    assert (run.merged.termination, run.merged.complete) == ("eof", False)
    assert "finish" not in {each.kind for each in run.deltas}


def test_other_members_of_a_call(api):
    run = fold(
        api,
        sse(
            call(0, "f", "{}", extra_content={"google": {"thought_signature": "ab"}}),
            call(0, extra_content={"google": {"n": 1}}),
        ),
    )
    assert run.first["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "ab", "n": 1}}
    assert run.merged.report.unknown_fields == {"choices[].delta.tool_calls[].extra_content": 2}


def test_calls_of_every_choice_are_their_own(api):
    chunk = {
        "choices": [
            {
                "index": i,
                "delta": {"tool_calls": [{"index": 0, "id": str(i), "function": {"name": "f", "arguments": "{}"}}]},
            }
            for i in (1, 0)
        ]
    }
    run = fold(api, sse(chunk))
    assert [choice["message"]["tool_calls"][0]["id"] for choice in run.message["choices"]] == ["0", "1"]
    assert [(each.choice, each.index, each.id) for each in run.deltas if each.kind == "tool_call"] == [
        (1, 0, "1"),
        (0, 0, "0"),
    ]
