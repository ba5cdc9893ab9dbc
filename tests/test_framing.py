"""Framing: the vectors that cargo reads too, every cut, a naive reading of the standard as oracle, limits, pickles."""

from __future__ import annotations

import array
import base64
import copy
import gc
import itertools
import json
import pickle
import random
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
import ssefold
from ssefold import StreamLimitError
from ssefold._py.sse import Decoder, Input

VECTORS = json.loads((Path(__file__).parent / "vectors" / "framing.json").read_text(encoding="utf-8"))

PIECES = [
    *(b"\n", b"\r", b"\r\n", b"\n\n", b":", b" ", b"\xef\xbb\xbf", b"\xef", b"\xe2\x82", b"\xf0\x9f", b"\x80", b"\0"),
    *(b"data: a\n\n", b"data:\xc3\xa9\r\n\r\n", b"event: e\ndata: x\n\n", b"data", b"data: ", b"event: ", b"id: "),
    *(
        b"id: 1\n",
        b"retry: 10\n",
        b"retry: 1x\n",
        b": c\n",
        b"x",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b'"',
        b"\\",
        b'{"a":1}\n',
    ),
]
bodies = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=20).map(b"".join)
limits = st.none() | st.integers(0, 24)


def pieces_of(body: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(places)]


def every_cut(body: bytes) -> list[list[bytes]]:
    return [
        [body],
        [body[at : at + 1] for at in range(len(body))],
        *([body[:at], body[at:]] for at in range(1, len(body))),
    ]


def decode(
    module: Any, pieces: list[bytes], max_event_size: int | None = None, finish: str = "discard"
) -> dict[str, Any]:
    """Everything that a decoder shows for a stream in these pieces."""
    decoder = module.EventDecoder(max_event_size=max_event_size)
    events: list[Any] = []
    errors: list[StreamLimitError] = []
    for piece in pieces:
        try:
            events += decoder.feed(piece)
        except StreamLimitError as error:
            events += error.events
            errors.append(error)
    try:
        events += decoder.finish(incomplete=finish)
    except StreamLimitError as error:
        errors.append(error)
    # Once while feeding, and again at the end.
    shown = [(error.limit, error.value, error.event, error.offset, str(error)) for error in errors]
    assert shown == shown[:1] * (2 if shown else 0)
    assert all(error.limit == "max_event_size" and error.value == max_event_size for error in errors)
    assert not (errors and (errors[1].events or errors[0] is errors[1]))
    return {
        "events": [[each.event, each.data, each.id, each.retry] for each in events],
        "last_event_id": decoder.last_event_id,
        "retry": decoder.retry,
        "comments": decoder.comments,
        "error": [errors[0].event, errors[0].offset] if errors else None,
    }


def decode_raw(pieces: list[bytes], max_event_size: int | None, finish: str) -> dict[str, Any]:
    """The same of the twin's inner decoder, with bare JSON."""
    decoder = Decoder(max_event_size, bare=True)
    events = []
    for piece in pieces:
        source = Input(piece)
        while (event := decoder.next(source)) is not None:
            events.append(list(event))
        assert source.position == source.size
    if (event := decoder.finish(dispatch=finish == "dispatch")) is not None:
        events.append(list(event))
    assert decoder.events == len(events)
    exceeded = decoder.exceeded
    return {
        "events": events,
        "invalid_utf8": decoder.invalid_utf8,
        "error": exceeded and [exceeded.event, exceeded.offset],
    }


def naive(body: bytes) -> list[list[Any]]:
    """Read the standard word by word, on the whole text."""
    text = body.removeprefix(b"\xef\xbb\xbf").decode(errors="replace")
    events: list[list[Any]] = []
    data, kind, identifier, committed = "", "", "", ""
    retry: int | None = None
    for line in re.split("\r\n|\r|\n", text)[:-1]:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            committed = identifier
            if data:
                events.append([kind or "message", data[:-1], committed, retry])
            data, kind, retry = "", "", None
        elif name == "data":
            data += value + "\n"
        elif name == "event":
            kind = value
        elif name == "id" and "\0" not in value:
            identifier = value
        elif name == "retry" and re.fullmatch("[0-9]{1,18}", value):
            retry = int(value)
    return events


