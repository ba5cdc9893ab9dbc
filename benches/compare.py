"""Two versions of ssefold, built and counted in one job with the benches of this checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from benches import counting
from benches.counting import ROOT, Count, CountError
from benches.subjects import GROWING, WORKLOADS

GREW = 1.03
WANTED = [
    ("rust", ("merge", "message", "live", "observe", "events"), (*WORKLOADS, *GROWING)),
    ("python", ("merge", "live", "observe", "events"), WORKLOADS),
]
Counts = dict[tuple[str, str, str], Count]


def git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False)  # noqa: S607
    if done.returncode:
        sys.exit(f"git {' '.join(arguments)}: {done.stderr.decode().strip()}")
    return done.stdout


def export(revision: str, tree: Path) -> None:
    """Put the files of a commit in ``tree``; of ``.``, the checkout as it is, what git doesn't ignore."""
    if revision != ".":
        with tarfile.open(fileobj=BytesIO(git("archive", revision))) as files:
            files.extractall(tree, filter="data")
        return
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").decode().split("\0"):
        source = ROOT / name
        if name and source.is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, tree / name)


def build(tree: Path, name: str) -> Path | None:
    """Compile the extension into ``tree``, and the core's bench, None where that version has none."""
    os.environ["CARGO_TARGET_DIR"] = str(ROOT / "target" / "compare" / name)
    command = ["cargo", "build", "--locked", "--quiet", "--release", "--package", "ssefold-python"]
    python = {"PYO3_BUILD_EXTENSION_MODULE": "1", "PYO3_PYTHON": sys.executable}
    done = subprocess.run(command, cwd=tree, env={**os.environ, **python}, check=False)
    if done.returncode:
        raise CountError(f"{name} doesn't compile")
    library = Path(os.environ["CARGO_TARGET_DIR"]) / "release" / "lib_rust.so"
    shutil.copy2(library, tree / "python" / "ssefold" / "_rust.abi3.so")
    return counting.build_core(tree) if (tree / "benches" / "core.rs").is_file() else None


def counted(revision: str, name: str) -> Counts:
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        export(revision, tree)
        core = build(tree, name)
        return counting.count_all(WANTED, core, tree)


def rows(base: Counts, head: Counts) -> list[tuple[float, str]]:
    """What each cost of both became, as a share of what it was: the worst last."""
    found = []
    for key in base.keys() & head.keys():
        was, is_ = base[key], head[key]
        name = " ".join(key)
        found.append(
            (is_.per_event / was.per_event, f"{name:28} {was.per_event:10,.0f} -> {is_.per_event:10,.0f} an event")
        )
    return sorted(found)


def compare(base: str, head: str) -> bool:
    """Print what changed; return whether nothing grew."""
    found = rows(counted(base, "base"), counted(head, "head"))
    for share, line in found:
        mark = "GREW " if share > GREW else "fell " if share < 1 / GREW else "     "
        print(f"{mark} {share - 1:+8.1%}  {line}")
    grew = sum(share > GREW for share, _ in found)
    print(f"{grew} of {len(found)} grew by more than {GREW - 1:.0%} from {base} to {head}")
    return not grew
