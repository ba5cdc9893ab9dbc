"""What is built from what: nothing at run time, tools that are pinned, crates by deny.toml, actions by digest."""

from __future__ import annotations

import importlib.util
import re
import shutil
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LICENCES = {"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"}


@pytest.fixture(scope="module")
def supply():
    spec = importlib.util.spec_from_file_location("supply", ROOT / ".ci" / "supply.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def workflows() -> list[Path]:
    return sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_nothing_is_needed_at_run_time():
    assert PYPROJECT["project"]["dependencies"] == []
    assert PYPROJECT["build-system"]["requires"] == []


def test_every_tool_is_pinned(supply):
    pinned = {
        supply.normal(line.partition("==")[0])
        for line in (ROOT / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    for group in PYPROJECT["dependency-groups"].values():
        for requirement in group:
            if isinstance(requirement, str):
                assert supply.normal(re.match(r"[\w.-]+", requirement)[0]) in pinned


@pytest.mark.parametrize(
    ("expression", "met"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR MIT", True),
        ("Unlicense/MIT", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only AND MIT OR Apache-2.0", True),
        ("GPL-3.0-only AND (MIT OR Apache-2.0)", False),
        ("(MIT OR GPL-3.0-only) AND Apache-2.0", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT WITH LLVM-exception", False),
        ("GPL-3.0-only", False),
        ("", False),
        ("(MIT", False),
        ("MIT MIT", False),
        ("MIT OR", True),
    ],
)
def test_licence_expressions(supply, expression, met):
    assert supply.allowed(expression, LICENCES) is met


@pytest.mark.skipif(shutil.which("cargo") is None, reason="cargo tells what the crates are")
def test_crates_that_are_refused(supply):
    """The workspace's own, by rules that allow less."""
    manifest = ROOT / "Cargo.toml"
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))
    assert list(supply.crates(manifest, rules)) == []
    rules["licenses"]["allow"].remove("MIT")
    assert any(line.startswith("ssefold ") for line in supply.crates(manifest, rules))
    rules["sources"]["allow-registry"] = []
    assert any("memchr" in line and "comes from registry" in line for line in supply.crates(manifest, rules))


@pytest.mark.parametrize("path", workflows(), ids=lambda path: path.name)
def test_workflows_may_little_and_take_actions_by_digest(path):
    text = path.read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] > 0
        writing = {name for name, access in job["permissions"].items() if access == "write"}
        assert writing <= ({"attestations", "id-token"} if "environment" in job else set())
        for step in job["steps"]:
            assert "uses" in step or "run" in step
            if "uses" in step:
                assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", step["uses"])
    for used in re.findall(r"uses: .*", text):
        assert re.search(r" # v\d+\.\d+\.\d+$", used)
    for image in re.findall(r"image: (\S+/\S+)", text):
        assert re.search(r"@sha256:[0-9a-f]{64}$", image)
