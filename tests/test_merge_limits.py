"""Bounds: of one event, tripping at the first byte over; of the message, looked at after each event."""

from __future__ import annotations

import base64

import pytest
from hypothesis import assume, given

import generate
from merging import DONE, delta, error_of, fold, report_of, size_of, sse

CHUNK = sse(delta({"content": "Hi"}), end=b"")
DATA = len(CHUNK) - 2


@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize("over", [0, 1, 20])
def test_an_event_that_is_too_large(api, step, over):
    body = CHUNK + DONE
    run = fold(api, [body[at : at + step] for at in range(0, len(body), step)], max_event_size=DATA - over)
    if over == 0:
        assert run.merged.error is None
        return
    error = run.merged.error
    assert (type(error), error.limit, error.value) == (api.StreamLimitError, "max_event_size", DATA - over)
    assert (error.event, error.offset) == (0, DATA - over)
    assert (run.merged.termination, run.message) == ("limit", None)
    assert str(error) == f"event 0 passes max_event_size ({DATA - over} bytes)"


def test_the_events_before_it_stay(api):
    run = fold(api, CHUNK + b"data: " + b"x" * 200 + b"\n\n" + CHUNK, max_event_size=100)
    assert (run.merged.text, run.merged.error.event, run.merged.report.events) == ("Hi", 1, 1)


@pytest.mark.parametrize("lead", [b"data: ", b'{"a":"', b"x", b": ", b'[{"a":"', b"data: a\ndata: ", b""])
def test_the_bound_holds_however_the_event_is_written(api, lead):
    whole = fold(api, lead + b"x" * 1000, max_event_size=50).merged
    assert whole.termination == "limit"
    cut = fold(api, [lead, *[b"x"] * 1000], max_event_size=50).merged
    assert error_of(cut.error) == error_of(whole.error)
    assert report_of(cut.report) == report_of(whole.report)


def test_no_bound(api):
    text = "x" * 2**20
    assert fold(api, sse(delta({"content": text})), max_event_size=None, max_message_size=None).merged.text == text


def test_a_message_that_is_too_large(api):
    chunks = [sse(delta({"content": "é" * 10}), end=b"") for _ in range(4)]
    size = size_of(fold(api, b"".join(chunks[:3]) + DONE).message)
    run = fold(api, b"".join(chunks) + DONE, max_message_size=size)
    error = run.merged.error
    assert (type(error), error.limit, error.value, error.event) == (api.StreamLimitError, "max_message_size", size, 3)
    assert (run.merged.text, run.merged.termination) == ("é" * 40, "limit")
    assert error.offset == len(chunks[3]) - len(b"data: \n\n")
    assert fold(api, b"".join(chunks[:3]) + DONE, max_message_size=size).merged.termination == "done"
    assert fold(api, b"".join(chunks[:3]) + DONE, max_message_size=size - 1).merged.termination == "limit"


@pytest.mark.parametrize(("end", "termination"), [(b"", "finish_reason"), (DONE, "done")])
def test_a_message_that_its_end_makes_too_large(api, end, termination):
    """Half a character becomes U+FFFD, three bytes, where nothing completes it."""
    body = sse('{"choices":[{"delta":{"content":"a\\ud83d"},"finish_reason":"stop"}]}', end=end)
    run = fold(api, body)
    size = size_of(run.message)
    assert (run.merged.text, run.merged.termination) == ("a\ufffd", termination)
    assert fold(api, body, max_message_size=size).merged.termination == termination
    run = fold(api, body, max_message_size=size - 1)
    assert (run.merged.text, run.merged.termination, run.merged.error.value) == ("a\ufffd", "limit", size - 1)
    assert (run.merged.error.event, run.merged.error.offset) == (len(end) > 0, 0)


@given(stream=generate.streams)
def test_the_size_is_that_of_the_document(api, stream):
    """The largest size after any event is the smallest bound that holds."""
    assume(stream.dialect != "anthropic-messages")
    # The events of one line can't be looked at one by one.
    assume(not stream.body.startswith(b"["))
    # A message that no delta came beside counts while it is held, and no snapshot shows it.
    assume(stream.dialect != "openai-chat" or b'"message"' not in stream.body)
    body = stream.body + b"\n\ndata: [DONE]\n\n"
    merger = api.Merger(stream.dialect, on_error="record")
    largest = 0
    for line in body.splitlines(keepends=True):
        merger.observe(line)
        if merger.result().termination in {"open", "done"} and merger.snapshot() is not None:
            largest = max(largest, size_of(merger.snapshot()))
    ended = fold(api, body, stream.dialect).merged.termination
    assert fold(api, body, stream.dialect, max_message_size=largest).merged.termination == ended
    if largest:
        assert fold(api, body, stream.dialect, max_message_size=largest - 1).merged.termination == "limit"


@pytest.mark.parametrize(
    "change",
    [
        {"content": "x" * 100},
        {"a" * 50: {"b" * 50: None}},
        {"x": [[], {}, [1, "é"]]},
        {"tool_calls": [{"index": 4_000_000_000, "id": "i" * 40}]},
        {"content": [{"type": "text", "text": "a"}]},
        {"audio": {"data": base64.b64encode(b"1234").decode()}},
        {"images": [{"index": 9}]},
        {"reasoning_details": [{"type": "t", "index": 3, "text": "abc"}]},
        {"function_call": {"name": "n", "arguments": "{}"}},
    ],
)
def test_every_kind_of_node_counts(api, change):
    body = sse(delta(change), delta({}, finish_reason="stop"))
    size = size_of(fold(api, body).message)
    assert fold(api, body, max_message_size=size).merged.termination == "done"
    assert fold(api, body, max_message_size=size - 1).merged.termination == "limit"


def test_the_json_of_an_input_counts_beside_its_value(api):
    """It is kept: a call's arguments are the text that came."""
    events = [
        {"type": "message_start", "message": {"content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "name": "f", "input": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"é": 1}'}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_stop"},
    ]
    body = sse(*events, end=b"")
    size = size_of(fold(api, body).message) + size_of({"input": '{"é": 1}'}) - size_of({})
    assert fold(api, body, max_message_size=size).merged.termination == "done"
    assert fold(api, body, max_message_size=size - 1).merged.termination == "limit"


def test_an_index_costs_one_slot(api):
    run = fold(api, sse(*(delta({"content": "x"}, index) for index in (4_000_000_000, 2**63 - 1, 0))))
    assert size_of(run.message) < 1000


def test_a_report_is_bounded(api):
    chunks = (delta({f"field {number}": 1, f"{number}": 1}) for number in range(1000))
    fields = fold(api, sse(*chunks)).merged.report.unknown_fields
    assert len(fields) <= 257
    assert sum(fields.values()) == 2000
