"""Content, reasoning, refusal and what else a message's delta carries."""

from __future__ import annotations

import base64

import pytest

from merging import delta, fold, sse


def first(api, *deltas: object):
    return fold(api, sse(*map(delta, deltas))).first


def text(value):
    return {"type": "text", "text": value}


def thinking(value):
    return {"type": "thinking", "thinking": [text(value)]}


@pytest.mark.parametrize(
    ("fragments", "content"),
    [
        ([], None),
        ([None], None),
        ([""], ""),
        (["", None], ""),
        (["a", "", "b"], "ab"),
        ([5, "a", {"b": 1}], "a"),
        ([[]], None),
        ([[], "a"], "a"),
    ],
)
def test_text(api, fragments, content):
    assert first(api, {}, *({"content": each} for each in fragments))["content"] == content


@pytest.mark.parametrize(
    ("fragments", "content"),
    [
        ([[text("a")], [text("b")]], [text("ab")]),
        ([[text("a"), text("b")]], [text("ab")]),
        ([[thinking("a")], [thinking("b")], [text("c")]], [thinking("ab"), text("c")]),
        ([[thinking("a")], "b", "c"], [thinking("a"), text("bc")]),
        (["a", [text("b")]], [text("ab")]),
        (["a", [thinking("b")]], [text("a"), thinking("b")]),
        (["", [thinking("b")]], [thinking("b")]),
        (["", [text("")]], []),
        (
            [[text("a")], "", [{"type": "reference", "reference_ids": [1]}], ""],
            [text("a"), {"type": "reference", "reference_ids": [1]}],
        ),
        (
            [[{"type": "reference", "reference_ids": [1]}], [{"type": "reference", "reference_ids": [2]}]],
            [{"type": "reference", "reference_ids": [1, 2]}],
        ),
        (
            [[{"type": "image_url", "image_url": "x", "n": 1}], [{"type": "image_url", "n": 2}]],
            [{"type": "image_url", "image_url": "x", "n": 2}],
        ),
        ([[text("a"), None, 5]], [text("a")]),
        ([["plain"]], []),
    ],
)
def test_lists_of_blocks(api, fragments, content):
    run = fold(api, sse(*(delta({"content": each}) for each in fragments)))
    assert run.first["content"] == content
    assert run.quirks["content_list"] == sum(isinstance(each, list) for each in fragments)
    texts = [block["text"] for block in content if block["type"] == "text"]
    assert run.merged.text == "".join(texts) == "".join(run.texts("text"))


def test_blocks_of_thinking_are_the_reasoning(api):
    run = fold(
        api, sse(*(delta({"content": each}) for each in ([thinking("a")], [thinking("b")], "x", [thinking("c")])))
    )
    assert run.merged.reasoning == "ab\n\nc"
    assert [(each.text, each.index) for each in run.deltas if each.kind == "reasoning"] == [
        ("a", 0),
        ("b", 0),
        ("c", 2),
    ]
    assert [(each.text, each.index) for each in run.deltas if each.kind == "text"] == [("x", 1)]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_that_is_empty_creates_nothing(api, field):
    assert field not in first(api, {field: ""}, {field: None}, {"content": "x"})
    run = fold(api, sse(delta({field: ""}), delta({field: "a"}), delta({field: ""}), delta({field: "b"})))
    assert (run.first[field], run.merged.reasoning, run.texts("reasoning")) == ("ab", "ab", ["a", "b"])


def test_two_reasoning_fields_are_told_once(api):
    both = [{"reasoning": each, "reasoning_content": each} for each in ("a", "b")]
    run = fold(api, sse(*map(delta, both)))
    assert (run.first["reasoning"], run.first["reasoning_content"], run.merged.reasoning) == ("ab", "ab", "ab")
    told = [(each.kind, each.text or each.value, each.path[-1]) for each in run.deltas if each.kind != "start"]
    assert told == [
        ("other", "a", "reasoning"), ("reasoning", "a", "reasoning_content"),
        ("other", "b", "reasoning"), ("reasoning", "b", "reasoning_content"),
    ]  # fmt: skip


