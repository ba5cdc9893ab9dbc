"""Other processes and interpreters: forks in the middle of work, pools, the end of the interpreter, subinterpreters."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import textwrap

import pytest

from merging import DONE, delta, sse

BODY = sse(delta({"content": "x"}), end=b"") * 2000 + DONE
NEEDS_FORK = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def skip_where_forks_hang(backend: str) -> None:
    """Seen on CPython 3.13.5t, with a dict and threads that call its `get` and nothing else."""
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    if backend == "python" and not gil:
        pytest.skip("without the GIL a fork may leave a dict's lock taken, if other threads read it: CPython's fault")


def run(program: str, backend: str) -> str:
    """What a program of its own prints; a hang ends it.

    It isn't measured: a fork may find coverage's lock taken, and a subinterpreter doesn't get coverage's extension.
    """
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(program)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment["SSEFOLD_BACKEND"] = backend
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


# The alarm's default action ends a child that hangs, which waitpid then tells.
FORK = """
    import os, signal, threading, traceback
    import ssefold
    body = b'data: {"choices":[{"delta":{"content":"x"}}]}\\n\\n'

    def child():
        signal.alarm(100)
        merged = ssefold.merge_many([body * 20_000] * 3, threads=2)
        merger = ssefold.Merger()
        merger.feed(body * 20_000)
        assert [len(each.text) for each in merged] == [20_000] * 3 == [len(merger.result().text)] * 3
        os._exit(0)

    def fork():
        pid = os.fork()
        if pid == 0:
            try:
                child()
            except BaseException:
                traceback.print_exc()
            os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0
"""


@NEEDS_FORK
def test_forks_while_threads_merge(api):
    skip_where_forks_hang(api.backend)
    program = """
    stopped = False

    def work():
        while not stopped:
            ssefold.merge_many([body * 5_000] * 4, threads=3)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        fork()
    stopped = True
    for thread in threads:
        thread.join()
    ssefold.merge_many([body] * 4, threads=3)
    fork()
    print(len(ssefold.merge_many([body] * 4, threads=3)))
    """
    assert run(textwrap.dedent(FORK) + textwrap.dedent(program), api.backend) == "4\n"


@NEEDS_FORK
def test_a_fork_while_a_thread_merges_for_the_first_time(api):
    """A table that its thread was about to compile would never be done in the child."""
    skip_where_forks_hang(api.backend)
    program = """
    thread = threading.Thread(target=ssefold.merge_many, args=([body] * 4,), kwargs={"threads": 3})
    thread.start()
    fork()
    thread.join()
    print("done")
    """
    for _ in range(3):
        assert run(textwrap.dedent(FORK) + textwrap.dedent(program), api.backend) == "done\n"


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_pool(api, method):
    program = f"""
    import multiprocessing
    import ssefold

    if __name__ == "__main__":
        ssefold.merge_many([b""])
        body = b'data: {{"choices":[{{"delta":{{"content":"x"}}}}]}}\\n\\ndata: [DONE]\\n\\n'
        with multiprocessing.get_context({method!r}).Pool(2) as pool:
            merged = pool.map(ssefold.merge, [body] * 6)
            again = pool.map(ssefold.merge_many, [[body] * 3] * 4)
        print({{each.text for each in merged}}, {{each[2].text for each in again}}, ssefold.backend)
    """
    assert run(program, api.backend) == f"{{'x'}} {{'x'}} {api.backend}\n"


def test_an_interpreter_that_ends_while_threads_are_at_work(api):
    """Threads that it doesn't wait for disturb it by no word and no crash."""
    program = """
    import threading, time
    import ssefold
    body = b'data: {"choices":[{"delta":{"content":"x"}}]}\\n\\n'

    def many():
        while True:
            ssefold.merge_many([body * 50_000] * 4, threads=3)

    def one():
        merger = ssefold.Merger()
        while True:
            merger.feed(body * 50_000)

    for work in (many, one):
        threading.Thread(target=work, daemon=True).start()
    time.sleep(0.2)
    print("done")
    """
    for _ in range(3):
        assert run(program, api.backend) == "done\n"


SUBINTERPRETER = """
    import ssefold
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    body = b'data: {"choices":[{"delta":{"content":"x"}}]}\\n\\ndata: [DONE]\\n\\n'
    assert ssefold.merge(body).text == "x"
    inner = '''if True:
        import ssefold
        from ssefold import _backend
        body = %r
        texts = [each.text for each in ssefold.merge_many([body] * 3, threads=2)] + [ssefold.merge(body).text]
        with open(%d, "w", closefd=False) as out:
            print(ssefold.backend, texts, _backend.reason, file=out)
    '''
    for config in configs(interpreters):
        id = interpreters.create(*config)
        try:
            failed = interpreters.run_string(id, inner % (body, 1))
        except interpreters.RunFailedError as error:  # up to 3.12
            print(str(error).removeprefix("<class '").replace("'>:", ""))
            continue
        if failed:
            print(failed.type.__name__, failed.msg)
        interpreters.destroy(id)
    print(ssefold.backend, ssefold.merge(body).text)
"""


# One that shares the GIL, as mod_wsgi makes them; from 3.13 on, beside one of its own, which 3.12 gives by default.
KINDS = '[("isolated",), ("legacy",)]' if sys.version_info >= (3, 13) else "[()]"


def subinterpreters(backend: str) -> list[str]:
    program = textwrap.dedent(f"def configs(interpreters):\n    return {KINDS}\n") + textwrap.dedent(SUBINTERPRETER)
    return run(program, backend).splitlines()


def test_a_subinterpreter_gets_the_twin(both):
    """The extension is for the interpreter that loads it first; the others are served by Python, and can tell why."""
    *inner, outer = subinterpreters("")
    assert outer == "rust x"
    assert inner
    for line in inner:
        assert line.startswith("python ['x', 'x', 'x', 'x'] ImportError: ")
        assert "interpreter" in line


def test_a_subinterpreter_that_forces_a_backend(api):
    """It gets that one, or the ImportError."""
    *inner, outer = subinterpreters(api.backend)
    assert outer == f"{api.backend} x"
    assert inner
    for line in inner:
        if api.backend == "python":
            assert line == "python ['x', 'x', 'x', 'x'] None"
        else:
            assert line.startswith("ImportError ")
            assert "interpreter" in line
