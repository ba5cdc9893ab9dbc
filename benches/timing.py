"""Nanoseconds an event, the best of interleaved rounds: printed and recorded, never asserted."""

from __future__ import annotations

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benches.subjects import SUBJECTS, check, load, workload
from benches.workloads import Workload

ROUNDS = 7
LONGER = 10
"""How many times as long as for counting: clocks are coarse."""


@dataclass(frozen=True)
class Time:
    """The least that a subject took for an event."""

    subject: str
    way: str
    workload: str
    nanoseconds: float

    @property
    def key(self) -> tuple[str, str, str]:
        return self.subject, self.way, self.workload


def once(subject: str, way: str, given: Workload) -> float:
    run = load(subject)[way]
    gc.collect()
    gc.disable()
    try:
        start = time.perf_counter_ns()
        got = run(given)
        took = time.perf_counter_ns() - start
    finally:
        gc.enable()
    check(subject, way, given, got)
    return took / given.events


def times(subjects: Sequence[str], ways: Sequence[str], workloads: Sequence[str]) -> list[Time]:
    """Time each subject in turn, round by round, so that a disturbance hits all alike."""
    found = []
    for name in workloads:
        given = {subject: workload(name, SUBJECTS[subject].events * LONGER) for subject in subjects}
        for way in ways:
            runners = [subject for subject in subjects if way in load(subject) and way in given[subject].ways]
            best = dict.fromkeys(runners, float("inf"))
            for _ in range(ROUNDS):
                for subject in runners:
                    best[subject] = min(best[subject], once(subject, way, given[subject]))
            found += [Time(subject, way, name, round(best[subject], 1)) for subject in runners]
    return found