@pytest.mark.parametrize("vector", VECTORS["events"], ids=lambda vector: vector["name"])
def test_vectors_in_every_cut(api, vector):
    for pieces in every_cut(vector["input"].encode("latin-1")):
        got = decode(api, pieces, vector.get("max_event_size"), vector.get("finish", "discard"))
        assert got == {name: vector.get(name) for name in got}, pieces


@pytest.mark.parametrize("vector", VECTORS["bare"], ids=lambda vector: vector["name"])
def test_bare_vectors_in_every_cut(vector):
    for pieces in every_cut(vector["input"].encode("latin-1")):
        got = decode_raw(pieces, vector.get("max_event_size"), vector.get("finish", "discard"))
        assert got == {name: vector.get(name, 0 if name == "invalid_utf8" else None) for name in got}, pieces


@pytest.mark.corpus
def test_cases_of_the_standards_own_tests(api):
    for line in (corpus.FOLDER / "framing.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        for pieces in every_cut(base64.b64decode(case["input_b64"])):
            got = decode(api, pieces)
            expected = [[each["event"], each["data"], each["id"]] for each in case["expected"]]
            assert [each[:3] for each in got["events"]] == expected, case["name"]
            assert case["last_event_id"] in (None, got["last_event_id"]), case["name"]
            assert case["retry"] in (None, got["retry"]), case["name"]


@given(body=bodies)
def test_the_naive_reading_agrees(api, body):
    assert decode(api, [body])["events"] == naive(body)


@given(body=bodies, cuts=st.lists(st.integers(0, 200), max_size=8), limit=limits, finish=st.booleans())
def test_any_cut_gives_the_same(api, body, cuts, limit, finish):
    how = "dispatch" if finish else "discard"
    assert decode(api, pieces_of(body, cuts), limit, how) == decode(api, [body], limit, how)


@given(body=bodies, cuts=st.lists(st.integers(0, 200), max_size=8), limit=limits, finish=st.booleans())
def test_any_cut_gives_the_same_bare_values(body, cuts, limit, finish):
    how = "dispatch" if finish else "discard"
    assert decode_raw(pieces_of(body, cuts), limit, how) == decode_raw([body], limit, how)


@given(body=bodies, cuts=st.lists(st.integers(0, 200), max_size=4), limit=limits, finish=st.booleans())
def test_twin_and_core_agree(both, body, cuts, limit, finish):
    how = "dispatch" if finish else "discard"
    twin, core = (decode(module, pieces_of(body, cuts), limit, how) for module in both)
    assert twin == core


def test_twin_and_core_agree_on_mutants(both):
    rng = random.Random(7)  # noqa: S311 - the same mutants in each run
    whole = (
        b'id: 1\ndata: {"a":"\xc3\xa9\xe2\x82\xac"}\n\nevent: x\r\ndata: b\r\nretry: 2\r\n\r\n: c\ndata: d\ndata: e\n\n'
    )
    whole *= 3
    for _ in range(3000):
        body = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            body[rng.randrange(len(body))] = rng.choice(b"\n\r: d\xef\xe2\x82\x00a9")
        pieces = pieces_of(bytes(body), [rng.randrange(len(body)) for _ in range(3)])
        limit = rng.choice([None, 20])
        twin, core = (decode(module, pieces, limit) for module in both)
        assert twin == core, body


@pytest.mark.parametrize(
    "kind", [bytearray, memoryview, lambda body: array.array("B", body), type("Sub", (bytes,), {})]
)
def test_buffers_of_bytes(api, kind):
    assert api.EventDecoder().feed(kind(b"data: a\n\n")) == [api.Event(data="a")]


def test_a_strided_view(api):
    assert api.EventDecoder().feed(memoryview(b"d.a.t.a.:.a.\n.\n.")[::2])[0].data == "a"


@pytest.mark.parametrize("data", ["data: a\n\n", None, 3, [100], array.array("H", [1])])
def test_what_is_not_bytes(api, data):
    with pytest.raises(TypeError):
        api.EventDecoder().feed(data)


def test_a_decoder_that_was_finished(api):
    decoder = api.EventDecoder()
    decoder.feed(b"data: a\nid: 3\n\nid: 4\n")
    assert decoder.finish() == []
    assert decoder.finish() == []
    with pytest.raises(ValueError, match="after finish"):
        decoder.feed(b"")
    decoder.reset()
    assert decoder.feed(b"data: b\n\n") == [api.Event(data="b", id="3")]


@pytest.mark.parametrize("incomplete", ["drop", "", None, 1])
def test_an_incomplete_that_is_none(api, incomplete):
    with pytest.raises(ValueError, match="incomplete is 'discard' or 'dispatch', not "):
        api.EventDecoder().finish(incomplete=incomplete)


@pytest.mark.parametrize(
    ("limit", "kind"), [(-1, ValueError), (-(2**70), ValueError), (1.5, TypeError), ("1", TypeError)]
)
def test_bounds_that_are_none(api, limit, kind):
    with pytest.raises(kind):
        api.EventDecoder(max_event_size=limit)


def test_a_bound_beyond_64_bits(api):
    assert len(api.EventDecoder(max_event_size=2**70).feed(b"data: a\n\n")) == 1


def test_an_event_is_a_value(api):
    event = api.Event("e", "d\n'", "i", 5)
    assert event == api.Event(event="e", data="d\n'", id="i", retry=5)
    assert hash(event) == hash(api.Event("e", "d\n'", "i", 5))
    assert event != api.Event("e", "d\n'", "i", 6)
    assert event != ("e", "d\n'", "i", 5)
    assert repr(event) == "Event(event='e', data=\"d\\n'\", id='i', retry=5)"
    assert repr(api.Event()) == "Event(event='message', data='', id='', retry=None)"
    assert copy.copy(event) is event
    assert copy.deepcopy(event) is event
    for name in ("event", "other"):
        with pytest.raises(AttributeError):
            setattr(event, name, "x")
    with pytest.raises(AttributeError):
        del event.data


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_event_pickles_under_its_public_name(api, both, monkeypatch, protocol):
    pickled = pickle.dumps(api.Event("e", "d", "i", 5), protocol)
    assert b"ssefold" in pickled
    assert b"_py" not in pickled
    assert b"_rust" not in pickled
    for module in both:
        monkeypatch.setattr(ssefold, "Event", module.Event)
        assert pickle.loads(pickled) == module.Event("e", "d", "i", 5)  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"event": 1}, TypeError),
        ({"data": b""}, TypeError),
        ({"id": None}, TypeError),
        ({"data": "\ud800"}, UnicodeEncodeError),
        ({"retry": "1"}, TypeError),
        ({"retry": -1}, OverflowError),
        ({"retry": 2**64}, OverflowError),
    ],
)
def test_an_event_of_wrong_arguments(api, arguments, kind):
    with pytest.raises(kind):
        api.Event(**arguments)


