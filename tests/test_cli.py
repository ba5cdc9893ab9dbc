"""The command line as a program: real pipes, real files, both backends."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from servers import PATIENCE, PiecesServer
from ssefold.cli import _peek
from test_cassettes import har
from test_streams import BODY, DONE, ERROR, MALFORMED, PIECES, chunk

CASSETTES = Path(__file__).parent / "cassettes"
TEXT = "Hello wörld\n"
REASONING = b'data: {"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}\n\n'


@pytest.fixture
def run(backend, tmp_path):
    """Run `python -m ssefold` in an empty folder; the result has `stdout` and `stderr` as text."""

    def run(*arguments: object, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "ssefold", *map(str, arguments)]
        variables = {**os.environ, "SSEFOLD_BACKEND": backend, **environment}
        done = subprocess.run(
            command, input=stdin, capture_output=True, cwd=tmp_path, env=variables, timeout=PATIENCE, check=False
        )
        done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
        return done

    return run


@pytest.fixture
def start(backend, tmp_path):
    """Start `python -m ssefold` with pipes, unbuffered on our side."""
    started = []

    def start(*arguments: object) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "ssefold", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env={**os.environ, "SSEFOLD_BACKEND": backend},
            bufsize=0,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            pipe.close()
        process.wait(PATIENCE)


@pytest.fixture
def file(tmp_path):
    def file(name: str, data: bytes) -> str:
        (tmp_path / name).write_bytes(data)
        return name

    return file


def test_text(run, file):
    done = run(file("a.sse", BODY))
    assert (done.returncode, done.stdout, done.stderr) == (0, TEXT, "")


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input(run, arguments):
    done = run(*arguments, stdin=BODY)
    assert (done.returncode, done.stdout, done.stderr) == (0, TEXT, "")


def test_text_is_utf_8_in_any_locale(run, file):
    done = run(file("a.sse", BODY), PYTHONIOENCODING="ascii", LC_ALL="C", PYTHONUTF8="0")
    assert (done.returncode, done.stdout) == (0, TEXT)


def test_several_files(run, file):
    body = chunk("two\n") + chunk(finish_reason="stop") + DONE
    done = run(file("a.sse", BODY), file("b.sse", body), file("c.sse", BODY))
    assert (done.returncode, done.stdout) == (0, f"{TEXT}two\n{TEXT}")


def test_reasoning_goes_to_standard_error(run, file):
    name = file("a.sse", REASONING + BODY)
    done = run(name)
    assert (done.returncode, done.stdout, done.stderr) == (0, TEXT, "Hm\n")


def test_reasoning_is_dimmed_on_a_terminal(backend, tmp_path, file):
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    name = file("a.sse", REASONING + BODY)
    for extra, expected in ({}, b"\x1b[2mHm\x1b[0m\r\n"), ({"NO_COLOR": "1"}, b"Hm\r\n"):
        variables = {**os.environ, "SSEFOLD_BACKEND": backend, **extra}
        done = subprocess.run(
            [sys.executable, "-m", "ssefold", name],
            stdout=subprocess.PIPE,
            stderr=theirs,
            cwd=tmp_path,
            env=variables,
            timeout=PATIENCE,
            check=True,
        )
        assert done.stdout.decode() == TEXT
        assert os.read(ours, 1000) == expected
    os.close(ours)
    os.close(theirs)


def test_the_first_choice_alone(run, file):
    def of(index: int, content: bytes) -> bytes:
        return chunk().replace(
            b'"index": 0, "delta": {}', b'"index": %d, "delta": {"content": "%b"}' % (index, content)
        )

    done = run(file("a.sse", of(1, b"no") + of(0, b"yes") + of(1, b" no") + DONE))
    assert done.stdout == "yes\n"
    assert run(file("a.sse", of(1, b"the") + of(1, b" only") + DONE)).stdout == "the only\n"


# Live


def test_words_come_as_they_arrive(start):
    process = start()
    process.stdin.write(PIECES[0])
    assert process.stdout.read(3) == b"Hel"
    process.stdin.write(PIECES[1])
    assert process.stdout.read(9).decode() == "lo wörld"
    process.stdin.write(PIECES[2])
    process.stdin.close()
    assert process.stdout.read() == b"\n"
    assert process.wait(PATIENCE) == 0


def test_words_of_gzip_come_as_they_arrive(start):
    import zlib

    compress = zlib.compressobj(wbits=31)
    process = start()
    data = compress.compress(PIECES[0]) + compress.flush(zlib.Z_SYNC_FLUSH)
    # Its mark arrives in two pieces.
    process.stdin.write(data[:1])
    process.stdin.write(data[1:])
    assert process.stdout.read(3) == b"Hel"
    process.stdin.write(compress.compress(b"".join(PIECES[1:])) + compress.flush())
    process.stdin.close()
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("option", ["--events", "--deltas"])
def test_lines_come_as_they_arrive(start, option):
    process = start(option)
    process.stdin.write(PIECES[0])
    assert process.stdout.read(1) == b"{"
    process.stdin.close()
    assert process.wait(PATIENCE) == (0 if option == "--events" else 3)


def test_curl(run, start):
    """As the manual has it: `curl -N ... | ssefold`."""
    with PiecesServer(PIECES, hold=True) as server:
        command = [sys.executable, "-c", (f"import shutil,sys,urllib.request as u\nr = u.urlopen({server.url!r})\n"
                   "while data := r.read1(): sys.stdout.buffer.write(data); sys.stdout.buffer.flush()")]  # fmt: skip
        process = start()
        with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as curl:

            def forward() -> None:
                while data := curl.stdout.read(65_536):
                    process.stdin.write(data)
                process.stdin.close()

            forwarding = threading.Thread(target=forward)
            forwarding.start()
            assert process.stdout.read(3) == b"Hel"
            server.proceed.set()
            assert process.stdout.read().decode() == "lo wörld\n"
            forwarding.join(PATIENCE)


@pytest.mark.parametrize("option", ["--events", "--deltas", "--jsonl", "--report"])
def test_a_broken_pipe_is_quiet(start, file, option):
    many = [file(f"{number}.sse", chunk("x" * 1000) * 300 + DONE) for number in range(3)]
    process = start(option, *many)
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(PATIENCE) == 128 + signal.SIGPIPE
    told = process.stderr.read().decode()
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


def test_a_pipe_broken_before_the_first_word(start):
    process = start()
    process.stdout.close()
    process.stdin.write(BODY)
    process.stdin.close()
    assert process.wait(PATIENCE) == 128 + signal.SIGPIPE
    assert process.stderr.read() == b""


@pytest.fixture
def interruptible():
    """A shell that runs the tests in the background lets them, and what they start, ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to a child")
