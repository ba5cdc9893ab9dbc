"""Recordings of our own merge to what their scenarios state by hand, whole and cut; recording again changes nothing."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from recorder.record import record_all
from recorder.scenarios import SCENARIOS

if TYPE_CHECKING:
    from types import SimpleNamespace

    from recorder.scenario import Scenario
    from ssefold import Delta, Merged

CASSETTES = Path(__file__).parent / "cassettes"
VIEWS = ("dialect", "complete", "termination", "id", "model", "text", "reasoning", "refusal", "finish_reason")
BODIES = [scenario.body_name(position) for scenario in SCENARIOS for position in range(len(scenario.exchanges))]


@cache
def expectations() -> dict[str, dict[str, Any]]:
    """Body file → expectation, as the JSON beside the cassettes has it."""
    files = (json.loads(path.read_text(encoding="utf-8")) for path in CASSETTES.glob("*.json"))
    return {item["body"]: item for file in files for item in file["interactions"]}


def stated(value: Any) -> Any:
    """Leave out what says nothing: null, `{}` and `[]`, also where leaving out made them so. `""` is a statement."""
    if isinstance(value, dict):
        kept = {key: stated(member) for key, member in value.items()}
        return {key: member for key, member in kept.items() if member is not None and member not in ({}, [])}
    return [stated(item) for item in value] if isinstance(value, list) else value


def seen(merged: Merged) -> dict[str, Any]:
    """All that an expectation states, from what was merged."""
    views = {name: getattr(merged, name) for name in VIEWS}
    views["tool_calls"] = [dataclasses.asdict(call) for call in merged.tool_calls]
    views["usage"] = None if merged.usage is None else dataclasses.asdict(merged.usage)
    # IncompleteStreamError tells what `termination` says already; only a provider's error has an object.
    views["error"] = getattr(merged.error, "error", None)
    return {**views, "comments": merged.report.comments, "message": stated(merged.message)}


def wanted(body: str) -> dict[str, Any]:
    expected = expectations()[body]
    names = (*VIEWS, "tool_calls", "usage", "error", "comments")
    return {**{name: expected[name] for name in names}, "message": stated(expected["message"])}


def cut(body: bytes, sizes: tuple[int, int], seed: str) -> list[bytes]:
    rng = random.Random(seed)  # noqa: S311 - cuts that repeat, not secrets
    pieces = []
    start = 0
    while start < len(body):
        end = start + rng.randint(*sizes)
        pieces.append(body[start:end])
        start = end
    return pieces


def fed(api: SimpleNamespace, pieces: list[bytes]) -> tuple[Merged, list[Delta]]:
    merger = api.Merger(on_error="record")
    deltas = [delta for piece in pieces for delta in merger.feed(piece)]
    deltas += merger.finish()
    return merger.result(), deltas


@pytest.mark.parametrize("body", BODIES)
def test_whole(api: SimpleNamespace, body: str) -> None:
    merged = api.merge((CASSETTES / body).read_bytes(), on_error="record")
    assert seen(merged) == wanted(body)


@pytest.mark.parametrize("body", BODIES)
def test_the_oddities_are_reported(api: SimpleNamespace, body: str) -> None:
    merged = api.merge((CASSETTES / body).read_bytes(), on_error="record")
    assert set(expectations()[body]["quirks"]) <= set(merged.report.quirks)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 60), (200, 1500)], ids=["bytes", "short", "long"])
@pytest.mark.parametrize("body", BODIES)
def test_cut(api: SimpleNamespace, body: str, sizes: tuple[int, int]) -> None:
    content = (CASSETTES / body).read_bytes()
    merged, _ = fed(api, cut(content, sizes, body))
    assert seen(merged) == wanted(body)
    assert merged.report == api.merge(content, on_error="record").report


@pytest.mark.parametrize("body", BODIES)
def test_joined_deltas_are_the_fields(api: SimpleNamespace, body: str) -> None:
    _, deltas = fed(api, cut((CASSETTES / body).read_bytes(), (1, 400), body))
    joined: defaultdict[tuple[str, int | None], str] = defaultdict(str)
    for delta in deltas:
        if delta.kind == "start":
            # A message that begins anew takes the place of the one before.
            joined.clear()
        if delta.choice == 0:
            joined[delta.kind, delta.index if delta.kind == "arguments" else None] += delta.text
    expected = expectations()[body]
    assert joined["text", None] == expected["text"]
    # The view parts blocks by a blank line, which nobody streamed.
    assert joined["reasoning", None] == expected["reasoning"].replace("\n\n", "")
    assert joined["refusal", None] == (expected["refusal"] or "")
    arguments = [joined["arguments", call["index"]] for call in expected["tool_calls"]]
    assert arguments == [call["arguments"] for call in expected["tool_calls"]]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_cassette_holds_the_bodies(scenario: Scenario) -> None:
    cassette = yaml.safe_load((CASSETTES / f"{scenario.name}.yaml").read_bytes())
    for position, interaction in enumerate(cassette["interactions"]):
        body = interaction["response"]["body"]
        text = body["string"] if scenario.format == "vcrpy" else body
        content = text if isinstance(text, bytes) else text.encode()
        assert content == (CASSETTES / scenario.body_name(position)).read_bytes()
        request = json.loads(interaction["request"]["body"])
        assert request == scenario.exchanges[position].request


def test_recording_again_changes_nothing(tmp_path: Path) -> None:
    again = {path.name: path.read_bytes() for path in record_all(SCENARIOS, tmp_path)}
    kept = {path.name: path.read_bytes() for path in CASSETTES.iterdir() if not path.name.startswith(".")}
    assert sorted(again) == sorted(kept)
    assert [name for name in again if again[name] != kept[name]] == []


def test_both_formats_and_several_interactions_are_among_them() -> None:
    assert {scenario.format for scenario in SCENARIOS} == {"go-vcr", "vcrpy"}
    assert any(len(scenario.exchanges) > 1 for scenario in SCENARIOS)
    assert sum(path.stat().st_size for path in CASSETTES.iterdir()) < 700_000
