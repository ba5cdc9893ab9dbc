"""What is promised, and whether it holds: instructions of ours against a peer's, counted in the same job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from benches.counting import Count

Counts = Mapping[tuple[str, str, str], Count]

# (subject, way, peer, its way): workload → how many times fewer instructions an event than the peer's.
# About 15 % below what was measured last; raised when ours gets faster, never lowered without a reason in CHANGELOG.md.
PROMISED: dict[tuple[str, str, str, str], dict[str, float]] = {
    ("rust", "merge", "msgspec", "merge"): {
        "content": 1, "obfuscated": 1, "tools": 1, "reasoning": 1, "keepalive": 1, "logprobs": 1, "short": 1, "recordings": 1,
    },
    ("rust", "message", "msgspec", "merge"): {"short": 1, "recordings": 1},
    ("rust", "live", "msgspec", "live"): {
        "content": 1, "obfuscated": 1, "tools": 1, "reasoning": 1, "keepalive": 1, "logprobs": 1, "short": 1, "recordings": 1,
    },
    ("rust", "observe", "msgspec", "live"): {
        "content": 1, "obfuscated": 1, "tools": 1, "reasoning": 1, "keepalive": 1, "logprobs": 1, "short": 1, "recordings": 1,
    },
    ("python", "merge", "orjson", "merge"): {
        "content": 0.1, "obfuscated": 0.1, "tools": 0.1, "reasoning": 0.1, "keepalive": 0.1, "logprobs": 0.1, "short": 0.1, "recordings": 0.1,
    },
}  # fmt: skip

# What each subject is counted on for the promises above, and for growth.
COUNTED = {
    "rust": ("merge", "message", "live", "observe"),
    "python": ("merge", "observe"),
    "msgspec": ("merge", "live"),
    "orjson": ("merge",),
}

GROWTH = 2.1
"""Twice the length costs at most this many times as much: a snapshot or a scan that starts over costs four times."""
GROWTH_OF = {"huge": 2.5}
"""A single event: its buffers double at lengths of their own, so that a copy falls into one run and not into the other."""


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
        for workload, factor in promised.items():
            ours, theirs = counts[subject, way, workload].per_event, counts[peer, peers_way, workload].per_event
            what = f"{subject} {way} {workload}: {theirs:,.0f} of {peer} / {ours:,.0f}"
            found.append(Verdict(what, theirs / ours, factor, theirs / ours >= factor))
    return found


def growths(counts: Counts) -> list[Verdict]:
    found = []
    for count in counts.values():
        if count.subject in {"rust", "python", "core"}:
            bound = GROWTH_OF.get(count.workload, GROWTH)
            what = f"{count.subject} {count.way} {count.workload}: twice the length"
            found.append(Verdict(what, count.growth, bound, count.growth <= bound))
    return found