@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_is_quiet(start):
    process = start()
    process.stdin.write(PIECES[0])
    assert process.stdout.read(3) == b"Hel"
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 128 + signal.SIGINT
    assert process.stderr.read() == b""


# Other outputs


def test_json(run, file):
    done = run("--json", file("a.sse", BODY))
    assert done.returncode == 0
    assert json.loads(done.stdout)["choices"][0]["message"]["content"] == "Hello wörld"
    assert "wörld" in done.stdout
    assert done.stdout.startswith('{\n  "')


def test_jsonl(run, file):
    done = run("--jsonl", file("a.sse", BODY), file("b.sse", BODY), file("c.sse", b""))
    assert done.returncode == 3
    first, second, third = done.stdout.splitlines()
    assert first == second
    assert json.loads(first)["object"] == "chat.completion"
    assert third == "null"
    assert done.stderr.startswith("ssefold: c.sse: ")


def test_events(run, file):
    done = run("--events", file("a.sse", b": hi\nevent: ping\nid: 7\nretry: 5\ndata: {\n\ndata: \xc3\xb6\n\n"))
    assert done.returncode == 0
    assert done.stdout == (
        '{"event":"ping","data":"{","id":"7","retry":5}\n{"event":"message","data":"ö","id":"7","retry":null}\n'
    )


def test_an_event_over_the_limit(run, file):
    done = run("--events", file("a.sse", b"data: 1\n\ndata: " + b"x" * (16 * 2**20 + 1)))
    assert done.returncode == 1
    assert done.stdout == '{"event":"message","data":"1","id":"","retry":null}\n'
    assert done.stderr.startswith("ssefold: a.sse: ")


def test_deltas(run, file):
    done = run("--deltas", file("a.sse", BODY))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["kind"] for line in lines if line["kind"] != "other"] == ["start", "text", "text", "finish"]
    assert next(line for line in lines if line["kind"] == "text") == {
        "kind": "text",
        "text": "Hel",
        "choice": 0,
        "index": None,
        "id": None,
        "value": None,
        "path": ["choices", 0, "message", "content"],
    }


