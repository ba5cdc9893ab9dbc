"""Writes the pages that are made of the dialects' tables and of the code that reads them.

``python -m docs.generate`` writes them; with ``--check`` it writes nothing, and fails where one is stale.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import ssefold
from docs.dialect import dialect_page
from docs.page import grid, page
from docs.reference import reference
from docs.table import Table, read

DOCS = Path(__file__).parent
TABLES = Path(ssefold.__file__).parent / "dialects"


def index(tables: list[Table]) -> str:
    """Return the list of the dialects."""
    rows = ((f"[{table.values['name']}]({table.values['name']}.md)", table.head.partition("\n")[0]) for table in tables)
    return page(
        "Dialects",
        "Those of the package, in the order in which they are tried where none is named:",
        grid(("dialect", "what it is"), rows),
        "A table of one's own is a dialect too: [your-own-dialect.md](../your-own-dialect.md).",
    )


def pages() -> dict[Path, str]:
    """Return the text of every generated page."""
    tables = [read(TABLES / f"{name}.toml") for name in ssefold.dialects()]
    made = {DOCS / "dialects" / f"{table.values['name']}.md": dialect_page(table) for table in tables}
    return {**made, DOCS / "dialects" / "index.md": index(tables), DOCS / "tables.md": reference()}


def stale() -> dict[Path, str | None]:
    """Return the pages that differ from what is there, None for one whose dialect is gone."""
    made = pages()
    there = {path: path.read_text(encoding="utf-8") for path in (*DOCS.glob("dialects/*.md"), *made) if path.exists()}
    return {path: made.get(path) for path in made.keys() | there.keys() if made.get(path) != there.get(path)}


def main(arguments: list[str] | None = None) -> int:
    """Write the pages, or check them; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m docs.generate", description="Writes the generated pages of docs/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a page is stale")
    check = parser.parse_args(arguments).check
    found = stale()
    for path, text in sorted(found.items()):
        if check:
            print(f"stale: {path.relative_to(DOCS.parent)}", file=sys.stderr)
        elif text is None:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(check and bool(found))


if __name__ == "__main__":
    sys.exit(main())
