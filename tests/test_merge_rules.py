"""The rules of the merge, row by row, where a vector would hide which rule it is about."""

from __future__ import annotations

import pytest

from merging import delta, fold, sse

FIRST = {"id": "a", "model": "m", "created": 5}


def top(api, *chunks: dict[str, object]):
    """Merge chunks that all have an empty choice; return the message."""
    return fold(api, sse(*({**delta({}), **chunk} for chunk in chunks))).message


@pytest.mark.parametrize(
    ("field", "values", "kept"),
    [
        ("id", ["", None, "a", "b"], "a"),
        ("model", ["", "m", "other"], "m"),
        ("created", [0, None, 7, 8], 7),
        ("created", [0.0, 7], 7),
        ("created", [False, 7], False),
        ("id", [{}, "a"], {}),
        ("system_fingerprint", ["x", None, "y"], "y"),
        ("service_tier", ["x", ""], ""),
        ("provider", [{"a": 1}, 5], 5),
        ("citations", [["u"], [], None, ["v", "w"]], ["v", "w"]),
        ("citations", [["u"], "", {}], ["u"]),
        ("search_results", [[1], 0], 0),
        ("images", [["u"], False], False),
        ("time_info", [{"a": 1, "b": {"c": 1}}, {"b": {"d": 2}}], {"a": 1, "b": {"c": 1, "d": 2}}),
        ("unheard_of", [{"a": [1]}, {"a": [2], "b": None}], {"a": [2]}),
        ("unheard_of", [1, "x", {"a": 1}, [None]], [None]),
        ("cost", [1.5, None, 2], 2),
    ],
)
def test_top_level_values(api, field, values, kept):
    message = top(api, *({field: value} for value in values))
    assert message[field] == kept
    assert type(message[field]) is type(kept)


def test_padding_is_dropped(api):
    message = top(api, {"obfuscation": "xx", "p": "yy", "object": "text_completion"})
    assert list(message) == ["object", "choices"]
    assert message["object"] == "chat.completion"


def test_usage_is_never_summed_nor_erased(api):
    counts = {"prompt_tokens": 35, "completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": 3}}
    more = {"completion_tokens": 9, "prompt_tokens": None, "prompt_tokens_details": None}
    run = fold(api, sse(*({**delta({}), "usage": usage} for usage in (counts, None, counts, more, {}))))
    assert run.message["usage"] == {**counts, "completion_tokens": 9}
    assert run.quirks["usage_repeated"] == 3
    usage = run.merged.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens, usage.cached_tokens) == (35, 9, None, 3)


@pytest.mark.parametrize(
    ("chunks", "usage"),
    [
        ([{"x_groq": {"id": "r", "usage": {"total_tokens": 3}}}], {"total_tokens": 3}),
        ([{"x_groq": {"usage": {"total_tokens": 3}}}, {"usage": {"total_tokens": 4}}], {"total_tokens": 4}),
        ([{"usage": {"total_tokens": 4}}, {"x_groq": {"usage": {"total_tokens": 3}}}], {"total_tokens": 4}),
        ([{"x_groq": {"usage": {"a": 1}}}, {"x_groq": {"usage": {"b": 2}}}], {"a": 1, "b": 2}),
    ],
)
def test_usage_of_groq(api, chunks, usage):
    assert top(api, *chunks)["usage"] == usage


def test_usage_of_a_wrong_type_is_no_view(api):
    run = fold(api, sse({**delta({}), "usage": "none"}))
    assert run.message["usage"] == "none"
    assert run.merged.usage is None
    counts = fold(
        api, sse({**delta({}), "usage": {"prompt_tokens": True, "completion_tokens": 1.0, "total_tokens": 2}})
    )
    assert (counts.merged.usage.input_tokens, counts.merged.usage.output_tokens) == (None, None)
    assert counts.merged.usage.total_tokens == 2


