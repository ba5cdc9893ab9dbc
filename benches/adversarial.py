"""What a byte takes of streams that were made to hurt, by callgrind.

``print [WORD ...]``  a Markdown table of the shapes whose names have one of the words; all of them without any
``write``             the same into ``docs/limits.md``
``gate``              fail where a byte takes more the longer the stream is, or far more than one of a plain stream does

With ``--twin`` the same of the pure-Python backend.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benches.counting import ROOT, CountError, build_core, callgrind, environment
from benches.records import machine, versions
from benches.shapes import DENSE, DIALECTS, PLAIN, RATIO, SHAPES, SMALL

PAGE = ROOT / "docs" / "limits.md"
MARKS = "<!-- made by python -m benches.adversarial write -->\n", "<!-- end -->\n"
LENGTHS = 1, 2, 4
"""Bodies of a shape: so many times the length of the first."""
CORE, TWIN = 1 << 14, 1 << 11
"""Bytes of the first."""
GROWTH = 1.2
"""What a byte may take more where the stream is twice as long: buffers double at lengths of their own."""
SLACK = 1.1
"""Of the ratios, for what another compiler does otherwise."""
NOISE = 0.25
"""Of the ratio, below which the twin's growth says nothing."""
LONGER = 4
"""Times as long are the streams of a shape whose bytes take more than that, when it is counted again. What grows with
the stream has grown by then; what took more once, where a buffer moved or a text became a large one, has not."""
WARM = 3
"""Times that the twin reads a stream before it is counted."""
JOBS = 2


@dataclass(frozen=True)
class Count:
    """Instructions a byte more takes of a shape, and what that grows by where the stream is twice as long."""

    per_byte: float
    growth: float


def measured(sizes: Sequence[int], totals: Sequence[int]) -> Count:
    """What the bytes that a longer body has more take: what a stream takes but for its bytes falls out."""
    first, second = ((totals[at + 1] - totals[at]) / max(sizes[at + 1] - sizes[at], 1) for at in (0, 1))
    return Count(second, second / first)


def way_of(name: str) -> str:
    """References are merged as if no event were like another."""
    return "full" if name in {PLAIN, SMALL} else SHAPES[name].way


def bodies(names: Sequence[str], size: int, folder: Path) -> Iterator[tuple[list[str], list[int]]]:
    """Write the bodies of shapes; their paths and sizes."""
    for number, name in enumerate(names):
        paths, sizes = [], []
        for times in LENGTHS:
            body = SHAPES[name].body(size * times)
            path = folder / f"{number}-{times}"
            path.write_bytes(body)
            paths.append(str(path))
            sizes.append(len(body))
        yield paths, sizes


def count(names: Sequence[str], size: int, command: Callable[[list[str]], list[str]], tree: Path | None) -> list[Count]:
    """Count shapes in one process."""
    with tempfile.TemporaryDirectory() as folder:
        made = list(bodies(names, size, Path(folder)))
        arguments = [
            word
            for name, (paths, _) in zip(names, made, strict=True)
            for word in (way_of(name), DIALECTS.get(name.partition(":")[0], "openai-chat"), *paths)
        ]
        _, totals = callgrind(command(arguments), environment(tree))
    width = len(LENGTHS) + 1
    if len(totals) != width * len(names):
        raise CountError(f"{len(totals)} marks for {len(names)} shapes")
    # What comes before the first mark of a shape is of no interest.
    found = (totals[width * at + 1 : width * (at + 1)] for at in range(len(names)))
    return [measured(sizes, counts) for (_, sizes), counts in zip(made, found, strict=True)]


def counts(names: Sequence[str], *, twin: bool, times: int = 1) -> dict[str, Count]:
    """Count shapes on the core, or on the twin, with streams so many times as long."""
    names = list(dict.fromkeys((PLAIN, SMALL, *names)))
    parts = [names[at::JOBS] for at in range(JOBS)]
    head = [sys.executable, "-m", "benches.adversarial", "run"] if twin else [str(program_of())]
    size, tree = (TWIN, ROOT) if twin else (CORE, None)
    with ThreadPoolExecutor(JOBS) as pool:
        jobs = [pool.submit(count, part, size * times, lambda words: [*head, *words], tree) for part in parts]
        found: dict[str, Count] = {}
        for part, job in zip(parts, jobs, strict=True):
            found.update(zip(part, job.result(), strict=True))
    return found


def program_of() -> Path:
    """The compiled bench of the core."""
    return build_core(ROOT, "adversarial")


