"""What the benches fold has known answers, which ours give; the gate and the chart do what they say."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benches import adversarial, chart, compare, dialects, gate, memory, recordings, records, subjects  # noqa: E402
from benches.counting import Count, CountError, measured, pairs  # noqa: E402
from benches.subjects import GROWING, SUBJECTS, WORKLOADS, check, fold, load, workload  # noqa: E402
from benches.timing import Time  # noqa: E402

import ssefold  # noqa: E402

EVENTS = 60


@pytest.mark.parametrize("name", [*WORKLOADS, *GROWING])
def test_ours_give_the_answers(backend, name):
    fold(backend, name, EVENTS)


@pytest.mark.parametrize("way", ["merge", "message", "live", "observe", "events"])
def test_a_wrong_answer_is_no_figure(backend, way):
    given, other = workload("content", EVENTS), workload("content", EVENTS + 1)
    got = load(backend)[way](other)
    with pytest.raises(AssertionError, match="stream 0 is wrong"):
        check(backend, way, given, got)


@pytest.mark.parametrize("name", [*WORKLOADS, *GROWING])
def test_workloads_are_the_same_each_time_and_twice_as_long_when_asked(name):
    size = 1000 if name in GROWING else EVENTS
    once, twice = workload(name, size), workload(name, size, 2)
    assert once.bodies == workload(name, size).bodies
    assert twice.events / once.events == pytest.approx(2, abs=0.25)
    assert sum(map(len, twice.bodies)) / sum(map(len, once.bodies)) == pytest.approx(2, abs=0.25)


def test_recordings_are_cut_and_not_changed():
    for name, stream in recordings.every().items():
        assert stream.body == (recordings.CASSETTES / name).read_bytes()
        # What has no blank line comes in one piece.
        assert len(stream.feeds) > 1 or b"\n\n" not in stream.body.rstrip()


def test_every_dialect_is_timed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(dialects, "CORPUS", tmp_path)
    monkeypatch.setattr(dialects, "ROUNDS", 1)
    dialects.main()
    first, *sizes = capsys.readouterr().out.split("\n\n")[1:]
    heading, *timed = first.splitlines()
    assert heading == "of any size"
    assert {line.split()[0] for line in timed} == set(ssefold.dialects())
    # Each stream is of one of the other sizes.
    counted = [int(line.split()[1]) for size in sizes for line in size.splitlines()[1:]]
    assert sum(counted) == sum(int(line.split()[1]) for line in timed)


def test_every_promise_is_counted():
    for subject, way, peer, peers_way in gate.PROMISED:
        assert way in gate.COUNTED[subject]
        assert peers_way in gate.COUNTED[peer]
    assert set(gate.COUNTED) <= set(SUBJECTS)


def counts(ours: float, growth: float = 2.0) -> dict[tuple[str, str, str], Count]:
    rows = [
        Count(subject, way, name, 1000, ours if subject in subjects.OURS else 1000.0, 0, growth)
        for subject, ways in gate.COUNTED.items()
        for way in ways
        for name in WORKLOADS
    ]
    return {row.key: row for row in rows}


def test_the_gate_opens_and_shuts():
    assert all(verdict.kept for verdict in gate.factors(counts(1.0)) + gate.growths(counts(1.0)))
    assert not any(verdict.kept for verdict in gate.factors(counts(1e9)))
    assert not any(verdict.kept for verdict in gate.growths(counts(1.0, 4.0)))


def test_a_count_is_a_difference():
    count = measured("rust", "merge", "content", [100, 200], [1_500, 2_500])
    assert (count.per_event, count.fixed, count.growth) == (10.0, 500, 1.6667)
    # Streams of given lengths don't double exactly.
    assert measured("rust", "merge", "content", [100, 210], [1_000, 2_100]).growth == 2.0


def test_marks_that_are_missing_are_an_error():
    assert list(pairs('{"way": "merge"}\n', [9, 1, 2])) == [({"way": "merge"}, [1, 2])]
    with pytest.raises(CountError, match="callgrind doesn't see getppid"):
        list(pairs('{"way": "merge"}\n', [9]))


def test_compare_tells_what_grew():
    base = Count("rust", "merge", "content", 1000, 100.0, 0, 2.0)
    head = dataclasses.replace(base, per_event=104.0)
    [(share, line)] = compare.rows({base.key: base}, {head.key: head, ("new", "", ""): head})
    assert share > compare.GREW
    assert "100 ->        104" in line


@pytest.fixture
def shown() -> records.Record:
    times = [
        Time(subject, "merge", name, 10.0 * 4**place) for place, subject in enumerate(SUBJECTS) for name in WORKLOADS
    ]
    rows = [Count(time.subject, "merge", time.workload, 1000, 12_345.6, 7, 2.0) for time in times]
    machine = {"processor": "A & B", "cores": "2", "system": "Linux", "libc": "glibc"}
    return records.Record("label", "2026-01-02", "0abc", machine, {"python": "3.12"}, tuple(rows), tuple(times))


def test_a_record_reads_back(shown, tmp_path, monkeypatch):
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    assert records.read(records.write(shown)) == shown
    assert records.latest().name == "2026-01-02-label.json"


def test_the_chart_is_wellformed_and_complete(shown):
    drawn = chart.svg(shown)
    assert drawn == chart.svg(shown)
    texts = {text.text for text in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")}  # noqa: S314, our own
    assert set(chart.TITLES.values()) | {subject.title for subject in SUBJECTS.values()} <= texts
    assert all(
        len(line.split("|")) == len(WORKLOADS) + 3 for line in chart.table(shown).splitlines()[: len(SUBJECTS) + 3]
    )


def test_the_chart_in_the_tree_is_of_the_newest_record():
    assert chart.CHART.read_text(encoding="utf-8") == chart.svg(records.read(records.latest()))


@pytest.mark.parametrize(
    ("value", "text"),
    [(9.994, "9.99 ns"), (48.3, "48.3 ns"), (999.6, "1.00 µs"), (119_270, "119 µs"), (1e6, "1.00 ms")],
)
def test_durations(value, text):
    assert chart.duration(value) == text


@pytest.mark.parametrize("token", [16, 2**20])
def test_observing_takes_twice_the_message_and_one_event(backend, token):
    """The kernel's own figure, of a message so large that the allocator's habits don't matter."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("the kernel's account of a process's peak is Linux's")
    found = memory.peak(backend, (24 if backend == "rust" else 4) * memory.MIB, token)
    assert found.grown <= 2 * found.message + found.event + 3 * memory.MIB


@pytest.mark.parametrize(
    ("growth", "to_small", "longer", "told"),
    [
        (1.0, 0.5, 1.0, ()),
        # Twice as much a byte at twice the length, and so on.
        (2.0, 0.5, 4.0, ("2.00 times as much", "4.00 where 4 times")),
        # What a buffer that moved took, once.
        (1.3, 0.5, 0.9, ()),
        (1.0, 4.5, 1.0, ("4.5 times a byte of the smallest plain chunks, not 4",)),
    ],
)
def test_the_adversarial_gate(monkeypatch, growth, to_small, longer, told):
    asked = []

    def counts(names: list[str], *, twin: bool, times: int) -> dict[str, adversarial.Count]:
        asked.append((names, twin, times))
        return {name: adversarial.Count(10 * longer, 1.0) for name in names}

    monkeypatch.setattr(adversarial, "counts", counts)
    row = adversarial.Row("a shape", adversarial.Count(10, growth), to_small, to_small)
    faults = list(adversarial.faults([row], twin=False))
    assert len(faults) == bool(told)
    assert all(words in fault for fault in faults for words in told)
    assert asked == [(["a shape"], False, adversarial.LONGER)] * (growth > adversarial.GROWTH)