def test_azure_filters(api):
    run = fold(
        api,
        sse(
            {
                "choices": [],
                "prompt_filter_results": [{"prompt_index": 1, "content_filter_results": {"hate": {"filtered": False}}}],
            },
            {
                **delta({"content": "x"}),
                "prompt_filter_results": [{"prompt_index": 0, "a": {"b": 1}}, {"prompt_index": 1, "c": 2}],
            },
            delta({}, content_filter_results={"hate": {"severity": "safe"}}),
            {"choices": [{"index": 0, "content_filter_results": {"hate": {"filtered": False}, "self_harm": None}}]},
        ),
    )
    assert run.message["prompt_filter_results"] == [
        {"prompt_index": 0, "a": {"b": 1}},
        {"prompt_index": 1, "content_filter_results": {"hate": {"filtered": False}}, "c": 2},
    ]
    assert run.message["choices"][0]["content_filter_results"] == {"hate": {"severity": "safe", "filtered": False}}
    assert (run.quirks["choices_empty"], run.quirks["delta_missing"]) == (1, 1)


@pytest.mark.parametrize(
    ("indexes", "order", "contents"),
    [
        ([1, 0, 1], [0, 1], ["b", "ac"]),
        ([None, None], [0], ["ab"]),
        ([-5, 0], [0], ["ab"]),
        (["1", True, 1.0], [0], ["abc"]),
        ([4_000_000_000, 2**63 - 1, 7], [7, 4_000_000_000, 2**63 - 1], ["c", "a", "b"]),
        ([10**30, 2**63, -(10**30)], [0], ["abc"]),
    ],
)
def test_choices_by_index(api, indexes, order, contents):
    run = fold(api, sse(*(delta({"content": text}, index) for text, index in zip("abc", indexes, strict=False))))
    choices = run.message["choices"]
    assert [choice["index"] for choice in choices] == order
    assert [choice["message"]["content"] for choice in choices] == contents
    assert run.merged.text == contents[0]
    assert [each.choice for each in run.deltas if each.kind == "text"] == [
        index if type(index) is int and 0 <= index < 2**63 else 0 for index in indexes
    ]


def test_a_missing_index_is_the_position(api):
    chunk = {
        "choices": [
            {"delta": {"content": "a"}},
            {"index": None, "delta": {"content": "b"}},
            7,
            {"delta": {"content": "c"}},
        ]
    }
    run = fold(api, sse(chunk))
    assert [(choice["index"], choice["message"]["content"]) for choice in run.message["choices"]] == [
        (0, "a"),
        (1, "b"),
        (3, "c"),
    ]
    assert run.quirks["wrong_type"] == 1


def test_members_of_a_choice(api):
    chunks = [
        delta(
            {},
            logprobs={"content": [1], "refusal": None},
            token_ids=[1, 2],
            native_finish_reason="a",
            extra=[{"a": 1}],
            n=1,
        ),
        delta(
            {}, logprobs={"content": [2], "refusal": []}, token_ids=[3], native_finish_reason="", extra=[{"b": 1}], n=2
        ),
        delta({}, logprobs=None, finish_reason="", text="to"),
        delta({}, finish_reason="stop", stop_reason=[], text="gether", matched_stop=5),
    ]
    choice = fold(api, sse(*chunks)).message["choices"][0]
    assert choice["logprobs"] == {"content": [1, 2], "refusal": []}
    assert choice["token_ids"] == [1, 2, 3]
    assert choice["native_finish_reason"] == "a"
    assert choice["extra"] == [{"b": 1}]
    assert (choice["finish_reason"], choice["text"], choice["matched_stop"], choice["n"]) == ("stop", "together", 5, 2)
    assert "stop_reason" not in choice


@pytest.mark.parametrize("message", [{"role": "assistant", "content": "whole"}, {"content": "whole"}])
def test_a_message_beside_no_delta_is_the_message(api, message):
    run = fold(api, sse({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}))
    assert run.first == {"role": "assistant", "content": "whole"}
    assert run.texts("text") == ["whole"]
    assert set(run.quirks) == {"delta_missing"}


