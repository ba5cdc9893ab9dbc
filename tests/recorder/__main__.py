"""``python -m tests.recorder [DIRECTORY]``: record every scenario again, by default into ``tests/cassettes``."""

from __future__ import annotations

import sys
from pathlib import Path

from .record import record_all
from .scenarios import SCENARIOS

if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "cassettes"
    for path in record_all(SCENARIOS, target):
        sys.stdout.write(f"{path}\n")
