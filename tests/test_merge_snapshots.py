"""Snapshots and results: all that is known now, and never changed by what comes later."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import generate
from merging import DONE, delta, fold, spelled, sse, state_of

TEXT = delta({"content": "x"})


def test_a_snapshot_at_any_time(api):
    merger = api.Merger()
    assert merger.snapshot() is None
    merger.feed(sse(delta({"role": "assistant"}), end=b""))
    assert merger.snapshot()["choices"][0]["message"] == {"role": "assistant", "content": None}
    merger.feed(sse(delta({"content": "a"}), end=b""))
    merger.feed(sse(delta({"content": "b"}), end=b"")[:-1])
    assert merger.snapshot()["choices"][0]["message"]["content"] == "a"


def test_snapshots_are_plain_and_separate(api):
    merger = api.Merger()
    merger.feed(sse({**TEXT, "usage": {"a": {"b": 1}}, "z": [1, {"c": None}]}, end=b""))
    one, two = merger.snapshot(), merger.snapshot()
    assert one == two
    one["usage"]["a"]["b"] = 2
    one["choices"].clear()
    one["z"][1]["c"] = 5
    assert merger.snapshot() == two
    plain(two)


def plain(value):
    assert type(value) in {dict, list, str, int, float, bool, type(None)}
    if isinstance(value, dict):
        assert {type(key) for key in value} <= {str}
        for member in value.values():
            plain(member)
    elif isinstance(value, list):
        for item in value:
            plain(item)


@given(stream=generate.streams, cuts=generate.cuts)
def test_a_snapshot_never_changes(api, stream, cuts):
    merger = api.Merger(stream.dialect, on_error="record")
    kept = []
    for piece in generate.pieces(stream.body, cuts):
        merger.observe(piece)
        result = merger.result()
        kept.append((merger.snapshot(), spelled(merger.snapshot()), result, state_of(result)))
    merger.finish()
    for snapshot, text, result, state in kept:
        assert spelled(snapshot) == text
        assert state_of(result) == state
        assert state["message"] == text
        plain(snapshot)


@given(stream=generate.mutants, cuts=generate.cuts)
def test_observing_leaves_the_state_of_feeding(api, stream, cuts):
    watched, observed = (api.Merger(on_error="record") for _ in range(2))
    for piece in generate.pieces(stream.body, cuts):
        watched.feed(piece)
        assert observed.observe(piece) is None
        assert state_of(watched.result()) == state_of(observed.result())
    watched.finish()
    observed.finish()
    assert state_of(watched.result()) == state_of(observed.result())


@given(stream=generate.streams)
def test_feeding_and_observing_in_turns(api, stream):
    lines = stream.body.splitlines(keepends=True)
    merger = api.Merger(stream.dialect, on_error="record")
    for number, line in enumerate(lines):
        (merger.feed if number % 3 else merger.observe)(line)
    merger.finish()
    assert state_of(merger.result()) == state_of(fold(api, stream.body, stream.dialect).merged)


@given(stream=generate.streams)
def test_reset_forgets_everything(api, stream):
    merger = api.Merger(on_error="record")
    merger.observe(stream.body)
    merger.reset()
    merger.feed(sse(TEXT))
    merger.finish()
    assert state_of(merger.result()) == state_of(fold(api, sse(TEXT)).merged)


def test_a_merged_is_immutable_and_comparable(api):
    one, two, other = (fold(api, body).merged for body in (sse(TEXT), sse(TEXT), sse(TEXT, TEXT)))
    assert one == two
    assert one != other
    assert one != 5
    with pytest.raises(AttributeError):
        one.text = "y"
    with pytest.raises(AttributeError):
        del one.text
    with pytest.raises(TypeError):
        hash(one)
    assert repr(one).startswith(
        "Merged(dialect='openai-chat', termination='done', complete=True, text='x', tool_calls=[]"
    )


@given(drawn=st.lists(generate.streams, min_size=2, max_size=4), told=st.booleans())
def test_streams_of_a_batch_leave_nothing_to_each_other(api, drawn, told):
    """Each is merged in the memory of the one before: a batch is what its streams are alone."""
    bodies = [stream.body for stream in drawn] * 2
    dialect = drawn[0].dialect if told else "auto"
    batch = api.merge_many(bodies, dialect, threads=1)
    alone = [fold(api, body, dialect).merged for body in bodies]
    assert list(map(state_of, batch)) == list(map(state_of, alone))


LONG = "long text, é and \U0001f600. " * 4000
QUADS = "QUJD" * 30_000
LARGE = {
    "one text": [delta({"content": LONG}), delta({"content": "the rest"})],
    "others before and behind": [
        delta({"reasoning": "before", "content": LONG, "refusal": "behind"}),
        delta({"reasoning": LONG[:90_000], "new": "x"}),
    ],
    "two choices": [delta({"content": LONG}, 1), delta({"content": LONG + "x"}, 0)],
    "values that are no text": [delta({"content": "x"}, logprobs={"content": [{"token": LONG, "bytes": [1] * 9000}]})],
    "names of its own": [{**delta({"content": LONG}), **{f"name {at}": {f"inner {at}": at} for at in range(300)}}],
    "base64 held back": [delta({"audio": {"id": "a", "data": QUADS + "QQ=="}}), delta({"audio": {"transcript": "x"}})],
    "half a character": [delta({"content": LONG}), b'{"choices":[{"index":0,"delta":{"content":"\\ud83d"}}]}'],
}


@pytest.mark.parametrize("end", [DONE, b""], ids=["whole", "cut"])
@pytest.mark.parametrize("name", LARGE)
def test_a_large_message_is_the_same_whichever_way_it_is_taken(api, name, end):
    body = sse(*LARGE[name], end=end)
    small = sse(delta({"content": "x", "reasoning": "y"}), {"z": 1})
    merged = [fold(api, body).merged, *api.merge_many([body, small, body], threads=1)]
    merged.append(api.merge_many([small, body], threads=1)[1])
    one, other, short, again, last = map(state_of, merged)
    assert one == other == again == last
    assert short == state_of(fold(api, small).merged)
    assert len(one["message"]) > 1 << 16


def test_a_snapshot_has_the_names_that_it_needs(both):
    """A delta's value brings its own names, also where the message has many that no table knows."""
    chunk = {**delta({}), **{f"name {at}": at for at in range(100)}}
    bodies = (sse(chunk, {"name 7": {"a": [{"b": 1}], "name 8": {"c": 2}}}) for _ in both)
    twin, core = (fold(backend, body) for backend, body in zip(both, bodies, strict=True))
    assert [each.value for each in twin.deltas] == [each.value for each in core.deltas]
    assert twin.deltas[-1].value == {"a": [{"b": 1}], "name 8": {"c": 2}}
    assert list(core.merged.message) == list(twin.merged.message)
