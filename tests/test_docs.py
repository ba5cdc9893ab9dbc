"""The documentation: generated pages are as the code is, examples run, and a dialect is a table and nothing else."""

from __future__ import annotations

import ast
import doctest
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ssefold

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from docs import dialect, generate  # noqa: E402

from merging import sse  # noqa: E402
from ssefold._py import route, table, tree  # noqa: E402
from ssefold._py.merge import STRATEGIES  # noqa: E402

PAGES = sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"[#:] ([\w.-]+)\n")  # the first line of a block that is a file: a comment of TOML, or of a stream
NAMES = {
    "key": table.TEXTS | table.LISTS | table.TABLES,
    "attribute": tree.TEXTS | tree.FLAGS | tree.NUMBERS,
    "delta kind": tree.KINDS,
    "missing": tree.MISSING,
    "attribute of a step": route.ATTRIBUTES,
    "operation": route.OPS,
    "view": table.VIEW_TEXTS | table.VIEW_PATHS | table.VIEW_BLOCKS | table.VIEW_TABLES,
    "attribute of blocks": table.BLOCKS,
    "member of a call": table.CALL_TEXTS,
    "count": table.COUNTS,
}


def blocks(page: Path) -> list[tuple[str, str]]:
    """The fenced blocks of a page, each with its language."""
    return FENCE.findall(page.read_text(encoding="utf-8"))


def test_no_page_is_stale():
    assert sorted(path.name for path in generate.stale()) == []


def test_a_page_that_is_changed_is_stale(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    assert generate.main(["--check"]) == 1
    assert "stale: " in capsys.readouterr().err
    assert generate.main([]) == 0
    assert generate.main(["--check"]) == 0
    gone = tmp_path / "dialects" / "gone.md"
    gone.write_text("", encoding="utf-8")
    (tmp_path / "tables.md").write_text("", encoding="utf-8")
    assert set(generate.stale()) == {gone, tmp_path / "tables.md"}
    assert generate.main([]) == 0
    assert not gone.exists()
    assert generate.stale() == {}


@pytest.mark.parametrize("name", ssefold.dialects())
def test_comments_of_a_table_stand_on_its_page(name):
    page = (ROOT / "docs" / "dialects" / f"{name}.md").read_text(encoding="utf-8")
    lines = (generate.TABLES / f"{name}.toml").read_text(encoding="utf-8").splitlines()
    said = [line.strip().removeprefix("#").strip() for line in lines if line.strip().startswith("#")]
    assert said
    assert [text for text in said if text not in page] == []


def test_the_readme_names_every_dialect(api):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Dialects: {', '.join(f'`{name}`' for name in api.dialects())}.\n" in text


@pytest.mark.parametrize("page", [*PAGES, *ROOT.glob("*.md")], ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve()
        assert path.is_file(), target
        assert not anchor or f"### {anchor}\n" in path.read_text(encoding="utf-8"), anchor


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in page.read_text(encoding="utf-8")])
def test_examples_of_the_pages(api, page, tmp_path, monkeypatch):
    """All Python of a page is one doctest, with this backend in force; blocks that are files stand beside it."""
    monkeypatch.chdir(tmp_path)
    code = []
    for language, text in blocks(page):
        if language == "python":
            assert text.startswith(">>> "), text
            code.append(text)
        elif (file := FILE.match(text)) is not None:
            (tmp_path / file[1]).write_text(text, encoding="utf-8")
    assert api.backend == ssefold.backend
    failures: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(doctest.DocTestParser().get_doctest("\n".join(code), {}, page.name, None, 0), out=failures.append)
    assert not failures, "".join(failures)


MODULES = [module.name for module in pkgutil.walk_packages(ssefold.__path__, "ssefold.")]


