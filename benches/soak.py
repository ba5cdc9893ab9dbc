"""Does memory stay flat? ``python -m benches.soak [--backend NAME] [--events N]`` folds our recordings over and over.

Every dialect and every way in, whole, cut and damaged, so that errors are among them; each backend in its own process.
Printed is the curve, and the exit status is 1 where it rises: the process's memory (Linux), the heap in use as the C
library counts it (glibc: the core's memory, and Python's larger objects), Python's blocks and objects.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benches.memory import ROOT, status
from ssefold.errors import SSEFoldError

POINTS = 20
"""Of the curve; the first quarter is warming up: tables, templates, caches of the interpreter and the allocator."""
RISE = {"memory": 2 * 2**20, "heap": 256 * 1024, "blocks": 2_500, "objects": 30}
"""What the last quarter's least may be above the second quarter's. orjson keeps 2,048 keys, of damaged bodies any, and
nine blocks a point are this curve's own."""


@dataclass(frozen=True)
class Point:
    """Memory after so many events: bytes, bytes, blocks, objects."""

    events: int
    memory: int
    heap: int
    blocks: int
    objects: int


class Mallinfo(ctypes.Structure):
    """glibc's `struct mallinfo2`."""

    _fields_ = [
        (name, ctypes.c_size_t)
        for name in ["arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks"]
    ]
    _fields_ += [("fordblks", ctypes.c_size_t), ("keepcost", ctypes.c_size_t)]


def heap() -> int:
    """Bytes that are allocated, 0 where the C library doesn't tell."""
    try:
        mallinfo = ctypes.CDLL(None).mallinfo2
    except (AttributeError, OSError):
        return 0
    mallinfo.restype = Mallinfo
    found: Mallinfo = mallinfo()
    return int(found.uordblks + found.hblkhd)


def measured(events: int) -> Point:
    gc.collect()
    gc.collect()
    memory = status("VmRSS") if sys.platform == "linux" else 0
    return Point(events, memory, heap(), getattr(sys, "getallocatedblocks", int)(), len(gc.get_objects()))


def damaged(body: bytes, dice: random.Random) -> bytes:
    """A body with a byte changed, cut, or with something in between."""
    at = dice.randrange(len(body))
    return body[:at] + dice.choice([b"", b"{", b"\xff\n\n", b'"\\ud83d', body[:40]]) + body[at + dice.randrange(9) :]


def fold(module: Any, body: bytes, dice: random.Random) -> int:
    """One stream, one way; how many events it had."""
    merger = module.Merger(on_error="record", max_message_size=dice.choice([2**28, 3_000]))
    step = dice.choice([len(body), 1 + len(body) // 3, 700])
    for at in range(0, len(body), step):
        if dice.random() < 0.5:
            for delta in merger.feed(body[at : at + step]):
                _ = delta.kind, delta.text, delta.value, delta.path
        else:
            merger.observe(body[at : at + step])
    merger.finish()
    merged = merger.result()
    _ = merged.message, merged.tool_calls, merged.usage, merged.error, merger.snapshot()
    events: int = merged.report.events
    if dice.random() < 0.2:
        events += sum(each.report.events for each in module.merge_many([body] * 3, threads=2))
    if dice.random() < 0.2:
        events += len(module.EventDecoder(max_event_size=None).feed(body))
    if dice.random() < 0.2:
        events += raising(module, body)
    return events


def raising(module: Any, body: bytes) -> int:
    """The same with exceptions, whose tracebacks hold this frame."""
    merger = module.Merger()
    try:
        merger.feed(body)
        merger.finish()
    except Exception as error:  # noqa: BLE001 - all that a damaged body may raise
        _ = error.__traceback__
    merged = merger.result()
    with suppress(SSEFoldError):
        if merged.error is not None:
            raise merged.error
    events: int = merged.report.events
    return events


def curve(backend: str, events: int) -> Iterator[Point]:
    from ssefold import _backend

    module = _backend.load(backend)
    bodies = [path.read_bytes() for path in sorted(Path(ROOT, "tests", "cassettes").glob("*.sse"))]
    bodies += [path.read_bytes() for path in sorted(Path(ROOT, "tests", "cassettes").glob("*.ndjson"))]
    dice = random.Random(0)  # noqa: S311
    done = 0
    for point in range(1, POINTS + 1):
        while done < events * point / POINTS:
            body = dice.choice(bodies)
            done += fold(module, body if dice.random() < 0.7 else damaged(body, dice), dice)
        yield measured(done)


def risen(points: list[Point]) -> list[str]:
    """What is higher in the last quarter than in the second one."""
    quarter = len(points) // 4
    found = []
    for name, bound in RISE.items():
        values = [getattr(point, name) for point in points]
        rise = min(values[-quarter:]) - min(values[quarter : 2 * quarter])
        if rise > bound:
            found.append(f"{name} rose by {rise:,}")
    return found


def soak(backend: str, events: int, *, quiet: bool) -> bool:
    points = []
    if not quiet:
        print(f"{backend}\n{'events':>12} {'memory KiB':>12} {'heap KiB':>10} {'blocks':>10} {'objects':>10}")
    for point in curve(backend, events):
        points.append(point)
        if not quiet:
            print(
                f"{point.events:12,} {point.memory // 1024:12,} {point.heap // 1024:10,} "
                f"{point.blocks:10,} {point.objects:10,}",
                flush=True,
            )
    found = risen(points)
    print(f"{backend}: {points[-1].events:,} events, {', '.join(found) or 'flat'}")
    return not found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("rust", "python"))
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--quiet", action="store_true", help="print the verdict alone")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        sys.exit(not soak(args.backend, args.events, quiet=args.quiet))
    failed = 0
    for backend in (args.backend,) if args.backend else ("rust", "python"):
        command = [sys.executable, "-m", "benches.soak", "--child", f"--backend={backend}", f"--events={args.events}"]
        failed |= subprocess.run([*command, *["--quiet"] * args.quiet], cwd=ROOT, check=False).returncode
    sys.exit(failed)


if __name__ == "__main__":
    main()