def test_report(run):
    done = run("--report", CASSETTES / "openrouter_reasoning.sse")
    assert done.returncode == 0
    assert "openrouter_reasoning.sse: dialect openai-chat, done, complete\n" in done.stderr
    assert " events, " in done.stderr
    assert "  usage: " in done.stderr
    assert "  quirk role_repeated: " in done.stderr


def test_the_report_shows_tool_calls(run):
    done = run("--report", CASSETTES / "parallel_tools.yaml", "--interaction", "0")
    assert "\n  tool call 0: forecast, arguments complete\n" in done.stderr
    assert "arguments empty\n" in done.stderr


def test_the_report_names_unknown_fields(run, file):
    done = run("--report", file("a.sse", chunk("x").replace(b'"delta": {', b'"delta": {"mine": "?", ') + DONE))
    assert "  unknown field choices[].delta.mine: 1\n" in done.stderr


# Statuses


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (BODY, 0, TEXT),
        (PIECES[0] + PIECES[2], 0, "Hel\n"),
        (PIECES[0], 3, "Hel\n"),
        (PIECES[0] + ERROR, 1, "Hel\n"),
        (PIECES[0] + MALFORMED, 1, "Hel\n"),
        (b"", 3, ""),
        (b'data: {"nothing": "known"}\n\n', 1, ""),
        (b"\x00\xff\xfe binary", 1, ""),
    ],
)
def test_statuses(run, file, body, status, text):
    done = run(file("a.sse", body))
    assert (done.returncode, done.stdout) == (status, text)
    assert done.stderr.count("\n") == (status != 0)
    if status:
        assert done.stderr.startswith("ssefold: a.sse: ")


def test_the_worst_status_counts_and_all_files_are_read(run, file):
    whole, cut = file("a.sse", BODY), file("b.sse", PIECES[0])
    error = file("c.sse", PIECES[0] + ERROR)
    done = run(whole, cut, error, whole)
    assert (done.returncode, done.stdout) == (1, f"{TEXT}Hel\nHel\n{TEXT}")
    assert run(error, cut).returncode == 1
    done = run("none.sse", cut, error, whole, ".")
    assert (done.returncode, done.stdout) == (2, f"Hel\nHel\n{TEXT}")
    assert done.stderr.splitlines()[0] == "ssefold: none.sse: No such file or directory"
    assert done.stderr.splitlines()[-1] == "ssefold: .: Is a directory"


def test_messages_are_one_line_each(run, file):
    error = {"error": {"message": "first\nsecond\x1b[31m"}}
    done = run(file("a\nb.sse", b"data: " + json.dumps(error).encode() + b"\n\n"))
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "\x1b" not in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [["--nope"], ["--json", "--events"], ["--dialect", "nope"], ["--dialect", "none.toml"], ["--interaction", "x"],
     ["--events", "--report"]],
)  # fmt: skip
def test_wrong_usage(run, arguments):
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ssefold")
    assert "Traceback" not in done.stderr


def test_version(run, backend):
    import ssefold

    assert run("--version").stdout == f"ssefold {ssefold.__version__}, backend {backend} (forced by SSEFOLD_BACKEND)\n"


def test_version_of_the_backend_that_was_chosen(run):
    import ssefold

    assert run("--version", SSEFOLD_BACKEND="").stdout.startswith(f"ssefold {ssefold.__version__}, backend ")


def test_the_mark_of_gzip_may_come_in_two_pieces():
    head, pieces = _peek(iter([b"\x1f", b"\x8b\x08", b"more"]))
    assert head == b"\x1f\x8b\x08"
    assert b"".join(pieces) == b"\x1f\x8b\x08more"


def test_a_named_dialect_and_a_table_of_ones_own(run, file):
    name = file("a.sse", BODY)
    assert run("--dialect", "openai-chat", name).stdout == TEXT
    table = Path(sys.modules["ssefold"].__file__).parent / "dialects" / "openai-chat.toml"
    assert run("--dialect", table, name).stdout == TEXT
    done = run("--dialect", file("mine.toml", b"name = "), name)
    assert done.returncode == 2
    assert "mine.toml: " in done.stderr


# Files that hold streams


