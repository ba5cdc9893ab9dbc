"""Peak memory while a long stream is observed: ``python -m benches.memory [--backend NAME] [--mib N] [--token BYTES]``.

The promise is twice the message plus one event. What counts is the process's own peak, read from the system (Linux), so
that the allocator's and the core's share are in it; each backend gets a process of its own.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIB = 2**20


@dataclass(frozen=True)
class Peak:
    """Bytes."""

    backend: str
    message: int
    event: int
    grown: int
    """By which the process's peak grew over what it held before the stream."""

    @property
    def times(self) -> float:
        return (self.grown - self.event) / self.message


def status(field: str) -> int:
    """A field of the kernel's account of this process, in bytes."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        sys.exit(f"this system doesn't say {field}")
    return int(found[1]) * 1024


def feeds(size: int, token: int) -> Iterator[bytes]:
    """Events of ``token`` bytes of text each, ``size`` bytes in all: made as they are asked for, held nowhere."""
    head = b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"'
    for _ in range(size // token):
        yield head + b"x" * token + b'"},"finish_reason":null}]}\n\n'
    yield b"data: [DONE]\n\n"


def observe(backend: str, size: int, token: int) -> Peak:
    """Observe one stream in this process."""
    from ssefold import _backend

    def run(size: int, token: int) -> int:
        merger = _backend.load(backend).Merger(max_message_size=None, max_event_size=None)
        largest = 0
        for data in feeds(size, token):
            merger.observe(data)
            largest = max(largest, len(data))
        return largest

    run(1024, 16)  # what a first stream loads stays loaded
    before = status("VmRSS")
    event = run(size, token)
    return Peak(backend, size, event, status("VmHWM") - before)


def peak(backend: str, size: int, token: int) -> Peak:
    """Observe one stream in a process of its own."""
    command = [sys.executable, "-m", "benches.memory", "--child", f"--backend={backend}", f"--token={token}"]
    done = subprocess.run([*command, f"--mib={size // MIB}"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return Peak(**json.loads(done.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("rust", "python"))
    parser.add_argument("--mib", type=int, default=32)
    parser.add_argument("--token", type=int, default=16)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        print(json.dumps(vars(observe(args.backend, args.mib * MIB, args.token))))
        return
    for backend in (args.backend,) if args.backend else ("rust", "python"):
        found = peak(backend, args.mib * MIB, args.token)
        tokens = f"{found.message / MIB:.1f} MiB in tokens of {args.token} bytes"
        print(f"{backend}: {tokens} took {found.grown / MIB:.1f} MiB: {found.times:.2f} times that, and one event")


if __name__ == "__main__":
    main()
