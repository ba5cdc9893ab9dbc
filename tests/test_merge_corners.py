"""What the rules say of chunks that no recording has: each is small, stated by hand and the same on both backends."""

from __future__ import annotations

import json

import pytest

from merging import delta, fold, sse


def candidate(*parts: object, **rest: object):
    return {"candidates": [{"index": 0, "content": {"parts": list(parts)}, **rest}]}


def piece(path, *, go=True, name=None, **value: object):
    call = {"partialArgs": [{"jsonPath": path, **value}], "willContinue": go}
    return candidate({"functionCall": call if name is None else {"name": name, **call}})


def args_of(run):
    return run.message["candidates"][0]["content"]["parts"][0]["functionCall"]["args"]


def test_an_item_that_is_no_object_is_told_in_a_list_by_index(api):
    run = fold(api, sse(delta({"zz": [{"index": 0, "a": "x"}, 5]}), delta({"zz": [{"index": 0, "a": "y"}]})))
    assert (run.first["zz"], run.quirks) == ([{"index": 0, "a": "xy"}], {"wrong_type": 1})


@pytest.mark.parametrize("second", ["!!!!", "A"])
def test_base64_that_is_none_is_put_behind_what_was_held(api, second):
    run = fold(api, sse(delta({"audio": {"data": "AA=="}}), delta({"audio": {"data": second}})))
    assert run.first["audio"] == {"data": f"AA=={second}"}
    assert [each.value for each in run.deltas if each.kind == "other"] == [f"AA=={second}"]


def test_citations_that_say_nothing_new_change_nothing(api):
    said = {"citationMetadata": {"citations": [{"uri": "a"}]}}
    run = fold(api, sse(candidate({"text": "x"}, **said), candidate({"text": "y"}, **said), end=b""))
    assert run.message["candidates"][0]["citationMetadata"] == {"citations": [{"uri": "a"}]}
    assert [each.value for each in run.deltas if each.kind == "other"] == [[{"uri": "a"}]]


def test_null_members_of_a_value_that_is_stated_again_say_nothing(api):
    first, last = {"d": {"a": 1, "b": None}}, {"d": {"a": 1, "b": 2}}
    run = fold(api, sse(*({**delta({"content": "x"}), "usage": usage} for usage in (first, first, last))))
    assert run.message["usage"] == last
    assert [each.value for each in run.deltas if each.kind == "usage"] == [{"d": {"a": 1}}, last]


def test_a_partial_argument_in_thousands_of_strings(api):
    pieces = [{"jsonPath": "$.a", "stringValue": str(i % 10)} for i in range(2500)]
    call = {"functionCall": {"name": "f", "partialArgs": pieces}}
    assert args_of(fold(api, sse(candidate(call), end=b""))) == {"a": "0123456789" * 250}


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("$.a", "$.a.b", {"a": {"b": 1}}),
        ("$.a[0]", "$.a.b", {"a": {"b": 1}}),
        ("$.a.b", "$.a[0]", {"a": [1]}),
        ("$.a[0]", "$.a[7]", {"a": [1, 1]}),
    ],
)
def test_a_partial_argument_takes_the_place_of_another_kind(api, first, second, wanted):
    body = sse(piece(first, name="f", numberValue=1), piece(second, go=False, numberValue=1), end=b"")
    assert args_of(fold(api, body)) == wanted


def test_a_partial_argument_that_is_no_value_sets_nothing(api):
    body = sse(piece("$.a", name="f", numberValue=1), piece("$.b", go=False, numberValue="1"), end=b"")
    run = fold(api, body)
    assert (args_of(run), run.texts("arguments")) == ({"a": 1}, ['{"a":1}'])


def test_fragments_in_thousands_of_one_event(api):
    run = fold(api, sse([delta({"content": str(i % 10)}) for i in range(2500)]))
    assert run.merged.text == "0123456789" * 250


MESSAGES = """
name = "mine"
complete = "ch[].done"

[merge]
ch = { op = "by", key = "index", missing = "position", choice = true }
"ch[].done" = "last"
"ch[].whole" = { op = "whole", unless = "delta" }
"ch[].delta" = { op = "object", to = "whole" }
"ch[].delta.text" = { op = "append", delta = "text" }
"""


def test_a_whole_message_beside_deltas_is_counted_only_where_the_table_names_it(api):
    whole, part = {"ch": [{"index": 0, "whole": {"text": "all"}}]}, {"ch": [{"index": 0, "delta": {"text": "a"}}]}
    run = fold(
        api, sse(whole, part, whole, {"ch": [{"index": 0, "done": True}]}, end=b""), api.Dialect.from_toml(MESSAGES)
    )
    assert (run.message["ch"][0]["whole"], run.quirks) == ({"text": "a"}, {})


PARTS = """
name = "mine"
complete = "done"

[merge]
done = "last"
parts = "parts"
"parts[].*" = "last"
"""


def test_parts_whose_text_has_no_rule_of_its_own(api):
    call = {"functionCall": {"name": "f", "willContinue": True}}
    chunks = [{"text": "a"}], [{"text": "b"}, call], [{"functionCall": {"willContinue": False}}]
    run = fold(api, sse(*({"parts": parts} for parts in chunks), {"done": 1}, end=b""), api.Dialect.from_toml(PARTS))
    assert run.message["parts"] == [{"text": "a"}, {"text": "b"}, call]


