"""Deltas: in wire order, none for what changes nothing, with paths that hold, and joined they are the fields."""

from __future__ import annotations

import copy

import pytest
from hypothesis import assume, given

import generate
from merging import at, call, delta, delta_of, fold, sse
from spoken import spoken

CHOICE = ("choices", 0)
MESSAGE = (*CHOICE, "message")


def told(run):
    return [(each.kind, each.text, each.choice, each.index, each.id, each.value, each.path) for each in run.deltas]


def test_a_whole_stream_in_wire_order(api):
    run = fold(
        api,
        sse(
            {"id": "i", "model": "m", **delta({"role": "assistant", "content": ""})},
            delta({"content": "Hi"}),
            delta({"content": ""}),
            call(0, "add", "{}", id="c", type="function"),
            delta({}, finish_reason="tool_calls"),
            {"choices": [], "usage": {"total_tokens": 3}},
            {"choices": [], "usage": {"total_tokens": 3}},
        ),
    )
    place = (*MESSAGE, "tool_calls", 0)
    assert told(run) == [
        ("start", "", 0, None, None, "assistant", ()),
        ("other", "", 0, None, None, "i", ("id",)),
        ("other", "", 0, None, None, "m", ("model",)),
        ("text", "Hi", 0, None, None, None, (*MESSAGE, "content")),
        ("tool_call", "add", 0, 0, "c", None, place),
        ("arguments", "{}", 0, 0, None, None, (*place, "function", "arguments")),
        ("finish", "tool_calls", 0, None, None, None, (*CHOICE, "finish_reason")),
        ("usage", "", 0, None, None, {"total_tokens": 3}, ("usage",)),
    ]


def test_start_tells_the_role_if_it_is_there(api):
    assert told(fold(api, sse({"id": "x", "object": "chat.completion.chunk", "choices": []})))[0][5] is None
    assert told(fold(api, sse(delta({"role": "tool"}))))[0][5] == "tool"
    assert [
        each.kind for each in fold(api, sse({"object": "chat.completion.chunk", "choices": None, "id": None})).deltas
    ] == ["start"]


def test_a_role_that_is_not_the_default_is_told(api):
    run = fold(api, sse(delta({}), delta({"role": "tool"}), delta({"role": "assistant"})))
    assert told(run)[1:] == [("other", "", 0, None, None, "tool", (*MESSAGE, "role"))]


def test_finish_when_it_appears_or_changes(api):
    run = fold(api, sse(*(delta({}, finish_reason=reason) for reason in (None, "", "stop", "stop", "length"))))
    assert run.texts("finish") == ["stop", "length"]
    assert run.quirks["finish_reason_repeated"] == 2


def test_usage_is_the_merged_object(api):
    run = fold(
        api,
        sse(
            {**delta({}), "usage": {"a": 1}},
            {**delta({}), "usage": {"b": {"c": 2}}},
            {**delta({}), "usage": {"a": None}},
        ),
    )
    assert [each.value for each in run.deltas if each.kind == "usage"] == [{"a": 1}, {"a": 1, "b": {"c": 2}}]


def test_lists_tell_what_was_added(api):
    run = fold(api, sse(*(delta({"annotations": [{"n": n}]}) for n in (1, 2)), delta({"annotations": []})))
    assert [(each.kind, each.value) for each in run.deltas if each.path[-1:] == ("annotations",)] == [
        ("other", [{"n": 1}]),
        ("other", [{"n": 2}]),
    ]


def test_choice_is_the_index_on_the_wire(api):
    run = fold(api, sse(delta({"content": "a"}, 7), delta({"content": "b"}, 3)))
    assert [(each.choice, each.path) for each in run.deltas if each.kind == "text"] == [
        (7, ("choices", 1, "message", "content")),
        (3, ("choices", 0, "message", "content")),
    ]


def test_paths_hold_in_the_snapshot_after_the_feed(api):
    merger = api.Merger()
    first = merger.feed(sse(delta({"content": "a"}, 7), end=b""))[-1]
    assert at(merger.snapshot(), first.path) == "a"
    second = merger.feed(sse(delta({"content": "b"}, 3), delta({"content": "c"}, 7), end=b""))
    assert [at(merger.snapshot(), each.path) for each in second if each.kind == "text"] == ["b", "ac"]


def test_half_a_character_waits_for_the_end(api):
    merger = api.Merger()
    assert [
        each.text for each in merger.feed(sse('{"choices":[{"index":0,"delta":{"content":"a\\ud83d"}}]}', end=b""))
    ] == ["", "a"]
    assert [each.text for each in merger.feed(sse(delta({}, finish_reason="stop"), end=b""))] == ["stop"]
    assert [(each.kind, each.text) for each in merger.finish()] == [("text", "\ufffd")]
    assert merger.snapshot()["choices"][0]["message"]["content"] == "a\ufffd"


def test_an_unterminated_event_comes_with_the_end(api):
    merger = api.Merger()
    body = sse(delta({"content": "a"}, finish_reason="stop"), end=b"")
    assert merger.feed(body[:-2]) == []
    assert [each.kind for each in merger.finish()] == ["start", "text", "finish"]
    assert merger.result().text == "a"


