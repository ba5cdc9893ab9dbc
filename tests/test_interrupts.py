"""Signals in the middle of a call: their handlers run soon, what they raise ends it, and what it leaves is defined.

A handler that raises at its third call only tells apart what a clock can't: of signals that nobody looked for until the
work was done, Python runs the handler once.
"""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from merging import DONE, delta, sse

pytestmark = [
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="timers of processes are POSIX's"),
    # coverage takes a lock of its own in Python at each call of a function, and an interrupt there leaves it taken.
    pytest.mark.traced,
]

HI = sse(delta({"content": "x"}), end=b"")
# No event is like the one before it, so that each takes its time: a body takes the core about a second.
SLOW = sse(*(delta({"content": "x", "list": [{"index": n, f"name{n}": [n] * n}]}) for n in range(200)), end=b"")
TIMES = {"rust": 400, "python": 40}


class Interrupted(Exception):  # noqa: N818 - a KeyboardInterrupt that pytest doesn't take for its own
    pass


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """What a handler raises within a finalizer or a callback that the collector runs, Python prints and drops."""
    gc.disable()
    yield
    gc.enable()


@contextmanager
def signals(seconds: float, act) -> Iterator[None]:
    """One after the other: the next one is asked for when the handler is done."""

    def handler(_number: int, _frame: object) -> None:
        act()
        signal.setitimer(signal.ITIMER_REAL, seconds)

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def third():
    calls = []

    def act() -> None:
        calls.append(None)
        if len(calls) == 3:
            raise Interrupted

    return act


def in_another_thread(call):
    """Its result; that it comes at all shows that no lock was left behind."""
    found = []
    thread = threading.Thread(target=lambda: found.append(call()), daemon=True)
    thread.start()
    thread.join(60)
    assert found, "a lock is still held"
    return found[0]


@pytest.fixture
def body(api):
    return SLOW * TIMES[api.backend]


@pytest.mark.parametrize("method", ["feed", "observe"])
def test_a_long_piece(api, body, method):
    merger = api.Merger("openai-chat", max_message_size=None)
    with pytest.raises(Interrupted), signals(0.03, third()):
        getattr(merger, method)(body)
    known = in_another_thread(merger.result)
    assert known.termination == "open"
    assert 0 < known.report.events < body.count(b"\n\n")
    assert merger.snapshot() == known.message
    for call in (lambda: merger.feed(HI), lambda: merger.observe(HI), merger.finish):
        with pytest.raises(RuntimeError, match="interrupted in the middle of a call"):
            call()
    merger.reset()
    merger.feed(HI + DONE)
    assert (merger.result().text, merger.finish()) == ("x", [])


def test_a_long_piece_of_a_decoder(api):
    decoder = api.EventDecoder()
    with pytest.raises(Interrupted), signals(0.03, third()):
        decoder.feed(b"data: x\n\n" * (10_000_000 if api.backend == "rust" else 500_000))
    for call in (lambda: decoder.feed(b"data: x\n\n"), decoder.finish):
        with pytest.raises(RuntimeError, match="interrupted in the middle of a call"):
            call()
    decoder.reset()
    assert [event.data for event in decoder.feed(b"data: x\n\n")] == ["x"]


def test_a_whole_body(api, body):
    with pytest.raises(Interrupted), signals(0.03, third()):
        api.merge(body, max_message_size=None)


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("shape", ["one body", "many", "most are done"])
def test_merge_many(api, body, threads, shape):
    """Its threads stop too, at once."""
    running = threading.active_count(), tasks()
    bodies = {"one body": [body], "many": [body[: 40 * len(SLOW)]] * 50, "most are done": [b"", HI, HI, body]}[shape]
    with pytest.raises(Interrupted), signals(0.03, third()):
        api.merge_many(bodies, threads=threads, max_message_size=None)
    assert threading.active_count() == running[0]
    while tasks() > running[1]:  # the system is still to clear away what has ended
        os.sched_yield()
    assert [merged.text for merged in api.merge_many([HI, HI], threads=threads)] == ["x", "x"]


def tasks() -> int:
    """Threads of this process, those that Python knows nothing of too (Linux)."""
    folder = Path("/proc/self/task")
    return len(list(folder.iterdir())) if folder.exists() else 0


def test_a_handler_that_calls_the_merger_at_work(api, body):
    """It is refused, as waiting would never end, and the call goes on. Another merger is free."""
    merger, other = (api.Merger("openai-chat", max_message_size=None) for _ in range(2))
    refused = []

    def act() -> None:
        other.feed(HI)
        try:
            _ = merger.dialect
        except RuntimeError:  # at work, and not before it or after it
            for call in (lambda: merger.feed(HI), merger.result, merger.snapshot, merger.finish, merger.reset):
                with pytest.raises(RuntimeError, match="re-entered from its own thread"):
                    call()
            refused.append(True)

    with signals(0.03, act):
        deltas = merger.feed(body)
    assert refused
    assert len(deltas) > body.count(b"\n\n")
    assert merger.result().report.events == body.count(b"\n\n")
    assert other.result().text != ""


def test_waiting_for_another_threads_call(api, body):
    """The signal is honoured by who waits; the other call isn't disturbed."""
    merger = api.Merger("openai-chat", max_message_size=None)
    begun = threading.Event()
    counts = []

    def work() -> None:
        begun.set()
        counts.append(len(merger.feed(body)))

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    waits = 0
    with signals(0.03, third()):
        while not counts:
            try:
                merger.result()
            except Interrupted:
                waits += not counts
    assert waits
    thread.join()
    assert merger.result().report.events == body.count(b"\n\n")


def test_an_interrupt_anywhere(api):
    """Hundreds of them: no lock is left behind, the merger refuses or goes on, and is as new after a reset."""
    merger = api.Merger("openai-chat", on_error="record")
    torn = 0

    def raises() -> None:
        raise Interrupted

    for round_ in range(300):
        try:
            with signals(0.0001 + round_ * 0.000003, raises):
                # Not for ever, should one be lost all the same.
                for _ in range(1000):
                    merger.feed(HI * 20)
                    merger.snapshot()
                    merger.reset()
        except Interrupted:
            pass
        in_another_thread(merger.result)
        try:
            merger.feed(HI)
        except RuntimeError as error:
            assert "interrupted" in str(error)  # noqa: PT017 - "re-entered" would be a fault
            torn += 1
        merger.reset()
        assert [each.kind for each in merger.feed(HI)] == ["start", "text"]
        merger.reset()
    assert torn or api.backend == "rust"


CONTROL_C = """
import signal, sys, ssefold
# Whoever runs the tests in the background may have it ignored, which a child inherits.
signal.signal(signal.SIGINT, signal.default_int_handler)
body = sys.argv[1].encode().decode("unicode_escape").encode() * int(sys.argv[2])
try:
    print("ready", flush=True)
    ssefold.merge_many([body] * 1000, threads=3, max_message_size=None)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_control_c(api):
    """As a user does it, in a process of its own: the default handler raises KeyboardInterrupt."""
    event = SLOW[: SLOW.index(b"\n\n") + 2].decode().encode("unicode_escape").decode()
    command = [sys.executable, "-c", CONTROL_C, event, "2000000"]
    environment = {**os.environ, "SSEFOLD_BACKEND": api.backend}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted\n"
    assert process.returncode == 0
