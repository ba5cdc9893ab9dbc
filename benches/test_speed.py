"""Times, for people: ``make bench``. Grouped by way and workload, the fastest first; a run is the whole workload."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from benches.subjects import SUBJECTS, WORKLOADS, check, load, workload

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

WAYS = ("merge", "message", "live", "observe", "events")
ROUNDS = 5

workload = cache(workload)


def there(subject: str) -> bool:
    """Whether a peer is installed, and the extension compiled."""
    try:
        load(subject)
    except ImportError:
        return False
    return True


def cases() -> list[Any]:
    return [
        pytest.param(subject, way, name, id=f"{way}-{name}-{subject}")
        for name in WORKLOADS
        for way in WAYS
        for subject in SUBJECTS
        if there(subject) and way in load(subject) and way in workload(name, 1).ways
    ]


@pytest.mark.parametrize(("subject", "way", "name"), cases())
def test_speed(benchmark: BenchmarkFixture, subject: str, way: str, name: str) -> None:
    run, given = load(subject)[way], workload(name, 1000)
    check(subject, way, given, run(given))
    benchmark.group = f"{way} {name}, {given.events} events"
    got = benchmark.pedantic(run, args=(given,), rounds=ROUNDS)  # type: ignore[no-untyped-call]
    check(subject, way, given, got)
