"""Records the profile that the extension is compiled by: ``python -m benches.training``, or ``make pgo``.

An extension that counts its branches folds our own recordings and the benches' workloads in every way; the counts go to
``packaging/pgo``. The compiler's llvm-tools are needed (``rustup component add llvm-tools``).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benches import recordings
from benches.subjects import WORKLOADS, fold, load, summed

ROOT = Path(__file__).resolve().parent.parent
GOAL = ROOT / "packaging" / "pgo"
FOLDER = ROOT / "target" / "pgo"
COUNTS = FOLDER / "counts"
EVENTS = 300
ROUNDS = 300
"""Of the recordings: what few events of a stream take is as worthy as what its many take. With 20 rounds the recordings
of Gemini took 5 % more instructions than without a profile, with 300 they take 13 % fewer."""


def train() -> None:
    """Do what is counted."""
    for name in WORKLOADS:
        fold("rust", name, EVENTS)
    ways = load("rust")
    given = summed("recordings", tuple(recordings.every().values()) * ROUNDS, ())
    for way in ("merge", "message", "live", "observe"):
        ways[way](given)


def run(*command: str | Path, **variables: str | Path) -> str:
    environment = {**os.environ, **{name: str(value) for name, value in variables.items()}}
    words = [str(word) for word in command]
    return subprocess.run(
        words, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ).stdout.strip()


def record() -> None:
    """Compile, count, and write the profile."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    maturin = (sys.executable, "-m", "maturin", "build", "--release", "--locked", "--interpreter", sys.executable)
    build = FOLDER.with_name("pgo-build")
    run(*maturin, "--out", FOLDER, RUSTFLAGS=f"-Cprofile-generate={COUNTS}", CARGO_TARGET_DIR=build)
    # Procedural macros have been counted while it was compiled.
    shutil.rmtree(COUNTS, ignore_errors=True)
    site = FOLDER / "site"
    run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, *FOLDER.glob("*.whl"))
    path = os.pathsep.join((str(site), str(ROOT)))
    run(sys.executable, "-P", "-m", "benches.training", "train", PYTHONPATH=path, SSEFOLD_BACKEND="rust")
    profdata = Path(run("rustc", "--print", "target-libdir")).parent / "bin" / "llvm-profdata"
    run(profdata, "merge", "--sparse", "--output", GOAL / "extension.profdata", *COUNTS.glob("*.profraw"))
    (GOAL / "rustc").write_text(run("rustc", "--version") + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        train()
    else:
        record()
