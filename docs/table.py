"""A table of the package as it is read for its page: its values, and the comments that stand above its rows."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

ROW = re.compile(r"(?:\"(?P<quoted>[^\"]+)\"|(?P<bare>[\w-]+))\s*=")
HEADER = re.compile(r"\[(?P<name>[^\[\]]+)\]\s*\Z")


class Table(NamedTuple):
    """What a file says; ``comments`` are found by section and key, a section's own by the key ""."""

    file: str
    head: str  # the lines of comment at its head
    values: dict[str, Any]
    comments: dict[tuple[str, str], str]

    def rows(self, section: str) -> dict[str, Any]:
        """Return the rows of a section, none where there is none."""
        rows: dict[str, Any] = self.values.get(section, {})
        return rows

    def comment(self, section: str, key: str = "") -> str:
        """Return the comment above a row or a section, "" where there is none."""
        return self.comments.get((section, key), "")


def read(path: Path) -> Table:
    """Read the file of a table."""
    text = path.read_text(encoding="utf-8")
    head, _, rest = text.partition("\n\n")
    lines = head.split("\n") if head.startswith("#") else []
    return Table(path.name, "\n".join(map(said, lines)), tomllib.loads(text), comments_of(rest if lines else text))


def said(line: str) -> str:
    """Return what a line of comment says."""
    return line.removeprefix("#").strip()


def comments_of(text: str) -> dict[tuple[str, str], str]:
    """Find the comments that begin a line, each at the row or section that follows it."""
    comments: dict[tuple[str, str], str] = {}
    section, waiting = "", list[str]()
    for line in text.split("\n"):
        row, header = ROW.match(line), HEADER.match(line)
        if line.startswith("#"):
            waiting.append(said(line))
        elif row is not None or header is not None:
            key = "" if row is None else row["quoted"] or row["bare"]
            section = section if header is None else header["name"]
            if waiting:
                comments[section, key] = " ".join(waiting)
                waiting = []
    return comments
