"""A page: the pieces of Markdown that the generated ones are made of."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by `python -m docs.generate`. -->"


def page(title: str, *sections: str) -> str:
    """Return a whole page; sections without text are left out."""
    return "\n\n".join([f"# {title}", NOTICE, *filter(None, sections)]) + "\n"


def section(title: str, *paragraphs: str) -> str:
    """Return a section, "" where it has no text."""
    told = [paragraph for paragraph in paragraphs if paragraph]
    return "\n\n".join([f"## {title}", *told]) if told else ""


def items(lines: Iterable[str]) -> str:
    """Return a list."""
    return "\n".join(f"- {line}" for line in lines)


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table without the columns that are empty, "" where it has no row."""
    lines = [list(row) for row in rows]
    if not lines:
        return ""
    kept = [at for at in range(len(head)) if any(line[at] for line in lines)]
    table = [[head[at] for at in kept], ["---"] * len(kept), *([line[at] for at in kept] for line in lines)]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in table)


def cell(text: str) -> str:
    """Return text fit for a cell."""
    return text.replace("|", "\\|").replace("\n", " ")


def named(names: dict[str, str], head: str) -> str:
    """Return the table of names and what each means."""
    return grid((head, "meaning"), ((code(name), meaning) for name, meaning in names.items()))


def code(text: str) -> str:
    """Return a piece of code."""
    return f"`{text}`"


def codes(texts: Iterable[str], word: str = "and") -> str:
    """Return pieces of code as a list in a sentence."""
    told = [code(text) for text in texts]
    return f" {word} ".join(filter(None, (", ".join(told[:-1]), *told[-1:])))


def paragraphs(documented: object) -> list[str]:
    """Return the paragraphs of a docstring, as Markdown."""
    text = inspect.getdoc(documented) or ""
    return [re.sub(r"``(.+?)``", r"`\1`", paragraph) for paragraph in text.split("\n\n")]
