"""The command line where an input or output is closed, full, or of another choice than the first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BODY = (
    b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"why","content":"Hi"},"finish_reason":"stop"}]}\n\n'
    b"data: [DONE]\n\n"
)
CUT = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the redirections are those of a POSIX shell")


@pytest.fixture
def shell(backend, tmp_path):
    """Run a command of a POSIX shell, in which `ssefold` and the files are at hand."""
    for name, body in (("ok.sse", BODY), ("cut.sse", CUT)):
        (tmp_path / name).write_bytes(body)

    def run(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        command = command.replace("ssefold ", f"'{sys.executable}' -m ssefold ")
        env = {**os.environ, "SSEFOLD_BACKEND": backend, **environment}
        return subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, check=False)

    return run


def test_a_file_needs_no_standard_input(shell):
    done = shell("ssefold ok.sse <&-")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hi\n", b"why\n")


def test_a_closed_standard_input(shell):
    done = shell("ssefold - <&-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ssefold: stdin: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize("to", ["2>&-", "2>/dev/full"])
def test_what_cant_be_told(shell, to):
    if "full" in to and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = shell(f"ssefold ok.sse {to}")
    assert (done.returncode, done.stdout) == (0, b"Hi\n")
    assert shell(f"ssefold cut.sse {to}").returncode == 3


@pytest.mark.parametrize("to", [">&-", ">/dev/full"])
@pytest.mark.parametrize("option", ["", "--json", "--deltas", "--events"])
def test_what_cant_be_written(shell, to, option):
    if "full" in to and not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    done = shell(f"ssefold {option} ok.sse {to}")
    assert done.returncode == 2
    assert done.stderr.removeprefix(b"why\n").startswith(b"ssefold: stdout: ")
    assert b"Traceback" not in done.stderr


def test_reasoning_of_another_choice(shell, tmp_path):
    (tmp_path / "two.sse").write_bytes(BODY.replace(b'"index":0', b'"index":2'))
    done = shell("ssefold two.sse")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hi\n", b"why\n")


OWN = """
name = "own"
end = ["done=true"]
detect = ["done"]

[merge]
thinking = { op = "append", delta = "reasoning" }
answer = "last"
"*" = "last"

[view]
text = "answer"
reasoning = "thinking"
"""


def test_a_text_that_no_delta_told_beside_reasoning(shell, tmp_path):
    (tmp_path / "own.toml").write_text(OWN)
    chunks = {"thinking": "why", "done": False}, {"answer": "Hi", "done": True}
    (tmp_path / "own.sse").write_text("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks))
    done = shell("ssefold --dialect own.toml own.sse")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hi\n", b"why\n")


@pytest.mark.parametrize("options", ["--json --jsonl", "--jsonl --json"])
def test_json_a_line(shell, options):
    done = shell(f"ssefold {options} ok.sse ok.sse")
    assert [json.loads(line)["object"] for line in done.stdout.splitlines()] == ["chat.completion"] * 2


@pytest.mark.parametrize("options", ["--json --events", "--json --deltas", "--jsonl --events"])
def test_what_excludes_each_other(shell, options):
    assert shell(f"ssefold {options} ok.sse").returncode == 2


def test_integers_beyond_the_interpreters_limit(shell, tmp_path):
    number = "9" * 700
    (tmp_path / "large.sse").write_bytes(BODY.replace(b'"choices"', f'"n":{number},"choices"'.encode()))
    for option in ("--jsonl", "--deltas", "--report"):
        done = shell(f"ssefold {option} large.sse", PYTHONINTMAXSTRDIGITS="640")
        assert done.returncode == 0, done.stderr
    assert number.encode() in shell("ssefold --jsonl large.sse", PYTHONINTMAXSTRDIGITS="640").stdout
