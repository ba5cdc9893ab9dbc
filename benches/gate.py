"""What is promised, and whether it holds: instructions of ours against a peer's, counted in the same job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benches.counting import Count
from benches.subjects import WORKLOADS

Counts = Mapping[tuple[str, str, str], Count]

# (subject, way, peer, its way): how many times fewer instructions an event than the peer's, in the order of WORKLOADS.
# About 15 % below what was measured last; raised when ours gets faster, never lowered without a reason in CHANGELOG.md.
PROMISED: dict[tuple[str, str, str, str], tuple[float, ...]] = {
    # content, obfuscated, tools, reasoning, keepalive, logprobs, short, recordings
    ("rust", "merge", "msgspec", "merge"): (30, 20, 19, 14, 40, 2.8, 6.5, 2.6),
    ("rust", "message", "msgspec", "merge"): (30, 20, 19, 14, 40, 1, 9, 3.3),
    ("rust", "live", "msgspec", "live"): (2.6, 2.5, 2.4, 1.9, 5.3, 0.98, 2, 1.4),
    ("rust", "observe", "msgspec", "live"): (9.2, 7.3, 8.6, 6.5, 10, 2.1, 3.7, 1.8),
    ("python", "merge", "orjson", "merge"): (1.9, 1.2, 0.9, 1, 2.4, 0.11, 0.53, 0.23),
}  # fmt: skip

SLACK = 0.85

# What each subject is counted on for the promises above, and for growth.
COUNTED = {
    "rust": ("merge", "message", "live", "observe"),
    "python": ("merge", "observe"),
    "msgspec": ("merge", "live"),
    "orjson": ("merge",),
}

GROWTH = 2.1
"""Twice the length costs at most this many times as much: a snapshot or a scan that starts over costs four times."""
GROWTH_OF = {"huge": 3.0}
"""A single event: its buffers double at lengths of their own, so that one run may have a copy more than the other."""


@dataclass(frozen=True)
class Verdict:
    """One promise and what was counted."""

    what: str
    found: float
    bound: float
    kept: bool

    def __str__(self) -> str:
        return f"{'ok  ' if self.kept else 'FAIL'} {self.what:58} {self.found:8.2f}  promised {self.bound:g}"


def factors(counts: Counts) -> list[Verdict]:
    found = []
    for (subject, way, peer, peers_way), promised in PROMISED.items():
        for workload, factor in zip(WORKLOADS, promised, strict=True):
            ours, theirs = counts[subject, way, workload].per_event, counts[peer, peers_way, workload].per_event
            what = f"{subject} {way} {workload}: {theirs:,.0f} of {peer} / {ours:,.0f}"
            found.append(Verdict(what, theirs / ours, factor, theirs / ours >= factor))
    return found


def suggested(counts: Counts) -> str:
    """PROMISED as it could be after these counts."""
    lines = []
    for subject, way, peer, peers_way in PROMISED:
        pairs = [(counts[peer, peers_way, name].per_event, counts[subject, way, name].per_event) for name in WORKLOADS]
        factors = ", ".join(f"{theirs / ours * SLACK:.2g}" for theirs, ours in pairs)
        lines.append(f'    ("{subject}", "{way}", "{peer}", "{peers_way}"): ({factors}),')
    return "\n".join(lines)


def growths(counts: Counts) -> list[Verdict]:
    found = []
    for count in counts.values():
        if count.subject in {"rust", "python", "core"}:
            bound = GROWTH_OF.get(count.workload, GROWTH)
            what = f"{count.subject} {count.way} {count.workload}: twice the length"
            found.append(Verdict(what, count.growth, bound, count.growth <= bound))
    return found
