"""Which lines of the Rust sources never ran: cover.py FOLDER SHARE OBJECT..., the share in percent.

FOLDER holds the profiles that instrumented objects left. Exits 1 where fewer lines of the core or of the bindings ran
than promised. The tools that read a profile belong to the compiler that wrote it: rustup's component llvm-tools.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).resolve().parent.parent
Counts = dict[int, int]


def tool(name: str) -> str:
    """Return the path of one of the compiler's own tools."""
    asked = ["rustc", "--print", "target-libdir"]
    libraries = subprocess.run(asked, capture_output=True, check=True, text=True)
    return str(Path(libraries.stdout.strip()).parent / "bin" / name)


def counted(trace: Iterable[str]) -> Iterator[tuple[Path, Counts]]:
    """Read an lcov trace: each file with how often each of its lines ran."""
    file, counts = Path(), Counts()
    for line in trace:
        kind, _, rest = line.partition(":")
        if kind == "SF":
            file, counts = Path(rest), {}
        elif kind == "DA":
            number, times = rest.split(",")[:2]
            counts[int(number)] = int(times)
        elif kind == "end_of_record":
            yield file, counts


def spans(numbers: list[int]) -> str:
    """Spell line numbers as 3-5, 8."""
    runs = (list(run) for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]))
    ends = ((run[0][1], run[-1][1]) for run in runs)
    return ", ".join(f"{first}-{last}" if first < last else f"{first}" for first, last in ends)


def share(counts: Iterable[Counts]) -> tuple[int, int, float]:
    """Return how many lines ran, of how many, and the percentage."""
    times = [times for lines in counts for times in lines.values()]
    ran = sum(map(bool, times))
    return ran, len(times), 100 * ran / len(times)


def main(folder: str, least: str, *objects: str) -> bool:
    """Print files with lines that never ran, and the sums; return whether the share is kept."""
    profile = f"{folder}/all.profdata"
    profiles = map(str, Path(folder).glob("*.profraw"))
    subprocess.run([tool("llvm-profdata"), "merge", "-sparse", *profiles, "-o", profile], check=True)
    more = [word for name in objects[1:] for word in ("-object", name)]
    export = [tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={profile}", objects[0], *more]
    trace = subprocess.run(export, capture_output=True, check=True, text=True).stdout
    seen: dict[str, dict[str, Counts]] = {"src": {}, "bindings": {}}
    for path, counts in counted(trace.splitlines()):
        if path.is_relative_to(ROOT) and (place := path.relative_to(ROOT)).parts[0] in seen:
            seen[place.parts[0]][place.as_posix()] = counts
    for files in seen.values():
        for name, counts in sorted(files.items()):
            never = [number for number, times in counts.items() if not times]
            if never:
                print(f"{name:32} {share([counts])[2]:6.1f} %  never ran: {spans(never)}")
    for place, files in seen.items():
        ran, lines, percent = share(files.values())
        print(f"{place}: {ran} of {lines} lines ran, {percent:.2f} %")
    return all(share(files.values())[2] >= float(least) for files in seen.values())


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
