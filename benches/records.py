"""A record: what was measured, and the machine, tools and versions that it holds for. JSON in ``benches/record``."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from benches.counting import ROOT, Count
from benches.subjects import SUBJECTS
from benches.timing import Time

FOLDER = Path(__file__).resolve().parent / "record"


@dataclass(frozen=True)
class Record:
    """What a run of ``python -m benches.instructions record`` found."""

    label: str
    date: str
    commit: str
    machine: dict[str, str]
    versions: dict[str, str]
    counts: tuple[Count, ...]
    times: tuple[Time, ...]

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.date}-{self.label}.json"


def printed(*command: str) -> str:
    """First line of what a program says, empty without it."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip().partition("\n")[0] if done.returncode == 0 else ""


def machine() -> dict[str, str]:
    """What the figures depend on and a stranger may know: no names, no paths."""
    try:
        model = re.search(r"^model name\s*: (.+)", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        model = None
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()),
    }


def versions() -> dict[str, str]:
    packages = sorted({package for subject in SUBJECTS.values() for package in subject.packages})
    found = {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "rustc": printed("rustc", "--version").removeprefix("rustc ").partition(" ")[0],
        "valgrind": printed("valgrind", "--version").removeprefix("valgrind-"),
        **{package: metadata.version(package) for package in packages},
    }
    return {name: version for name, version in found.items() if version}


def make(label: str, counts: Iterable[Count], times: Iterable[Time]) -> Record:
    if not re.fullmatch(r"[a-z0-9-]+", label):
        sys.exit(f"a label is lower-case letters, digits and hyphens, not {label!r}")
    commit = printed("git", "describe", "--always", "--dirty", "--exclude=*")
    date = datetime.now(UTC).date().isoformat()
    return Record(label, date, commit, machine(), versions(), tuple(counts), tuple(times))


def write(record: Record) -> Path:
    """Write a record, a row a line, so that two of them can be compared by eye."""
    fields: dict[str, Any] = dataclasses.asdict(record)
    rows = {name: fields.pop(name) for name in ("counts", "times")}
    head = json.dumps(fields, indent=1)[:-2]
    tables = [f' "{name}": [\n  ' + ",\n  ".join(map(json.dumps, table)) + "\n ]" for name, table in rows.items()]
    record.path.parent.mkdir(exist_ok=True)
    record.path.write_text(head + ",\n" + ",\n".join(tables) + "\n}\n", encoding="utf-8")
    return record.path


def read(path: Path) -> Record:
    fields = json.loads(path.read_text(encoding="utf-8"))
    fields["counts"] = tuple(Count(**row) for row in fields["counts"])
    fields["times"] = tuple(Time(**row) for row in fields["times"])
    return Record(**fields)


def latest() -> Path:
    """The newest record by its date; of a day's the one whose label sorts last."""
    found = sorted(FOLDER.glob("*.json"))
    if not found:
        sys.exit("no record yet: python -m benches.instructions record LABEL")
    return found[-1]