def run(words: Sequence[str]) -> None:
    """What runs under callgrind for the twin: as ``benches/adversarial.rs``."""
    from ssefold import _backend

    backend = _backend.load("python")
    gc.disable()
    for at in range(0, len(words), 2 + len(LENGTHS)):
        way, dialect, *paths = words[at : at + 2 + len(LENGTHS)]
        feeds = [cut(way, Path(path).read_bytes()) for path in paths]
        # The interpreter specialises what runs often, and caches what it compiles.
        for _ in range(WARM):
            fold(backend, way, dialect, feeds[-1])
        gc.collect()
        for each in feeds:
            os.getppid()
            fold(backend, way, dialect, each)
        os.getppid()


def cut(way: str, body: bytes) -> list[bytes]:
    """The feeds of a body."""
    if way == "bytes":
        return [body[at : at + 1] for at in range(len(body))]
    return [event + b"\n\n" for event in body.split(b"\n\n")] if way == "deltas" else [body]


def fold(backend: object, way: str, dialect: str, feeds: Sequence[bytes]) -> None:
    merger = backend.Merger(dialect, max_event_size=None, max_message_size=None, on_error="record")  # type: ignore[attr-defined]
    if way == "full":
        merger._without_templates()
    feed = merger.feed if way == "deltas" else merger.observe
    for each in feeds:
        feed(each)
    merger.finish()
    len(merger.result().text)


@dataclass(frozen=True)
class Row:
    """A shape, counted: what its bytes take of those of a plain stream, and of one of the smallest plain chunks."""

    name: str
    found: Count
    to_plain: float
    to_small: float

    def grows(self, *, twin: bool) -> bool:
        """Whether a byte takes more where the stream is twice as long."""
        # Where the interpreter's own C does all of the work, its noise is more than that.
        noise = twin and self.to_small < NOISE
        return self.found.growth > GROWTH and not noise

    @property
    def bound(self) -> float:
        """What a byte may take of one of the smallest plain chunks."""
        return DENSE.get(self.name, RATIO)

    def __str__(self) -> str:
        mark = " (dense)" if self.name in DENSE else ""
        found = self.found
        ratios = f"{self.to_plain:.2f} | {self.to_small:.2f}"
        return f"| {self.name}{mark} | {found.per_byte:,.1f} | {ratios} | {found.growth:.2f} |"


def rows(words: Sequence[str], *, twin: bool) -> list[Row]:
    """Count the shapes whose names have one of the words."""
    names = [name for name in SHAPES if not words or any(word in name for word in words)]
    found = counts(names, twin=twin)
    plain, small = found[PLAIN].per_byte, found[SMALL].per_byte
    return [Row(name, found[name], found[name].per_byte / plain, found[name].per_byte / small) for name in names]


HEAD = """\
| shape | instructions a byte | of plain | of small | twice the length |
|---|--:|--:|--:|--:|
"""


def table(found: Sequence[Row]) -> str:
    told = {**machine(), **versions()}
    about = ", ".join(f"{name} {told[name]}" for name in ("processor", "rustc", "valgrind") if told.get(name))
    lines = "\n".join(map(str, found))
    return f"{HEAD}{lines}\n\nCounted with {about}.\n"


def write(found: Sequence[Row]) -> None:
    before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
    PAGE.write_text(f"{before}{MARKS[0]}\n{table(found)}{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8")


def faults(found: Sequence[Row], *, twin: bool) -> Iterator[str]:
    """What breaks the gate; of the twin its growth alone, as it spends more on an event and less on its values."""
    grown = [row for row in found if row.grows(twin=twin)]
    longer = counts([row.name for row in grown], twin=twin, times=LONGER) if grown else {}
    for row in grown:
        growth = longer[row.name].per_byte / row.found.per_byte
        if growth > GROWTH:
            twice = f"{row.found.growth:.2f} times as much a byte where the stream is twice as long"
            yield f"{row.name}: {twice}, {growth:.2f} where {LONGER} times"
    for row in found:
        if not twin and row.to_small > row.bound * SLACK:
            yield f"{row.name}: {row.to_small:.1f} times a byte of the smallest plain chunks, not {row.bound:g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("print", "write", "gate", "run"))
    parser.add_argument("words", nargs="*")
    parser.add_argument("--twin", action="store_true", help="count the twin, not the core")
    args = parser.parse_args()
    if args.command == "run":
        return run(args.words)
    try:
        found = rows(args.words, twin=args.twin)
        broken = list(faults(found, twin=args.twin)) if args.command == "gate" else []
    except CountError as error:
        sys.exit(f"{error}")
    if args.command == "print":
        sys.stdout.write(table(found))
    elif args.command == "write":
        write(found)
    else:
        print("\n".join([*broken, f"{len(broken)} faults of {len(found)} shapes"]))
        sys.exit(bool(broken))
    return None


if __name__ == "__main__":
    main()
