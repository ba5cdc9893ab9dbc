"""Nanoseconds a byte of each dialect's recordings, and how many times as long as a chat's byte takes.

``python -m benches.dialects`` merges the recorded streams of others where they are (``SSEFOLD_CORPUS``, else
``shared/corpus`` beside the checkout), else the repository's own, on one thread, the best of some rounds.
"""

from __future__ import annotations

import gc
import json
import os
import time
from pathlib import Path

import ssefold
from benches.recordings import CASSETTES

ROUNDS = 7
CHAT = "openai-chat"
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


def main() -> None:
    """Print a line for each dialect."""
    found = bodies()
    takes = {dialect: nanoseconds(streams) for dialect, streams in sorted(found.items())}
    print(f"ssefold {ssefold.__version__}, backend {ssefold.backend}")
    for dialect, each in takes.items():
        streams = found[dialect]
        size = sum(map(len, streams)) / len(streams)
        print(f"{dialect:20} {len(streams):5} of {size:8.0f} bytes {each:8.3f} ns/byte {each / takes[CHAT]:6.2f}")


if __name__ == "__main__":
    main()
