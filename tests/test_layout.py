"""The house rules that a machine can check: sizes, the twin's tree, what the core may know, words that don't belong."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_FILE = 500
MAX_FUNCTION = 60
CODE = (".rs", ".py", ".pyi")
TEXT = (*CODE, ".md", ".toml", ".txt", ".yml")
FOLDERS = (".ci", "benches", "bindings", "docs", "fuzz", "packaging", "python", "src", "tests")

# Files of the core without a twin of that name, and the reverse, each with its reason.
CORE_ALONE = {
    "ahead": "the twin is not so fast that it waits for memory",
    "holding": "the twin's merging has it itself",
    "json.again": "as json.tape",
    "json.compact": "the twin spells by json.dumps, in json.text",
    "json.tape": "the twin parses into Python's own values",
    "merge.beside": "the twin's objects have it themselves",
    "merge.buffer": "a text's fragments are joined by str.join",
    "merge.ending": "the twin's message has it itself",
    "merge.few": "the twin's dicts are as fast with few entries",
    "merge.ids": "the twin's dicts hash numbers plainly",
    "merge.keys": "the twin's dicts know their keys",
    "merge.payload": "as json.tape",
    "merge.render": "the twin's document has it itself",
    "merge.settle": "the twin's collector gives back what nobody has any more",
    "merge.snapshot": "the twin's are Python's own values",
    "merge.stated": "the twin puts again what was put last, to the same effect",
    "merge.word": "the twin's strings are Python's own",
    "merge.value": "a payload's values are Python's own",
    "reach": "the twin has no values kept as JSON",
    "run": "the twin's template has it itself",
    "sse.slice": "Python interrupts the twin anywhere",
}
TWIN_ALONE = {
    "merger": "the core's is in bindings",
}


def files(*suffixes: str) -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in suffixes)
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in suffixes and path.is_file() and not {"__pycache__", "target"} & set(path.parts):
                yield path


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules(folder: Path, suffix: str, package: str) -> set[str]:
    """Dotted names of the modules under a folder, whichever way the language spells a package."""
    found = set()
    for path in folder.rglob(f"*{suffix}"):
        name = path.relative_to(folder).with_suffix("")
        found.add(".".join(name.parent.parts if name.name == package else name.parts))
    return found


@pytest.mark.parametrize(
    "folder", ["src", "bindings", "python", "packaging", "docs", "tests", "benches", "fuzz", ".ci"]
)
def test_no_file_is_too_long(folder):
    sizes = {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in files(*CODE)}
    assert {path: size for path, size in sizes.items() if path.startswith(folder) and size > MAX_FILE} == {}


def test_no_python_function_is_too_long():
    long = []
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = ast.get_docstring(node) is not None
                # As clippy counts: the body alone, without the documentation.
                body = node.body[1:] if documented else node.body
                length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                if length > MAX_FUNCTION:
                    long.append(f"{relative(path)}:{node.lineno} {node.name}: {length} lines")
    assert not long


def test_the_twin_has_the_tree_of_the_core():
    core = modules(ROOT / "src", ".rs", "mod") - {"lib"}
    twin = modules(ROOT / "python" / "ssefold" / "_py", ".py", "__init__") - {""}
    assert core - twin == set(CORE_ALONE), "in the core alone"
    assert twin - core == set(TWIN_ALONE), "in the twin alone"


def test_the_core_knows_no_python():
    packages = {
        package["name"]: [name.split()[0] for name in package.get("dependencies", [])]
        for package in tomllib.loads((ROOT / "Cargo.lock").read_text(encoding="utf-8"))["package"]
    }
    seen, open_ = set(), ["ssefold"]
    while open_:
        name = open_.pop()
        if name not in seen:
            seen.add(name)
            open_ += packages[name]
    assert not [name for name in seen if name.startswith("pyo3")]
    assert "pyo3" in packages


def test_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["workspace"]["package"]
    import ssefold

    assert ssefold.__version__ == project["version"] == cargo["version"]


def test_a_plain_installation_has_no_dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == []


# Cut by a bar, so that this file passes its own test.
@pytest.mark.parametrize(
    "word",
    [
        r"\bTO|DO\b",
        r"\bFIX|ME\b",
        r"\bXX|X\b",
        r"\bHA|CK\b",
        "unimpl|emented!",
        r"to|do!\(",
        "/wo|rk/",
        "/ro|ot/",
        "/ho|me/",
    ],
)
def test_words_that_do_not_belong(word):
    pattern = re.compile(word.replace("|", ""))
    assert [relative(path) for path in files(*TEXT) if pattern.search(path.read_text(encoding="utf-8"))] == []
