"""Profile-guided optimisation: the compiler is told which branches of the extension recorded streams take.

``pgo/extension.profdata`` is a profile that ``make pgo`` recorded, with the compiler that ``pgo/rustc`` names. Names
in it are that compiler's: another one would find none of its functions there, so it isn't given to any.

As a program: prints the variable that lets cargo use it, for a build that isn't the backend's, or nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "pgo"
PROFILE = FOLDER / "extension.profdata"
COMPILER = FOLDER / "rustc"
# What others state for the build stays: cargo joins this one with its configuration's, and ignores both for RUSTFLAGS.
VARIABLES = ("CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS")


def compiler() -> str:
    """Return the version of the compiler that cargo uses, "" without one."""
    rustc = os.environ.get("RUSTC") or shutil.which("rustc")
    if not rustc:
        return ""
    # As for cargo: rustup's proxy would download a toolchain that is missing.
    environment = {**os.environ, "RUSTUP_AUTO_INSTALL": "0"}
    try:
        answer = subprocess.run(  # noqa: S603, the program is the user's own compiler
            [rustc, "--version"], capture_output=True, check=True, cwd=FOLDER, env=environment, text=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.strip()


def fits() -> bool:
    """Tell whether the profile is of use here: to this compiler, and at a path that a variable can hold."""
    is_there = PROFILE.is_file() and not any(map(str.isspace, str(PROFILE)))
    return is_there and COMPILER.read_text(encoding="utf-8").strip() == compiler()


def variable() -> tuple[str, str] | None:
    """Return the variable, with its value, that lets cargo use the profile; None where that doesn't fit."""
    if not fits():
        return None
    name = next((name for name in VARIABLES if name in os.environ), VARIABLES[-1])
    separator = "\x1f" if name == VARIABLES[0] else " "
    flags = (os.environ.get(name), f"-Cprofile-use={PROFILE}")
    return name, separator.join(filter(None, flags))


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Let cargo use the profile, if it fits, for as long as this lasts."""
    found = variable()
    if found is None:
        yield
        return
    name, value = found
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


if __name__ == "__main__":
    stated = variable()
    if stated:
        print("=".join(stated))