def test_reasoning_stays_with_the_field_that_carried_it_first(api):
    run = fold(api, sse(delta({"reasoning": "a"}), delta({"reasoning_content": "b"}), delta({"reasoning": "c"})))
    assert run.texts("reasoning") == ["a", "c"]
    assert run.merged.reasoning == "b"


def test_reasoning_is_settled_for_each_choice(api):
    chunk = {
        "choices": [
            {"index": 0, "delta": {"reasoning": "a"}},
            {"index": 1, "delta": {"reasoning_content": "b", "reasoning": "b"}},
        ]
    }
    run = fold(api, sse(chunk))
    assert [(each.choice, each.text, each.path[-1]) for each in run.deltas if each.kind == "reasoning"] == [
        (0, "a", "reasoning"),
        (1, "b", "reasoning_content"),
    ]


def detail(value, index=0, kind="reasoning.text", **rest: object):
    return {"type": kind, "text": value, "index": index, **rest}


def test_reasoning_details(api):
    run = fold(
        api,
        sse(
            delta(
                {
                    "reasoning_details": [
                        detail("a", format="f"),
                        {"type": "reasoning.summary", "summary": "s", "index": 0},
                    ]
                }
            ),
            delta({"reasoning_details": [detail("b", format="g", signature="")]}),
            delta({"reasoning_details": [detail("c", 1, id="i")]}),
            delta(
                {
                    "reasoning_details": [
                        detail("", signature="sig"),
                        {"type": "reasoning.encrypted", "data": "d", "index": 0},
                    ]
                }
            ),
            delta({"reasoning_details": [{"type": "reasoning.encrypted", "data": "e", "index": 0}]}),
        ),
    )
    assert run.first["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "ab", "format": "f", "signature": "sig"},
        {"type": "reasoning.summary", "index": 0, "summary": "s"},
        {"type": "reasoning.text", "index": 1, "text": "c", "id": "i"},
        {"type": "reasoning.encrypted", "index": 0, "data": "de"},
    ]
    assert run.merged.reasoning == "ab\n\ns\n\nc"
    assert [(each.text, each.index) for each in run.deltas if each.kind == "reasoning"] == [
        ("a", 0),
        ("s", 1),
        ("b", 0),
        ("c", 2),
    ]


def test_reasoning_details_without_index(api):
    def item(value, **rest: object) -> dict[str, object]:
        return {"reasoning_details": [{"type": "reasoning.text", "text": value, **rest}]}

    details = first(api, item("a"), item("b"), item("c", id="i"), item("d", id="i"), item("e"))["reasoning_details"]
    assert [each["text"] for each in details] == ["ab", "cd", "e"]
    assert all("index" not in each for each in details)


def test_refusal(api):
    run = fold(api, sse(delta({"refusal": "I "}), delta({"refusal": None}), delta({"refusal": "can't."})))
    assert (run.first["refusal"], run.merged.refusal, run.texts("refusal")) == (
        "I can't.",
        "I can't.",
        ["I ", "can't."],
    )
    assert run.first["content"] is None


def test_function_call(api):
    calls = [{"name": "f", "arguments": ""}, {"arguments": '{"a"'}, {"name": "g", "arguments": ":1}"}]
    assert first(api, *({"function_call": each} for each in calls))["function_call"] == {
        "name": "f",
        "arguments": '{"a":1}',
    }


def test_role_is_the_first(api):
    run = fold(api, sse(delta({"role": "tool"}), delta({"role": "assistant", "content": "x"}), delta({"role": ""})))
    assert run.first["role"] == "tool"
    assert run.quirks["role_repeated"] == 1
    assert first(api, {"content": "x"})["role"] == "assistant"