SAID = '"parts[].said" = { op = "append", to = "text" }\n'


@pytest.mark.parametrize(
    ("rows", "first", "text"),
    [
        ('"parts[].*" = "append"', {"text": "a"}, "abc"),
        (SAID + '"parts[].*" = "append"', {"said": "a"}, "abc"),
        (SAID + '"parts[].*" = "drop"', {"said": "a"}, "a"),
        (SAID, {"said": "a"}, "a"),
    ],
)
def test_parts_whose_text_other_rules_merge(api, rows, first, text):
    """That of any field, where there is one; what has no rule at all is not in the message."""
    table = f'name = "mine"\ncomplete = "done"\n[merge]\ndone = "last"\nparts = "parts"\n{rows}\n'
    chunks = ({"parts": [part]} for part in (first, {"text": "b"}, {"text": "c"}))
    run = fold(api, sse(*chunks, {"done": 1}, end=b""), api.Dialect.from_toml(table))
    assert run.message["parts"] == [{"text": text}]


def test_a_member_of_any_name_is_merged_by_every_event(api):
    run = fold(api, sse(*(delta({"é": letter}) for letter in "abcdefgh")))
    assert run.first["é"] == "abcdefgh"


def test_chunks_in_hundreds_that_leave_the_dialect_open(api):
    run = fold(api, sse(*[{"choices": []}] * 400, delta({"content": "x"})))
    assert (run.merged.dialect, run.merged.text, run.quirks) == ("openai-chat", "x", {"choices_empty": 400})


CALLS = """
name = "mine"
complete = "done"

[merge]
done = "last"
calls = "calls"
"calls[].name" = "last"
"""


def test_calls_of_a_table_that_does_not_say_where_their_arguments_are(api):
    run = fold(api, sse({"calls": [{"name": "f"}, {"name": "g"}]}, {"done": 1}, end=b""), api.Dialect.from_toml(CALLS))
    assert run.message["calls"] == [{"name": "f"}, {"name": "g"}]
    assert run.texts("arguments") == []


ROUTES = """
name = "mine"
complete = "done"
route = ["type"]

[merge]
done = "last"
a = "object"
"a.text" = { op = "append", delta = "text" }

[on]
x = [{ take = "a", into = "a", op = "put" }]
y = [{ take = "value", into = "b.c" }]
z = [{ op = "rest" }]
"""


def test_what_no_row_names_is_neither_put_nor_routed(api):
    chunks = {"type": "x", "a": {"text": "t", "u": 1}}, {"type": "y", "value": 1}, {"type": "z", "done": 1}
    run = fold(api, sse(*chunks, end=b""), api.Dialect.from_toml(ROUTES))
    assert run.message == {"a": {"text": "t"}, "done": 1}


def test_a_whole_text_brings_the_other_half_of_a_character(api):
    at = {"output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": ""}
    run = fold(
        api,
        sse(
            {"type": "response.created", "response": {"id": "r", "object": "response", "output": []}},
            {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}},
            {"type": "response.content_part.added", **at, "part": part},
            json.dumps({"type": "response.output_text.delta", **at, "delta": "a\ud83d"}),
            {"type": "response.output_text.done", **at, "text": "a\U0001f600"},
            end=b"",
        ),
    )
    assert (run.texts("text"), run.merged.text, run.quirks) == (["a", "\U0001f600"], "a\U0001f600", {})


NAMED = """
name = "mine"
complete = "done"

[merge]
done = "last"
parts = "parts"
"parts[].functionCall" = { op = "object", call_name = "name" }
"parts[].functionCall.name" = "last"
calls = { op = "calls", call_name = "name" }
"calls[].name" = "last"
"""


def test_calls_whose_table_names_no_arguments_tell_none(api):
    parts = ({"parts": [{"functionCall": {"name": "g", "willContinue": more}}]} for more in (True, False))
    body = sse({"calls": [{"name": "f"}]}, *parts, {"done": 1}, end=b"")
    run = fold(api, body, api.Dialect.from_toml(NAMED))
    assert run.message == {
        "calls": [{"name": "f"}],
        "parts": [{"functionCall": {"name": "g"}}, {"functionCall": {"name": "g"}}],
        "done": 1,
    }
    assert (run.texts("tool_call"), run.texts("arguments")) == (["f", "g", "g"], [])


def test_a_whole_message_that_another_one_replaces_at_the_end_is_gone(api):
    """Both are held; the first one's place is the object around the second."""
    table = """
name = "mine"
complete = "done"

[merge]
done = "last"
all = { op = "whole", unless = "part" }
part = { op = "last", to = "o" }
o = "object"
"o.all" = { op = "whole", unless = "part" }
"o.part" = { op = "object", to = "message" }
"o.part.*" = "last"
"""
    first, second = {"all": {"z": 1}}, {"o": {"all": {"a": 1}}}
    for chunks, message in (
        ([first, second], {"o": {"z": 1}}),
        ([second, first], {"o": {"z": 1}}),
        ([second], {"o": {"message": {"a": 1}}}),
    ):
        run = fold(api, sse(*chunks, {"done": 1}, end=b""), api.Dialect.from_toml(table))
        assert run.message == {**message, "done": 1}
