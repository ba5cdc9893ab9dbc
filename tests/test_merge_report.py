"""The report: a provider's linter. Counts of what came, and of each tolerated oddity by its name."""

from __future__ import annotations

import pytest
from hypothesis import given

import generate
from merging import DONE, call, delta, fold, report_of, sse

TEXT = delta({"content": "x"})


def test_counts(api):
    body = b": hi\n\n" + sse(TEXT, [TEXT, None, TEXT], "null", "", end=b"") + b": bye\n\ndata: \xff\xfe\n\n"
    run = fold(api, body)
    report = run.merged.report
    assert (report.events, report.chunks, report.comments, report.invalid_utf8, report.bytes) == (5, 3, 2, 2, len(body))
    assert run.merged.termination == "malformed"


def test_events_are_counted_after_the_end_too(api):
    body = sse(TEXT) + sse(TEXT, TEXT) + b": c\n"
    report = fold(api, body).merged.report
    assert (report.events, report.chunks, report.comments) == (5, 1, 1)
    broken = fold(api, sse("{nope", TEXT, end=b": c\n")).merged.report
    assert (broken.events, broken.chunks, broken.comments) == (2, 0, 1)


@pytest.mark.parametrize(
    ("chunks", "quirks"),
    [
        ([TEXT], {}),
        ([{"id": "a", **TEXT}, {"id": "b", **TEXT}, {"id": "", **TEXT}], {"id_changed": 1}),
        ([delta({"role": "assistant"}), delta({"role": "assistant"})], {"role_repeated": 1}),
        ([{**TEXT, "usage": {"a": 1}}, {**TEXT, "usage": {"a": 1}}], {"usage_repeated": 1}),
        ([{"choices": []}, TEXT], {"choices_empty": 1}),
        (
            [TEXT, {"choices": None}, {"choices": [{"index": 0}]}, {"choices": [{"index": 0, "delta": None}]}],
            {"delta_missing": 2},
        ),
        ([delta(5)], {"wrong_type": 1}),
        ([delta({"content": 5, "refusal": [], "reasoning": {}, "tool_calls": True})], {"wrong_type": 4}),
        ([TEXT, {"choices": {}}, {"choices": [5]}], {"wrong_type": 2}),
        ([delta({}, logprobs=5)], {"wrong_type": 1}),
        ([delta({}, message=5)], {"wrong_type": 1}),
        ([{**TEXT, "error": 5}], {"wrong_type": 1}),
        ([call(0, "f", "{}", id=5)], {"wrong_type": 1}),
        ([call(0, 5, "{}")], {"wrong_type": 1}),
        ([call(0, "f", "{}", id="1"), call(0, arguments="", id="1")], {"tool_id_repeated": 1}),
        ([call(1, "f", "{}", id="1")], {"tool_index_base": 1}),
        ([call(None, "f", "{}", id="1")], {"tool_index_missing": 1}),
        ([delta({"content": [{"type": "text", "text": "x"}]})], {"content_list": 1}),
    ],
)
def test_quirks(api, chunks, quirks):
    assert fold(api, sse(*chunks)).quirks == quirks


def test_unknown_fields(api):
    chunk = {
        **delta({"a": 1, "tool_calls": [{"function": {"b": 1}, "c": 1}], "function_call": {"d": 1}}, e=1),
        "f": {"g": 1},
        "h": None,
    }
    assert fold(api, sse(chunk, {"f": 1})).merged.report.unknown_fields == {
        "choices[].delta.a": 1,
        "choices[].delta.tool_calls[].function.b": 1,
        "choices[].delta.tool_calls[].c": 1,
        "choices[].delta.function_call.d": 1,
        "choices[].e": 1,
        "f": 2,
    }


def test_a_report_is_a_snapshot(api):
    merger = api.Merger()
    merger.feed(sse(TEXT, end=b""))
    before = merger.result()
    kept = report_of(before.report)
    merger.feed(sse({"id": "a", **delta({"x": 1, "content": 5})}, {"id": "b"}))
    assert report_of(before.report) == kept
    assert merger.result().report.quirks == {"wrong_type": 1, "id_changed": 1}


@given(stream=generate.mutants, cuts=generate.cuts)
def test_any_cut_gives_the_same_report(api, stream, cuts):
    whole = fold(api, stream.body)
    assert report_of(fold(api, generate.pieces(stream.body, cuts)).merged.report) == report_of(whole.merged.report)
    assert whole.merged.report.bytes == len(stream.body)


def test_the_end_is_no_chunk(api):
    report = fold(api, DONE).merged.report
    assert (report.events, report.chunks) == (1, 0)
