"""How a stream ended: what the protocol said, and what the end of the bytes means where it said nothing."""

from __future__ import annotations

import pytest

from merging import DONE, delta, fold, sse

TEXT = delta({"content": "Hi"})
STOP = delta({}, finish_reason="stop")


@pytest.mark.parametrize(
    ("body", "termination"),
    [
        (sse(TEXT), "done"),
        (sse(TEXT, STOP), "done"),
        (sse(TEXT, end=b"data:[DONE]\n\n"), "done"),
        (sse(TEXT, end=b"data:  [DONE] \t\n\n"), "done"),
        (sse(TEXT, end=b"data: [DONE]"), "done"),
        (sse(TEXT, end=b"data: [DONE]\r\r"), "done"),
        (sse(TEXT, end=b"event: done\ndata: [DONE]\n\n"), "done"),
        (sse(TEXT, end=b"data: [DONE].\n\n"), "malformed"),
        (sse(TEXT, end=b"data: [done]\n\n"), "malformed"),
        (sse(TEXT, STOP, end=b""), "finish_reason"),
        (sse(STOP, TEXT, end=b""), "finish_reason"),
        (sse(TEXT, STOP, end=b"")[:-1], "finish_reason"),
        (sse(TEXT, STOP, end=b"")[:-2], "finish_reason"),
        (sse(TEXT, STOP, end=b"")[:-3], "eof"),
        (sse(TEXT, end=b""), "eof"),
        (sse(STOP, delta({"content": "b"}, 1), end=b""), "eof"),
        (sse(STOP, delta({}, 1, finish_reason="length"), end=b""), "finish_reason"),
        (sse(delta({}, finish_reason=""), end=b""), "eof"),
        (sse(delta({}, finish_reason=5), end=b""), "eof"),
        (sse({"object": "chat.completion.chunk", "choices": []}, end=b""), "eof"),
        (sse(TEXT, STOP, end=b'data: {"choices":[{"ind'), "eof"),
        (sse(TEXT, STOP, end=b"data: {nope"), "malformed"),
        (sse(TEXT, STOP, end=b'{"choices":[{"ind'), "eof"),
        (sse(TEXT, STOP, end=b"dat"), "finish_reason"),
        (sse(TEXT, STOP, end=b": bye"), "finish_reason"),
        (b"", "eof"),
        (b"\xef\xbb\xbf", "malformed"),
        (b"data: [DONE]\n\n", "done"),
        (b": ping\n\n", "eof"),
        (b"data:\n\n", "eof"),
        (b"data: null\n\n", "eof"),
        (b"retry: 5\n\n", "eof"),
        (b"hello", "malformed"),
        (b"\n", "malformed"),
    ],
)
@pytest.mark.parametrize("step", [None, 1])
def test_termination(api, body, termination, step):
    pieces = [body] if step is None else [body[at : at + step] for at in range(0, len(body), step)]
    merged = fold(api, pieces).merged
    assert merged.termination == termination
    assert merged.complete == (termination in {"done", "finish_reason"})
    assert (merged.error is None) == merged.complete


def test_open_until_an_end_or_an_error(api):
    merger = api.Merger()
    for piece in (b"", sse(TEXT, end=b""), sse(STOP, end=b"")):
        merger.feed(piece)
        assert (merger.result().termination, merger.result().complete, merger.result().error) == ("open", False, None)
    merger.feed(DONE)
    assert (merger.result().termination, merger.result().complete) == ("done", True)


def test_a_missing_done_is_a_quirk(api):
    assert fold(api, sse(TEXT, STOP, end=b"")).quirks == {"done_missing": 1}


def test_bytes_after_the_end_are_ignored(api):
    run = fold(api, sse(TEXT) + sse(delta({"content": "more"}), "nope", end=b"") + DONE + b"\n: bye\n\ndata:\n\n")
    assert (run.merged.text, run.merged.termination, run.quirks["data_after_done"]) == ("Hi", "done", 3)
    assert run.merged.error is None


def test_an_unterminated_event_is_merged(api):
    run = fold(api, sse(TEXT, end=b"")[:-2])
    assert (run.merged.text, run.quirks["unterminated_event"], run.merged.termination) == ("Hi", 1, "eof")


def test_deltas_after_a_finish_reason_are_merged(api):
    run = fold(api, sse(STOP, TEXT, delta({}), TEXT))
    assert (run.merged.text, run.merged.finish_reason, run.quirks["delta_after_finish"]) == ("HiHi", "stop", 2)


def test_a_delta_beside_its_finish_reason_is_not_after_it(api):
    for order in (
        {"delta": {"content": "x"}, "finish_reason": "stop"},
        {"finish_reason": "stop", "delta": {"content": "x"}},
    ):
        assert not fold(api, sse({"choices": [{"index": 0, **order}]})).quirks


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"\x1f\x8b\x08\x00" + b"x" * 50, "gzip"),
        (b"\x28\xb5\x2f\xfd" + b"x" * 50, "zstd"),
        (b"\x00\x00\x00\x8bdata: x\n\n: c\n\n", "vnd.amazon.eventstream"),
        (b"\x1f\x8bdata: x\n\n: c\n\ndata: y", "gzip"),
    ],
)
def test_binary_bodies_are_named(api, body, words):
    whole = fold(api, body).merged
    assert (type(whole.error), whole.error.event, whole.error.offset) == (api.MalformedStreamError, 0, 0)
    assert words in str(whole.error)
    for step in (1, 2, 3):
        cut = fold(api, [body[at : at + step] for at in range(0, len(body), step)]).merged
        assert cut == whole


def test_a_body_may_begin_as_a_binary_one_does(api):
    for head in (b"\x1f", b"\x28", b"\x28\xb5", b"("):
        assert fold(api, [head]).merged.termination == "malformed"
        assert fold(api, [head, b": x\n\n", sse(TEXT)]).merged.text == "Hi"
