"""The twin is the core: on generated and damaged streams, on vectors, on every recording; and any cut is the whole."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
import generate
from merging import delta_of, error_of, fold, report_of, spelled, state_of
from ssefold.errors import SSEFoldError

TESTS = Path(__file__).parent
VECTORS = json.loads((TESTS / "vectors" / "merge.json").read_text(encoding="utf-8"))
CASSETTES = sorted((TESTS / "cassettes").glob("*.sse"))
EVERY_CUT = 8 * 1024
DRAWN = 60
LIMITS = st.fixed_dictionaries(
    {}, optional={"max_event_size": st.integers(0, 400), "max_message_size": st.integers(0, 2000)}
)


def body_of(vector):
    return vector["bytes"].encode("latin-1") if "bytes" in vector else vector["body"].encode()


BODIES = {
    **{vector["name"]: body_of(vector) for vector in VECTORS},
    **{path.name: path.read_bytes() for path in CASSETTES},
}


def everything(run):
    return state_of(run.merged), list(map(delta_of, run.deltas))


def same_when_cut(backend, pieces, whole, dialect="auto"):
    """Message, report, error and views are equal; deltas but for their paths, which hold after their own feed."""
    cut = fold(backend, pieces, dialect)
    assert state_of(cut.merged) == state_of(whole.merged)
    assert [delta_of(each, path=False) for each in cut.deltas] == [delta_of(each, path=False) for each in whole.deltas]


def events_of(backend, pieces, finish):
    """Every event, or the error, call by call."""
    decoder = backend.EventDecoder(max_event_size=300)
    seen = []
    for piece in [*pieces, None]:
        try:
            events = decoder.finish(incomplete=finish) if piece is None else decoder.feed(piece)
            seen.append([(each.event, each.data, each.id, each.retry) for each in events])
        except SSEFoldError as error:
            seen.append((error_of(error), [each.data for each in error.events]))
    return seen, decoder.last_event_id, decoder.retry, decoder.comments


@given(stream=generate.streams | generate.mutants, cuts=generate.cuts, finish=st.sampled_from(["discard", "dispatch"]))
def test_events(both, stream, cuts, finish):
    pieces = generate.pieces(stream.body, cuts)
    twin, core = (events_of(backend, pieces, finish) for backend in both)
    assert twin == core


@given(stream=generate.streams, detected=st.booleans())
def test_generated_streams(both, stream, detected):
    twin, core = (fold(backend, stream.body, "auto" if detected else stream.dialect) for backend in both)
    assert everything(twin) == everything(core)


@given(stream=generate.mutants, cuts=generate.cuts, limits=LIMITS)
def test_damaged_streams(both, stream, cuts, limits):
    pieces = generate.pieces(stream.body, cuts)
    twin, core = (fold(backend, pieces, "auto", **limits) for backend in both)
    assert everything(twin) == everything(core)


@given(stream=generate.mutants, cuts=generate.cuts)
def test_call_by_call(both, stream, cuts):
    """What each call returns or raises, and what is known after it."""
    mergers = [backend.Merger(stream.dialect) for backend in both]
    for number, piece in enumerate([*generate.pieces(stream.body, cuts), None]):
        twin, core = (step(merger, piece, observing=number % 3 == 2) for merger in mergers)
        assert twin == core


def step(merger, piece, *, observing):
    try:
        deltas = merger.finish() if piece is None else (merger.observe if observing else merger.feed)(piece)
        told = list(map(delta_of, deltas or []))
    except SSEFoldError as error:
        told = (error_of(error), list(map(delta_of, error.deltas)), state_of(error.merged))
    return told, state_of(merger.result()), spelled(merger.snapshot()), merger.dialect


@given(stream=generate.mutants, cuts=generate.cuts, limits=LIMITS)
def test_any_cut_is_the_whole(api, stream, cuts, limits):
    whole = fold(api, stream.body, stream.dialect, **limits)
    cut = fold(api, generate.pieces(stream.body, cuts), stream.dialect, **limits)
    assert state_of(cut.merged) == state_of(whole.merged)
    assert [delta_of(each, path=False) for each in cut.deltas] == [delta_of(each, path=False) for each in whole.deltas]


@given(stream=generate.streams)
def test_byte_by_byte_is_the_whole(api, stream):
    whole = fold(api, stream.body)
    same_when_cut(api, [stream.body[at : at + 1] for at in range(len(stream.body))], whole)


@pytest.mark.thorough
@pytest.mark.parametrize("name", BODIES)
def test_every_cut_of_a_vector(api, name):
    """Each cut of each vector; of the cassettes, which are longer, some drawn ones; and byte by byte."""
    body = BODIES[name]
    whole = fold(api, body)
    every = range(1, len(body))
    drawn = random.Random(name).sample(every, min(len(every), DRAWN))  # noqa: S311 - reproducible, not secret
    for at in drawn if name.endswith(".sse") or len(body) > EVERY_CUT else every:
        same_when_cut(api, [body[:at], body[at:]], whole)
    observed = api.Merger(on_error="record")
    for at in range(len(body)):
        observed.observe(body[at : at + 1])
    observed.finish()
    assert state_of(observed.result()) == state_of(whole.merged)


@pytest.mark.parametrize("name", BODIES)
def test_vectors_on_both(both, name):
    twin, core = (fold(backend, BODIES[name]) for backend in both)
    assert everything(twin) == everything(core)


@pytest.mark.corpus
def test_every_dialect_is_recorded(api):
    """But Ollama's own, of which there is none."""
    assert {recording.dialect for recording in corpus.recordings()} >= set(api.dialects()) - {"ollama"}


