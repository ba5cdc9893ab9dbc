"""The recorded streams of others, read where they are: `SSEFOLD_CORPUS`, else `shared/corpus` beside the checkout."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

_NAMED = os.environ.get("SSEFOLD_CORPUS")
FOLDER = Path(_NAMED) if _NAMED else Path(__file__).resolve().parents[2] / "shared" / "corpus"


@dataclass(frozen=True)
class Recording:
    """One stream and what it merges to. `doubtful` names fields of `expected` not to be relied on, `*` the whole."""

    file: str
    expected_file: str
    dialect: str
    doubtful: tuple[str, ...]

    @cached_property
    def body(self) -> bytes:
        return (FOLDER / self.file).read_bytes()

    @cached_property
    def expected(self) -> dict[str, Any]:
        expected: dict[str, Any] = json.loads((FOLDER / self.expected_file).read_text(encoding="utf-8"))
        return expected


def there() -> bool:
    """Tell whether there is a corpus. One that was named and isn't there is an error, not an absence."""
    if _NAMED and not (FOLDER / "catalogue.jsonl").is_file():
        message = f"SSEFOLD_CORPUS={_NAMED} holds no catalogue.jsonl"
        raise FileNotFoundError(message)
    return (FOLDER / "catalogue.jsonl").is_file()


def recordings(*dialects: str) -> list[Recording]:
    """Return the recordings of these dialects, of all without one; nothing where there is no corpus."""
    if not there():
        return []
    with (FOLDER / "catalogue.jsonl").open(encoding="utf-8") as catalogue:
        rows = [json.loads(line) for line in catalogue]
    return [
        Recording(row["file"], row["expected"], row["dialect"], tuple(row["doubtful"]))
        for row in rows
        if not dialects or row["dialect"] in dialects
    ]