def test_a_message_beside_deltas_is_dropped(api):
    chunks = [delta({"content": text}, message={"content": whole}) for text, whole in (("a", "a"), ("b", "ab"))]
    run = fold(api, sse({"choices": [{"index": 0, "message": {"content": ""}}]}, *chunks))
    assert run.first == {"role": "assistant", "content": "ab"}
    assert run.quirks["message_beside_delta"] == 3


def test_a_message_held_is_counted_once_when_deltas_come(api):
    chunks = [delta({"content": text}, message={"content": "same"}) for text in "abcd"]
    run = fold(api, sse({"choices": [{"index": 0, "message": {"content": ""}}]}, *chunks))
    assert run.first == {"role": "assistant", "content": "abcd"}
    assert run.quirks["message_beside_delta"] == 5


def test_every_choice_decides_alone_whether_its_message_counts(api):
    run = fold(
        api, sse({"choices": [{"index": 1, "message": {"content": "whole"}}, {"index": 0, "delta": {"content": "d"}}]})
    )
    assert [choice["message"]["content"] for choice in run.message["choices"]] == ["d", "whole"]


def test_duplicate_keys_are_one(api):
    run = fold(
        api, sse('{"choices":[{"index":1,"delta":{"content":"a","content":"b"},"index":0}],"id":"x","\\u0069d":"y"}')
    )
    assert (run.first["content"], run.message["id"]) == ("b", "y")


@pytest.mark.parametrize("count", [2, 16, 17, 33, 100, 128, 129, 300])
def test_a_key_that_comes_twice_among_many(api, count):
    """However many keys there are: the last value stands, in the first's place; escapes and hashes don't matter."""
    names = [f"name-{number}" for number in range(count)]
    for first in {0, count // 2, count - 1}:
        again = f'"\\u006e{names[first][1:]}":"again"'
        members = [*(f'"{name}":{number}' for number, name in enumerate(names)), again]
        held = fold(api, [f'data: {{"choices":[],"unheard_of":{{{",".join(members)}}}}}\n\n'.encode()]).message[
            "unheard_of"
        ]
        assert list(held.items()) == [(name, "again" if at == first else at) for at, name in enumerate(names)]


def test_numbers_keep_their_kind(api):
    digits = "9" * 4300
    run = fold(api, sse(f'{{"choices":[],"object":"chat.completion.chunk","a":{digits},"b":1.0,"c":-0.0,"d":1e2}}'))
    assert run.message["a"] == (10**4300 - 1)
    assert [repr(run.message[key]) for key in "bcd"] == ["1.0", "-0.0", "100.0"]


def test_key_order_is_first_seen_after_what_every_answer_has(api):
    run = fold(api, sse({"zeta": 1, **delta({"zz": "1", "content": "x", "role": "assistant"}), "id": "i", "alpha": 2}))
    assert list(run.message) == ["object", "choices", "zeta", "id", "alpha"]
    assert list(run.message["choices"][0]) == ["index", "finish_reason", "message"]
    assert list(run.first) == ["role", "content", "zz"]


def test_legacy_completions(api):
    chunks = [{"object": "text_completion", "choices": [{"index": 0, "text": text}]} for text in ("Once", " upon")]
    last = {
        "choices": [{"index": 0, "text": "", "finish_reason": "length", "logprobs": {"tokens": ["a"], "top": None}}]
    }
    run = fold(api, sse(*chunks, last))
    assert run.merged.dialect == "openai-completions"
    assert run.message == {
        "object": "text_completion",
        "choices": [{"index": 0, "text": "Once upon", "finish_reason": "length", "logprobs": {"tokens": ["a"]}}],
    }
    assert (run.merged.text, run.merged.finish_reason, run.texts("text")) == ("Once upon", "length", ["Once", " upon"])
