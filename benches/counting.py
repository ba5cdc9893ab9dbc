"""Instructions of a part of a program, by callgrind: (subject, way, workload) → what an event takes."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benches.subjects import SUBJECTS, WORKLOADS, workload
from benches.workloads import Workload

ROOT = Path(__file__).resolve().parent.parent
CORE_EVENTS = 1000
WARM = 64
"""Events before anything is counted: caches fill, code specialises."""
MARK = "getppid"


class CountError(Exception):
    """Counting isn't possible here, or a counted program failed."""


@dataclass(frozen=True)
class Count:
    """Instructions of one way of folding one workload, with ``events`` events and with twice as many."""

    subject: str
    way: str
    workload: str
    events: int
    per_event: float
    """What an event more takes."""
    fixed: int
    """What was there before the events: the stream's beginning and end."""
    growth: float
    """What twice the length takes, over what the length takes: 2.0 is linear."""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.subject, self.way, self.workload


def measured(subject: str, way: str, name: str, events: Sequence[int], instructions: Sequence[int]) -> Count:
    per_event = (instructions[1] - instructions[0]) / (events[1] - events[0])
    fixed = round(instructions[0] - per_event * events[0])
    growth = instructions[1] / instructions[0] * 2 * events[0] / events[1]
    return Count(subject, way, name, events[0], round(per_event, 1), fixed, round(growth, 4))


def callgrind(command: Sequence[str], environment: dict[str, str]) -> tuple[str, list[int]]:
    """Run a program; return what it printed, and the instructions between its marks."""
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CountError(
            "valgrind isn't installed: instructions can't be counted (on Debian: apt-get install valgrind)"
        )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        tool = [valgrind, "--tool=callgrind", f"--callgrind-out-file={out}", f"--dump-before={MARK}"]
        done = subprocess.run(
            [*fixed_addresses(), *tool, *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise CountError(f"{' '.join(command)}: status {done.returncode}\n{done.stderr[-4000:]}")
        parts = sorted(Path(folder).glob("counts.*"), key=lambda path: int(path.suffix[1:]))
        totals = [re.search(r"^totals: (\d+)", part.read_text(), re.MULTILINE) for part in parts]
        return done.stdout, [int(total[1]) for total in totals if total]


def fixed_addresses() -> list[str]:
    """Addresses seed hashes of objects without a hash of their own. A container may forbid what this asks for."""
    command = ["setarch", "-R"]
    if (
        shutil.which(command[0])
        and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    ):
        return command
    return []


def environment(tree: Path | None) -> dict[str, str]:
    """Few variables, because their size moves the stack; ssefold from ``tree`` where one is given."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    python = {"PYTHONPATH": str(tree / "python")} if tree else {}
    return {**kept, **python, "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}


def pairs(printed: str, totals: list[int]) -> Iterator[tuple[dict[str, Any], list[int]]]:
    """Each line printed with the counts of its two runs; the part before its first mark is of no interest."""
    rows = [json.loads(line) for line in printed.splitlines()]
    if len(totals) != 3 * len(rows):
        raise CountError(f"{len(totals)} marks for {len(rows)} measurements: callgrind doesn't see {MARK}")
    for place, row in enumerate(rows):
        yield row, totals[3 * place + 1 : 3 * place + 3]


@cache
def pair(name: str, n: int) -> tuple[Workload, Workload]:
    return workload(name, n), workload(name, n, 2)


def count(subject: str, ways: Sequence[str], workloads: Sequence[str], tree: Path | None = None) -> list[Count]:
    """Count a subject in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        for name in workloads:
            trio = workload(name, WARM), *pair(name, SUBJECTS[subject].events)
            for given in trio:
                _ = given.bodies
            (Path(folder) / name).write_bytes(pickle.dumps(trio))
        command = [sys.executable, "-m", "benches.counted", subject, ",".join(ways), folder]
        printed, totals = callgrind(command, environment(tree))
    return [measured(subject, row["way"], row["workload"], row["events"], runs) for row, runs in pairs(printed, totals)]


def count_core(program: Path, workloads: Sequence[str]) -> list[Count]:
    """Count the compiled bench of the core, without Python, on the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        arguments, events = [], {}
        for name in workloads:
            given = pair(name, CORE_EVENTS)
            events[name] = [one.events for one in given]
            arguments.append(
                [name, *(str(write(one.bodies, Path(folder) / f"{name}-{i}")) for i, one in enumerate(given))]
            )
        command = [str(program), "--count", *(word for argument in arguments for word in argument)]
        printed, totals = callgrind(command, environment(None))
    return [
        measured("core", row["way"], row["workload"], events[row["workload"]], runs)
        for row, runs in pairs(printed, totals)
    ]


def write(bodies: Sequence[bytes], folder: Path) -> Path:
    """Put each body in a file, for a program that can't generate them."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, body in enumerate(bodies):
        (folder / f"{place:05}.sse").write_bytes(body)
    return folder


def build_core(tree: Path, bench: str = "core") -> Path:
    """Compile a bench of the core in ``tree``; return the program."""
    command = [
        "cargo",
        "bench",
        "--locked",
        "--quiet",
        "--package",
        "ssefold",
        "--bench",
        bench,
        "--no-run",
        "--message-format=json",
    ]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CountError(f"{' '.join(command)}: status {done.returncode}\n{done.stderr[-4000:]}")
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    return Path(next(message["executable"] for message in messages if message.get("executable")))


def count_all(
    wanted: Sequence[tuple[str, Sequence[str], Sequence[str]]], core: Path | None = None, tree: Path | None = None
) -> dict[tuple[str, str, str], Count]:
    """Count each (subject, ways, workloads), and the core, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(count, *one, tree) for one in wanted]
        if core is not None:
            jobs.append(pool.submit(count_core, core, WORKLOADS))
        return {found.key: found for job in jobs for found in job.result()}


def ways_of(subject: str) -> tuple[str, ...]:
    return tuple(SUBJECTS[subject].load())
