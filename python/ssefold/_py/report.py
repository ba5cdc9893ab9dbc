"""What was met on the way: counts of names, bounded whatever names a stream invents."""

from __future__ import annotations

from ssefold._py.limits import MAX_ENTRIES, MAX_ENTRY


def count(counts: dict[str, int], name: str) -> str:
    """Count ``name``; a report is bounded, whatever names a stream invents. Return what it is counted under."""
    if name not in counts and (len(counts) >= MAX_ENTRIES or len(name.encode("utf-8", "surrogatepass")) > MAX_ENTRY):
        name = "*"
    counts[name] = counts.get(name, 0) + 1
    return name