@pytest.mark.parametrize("name", ["a.sse.gz", "a.gz", "a.sse", "noextension"])
def test_gzip(run, file, name):
    done = run(file(name, gzip.compress(BODY)))
    assert (done.returncode, done.stdout, done.stderr) == (0, TEXT, "")
    assert run(stdin=gzip.compress(BODY)).stdout == TEXT


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_gzip_cut_short(run, file, option):
    data = gzip.compress(chunk("Hel") + os.urandom(20_000).hex().encode() + b"\n\n" + BODY, compresslevel=1)
    done = run(*option, file("a.gz", data[:-2000]))
    assert done.returncode == 3
    assert "Hel" in done.stdout
    assert done.stderr.splitlines()[-1] == "ssefold: a.gz: the gzip data is cut short"


def test_gzip_damaged(run, file):
    done = run(file("a.gz", gzip.compress(BODY)[:-8] + b"damaged!"))
    assert (done.returncode, done.stdout) == (1, TEXT)
    assert "incorrect data check" in done.stderr
    done = run(file("a.gz", b"\x1f\x8bnonsense"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("ssefold: a.gz: ")


@pytest.mark.thorough
@pytest.mark.parametrize("cassette", sorted(CASSETTES.glob("*.yaml")), ids=lambda path: path.stem)
def test_cassettes_give_what_their_bodies_give(run, cassette):
    several = sorted(CASSETTES.glob(f"{cassette.stem}__*.sse"))
    bodies = several or [cassette.with_suffix(".sse")]
    from_cassette, from_bodies = run("--jsonl", cassette), run("--jsonl", *bodies)
    assert from_cassette.stdout == from_bodies.stdout
    assert from_cassette.returncode == from_bodies.returncode
    # Not splitlines: U+2028 is no end of a line.
    assert from_cassette.stdout.count("\n") == len(bodies)


def test_cassettes_by_content(run, tmp_path, file):
    data = (CASSETTES / "unicode.yaml").read_bytes()
    expected = run(CASSETTES / "unicode.sse").stdout
    assert expected
    for name, content in (("noextension", data), ("a.yml", data), ("a.yaml.gz", gzip.compress(data))):
        done = run(file(name, content))
        assert (done.returncode, done.stdout) == (0, expected), name
    assert run(stdin=data).stdout == expected


def test_one_interaction(run):
    cassette = CASSETTES / "parallel_tools.yaml"
    one, other = (run("--jsonl", "--interaction", number, cassette).stdout for number in (0, 1))
    assert run("--jsonl", cassette).stdout == one + other
    done = run("--interaction", 2, cassette)
    assert done.returncode == 2
    assert done.stderr.endswith("2 recorded interactions, counted from 0: there is no 2\n")
    assert run("--interaction", -1, cassette).returncode == 2


def test_the_interaction_of_a_bare_stream(run, file):
    name = file("a.sse", BODY)
    assert run("--interaction", 0, name).stdout == TEXT
    assert run("--interaction", 1, name).returncode == 2


def test_har(run, file):
    content = {"mimeType": "text/event-stream", "text": BODY.decode()}
    data = har({"mimeType": "text/html", "text": "<p>"}, content, content)
    for name in ("a.har", "a.json"):
        done = run(file(name, data))
        assert (done.returncode, done.stdout) == (0, TEXT * 2)
    done = run(file("b.har", har({"mimeType": "text/html", "text": "<p>"})))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ssefold: b.har: 1 recorded interactions, none of them a stream\n"


@pytest.mark.parametrize("name", ["a.yaml", "a.har"])
def test_what_is_no_recording(run, file, name):
    done = run(file(name, b"version: ["), file("b.sse", BODY))
    assert (done.returncode, done.stdout) == (2, TEXT)
    assert done.stderr.startswith(f"ssefold: {name}: ")
    assert done.stderr.count("\n") == 1


def test_errors_in_a_cassette_name_the_interaction(run):
    done = run(CASSETTES / "error_mid_stream.yaml")
    assert done.returncode == 1
    assert "error_mid_stream.yaml (interaction 0): " in done.stderr


def test_yaml_without_pyyaml(backend, file, tmp_path):
    (tmp_path / "yaml.py").write_text("raise ModuleNotFoundError(\"No module named 'yaml'\", name='yaml')")
    name = file("a.yaml", (CASSETTES / "unicode.yaml").read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "ssefold", name],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "SSEFOLD_BACKEND": backend},
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ssefold: a.yaml: reading YAML cassettes needs PyYAML: pip install 'ssefold[cassettes]'\n"