@pytest.mark.corpus
def test_recordings_on_both(both, recording):
    twin, core = (fold(backend, recording.body) for backend in both)
    assert everything(twin) == everything(core)


@pytest.mark.corpus
def test_recordings_cut(api, recording):
    """Four drawn cuts, pieces of one size, and for short ones byte by byte; observing leaves the same."""
    body, chance = recording.body, random.Random(recording.file)  # noqa: S311 - reproducible, not secret
    whole = fold(api, body)
    for _ in range(4):
        same_when_cut(api, generate.pieces(body, [chance.random() for _ in range(5)]), whole)
    size = chance.choice((1, 7, 64)) if len(body) < EVERY_CUT else chance.choice((997, 4096))
    same_when_cut(api, [body[at : at + size] for at in range(0, len(body), size)], whole)
    observed = api.Merger(on_error="record")
    observed.observe(body)
    observed.finish()
    assert state_of(observed.result()) == state_of(whole.merged)


def stated(value):
    """Leave out what says nothing: null, {} and []."""
    if isinstance(value, dict):
        members = ((key, stated(member)) for key, member in value.items())
        return {key: member for key, member in members if member is not None and member not in ({}, [])}
    return [stated(item) for item in value] if isinstance(value, list) else value


def seen(merged):
    """What an expectation states, from what was merged; arguments by what they mean, as some are told in both ways."""
    names = ("dialect", "complete", "termination", "id", "model", "text", "reasoning", "refusal", "finish_reason")
    calls = [(call.id, call.name, meaning(call.arguments), call.status) for call in merged.tool_calls]
    usage = merged.usage and stated(dataclasses.asdict(merged.usage))
    views = {name: getattr(merged, name) for name in names}
    return {**views, "tool_calls": calls, "usage": usage or {}, "message": stated(merged.message)}


def expected_of(recording):
    expected = recording.expected
    calls = [(call["id"], call["name"], meaning(call["arguments"]), call["status"]) for call in expected["tool_calls"]]
    usage, message = stated(expected["usage"] or {}), stated(expected["message"])
    reasoning = expected["reasoning"]
    if recording.dialect == "cohere-v2":
        # By the rules a plan is the reasoning where there is no thinking; the expectations leave it out.
        reasoning = reasoning or message.get("message", {}).get("tool_plan", "")
    return {**expected, "tool_calls": calls, "usage": usage, "message": message, "reasoning": reasoning}


def meaning(arguments):
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


@pytest.mark.corpus
def test_recordings_merge_as_expected(api, recording):
    """As far as the expectation is to be relied on; null, {} and [] count as absent in its message."""
    if "*" in recording.doubtful:
        return
    found, expected = seen(fold(api, recording.body).merged), expected_of(recording)
    for name in found.keys() - set(recording.doubtful):
        assert found[name] == expected[name], name


@pytest.mark.corpus
def test_damaged_recordings(both, recording):
    """Twelve changes of a byte or a few, each merged by both."""
    chance = random.Random(recording.file)  # noqa: S311 - reproducible, not secret
    for _ in range(3):
        changes = [
            (chance.random(), chance.choice(["set", "put", "cut", "copy"]), chance.randrange(256)) for _ in range(4)
        ]
        body = generate.mutated(recording.body, changes)
        twin, core = (fold(backend, body) for backend in both)
        assert everything(twin) == everything(core)


def test_many_bodies_as_one(api):
    bodies = list(BODIES.values())
    for each, body in zip(api.merge_many(bodies, threads=4), bodies, strict=True):
        one = fold(api, body).merged
        assert state_of(each) == state_of(one)
        assert report_of(each.report) == report_of(one.report)