@pytest.mark.parametrize("name", [name for name in MODULES if name != "ssefold._rust"])
def test_examples_of_the_inside(name):
    """What users don't see has examples too; tests/test_parity.py runs those of the rest with each backend."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_every_name_of_the_language_has_a_sentence(names):
    assert all(re.fullmatch(r"[A-Z`].+\.", meaning) for meaning in names.values())
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    assert [name for name in names if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_has_a_sentence(strategy):
    assert re.match(r"[A-Z].+[.:]", STRATEGIES[strategy].__doc__ or "")


def test_pages_of_dialects_tell_every_operation():
    assert dialect.STEPS.keys() == route.OPS.keys()


def inline(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {inline(member)}" for name, member in value.items()) + " }"
    return json.dumps(value)


def described() -> Iterator[str]:
    """A table for each name that is described."""
    head, merge = 'name = "x"\n', "[merge]\n"
    yield from (f'{head}{name} = "x"\n{merge}' for name in table.TEXTS if name != "name")
    yield from (f'{head}{name} = ["x"]\n{merge}' for name in table.LISTS)
    yield from (f"{head}{merge}" + (f"[{name}]\n" if name != "merge" else "") for name in table.TABLES)
    row = {"op": "by", "key": "k", "missing": "position", "unless": "b"}
    changes = [{name: row.get(name, "text")} for name in tree.TEXTS]
    changes += [{name: True} for name in tree.FLAGS] + [{name: 9} for name in tree.NUMBERS]
    changes += [
        {name: value} for name, values in (("delta", tree.KINDS), ("missing", tree.MISSING)) for value in values
    ]
    changes += [{"op": name} for name in STRATEGIES]
    yield from (f'{head}{merge}b = "first"\na = {inline(row | change)}\n' for change in changes)
    steps = [{"take": "x", "into": "x[i]", "op": name} for name in route.OPS]
    steps += [{"take": "x", name: "merge"} for name in route.ATTRIBUTES]
    yield from (f'{head}route = ["x"]\n{merge}[on]\nx = [{inline(step)}]\n' for step in steps)
    views = dict.fromkeys(table.VIEW_TEXTS | table.VIEW_PATHS | table.VIEW_BLOCKS, "x")
    views |= {"text": {name: ["x"] if name == "text" else "x" for name in table.BLOCKS}}
    views |= {"tool_calls": dict.fromkeys(table.CALL_TEXTS, "x"), "usage": dict.fromkeys(table.COUNTS, "x")}
    assert views.keys() == NAMES["view"].keys()
    yield from (f"{head}{merge}[view]\n{name} = {inline(value)}\n" for name, value in views.items())


@pytest.mark.parametrize("text", list(described()))
def test_what_is_described_is_taken(api, text):
    assert api.Dialect.from_toml(text).name == "x"


def test_a_dialect_is_a_table_and_nothing_else(api, tmp_path):
    """ARCHITECTURE.md: adding one touches one table and its recordings."""
    file = tmp_path / "elsewhere.toml"
    page = ROOT / "docs" / "your-own-dialect.md"
    file.write_text(next(text for _, text in blocks(page) if text.startswith("# heronry-2.toml")), encoding="utf-8")
    assert Path(ssefold.__file__).parent not in file.parents
    body = sse(
        {"kind": "open", "reply": {"id": "i"}},
        {"kind": "more", "at": 7, "add": {"type": "text", "text": "a"}},
        {"kind": "more", "at": 7, "add": {"type": "text", "text": "b"}},
        {"kind": "close", "why": "end"},
        end=b"",
    )
    merged = api.merge(body, api.Dialect.from_toml(file.read_text(encoding="utf-8")))
    assert merged.message == {"id": "i", "parts": [{"type": "text", "text": "ab"}], "why": "end"}
    assert (merged.dialect, merged.termination, merged.text, merged.finish_reason) == ("heronry-2", "done", "ab", "end")


PROVIDERS = (
    "anthropic", "azure", "bedrock", "claude", "cohere", "copilot", "deepseek", "gemini", "gpt", "groq", "mistral",
    "ollama", "openai", "openrouter", "perplexity", "vertex", "vllm", "xai",
)  # fmt: skip
SHIPPED = re.compile(r"shipped!\[[^\]]*\]")  # the list of the dialects in Rust; that in Python is NAMES
NAMED = re.compile("|".join((*ssefold.dialects(), *(rf"\b{name}|{name}\b" for name in PROVIDERS))), re.IGNORECASE)
RUST = re.compile(r"""//[^\n]*|(?P<code>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])')""", re.DOTALL)


def python_code(path: Path) -> str:
    """A module without comments and docstrings, and without the list of the dialects."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(module):
        if isinstance(body := getattr(node, "body", None), list):
            node.body = [
                each for each in body if not is_prose(each) and not (path.name == "dialect.py" and is_list(each))
            ]
    return ast.unparse(module)


def is_prose(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_list(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["NAMES"]


def rust_code(path: Path) -> str:
    """A file without its comments, and without the list of the dialects."""
    code = RUST.sub(lambda match: match["code"] or "", path.read_text(encoding="utf-8"))
    return SHIPPED.sub("", code) if path.name == "dialect.rs" else code


def test_no_code_names_a_dialect_or_a_provider():
    """What a provider means is in its table."""
    found = {}
    for path in (*(ROOT / "python").rglob("*.py"), *(ROOT / "src").rglob("*.rs")):
        code = python_code(path) if path.suffix == ".py" else rust_code(path)
        if names := NAMED.findall(code):
            found[path.relative_to(ROOT).as_posix()] = names
    assert found == {}
