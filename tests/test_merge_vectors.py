"""Bytes to message, as files: vectors/merge.json, read here and by cargo (merge_vectors.rs).

A vector has a `name`, a `why`, its bytes as `body` (text) or `bytes` (a character is one), and may have `dialect`,
`max_event_size` and `max_message_size`. It expects `dialect_found`, `termination`, `error` (`kind` is the exception's
name; only the members that are there are compared), `message`, `views` (`tool_calls` as id, name, arguments, status;
`usage` in the order of its class), `report` and `deltas` (kind, text, choice, index, id, value, path; all fed at once,
then the end).
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from merging import fold, spelled

VECTORS = json.loads((Path(__file__).parent / "vectors" / "merge.json").read_text(encoding="utf-8"))


def test_names_are_unique():
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS) >= 50


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vector(api, vector):
    body = vector["bytes"].encode("latin-1") if "bytes" in vector else vector["body"].encode()
    limits = {name: vector[name] for name in ("max_event_size", "max_message_size") if name in vector}
    run = fold(api, body, vector.get("dialect", "auto"), **limits)
    merged, report = run.merged, run.merged.report
    assert (merged.dialect, merged.termination) == (vector["dialect_found"], vector["termination"])
    assert merged.complete == (vector["termination"] in {"done", "finish_reason"})
    assert spelled(merged.message) == spelled(vector["message"])
    error = vector["error"]
    assert (merged.error is None) == (error is None)
    if error is not None:
        assert (type(merged.error).__name__, str(merged.error)) == (error["kind"], error["message"])
        for name in error.keys() - {"kind", "message"}:
            assert getattr(merged.error, name) == error[name]
    views = {name: getattr(merged, name) for name in vector["views"]}
    views["tool_calls"] = [[call.id, call.name, call.arguments, call.status] for call in merged.tool_calls]
    views["usage"] = None if merged.usage is None else list(dataclasses.astuple(merged.usage))
    assert views == vector["views"]
    assert {name: getattr(report, name) for name in vector["report"]} == vector["report"]
    assert report.bytes == len(body)
    told = [
        [each.kind, each.text, each.choice, each.index, each.id, each.value, list(each.path)] for each in run.deltas
    ]
    assert spelled(told) == spelled(vector["deltas"])
