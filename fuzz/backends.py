"""The twin against the core, on recordings that are changed and on generated streams, for as long as asked for.

``--time 60`` draws streams for a minute; what differs is shrunk and printed. ``--bodies FOLDER`` compares the streams
of the targets' corpora, which ``cargo run --example bodies`` writes there: they are those that reach deepest.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import hypothesis  # noqa: E402 - of the tests' own modules
from hypothesis import strategies as st  # noqa: E402

import generate  # noqa: E402
from merging import delta_of, error_of, spelled, state_of  # noqa: E402
from ssefold import _backend  # noqa: E402
from ssefold.errors import DialectError, SSEFoldError  # noqa: E402

TWIN, CORE = (_backend.load(name) for name in ("python", "rust"))
RECORDINGS = [path.read_bytes() for path in sorted((ROOT / "tests" / "cassettes").glob("*.sse"))]
TABLES = [path.read_text("utf-8") for path in sorted((ROOT / "python" / "ssefold" / "dialects").glob("*.toml"))]
EVENT, LINE = re.compile(rb".*?(?:\r?\n\r?\n|\r\r|\Z)", re.DOTALL), re.compile(rb"[^\n]*(?:\n|\Z)")
TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"(?!\s*:)')
NUMBER = re.compile(rb"(?<=[:\[,])-?\d+")
MEMBER = re.compile(rb'"(\w+)"\s*:')
TEXTS = (
    b'""', b'"a"', b'"lo "', b'"\\ud83d"', b'"\\ude00"', b'"x\\ud83d"', '"é"'.encode(), b'"\\u0041\\/"', b'"\\""',
    b'"[DONE]"', b'"{\\"a\\":"', b'"}"', b'"stop"', b'"tool_use"', b'"text"', b'"call_1"', b'"a text of several words"',
)  # fmt: skip
VALUES = (
    *TEXTS, b"null", b"0", b"7", b"-1", b"1.5", b"4000000000", b"true", b"[]", b"{}", b'[{"type":"text"}]', b"1e2",
    b'{"a":{"b":[1]}}', b'[{"index":0,"a":"b"}]', b"123456789012345678901234567890",
)  # fmt: skip
BYTES = b'"\\{}[]:,0129eE.-+ \n\r\t\x00\x7f\x80\xe2\xffudabn'
ROUND = 100
# A mebibyte takes the twin half a second, five times over.
LONGEST = 1 << 16


@dataclass(frozen=True)
class Case:
    """A body in pieces, and the settings that it is merged under."""

    pieces: list[bytes]
    dialect: str
    limits: dict[str, int]

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def choose(chance: random.Random, pattern: re.Pattern[bytes], data: bytes) -> re.Match[bytes] | None:
    """One of the matches."""
    found = list(pattern.finditer(data))
    return chance.choice(found) if found else None


def varied(event: bytes, chance: random.Random) -> bytes:
    """An event with a string, a number or a byte changed, or a member put in: mostly what templates are made for."""
    (kind,) = chance.choices(("text", "number", "value", "member", "byte"), (40, 25, 12, 12, 2))
    if kind == "byte" and event:
        at = chance.randrange(len(event))
        return event[:at] + bytes([chance.choice(BYTES)]) + event[at + chance.randrange(2) :]
    if kind == "member":
        found, source = choose(chance, re.compile(rb"\{"), event), choose(chance, MEMBER, chance.choice(RECORDINGS))
        if found is None or source is None:
            return event
        comma = b"" if event[found.end() :].lstrip().startswith(b"}") else b","
        return event[: found.end()] + source.group() + chance.choice(VALUES) + comma + event[found.end() :]
    found = choose(chance, NUMBER if kind == "number" else TEXT, event)
    if found is None:
        return event
    put = chance.choice(VALUES) if kind == "value" else chance.choice(TEXTS)
    if kind == "number":
        put = str(chance.choice((0, 1, 2, 3, 9, 10, int(found.group()[-9:]) + 1))).encode()
    return event[: found.start()] + put + event[found.end() :]


def events_of(body: bytes) -> list[bytes]:
    """The events, or the lines where no blank one parts events."""
    return (EVENT if b"\n\n" in body or b"\r" in body else LINE).findall(body)


def changed(body: bytes, seeds: list[int]) -> bytes:
    """A body with events changed, repeated, moved, left out, or taken from another recording; one change a seed."""
    events = events_of(body)
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        if not events:
            break
        at, other = chance.randrange(len(events)), chance.randrange(len(events))
        way = chance.random()
        if way < 0.35:
            events[at] = varied(events[at], chance)
        elif way < 0.75:
            # As streams do: the same event, again and again, with other texts.
            for _ in range(chance.choice((1, 2, 3, 6))):
                events.insert(at + 1, varied(events[at], chance))
                at += 1
        elif way < 0.85:
            events[at], events[other] = events[other], events[at]
        elif way < 0.92:
            events.insert(at, chance.choice(events_of(chance.choice(RECORDINGS))))
        else:
            del events[at]
    return b"".join(events)


def tables_changed(text: str, seeds: list[int]) -> str:
    """A table with lines and words changed, left out, or taken from another one."""
    lines = text.splitlines()
    every = [line for table in TABLES for line in table.splitlines() if line and not line.startswith("#")]
    words = re.compile(r'[^\s"={},]+')
    for seed in seeds:
        chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        at, way = chance.randrange(len(lines) or 1), chance.random()
        if way < 0.2 or not lines:
            lines.insert(at, chance.choice(every))
        elif way < 0.35:
            del lines[at]
        else:
            found = list(words.finditer(lines[at]))
            put = chance.choice(words.findall(chance.choice(every)) or [""])
            if found:
                one = chance.choice(found)
                lines[at] = lines[at][: one.start()] + put + lines[at][one.end() :]
    return "\n".join(lines)


def told(deltas: list[Any] | None, *, paths: bool = True) -> list[Any]:
    return [delta_of(each, path=paths) for each in deltas or []]


def fold(
    backend: Any, case: Case, dialect: Any, *, templates: bool = True, looking: bool = True, paths: bool = True
) -> tuple[Any, Any]:
    """Merge; what it came to, and the deltas."""
    merger = backend.Merger(dialect, on_error="record", **case.limits)
    if not templates:
        merger._without_templates()  # noqa: SLF001 - the switch that tests have
    deltas = [each for piece in case.pieces for each in (merger.feed if looking else merger.observe)(piece) or ()]
    deltas += merger.finish()
    return state_of(merger.result()), told(deltas, paths=paths) if looking else None


def steps(backend: Any, case: Case, dialect: Any) -> list[Any]:
    """What each call gives or raises, and what is known after it."""
    merger, seen = backend.Merger(dialect, **case.limits), []
    for number, piece in enumerate([*case.pieces[:40], None]):
        try:
            deltas = merger.finish() if piece is None else (merger.observe if number % 3 == 2 else merger.feed)(piece)
            answer: Any = told(deltas)
        except SSEFoldError as error:
            answer = error_of(error), told(error.deltas), state_of(error.merged)
        seen.append((answer, state_of(merger.result()), spelled(merger.snapshot()), merger.dialect))
    return seen


def framed(backend: Any, case: Case) -> list[Any]:
    """The events, call by call."""
    decoder, seen = backend.EventDecoder(max_event_size=case.limits.get("max_event_size", 1 << 20)), []
    for piece in [*case.pieces, None]:
        try:
            events = decoder.finish(incomplete="dispatch") if piece is None else decoder.feed(piece)
            seen.append([(each.event, each.data, each.id, each.retry) for each in events])
        except SSEFoldError as error:
            seen.append([error_of(error)])
    return [*seen, decoder.last_event_id, decoder.retry, decoder.comments]


def compare(case: Case, table: str | None = None) -> None:
    """Assert that all ways to merge give the same."""
    dialects = compiled(table) if table is not None else (case.dialect, case.dialect)
    if dialects is None:
        return
    twin, core = (fold(backend, case, dialect) for backend, dialect in zip((TWIN, CORE), dialects, strict=True))
    assert twin == core, "twin and core"
    whole = Case([case.body], case.dialect, case.limits)
    for backend, dialect in zip((TWIN, CORE), dialects, strict=True):
        name = backend.__name__
        assert fold(backend, case, dialect, templates=False) == core, f"templates on and off, {name}"
        assert fold(backend, case, dialect, looking=False)[0] == core[0], f"observed, {name}"
        uncut = fold(backend, whole, dialect, paths=False)
        assert uncut[0] == core[0], f"whole and cut, {name}"
    twin_steps, core_steps = (
        steps(backend, case, dialect) for backend, dialect in zip((TWIN, CORE), dialects, strict=True)
    )
    assert twin_steps == core_steps, "call by call"
    assert framed(TWIN, case) == framed(CORE, case), "events"


def compiled(table: str) -> tuple[Any, Any] | None:
    """The dialects of both backends; None where both refuse the table, in the same words."""
    found = []
    for backend in (TWIN, CORE):
        try:
            found.append(backend.Dialect.from_toml(table))
        except DialectError as error:
            found.append(error_of(error))
    if isinstance(found[0], tuple) or isinstance(found[1], tuple):
        assert found[0] == found[1], "a table that is refused"
        return None
    return found[0], found[1]


seeds = st.lists(st.integers(0, 2**32), max_size=6)
limits = (
    st.just({})
    | st.just({})
    | st.fixed_dictionaries(
        {}, optional={"max_event_size": st.integers(0, 600), "max_message_size": st.integers(0, 4000)}
    )
)
recorded = st.builds(changed, st.sampled_from(RECORDINGS), seeds)
generated = st.builds(lambda stream, seeds: changed(stream.body, seeds), generate.streams, seeds)
damaged = generate.mutants.map(lambda stream: stream.body)
bodies = st.one_of(recorded, recorded, recorded, generated, generated, damaged)
dialects = st.sampled_from(["auto"] * 14 + [*TWIN.dialects()])
cases = st.builds(
    lambda body, cuts, dialect, bounds: Case(generate.pieces(body[:LONGEST], cuts), dialect, bounds),
    bodies, generate.cuts, dialects, limits,
)  # fmt: skip
tables = st.builds(tables_changed, st.sampled_from(TABLES), st.lists(st.integers(0, 2**32), max_size=2))


def draw(seconds: float, seed: int | None) -> None:
    """Compare drawn cases until the time is over; the first difference, shrunk, is raised."""
    end, drawn = time.monotonic() + seconds, 0
    start = seed if seed is not None else random.SystemRandom().randrange(2**32)
    settings = hypothesis.settings(
        max_examples=ROUND, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
    )  # fmt: skip

    @settings
    @hypothesis.given(cases)
    def streams(case: Case) -> None:
        compare(case)

    @settings
    @hypothesis.given(cases, tables)
    def of_tables(case: Case, table: str) -> None:
        compare(case, table)

    number = 0
    while time.monotonic() < end:
        for run in (streams, streams, of_tables):
            hypothesis.seed(start + number)(run)()
            number, drawn = number + 1, drawn + ROUND
    print(f"{drawn} cases from seed {start} on: no difference")


def replay(folder: Path) -> None:
    """Compare the streams that `cargo run --bin bodies` wrote: of tables, the table stands beside it."""
    count = 0
    for path in sorted(folder.rglob("*.body")):
        body, table = path.read_bytes(), path.with_suffix(".toml")
        cut = int(path.stem[:4], 16)
        pieces = [body] if cut % 4 == 0 else [body[at : at + cut % 97 + 1] for at in range(0, len(body), cut % 97 + 1)]
        name = path.parent.name.removeprefix("merge_").replace("_", "-")
        dialect = name if name in TWIN.dialects() else "auto"
        try:
            compare(Case(pieces, dialect, {}), table.read_text("utf-8") if table.exists() else None)
        except AssertionError as error:
            error.add_note(f"of {path}")
            raise
        count += 1
    print(f"{count} streams of the corpora: no difference")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time", type=float, default=0, help="seconds to draw streams for")
    parser.add_argument("--seed", type=int, help="of the first round; drawn by default")
    parser.add_argument("--bodies", type=Path, help="a folder of streams")
    arguments = parser.parse_args()
    if arguments.bodies:
        replay(arguments.bodies)
    if arguments.time:
        draw(arguments.time, arguments.seed)


if __name__ == "__main__":
    main()
