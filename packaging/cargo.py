"""Which cargo can compile the extension, if any. Asks the one on PATH for its version and nobody else.

As a program: prints its path and version and exits 0, or prints nothing and exits 1.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PURE_PYTHON = "SSEFOLD_PURE_PYTHON"


def minimum_version() -> tuple[int, ...]:
    """Return the MSRV: ``rust-version`` of the workspace."""
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))
    return _numbers(manifest["workspace"]["package"]["rust-version"])


def find() -> tuple[str, str] | None:
    """Return path and version of a cargo that is recent enough; None without one, or where SSEFOLD_PURE_PYTHON is 1."""
    path = shutil.which("cargo")
    if path is None or os.environ.get(PURE_PYTHON) == "1":
        return None
    # rustup's proxy would otherwise download the toolchain that is missing.
    environment = {**os.environ, "RUSTUP_AUTO_INSTALL": "0"}
    try:
        answer = subprocess.run(  # noqa: S603, the program is the user's own cargo
            [path, "--version"], capture_output=True, check=True, cwd=ROOT, env=environment, text=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.match(r"cargo (\d+\.\d+\.\d+)", answer.stdout)
    if version is None or _numbers(version[1]) < minimum_version():
        return None
    return path, version[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


if __name__ == "__main__":
    found = find()
    if found is None:
        sys.exit(1)
    print(*found)
