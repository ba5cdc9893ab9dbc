"""Draws a record: ``python -m benches.chart [RECORD]`` writes ``benches/chart.svg``; ``--table`` prints Markdown.

With ``--readme FILE`` the table replaces what FILE has between ``<!-- benches -->`` and ``<!-- /benches -->``.
Bars have a logarithmic length: an SDK takes hundreds of times what ssefold takes, and loops written by hand ten times.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from benches import records
from benches.records import Record
from benches.subjects import SUBJECTS, WORKLOADS

CHART = Path(__file__).resolve().parent / "chart.svg"
COMMAND = "python -m benches.instructions record LABEL"
TITLES = {
    "content": "text",
    "obfuscated": "text, padded at random",
    "tools": "8 tool calls in turn",
    "reasoning": "reasoning, sent twice",
    "keepalive": "mostly keep-alives",
    "logprobs": "text with log probabilities",
    "short": "many short streams",
    "recordings": "recordings, short",
}
WIDTH, MARGIN, LABELS, RIGHT, TOP = 860, 16, 186, 84, 122
BAR, STEP, GAP = 9, 10.5, 15
LEGEND = (212, 212, 212, 150)
"""Widths of its columns."""
COLOURS = {
    "openai stream": "#c9ced6",
    "openai create": "#b4bbc6",
    "httpx-sse": "#9da6b4",
    "orjson": "#848f9f",
    "msgspec": "#6a7687",
    "python": "#e8a33d",
    "rust": "#d9480f",
}
STYLE = """\
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 } .note, .tick { fill: #57606a; font-size: 11px }
.value { font-size: 10px; fill: #57606a }
.ours { font-size: 11px; font-weight: 600; fill: #b93a06 } .ground { fill: #fff }
.grid { stroke: #d0d7de; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .note, .tick, .value { fill: #9aa4af } .ours { fill: #ff8a50 } .grid { stroke: #30363d }
.ground { fill: #0d1117 }
}"""


def nanoseconds(shown: Record, way: str = "merge") -> dict[tuple[str, str], float]:
    """(subject, workload) → nanoseconds an event."""
    return {(time.subject, time.workload): time.nanoseconds for time in shown.times if time.way == way}


def instructions(shown: Record, way: str = "merge") -> dict[tuple[str, str], float]:
    """(subject, workload) → instructions an event."""
    return {(count.subject, count.workload): count.per_event for count in shown.counts if count.way == way}


def number(value: float) -> str:
    """Three digits are all that is sure."""
    digits = max(0, 3 - len(str(int(value))))
    rounded = round(value, digits - max(0, len(str(int(value))) - 3))
    return f"{rounded:,.{min(digits, 1)}f}"


def duration(nanoseconds: float) -> str:
    """Three digits, with the unit that they fit."""
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size * 0.9995:
            return f"{three(nanoseconds / size)} {unit}"
    return f"{three(nanoseconds)} ns"


def three(value: float) -> str:
    return f"{value:#.3g}".removesuffix(".")


def svg(shown: Record) -> str:
    """The chart of a record, the same bytes each time."""
    values = nanoseconds(shown)
    low = 10 ** math.floor(math.log10(min(values.values())))
    high = max(values.values())
    height = round(TOP + len(WORKLOADS) * (len(SUBJECTS) * STEP + GAP) + 6)
    where = f"{shown.versions['python']}, {shown.machine['processor']}, {shown.date}"
    note = f"Shorter is better; lengths are logarithmic. {where}."
    about = "Nanoseconds an event, from bytes to the merged message, of ssefold and its alternatives"
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{about}">',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="title" x="{MARGIN}" y="28">From bytes to the merged message: time for an event</text>',
        f'<text class="note" x="{MARGIN}" y="46">{escape(note)}</text>',
        *legend(),
        *axis(low, high, height),
        *bars(values, low, high),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def place(value: float, low: float, high: float) -> float:
    """Where on the axis a value is."""
    return round(LABELS + (WIDTH - LABELS - RIGHT) * math.log(value / low) / math.log(high / low), 1)


def axis(low: float, high: float, height: int) -> Iterator[str]:
    value = low
    while value <= high:
        x = place(value, low, high)
        tick = f"{value:g} ns" if value < 1e3 else f"{value / 1e3:g} µs" if value < 1e6 else f"{value / 1e6:g} ms"
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP - 6}" y2="{height - 14}"/>'
        yield f'<text class="tick" x="{x}" y="{TOP - 11}" text-anchor="middle">{tick}</text>'
        value *= 10


def bars(values: dict[tuple[str, str], float], low: float, high: float) -> Iterator[str]:
    y = float(TOP)
    for workload in WORKLOADS:
        middle = y + len(SUBJECTS) * STEP / 2 + 4
        yield f'<text x="{LABELS - 12}" y="{middle:g}" text-anchor="end">{escape(TITLES[workload])}</text>'
        for subject, colour in COLOURS.items():
            if (subject, workload) in values:
                value = values[subject, workload]
                end = place(value, low, high)
                length = f"{end - LABELS:.1f}"
                mark = "value ours" if subject == "rust" else "value"
                yield f'<rect x="{LABELS}" y="{y:g}" width="{length}" height="{BAR}" rx="1.5" fill="{colour}"/>'
                shown = duration(value)
                ground = len(shown) * 6 + 2
                yield f'<rect class="ground" x="{end + 3:.1f}" y="{y:g}" width="{ground}" height="{BAR}"/>'
                yield f'<text class="{mark}" x="{end + 5:.1f}" y="{y + BAR - 0.5:g}">{shown}</text>'
            y += STEP
        y += GAP


def legend() -> Iterator[str]:
    x, y = MARGIN, 62
    for column, (subject, colour) in enumerate(COLOURS.items()):
        yield f'<rect x="{x}" y="{y}" width="11" height="11" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 17}" y="{y + 10}">{escape(SUBJECTS[subject].title)}</text>'
        x += LEGEND[column % len(LEGEND)]
        if column == len(LEGEND) - 1:
            x, y = MARGIN, y + 19


def table(shown: Record) -> str:
    """The same as Markdown, with instructions, and what is needed to measure it again."""
    times, counts = nanoseconds(shown), instructions(shown)
    lines = [
        "| ns an event (instructions) | " + " | ".join(WORKLOADS) + " |",
        "|---|" + "---:|" * len(WORKLOADS),
    ]
    for subject, who in SUBJECTS.items():
        cells = [
            f"{number(times[subject, name])} ({number(counts[subject, name])})" if (subject, name) in times else ""
            for name in WORKLOADS
        ]
        lines.append(f"| {who.title} | " + " | ".join(cells) + " |")
    ratios = [f"{times['msgspec', name] / times['rust', name]:.1f}" for name in WORKLOADS]
    lines.append("| *msgspec by hand / ssefold* | " + " | ".join(ratios) + " |")
    machine, versions = shown.machine, dict(shown.versions)
    tools = ", ".join(f"{name} {versions.pop(name)}" for name in ("python", "rustc", "valgrind") if name in versions)
    lines += [
        "",
        f"Measured {shown.date} on {machine['processor']}, {machine['cores']} cores, {machine['system']}: {tools}; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + f". Times are the best of several rounds; `{COMMAND}` measures again, `python -m benches.chart` draws.",
    ]
    return "\n".join(lines) + "\n"


def put(readme: Path, text: str) -> None:
    """Replace what is between the comments."""
    pattern = re.compile(r"(<!-- benches -->\n).*(<!-- /benches -->)", re.DOTALL)
    new, found = pattern.subn(lambda match: f"{match[1]}{text}{match[2]}", readme.read_text(encoding="utf-8"))
    if not found:
        sys.exit(f"{readme} has no <!-- benches --> and <!-- /benches -->")
    readme.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", nargs="?", type=Path)
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--readme", type=Path)
    args = parser.parse_args()
    shown = records.read(args.record or records.latest())
    if args.table:
        sys.stdout.write(table(shown))
        return
    CHART.write_text(svg(shown), encoding="utf-8")
    if args.readme:
        put(args.readme, table(shown))


if __name__ == "__main__":
    main()