@pytest.mark.parametrize("sizes", [[3, 3], [1, 1, 1], [2, 5, 1], [4, 0, 4], [1]])
def test_pieces_of_audio_decode_together(api, sizes):
    parts = [bytes(range(at, at + size)) for at, size in enumerate(sizes)]
    pieces = [{"audio": {"data": base64.b64encode(part).decode()}} for part in parts]
    pieces += [{"audio": {"id": "a", "transcript": "Hi"}}, {"audio": {"id": "b", "transcript": "!", "expires_at": 5}}]
    run = fold(api, sse(*map(delta, pieces)))
    audio = run.first["audio"]
    assert base64.b64decode(audio["data"], validate=True) == b"".join(parts)
    assert (audio["id"], audio["transcript"], audio["expires_at"]) == ("a", "Hi!", 5)
    assert "".join(each.value for each in run.deltas if each.path[-1:] == ("data",)) == audio["data"]


@pytest.mark.parametrize("data", ["not base64!", "=", "====", "a===b", "\u00e9=", "AAA="])
def test_audio_that_is_no_base64_is_kept_as_it_came(api, data):
    assert first(api, {"audio": {"data": data}})["audio"]["data"] == data


def test_unknown_fields(api):
    run = fold(
        api,
        sse(
            delta(
                {
                    "note": "ab",
                    "n": 1,
                    "o": {"p": "x", "q": [1]},
                    "items": [{"index": 1, "t": "a"}, {"index": 0, "t": "b"}],
                }
            ),
            delta({"note": "ab", "n": 2, "o": {"p": "y", "q": [2]}, "items": [{"index": 1, "t": "c"}, {"t": "d"}]}),
            delta({"note": "c", "n": None, "o": None, "items": [], "channel": "analysis"}),
            delta({"channel": "final"}),
        ),
    )
    assert run.first == {
        "role": "assistant",
        "content": None,
        "note": "abc",
        "n": 2,
        "o": {"p": "xy", "q": [1, 2]},
        "items": [{"index": 0, "t": "b"}, {"index": 1, "t": "ac"}, {"index": 2, "t": "d"}],
        "channel": "final",
    }
    assert run.merged.report.unknown_fields == {
        "choices[].delta.note": 3,
        "choices[].delta.n": 2,
        "choices[].delta.o": 2,
        "choices[].delta.items": 3,
    }


@pytest.mark.parametrize(
    ("halves", "joined"),
    [
        (["\ud83d", "\ude00"], "\U0001f600"),
        (["a\ud83d", "", "\ude00b"], "a\U0001f600b"),
        (["\ud83d", "x"], "\ufffdx"),
        (["\ude00"], "\ufffd"),
        (["\ud83d", ""], "\ufffd"),
        (["\ud83d", "\ud83d", "\ude00"], "\ufffd\U0001f600"),
        (["\ud83d\ude00\ud83d", "\ude00"], "\U0001f600\U0001f600"),
    ],
)
@pytest.mark.parametrize("field", ["content", "refusal", "reasoning", "unheard_of"])
def test_halves_of_characters(api, halves, joined, field):
    run = fold(
        api,
        sse(
            *(f'{{"choices":[{{"index":0,"delta":{{"{field}":"{"".join(map(escaped, each))}"}}}}]}}' for each in halves)
        ),
    )
    assert run.first[field] == joined
    assert "".join(each.text or each.value for each in run.deltas if each.path[-1:] == (field,)) == joined


def escaped(unit):
    if ord(unit) > 0xFFFF:
        high, low = 0xD800 + (ord(unit) - 0x10000 >> 10), 0xDC00 + (ord(unit) & 0x3FF)
        return f"\\u{high:04x}\\u{low:04x}"
    return f"\\u{ord(unit):04x}"


def test_a_half_whose_field_was_replaced_is_forgotten(api):
    run = fold(
        api, sse('{"choices":[{"index":0,"delta":{"x":"\\ud83d","y":{"z":"\\ud83d"}}}]}', delta({"x": 5, "y": 6}))
    )
    assert (run.first["x"], run.first["y"]) == (5, 6)
    assert not [each for each in run.deltas if each.value == "\ufffd"]
