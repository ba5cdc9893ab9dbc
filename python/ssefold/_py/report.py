"""What was met on the way: counts of names, bounded whatever names a stream invents."""

from __future__ import annotations

ENTRIES = 256
"""Distinct names that a report keeps; what comes beyond is counted under ``*``."""


def count(counts: dict[str, int], name: str) -> str:
    """Count ``name``; a report is bounded, whatever names a stream invents. Return what it is counted under."""
    if name not in counts and len(counts) >= ENTRIES:
        name = "*"
    counts[name] = counts.get(name, 0) + 1
    return name
