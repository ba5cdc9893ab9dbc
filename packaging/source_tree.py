"""The files of the distributions, found by walking: a copy without its git history builds the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What building, testing and reading take. An entry that doesn't exist is an error, so that none is left out silently.
SOURCE_FILES = (
    ".gitattributes",
    ".gitignore",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "deny.toml",
    "pyproject.toml",
    "rustfmt.toml",
    "taplo.toml",
)
SOURCE_FOLDERS = (".ci", ".github", "benches", "bindings", "docs", "fuzz", "packaging", "python", "src", "tests")
# Compiled code and caches: an extension that lies in the tree belongs to the machine that built it.
REFUSED_SUFFIXES = frozenset({".dll", ".dylib", ".pdb", ".pyc", ".pyd", ".so"})
REFUSED_FOLDERS = frozenset({"__pycache__", "artifacts", "target", "ssefold.egg-info"})


def sources() -> list[Path]:
    """Return the files of the source distribution, sorted."""
    found = [ROOT / name for name in SOURCE_FILES]
    for folder in SOURCE_FOLDERS:
        found += _walk(ROOT / folder)
    return sorted(found)


def package() -> list[Path]:
    """Return the files of the import package, its tables and stubs among them, sorted."""
    return sorted(_walk(ROOT / "python" / "ssefold"))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in REFUSED_FOLDERS and not (path.name.startswith(".") and path.parent != ROOT):
                yield from _walk(path)
        elif path.suffix not in REFUSED_SUFFIXES:
            yield path