def test_a_delta_is_immutable_and_comparable(api):
    one = api.Delta("text", "a", choice=1, index=2, id="i", value=None, path=("a", 1))
    assert one == api.Delta(kind="text", text="a", choice=1, index=2, id="i", path=("a", 1))
    assert one != api.Delta("text", "b")
    assert one != "text"
    with pytest.raises(AttributeError):
        one.text = "b"
    with pytest.raises(AttributeError):
        del one.text
    with pytest.raises((AttributeError, TypeError)):
        one.other = 1
    with pytest.raises(TypeError):
        hash(one)
    assert repr(one) == "Delta(kind='text', text='a', choice=1, index=2, id='i', value=None, path=('a', 1))"
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize(
    ("fields", "error", "reason"),
    [
        ({"kind": "word"}, ValueError, '"word" is no kind of delta'),
        ({"kind": 'a"\n'}, ValueError, '"a"\n" is no kind of delta'),
        ({"kind": 5}, TypeError, "'int' object is not an instance of 'str'"),
        ({"kind": None}, TypeError, "'None' is not an instance of 'str'"),
        ({"text": b"a"}, TypeError, "'bytes' object is not an instance of 'str'"),
        ({"text": "\ud800"}, UnicodeEncodeError, "surrogates not allowed"),
        ({"id": 5}, TypeError, "'int' object is not an instance of 'str'"),
        ({"choice": -1}, OverflowError, "can't convert negative int to unsigned"),
        ({"choice": 2**64}, OverflowError, "int too big to convert"),
        ({"choice": None}, TypeError, "'NoneType' object cannot be interpreted as an integer"),
        ({"index": -1}, OverflowError, "out of range integral type conversion attempted"),
        ({"index": 2**32}, OverflowError, "out of range integral type conversion attempted"),
        ({"index": 1.0}, TypeError, "'float' object cannot be interpreted as an integer"),
        ({"path": ["a"]}, TypeError, "'list' object is not an instance of 'tuple'"),
        ({"path": None}, TypeError, "'None' is not an instance of 'tuple'"),
    ],
    ids=str,
)
def test_what_is_no_delta(api, fields, error, reason):
    with pytest.raises(error) as caught:
        api.Delta(**{"kind": "text", **fields})
    assert reason in str(caught.value)
    assert api.Delta("text", choice=2**64 - 1, index=2**32 - 1).choice == 2**64 - 1


def test_values_never_change_later(api):
    chunks = [
        {
            **delta({"x": {"a": [n]}, "images": [{"index": 0, "b": str(n)}]}),
            "usage": {str(n): {"c": n}},
            "zz": {str(n): [n]},
        }
        for n in range(4)
    ]
    merger = api.Merger()
    kept = [each for chunk in chunks for each in merger.feed(sse(chunk, end=b""))]
    before = copy.deepcopy([each.value for each in kept])
    merger.feed(sse({**delta({"x": {"a": [9]}}), "usage": {"9": 9}, "zz": {"0": 1}}))
    assert [each.value for each in kept] == before


def same_characters(joined, wanted):
    """Lists are joined in the order of the blocks, deltas in that of the wire."""
    return sorted(joined) == sorted("".join(each for each in wanted if isinstance(each, str)))


@given(stream=generate.streams)
def test_joined_deltas_are_the_fields(api, stream):
    """But where a text that was put contradicts what came before, or a message began anew."""
    run = fold(api, stream.body, stream.dialect)
    if run.message is None:
        assert run.deltas == []
        return
    assert [each.kind for each in run.deltas].count("start") == 1 + run.quirks.get("message_restarted", 0)
    assert run.deltas[0].kind == "start"
    if run.quirks.keys() & {"done_text_differs", "message_restarted"}:
        return
    for kind, choice, wanted in spoken(stream.dialect, run.message):
        joined = "".join(each.text for each in run.deltas if each.kind == kind and choice in {None, each.choice})
        assert any(same_characters(joined, each) for each in wanted), (kind, choice, joined, wanted)
    for choice in run.message.get("choices", ()):
        for slot, each in enumerate(choice.get("message", {}).get("tool_calls", ())):
            texts = [each.get("function", {}).get("arguments", ""), each.get("custom", {}).get("input", "")]
            key = ("arguments", choice["index"], slot)
            joined = "".join(one.text for one in run.deltas if (one.kind, one.choice, one.index) == key)
            assert same_characters(joined, texts)


@given(stream=generate.streams, cuts=generate.cuts)
def test_any_cut_gives_the_same_deltas(api, stream, cuts):
    """But for the paths, which are those of the snapshot after their own feed."""
    whole = fold(api, stream.body, stream.dialect)
    cut = fold(api, generate.pieces(stream.body, cuts), stream.dialect)
    assert [delta_of(each, path=False) for each in cut.deltas] == [delta_of(each, path=False) for each in whole.deltas]


@given(stream=generate.streams)
def test_paths_resolve(api, stream):
    """Fed event by event nothing has replaced what a path leads to."""
    # The events of one line come in one feed.
    assume(not stream.body.startswith(b"["))
    merger = api.Merger(stream.dialect, on_error="record")
    for line in stream.body.splitlines(keepends=True):
        for each in merger.feed(line):
            at(merger.snapshot(), each.path)
    for each in merger.finish():
        at(merger.snapshot(), each.path)