def test_the_json_of_an_event(api):
    assert api.Event(data='{"a": [1, 2.5, null], "a": "b"}').json() == {"a": "b"}
    huge = 7**9000
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    text = f"[-{huge}, {huge}, 1]"
    sys.set_int_max_str_digits(limit)
    assert api.Event(data=text).json() == [-huge, huge, 1]
    for wrong in ("", "{", text[:-1]):
        with pytest.raises(json.JSONDecodeError):
            api.Event(data=wrong).json()


def test_threads_wait_for_each_other(api):
    decoder = api.EventDecoder()
    got: list[Any] = []

    def feed() -> None:
        for _ in range(500):
            got.extend(decoder.feed(b"data: a\ndata: b\n\n"))

    threads = [threading.Thread(target=feed) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [api.Event(data="a\nb")] * 2000


def test_the_twin_refuses_to_be_entered_again(both):
    decoder = both[0].EventDecoder()
    with pytest.raises(RuntimeError, match="re-entered"):
        decoder._turns.alone(decoder.feed, b"data: a\n\n")
    assert len(decoder.feed(b"data: a\n\n")) == 1


def test_a_collection_in_the_middle_of_a_call_may_feed_again(api):
    decoder = api.EventDecoder()
    entered, refused = [], []

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            try:
                entered.append(decoder.feed(b""))
            except RuntimeError:
                refused.append(1)

    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(300):
            Cycle()
            assert decoder.feed(b"data: a\n\n" * 3) == [api.Event(data="a")] * 3
    finally:
        gc.set_threshold(*threshold)
    assert entered or refused
    assert api.backend == "python" or not refused


def start_after(body: bytes) -> bool:
    decoder = Decoder(None, bare=True)
    source = Input(body)
    while decoder.next(source) is not None:
        pass
    return decoder.at_event_start()


@pytest.mark.parametrize(
    "body", [b"data: a\n\n", b"data: a\r\n\r\n", b": c\n", b"id: 1\n\n", b"{}", b"[{}]", b"\n", b"[", b"[{},"]
)
def test_an_event_starts_where_nothing_is_pending(body):
    assert start_after(body)


@pytest.mark.parametrize(
    "body", [b"", b"\xef", b"d", b"data: a\n", b"data: a\r\n\r", b"id: 1\n", b"{", b"[{", b"[1", b" "]
)
def test_no_event_starts_where_something_is(body):
    assert not start_after(body)


def test_an_event_taken_by_the_caller_counts():
    decoder = Decoder(8, bare=False)
    source = Input(b"data: a\n\ndata: b\n\ndata: too long\n\n")
    assert decoder.next(source) == ("", "a", False)
    source.position += len(b"data: b\n\n")
    decoder.skip_events(1)
    assert decoder.next(source) is None
    assert decoder.exceeded == (2, 8, 8)


class Counted(bytes):
    """Bytes that count how many of them a search passes over."""

    scanned = 0

    def find(self, sub: bytes, start: int = 0) -> int:
        found = super().find(sub, start)
        Counted.scanned += (len(self) if found < 0 else found + 1) - start
        return found


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize(
    "body",
    [
        b"data: " + b"x" * 50_000 + b"\n\n",
        b"data: x\r" * 5000 + b"\r",
        b"data: x\r\r" * 5000,
        b"event: y\rdata: x\r\r" * 3000,
        b"event: y\ndata: x\n\n" * 3000,
        b"data: x\n\n" * 5000,
        b"data: x\n\n" + b"{}" * 10_000,
        b"data: x\n\n" + b"event: y\r\r" * 5000,
    ],
    ids=lambda body: repr(body[:12] + body[-12:]),
)
def test_the_twin_scans_each_byte_a_fixed_number_of_times(body, size):
    decoder = Decoder(None, bare=True)
    Counted.scanned = 0
    for start in range(0, len(body), size):
        source = Input(Counted(body[start : start + size]))
        while decoder.next(source) is not None:
            pass
    assert decoder.events
    assert Counted.scanned <= 4 * len(body)


def test_byte_by_byte_is_linear(api):
    decoder = api.EventDecoder()
    body = b"data: " + b"x" * (1 << 17) + b"\n\n"
    events = [event for at in range(len(body)) for event in decoder.feed(body[at : at + 1])]
    assert events == [api.Event(data="x" * (1 << 17))]
