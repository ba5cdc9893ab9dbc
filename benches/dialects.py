"""Nanoseconds a byte of each dialect's recordings, and how many times as long as a chat's byte takes.

``python -m benches.dialects`` merges the recorded streams of others where they are (``SSEFOLD_CORPUS``, else
``shared/corpus`` beside the checkout), else the repository's own, on one thread, the best of some rounds: all that a
dialect has, then those of a size. A stream takes some microseconds before its first byte, a long one repeats itself:
streams are to be compared with those of their size.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import ssefold
from benches.recordings import CASSETTES

ROUNDS = 7
CHAT = "openai-chat"
KIB = 1 << 10
SIZES = {
    "of any size": range(1 << 40),
    "below 2 KiB": range(2 * KIB),
    "2 to 8 KiB": range(2 * KIB, 8 * KIB),
    "8 to 32 KiB": range(8 * KIB, 32 * KIB),
    "above 32 KiB": range(32 * KIB, 1 << 40),
}
_NAMED = os.environ.get("SSEFOLD_CORPUS")
CORPUS = Path(_NAMED) if _NAMED else Path(__file__).resolve().parents[2] / "shared" / "corpus"


def bodies() -> dict[str, list[bytes]]:
    """Dialect → recorded bodies."""
    found: dict[str, list[bytes]] = {}
    catalogue = CORPUS / "catalogue.jsonl"
    if catalogue.is_file():
        for line in catalogue.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "*" not in row["doubtful"]:
                found.setdefault(row["dialect"], []).append((CORPUS / row["file"]).read_bytes())
        return found
    for path in sorted(CASSETTES.glob("*.json")):
        for expected in json.loads(path.read_text(encoding="utf-8"))["interactions"]:
            if expected["dialect"]:
                found.setdefault(expected["dialect"], []).append((CASSETTES / expected["body"]).read_bytes())
    return found


def nanoseconds(streams: list[bytes]) -> float:
    """What a byte takes, the best of the rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        gc.collect()
        gc.disable()
        start = time.perf_counter_ns()
        merged = ssefold.merge_many(streams, threads=1)
        took = time.perf_counter_ns() - start
        gc.enable()
        if any(each.message is None and each.error is None for each in merged):
            raise AssertionError("a stream gave nothing, and no error")
        best = min(best, took)
    return best / sum(map(len, streams))


def rows(found: dict[str, list[bytes]]) -> Iterator[str]:
    """A line for each dialect that has streams, with its ratio to chat's where that has."""
    takes = {dialect: nanoseconds(streams) for dialect, streams in sorted(found.items()) if streams}
    for dialect, each in takes.items():
        size = sum(map(len, found[dialect])) / len(found[dialect])
        ratio = f"{each / takes[CHAT]:6.2f}" if CHAT in takes else ""
        yield f"{dialect:20} {len(found[dialect]):5} of {size:8.0f} bytes {each:8.3f} ns/byte {ratio}"


def main() -> None:
    """Print a line for each dialect, and size."""
    found = bodies()
    print(f"ssefold {ssefold.__version__}, backend {ssefold.backend}")
    for name, sizes in SIZES.items():
        print(f"\n{name}")
        of_size = {dialect: [body for body in streams if len(body) in sizes] for dialect, streams in found.items()}
        for row in rows(of_size):
            print(row)


if __name__ == "__main__":
    main()
