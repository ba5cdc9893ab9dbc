"""The build backend: what it asks for, what it writes without cargo, and that it writes the same each time."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
STEM = f"ssefold-{PROJECT['version']}"
WHEEL = f"{STEM}-py3-none-any.whl"
PURE = {"SSEFOLD_PURE_PYTHON": "1"}


def hook(name: str, *arguments: object, root: Path = ROOT, environment: dict[str, str] = PURE) -> object:
    """Call a hook as a frontend does: in a process of its own, from the root of the tree."""
    code = (
        "import json, sys; sys.path.insert(0, 'packaging'); import backend;"
        "print(json.dumps(getattr(backend, sys.argv[1])(*json.loads(sys.argv[2]))))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, name, json.dumps(arguments, default=str)],
        capture_output=True,
        check=True,
        cwd=root,
        env={**os.environ, **environment},
        text=True,
    )
    return json.loads(answer.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    return folder / hook("build_wheel", folder)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    return folder / hook("build_sdist", folder)


@pytest.mark.parametrize(
    ("prints", "asked"),
    [
        ("cargo 1.85.0 (0000000 2024-12-31)", True),
        ("cargo 1.100.0-nightly (0000000 2027-01-01)", True),
        ("cargo 2.0.0", True),
        ("cargo 1.84.1 (0000000 2024-11-19)", False),
        ("error: rustup could not choose a version of cargo to run", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("when", ["get_requires_for_build_wheel", "get_requires_for_build_editable"])
def test_maturin_is_asked_for_where_cargo_is_recent_enough(tmp_path, prints, asked, when):
    program = tmp_path / "cargo"
    program.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo '{prints}'\n", encoding="utf-8")
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "SSEFOLD_PURE_PYTHON": ""}
    assert hook(when, environment=environment) == (["maturin>=1.9.4,<2"] if asked else [])
    assert hook(when, environment={**environment, **PURE}) == []


def test_nothing_is_asked_for_without_cargo(tmp_path):
    assert hook("get_requires_for_build_wheel", environment={"PATH": str(tmp_path)}) == []
    assert hook("get_requires_for_build_sdist", environment={}) == []


def test_a_cargo_that_fails_is_no_cargo(tmp_path):
    program = tmp_path / "cargo"
    program.write_text("#!/bin/sh\necho 'cargo 1.95.0'\nexit 1\n", encoding="utf-8")
    program.chmod(0o755)
    environment = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "SSEFOLD_PURE_PYTHON": ""}
    assert hook("get_requires_for_build_wheel", environment=environment) == []


def test_a_compilation_that_fails_names_the_way_out(tmp_path):
    (tmp_path / "maturin.py").write_text("def build_wheel(*_): raise SystemExit(1)\n", encoding="utf-8")
    (tmp_path / "cargo").write_text("#!/bin/sh\necho cargo 1.95.0\n", encoding="utf-8")
    (tmp_path / "cargo").chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path),
        "SSEFOLD_PURE_PYTHON": "",
    }
    with pytest.raises(subprocess.CalledProcessError) as failure:
        hook("build_wheel", tmp_path, environment=environment)
    assert "SSEFOLD_PURE_PYTHON=1" in failure.value.stderr


COMPILER = (ROOT / "packaging" / "pgo" / "rustc").read_text(encoding="utf-8").strip()
USE = f"-Cprofile-use={ROOT}/packaging/pgo/extension.profdata"


@pytest.mark.parametrize(
    ("given", "stated"),
    [
        ({}, f"CARGO_BUILD_RUSTFLAGS={USE}"),
        ({"RUSTFLAGS": "-Copt-level=2 -g"}, f"RUSTFLAGS=-Copt-level=2 -g {USE}"),
        ({"CARGO_ENCODED_RUSTFLAGS": "-g", "RUSTFLAGS": "-O"}, f"CARGO_ENCODED_RUSTFLAGS=-g\x1f{USE}"),
        ({"RUSTFLAGS": ""}, f"RUSTFLAGS={USE}"),
    ],
)
def test_the_profile_is_for_the_compiler_that_it_was_recorded_with(tmp_path, given, stated):
    assert profiled(tmp_path, COMPILER, given) == stated
    assert profiled(tmp_path, COMPILER.replace("rustc 1.", "rustc 2."), given) == ""
    assert profiled(tmp_path, "error: no toolchain", given) == ""


def profiled(folder: Path, prints: str, given: dict[str, str]) -> str:
    """What the program states with a compiler that prints this."""
    (folder / "rustc").write_text(f"#!/bin/sh\necho '{prints}'\n", encoding="utf-8")
    (folder / "rustc").chmod(0o755)
    flags = {"CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "RUSTC"}
    environment = {name: value for name, value in os.environ.items() if name not in flags}
    environment |= {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", **given}
    command = [sys.executable, ROOT / "packaging" / "pgo.py"]
    return subprocess.run(command, capture_output=True, check=True, env=environment, text=True).stdout.rstrip("\n")


def test_the_backend_compiles_with_the_profile(tmp_path):
    """The variable is there while maturin is called, and is gone afterwards."""
    (tmp_path / "maturin.py").write_text(
        "import os\ndef build_wheel(*_): return os.environ.get('RUSTFLAGS')\n"
        "def build_editable(*_): return os.environ.get('RUSTFLAGS')\n",
        encoding="utf-8",
    )
    for name, prints in (("cargo", "cargo 1.95.0"), ("rustc", COMPILER)):
        (tmp_path / name).write_text(f"#!/bin/sh\necho '{prints}'\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(tmp_path),
        "SSEFOLD_PURE_PYTHON": "",
        "RUSTFLAGS": "-g",
    }
    assert hook("build_wheel", tmp_path, environment=environment) == f"-g {USE}"
    assert hook("build_editable", tmp_path, environment=environment) == f"-g {USE}"


def test_releases_are_compiled_with_the_compiler_of_the_profile():
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    assert f"\n  RUST: {COMPILER.split()[1]}\n" in release


def test_the_wheel_holds_the_twin_and_no_extension(wheel):
    assert wheel.name == WHEEL
    names = set(zipfile.ZipFile(wheel).namelist())
    package = ROOT / "python" / "ssefold"
    wanted = {f"ssefold/{path.relative_to(package).as_posix()}" for path in package.rglob("*.py")}
    wanted |= {f"ssefold/dialects/{path.name}" for path in (package / "dialects").glob("*.toml")}
    wanted |= {"ssefold/py.typed", "ssefold/_rust.pyi", "ssefold/_py/__init__.py", "ssefold/dialects/openai-chat.toml"}
    assert {name for name in names if not name.startswith(f"{STEM}.dist-info/")} == wanted
    assert f"{STEM}.dist-info/licenses/LICENSE" in names


def test_the_record_is_that_of_the_files(wheel):
    with zipfile.ZipFile(wheel) as archive:
        assert archive.testzip() is None
        rows = list(csv.reader(archive.read(f"{STEM}.dist-info/RECORD").decode().splitlines()))
        assert [row[0] for row in rows] == archive.namelist()
        assert rows.pop() == [f"{STEM}.dist-info/RECORD", "", ""]
        for name, digest, size in rows:
            content = archive.read(name)
            expected = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            assert (digest, size) == (f"sha256={expected}", str(len(content)))


def test_the_metadata_is_that_of_pyproject(wheel, sdist, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{STEM}.dist-info/METADATA").decode()
        assert archive.read(f"{STEM}.dist-info/entry_points.txt") == b"[console_scripts]\nssefold = ssefold.cli:main\n"
    headers = HeaderParser().parsestr(text)
    assert (headers["Name"], headers["Version"]) == ("ssefold", PROJECT["version"])
    assert headers["Requires-Python"] == PROJECT["requires-python"]
    assert headers["License-Expression"] == "MIT"
    assert headers.get_all("Classifier") == PROJECT["classifiers"]
    assert headers.get_all("Provides-Extra") == list(PROJECT["optional-dependencies"])
    assert headers.get_all("Requires-Dist") == ["pyyaml>=6 ; extra == 'cassettes'", "orjson>=3.10 ; extra == 'orjson'"]
    payload = headers.get_payload()
    assert re.sub(rf"{PROJECT['urls']['Source']}/(?:blob|raw)/v{PROJECT['version']}/", "", payload) == (
        ROOT / "README.md"
    ).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)]+)\)", payload)
    assert targets
    assert [target for target in targets if not re.match(r"https?:|#", target)] == []
    with tarfile.open(sdist) as archive:
        assert archive.extractfile(f"{STEM}/PKG-INFO").read().decode() == text
    hook("prepare_metadata_for_build_wheel", tmp_path)
    assert (tmp_path / f"{STEM}.dist-info" / "METADATA").read_text(encoding="utf-8") == text


def test_the_twin_runs_from_its_wheel(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)  # noqa: S202, our own archive
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SSEFOLD_")}
    code = "import ssefold; print(ssefold.backend, ssefold.__file__, *ssefold.dialects())"
    answer = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(tmp_path)},
        text=True,
    )
    backend, file, *dialects = answer.stdout.split()
    assert backend == "python"
    assert Path(file).is_relative_to(tmp_path)
    assert {"openai-chat", "openai-completions"} <= set(dialects)


def test_the_sdist_has_every_file_of_the_repository(sdist):
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no repository here to compare with")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(f"{STEM}/") for name in archive.getnames()}
    assert set(filter(None, listed.split("\0"))) - names == set()


def test_the_sdist_builds_the_same_wheel_and_the_same_sdist(wheel, sdist, tmp_path):
    with tarfile.open(sdist) as archive:
        # Python 3.11.4 brought the filter, 3.12 warns without it.
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # noqa: S202
    root = tmp_path / STEM
    for needed in (
        "Cargo.lock",
        "bindings/Cargo.toml",
        "src/lib.rs",
        "tests/conftest.py",
        "packaging/backend.py",
        "Makefile",
    ):
        assert (root / needed).is_file()
    assert not [path for path in root.rglob("*") if path.suffix in {".so", ".pyd", ".pyc"}]
    hook("build_wheel", tmp_path, root=root)
    assert (tmp_path / WHEEL).read_bytes() == wheel.read_bytes()
    (root / "PKG-INFO").unlink()
    hook("build_sdist", tmp_path, root=root)
    assert (tmp_path / f"{STEM}.tar.gz").read_bytes() == sdist.read_bytes()


def test_the_editable_wheel_points_at_the_tree(tmp_path):
    name = hook("build_editable", tmp_path)
    with zipfile.ZipFile(tmp_path / name) as archive:
        assert archive.read("_ssefold_editable.pth").decode() == f"{ROOT / 'python'}\n"
        assert not [member for member in archive.namelist() if member.startswith("ssefold/")]
