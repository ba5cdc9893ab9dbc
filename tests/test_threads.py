"""Threads and re-entrancy: who calls in the middle of a call waits, is refused by RuntimeError, or is answered."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from merging import DONE, delta, sse

pytestmark = pytest.mark.usefixtures("small_heap")

HI = sse(delta({"content": "x"}), end=b"")
# More than the core does in one go, on both sides of its bound.
LONG = HI * (600_000 // len(HI))
CALLS = sse(
    *(
        delta({"tool_calls": [{"index": i, "id": str(i), "function": {"name": "f", "arguments": "{}"}, "n": 10**30}]})
        for i in range(100)
    )
)


@contextmanager
def collecting(threshold: int = 1) -> Iterator[None]:
    """The collector runs at every opportunity."""
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(threshold)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.collect()


class Cycle:
    """Its end comes when the collector runs, in the middle of whatever makes objects then."""

    def __init__(self, act: Callable[[], object] | None = None) -> None:
        self.act = act
        self.cycle = self

    def __del__(self) -> None:
        if self.act:
            self.act()


def by_finalizer(act):
    gc.disable()
    for _ in range(5):
        Cycle(act)
    gc.enable()


def by_weak_reference(act):
    gc.disable()
    for _ in range(5):
        weakref.finalize(Cycle(), act).atexit = False
    gc.enable()


def by_callback(act):
    def called(phase: str, _info: object) -> None:
        gc.callbacks.remove(called)
        act()

    gc.callbacks.append(called)


WAYS = [by_finalizer, by_weak_reference, by_callback]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["feed", "observe", "snapshot", "result", "finish", "reset", "dialect"])
def test_a_merger_that_is_called_in_the_middle_of_a_call(api, way, method):
    """Every call has all of its effect or, refused by RuntimeError, none: the report counts them."""
    merger = api.Merger("openai-chat", on_error="record")
    fed, entered = count(), []

    def act() -> None:
        entered.append(method)
        try:
            found = getattr(merger, method)
            if method != "dialect":
                found(*([HI] if method in {"feed", "observe"} else []))
        except RuntimeError as error:
            assert "re-entered" in str(error)  # noqa: PT017 - another one is a fault
        else:
            if method in {"feed", "observe"}:
                next(fed)

    for _ in range(4):
        way(act)
        with collecting(3):
            for _ in range(2):
                try:
                    merger.feed(CALLS[: -len(DONE)])
                except ValueError:
                    merger.reset()
                merger.snapshot()
                merger.result().message  # noqa: B018 - it is made when it is read
    assert entered
    if method in {"feed", "observe"}:
        assert merger.result().report.events == 800 + next(fed)
    merger.reset()
    merger.feed(HI)
    assert merger.result().text == "x"


@pytest.mark.parametrize("way", WAYS)
def test_a_decoder_that_is_called_in_the_middle_of_a_call(api, way):
    decoder = api.EventDecoder()
    got, fed = [], []

    def act() -> None:
        try:
            got.extend(decoder.feed(b"data: x\n\n"))
            fed.append(decoder.last_event_id)
        except RuntimeError as error:
            assert "re-entered" in str(error)  # noqa: PT017 - as above

    for _ in range(10):
        way(act)
        with collecting(3):
            got.extend(decoder.feed(b"data: x\n\n" * 100))
    assert len(got) == 1000 + len(fed)


@pytest.mark.parametrize("name", ["message", "tool_calls", "report", "error", "usage", "text"])
def test_a_value_that_is_read_while_it_is_made(api, name):
    """The one value of a Merged, however many were begun."""
    merged = api.merge(CALLS[: -len(DONE)], "openai-chat", on_error="record")
    seen = []
    by_finalizer(lambda: seen.append(getattr(merged, name)))
    with collecting():
        value = getattr(merged, name)
    assert len(seen) == 5
    assert all(repr(each) == repr(value) for each in seen)
    assert getattr(merged, name) is getattr(merged, name) or name == "usage"


def test_a_deltas_value_that_is_read_while_it_is_made(api):
    # A number that only Python can make: the collector runs in between.
    body = sse({**delta({}), "usage": {f"k{i}": 10**700 + i for i in range(15)}})
    for each in api.Merger("openai-chat").feed(body):
        seen = []
        by_finalizer(lambda each=each, seen=seen: seen.append((each.value, each.path, repr(each))))
        with collecting():
            value = each.value
        assert seen == [(value, each.path, repr(each))] * 5
        assert each.value is each.value


@pytest.mark.skipif(sys.version_info < (3, 12), reason="a buffer can be written in Python since 3.12 (PEP 688)")
def test_a_buffer_that_feeds(api):
    """It is read before the call begins, so what it feeds comes first."""
    merger = api.Merger("openai-chat", on_error="record")
    decoder = api.EventDecoder()

    class Buffer:
        def __buffer__(self, _flags: int) -> memoryview:
            merger.feed(HI)
            decoder.feed(b"data: 1\n")
            return memoryview(b"data: 2\n\n")

    assert [event.data for event in decoder.feed(Buffer())] == ["1\n2"]
    merger.feed(Buffer())
    assert (merger.result().text, merger.result().report.events) == ("xx", 3)
    assert [merged.text for merged in api.merge_many([Buffer()])] == [""]


def test_a_source_that_asks_for_an_item(api):
    """There is none to give: the stream is at work on it. What is known it may ask."""
    asked = []

    def source() -> Iterator[bytes]:
        yield HI
        asked.append(stream.result().text)
        yield next(stream).text.encode()

    stream = api.iter_deltas(source())
    with pytest.raises(RuntimeError, match="re-entered"):
        list(stream)
    assert asked == ["x"]
    assert stream.result().text == "x"


def test_a_source_that_closes_its_stream(api):
    class Source:
        def __iter__(self) -> Source:
            return self

        def __next__(self) -> bytes:
            stream.close()
            return HI

    stream = api.iter_deltas(Source())
    assert list(stream) == []
    assert stream.result().termination == "open"


def run(*works: Callable[[], object]) -> None:
    """All at once; what one raises is raised here."""
    together = threading.Barrier(len(works))
    failures = []

    def guarded(work: Callable[[], object]) -> None:
        try:
            together.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def test_threads_with_long_and_short_pieces_of_one_merger(api):
    """No piece is cut by another one: the texts would not be what events alone can make."""
    merger = api.Merger("openai-chat", on_error="record")
    long = LONG if api.backend == "rust" else LONG[: 1000 * len(HI)]
    events = len(long) // len(HI)

    def feed() -> None:
        for _ in range(5):
            assert len(merger.feed(long)) in {events, events + 1}

    def observe() -> None:
        for _ in range(50):
            merger.observe(HI)

    def read() -> None:
        for _ in range(20):
            merged = merger.result()
            assert len(merged.text) == merged.report.events
            merger.snapshot()
            assert merger.dialect == "openai-chat"

    run(feed, feed, observe, observe, read, read)
    assert merger.result().text == "x" * (10 * events + 100)


def test_threads_with_long_pieces_of_one_decoder(api):
    decoder = api.EventDecoder()
    pieces = 40_000 if api.backend == "rust" else 1_000
    got = []

    def feed() -> None:
        for _ in range(3):
            got.extend(decoder.feed(b"data: xxxx\n\n" * pieces))
            assert decoder.comments == 0

    run(feed, feed, feed)
    assert len(got) == 9 * pieces
    assert {event.data for event in got} == {"xxxx"}


def test_many_threads_merge_many(api):
    bodies = [sse(*(delta({"content": f"{number}"}) for _ in range(50))) for number in range(20)]
    texts = [f"{number}" * 50 for number in range(20)]

    def breaking() -> Iterator[bytes]:
        yield from bodies
        raise ConnectionResetError

    def work(threads: int | None) -> Callable[[], None]:
        def merge() -> None:
            for _ in range(5):
                assert [merged.text for merged in api.merge_many(iter(bodies), threads=threads)] == texts
                with pytest.raises(ConnectionResetError):
                    api.merge_many(breaking(), threads=threads)
                with pytest.raises(TypeError):
                    api.merge_many([*bodies, None], threads=threads)
                merged = api.merge_many([*bodies, b"\x1f\x8b\x08"], threads=threads)
                assert [each.termination for each in merged] == ["done"] * 20 + ["malformed"]

        return merge

    run(*(work(threads) for threads in (1, 2, 3, 8, None, 2, 1, 64)))


def test_more_threads_than_a_system_has(api):
    """As many bodies are merged; threads that it refuses are not missed."""
    assert [merged.text for merged in api.merge_many([HI + DONE] * 3, threads=2**62)] == ["x"] * 3


def test_threads_that_share_a_stream(api):
    """Each delta goes to one of them, and none is lost."""
    stream = api.iter_deltas(iter([HI] * 500 + [DONE]))
    got = []

    def take() -> None:
        got.extend(each.kind for each in stream)

    run(take, take, take, take)
    assert sorted(got) == ["start"] + ["text"] * 500
    assert (stream.result().text, stream.result().termination) == ("x" * 500, "done")


def test_tasks_that_share_a_stream(api):
    """As with an asynchronous generator: one waits, the other one is refused."""

    async def source() -> AsyncIterator[bytes]:
        await asyncio.sleep(0)
        yield HI + DONE

    async def work() -> list[object]:
        stream = api.aiter_deltas(source())
        found = await asyncio.gather(anext(stream), anext(stream), return_exceptions=True)
        return [*found, await anext(stream), stream.result().text]

    one, two, three, text = asyncio.run(work())
    assert (one.kind, three.kind, text) == ("start", "text", "x")
    assert isinstance(two, RuntimeError)


def test_a_read_whose_waiter_was_cancelled_is_not_lost(api):
    """A thread can't be cancelled: the piece that it brings is the next one, else the message had a hole."""
    go_on = threading.Semaphore(0)

    def source() -> Iterator[bytes]:
        for text in "abc":
            go_on.acquire()
            yield sse(delta({"content": text}), end=b"")
        yield DONE

    async def work() -> tuple[str, str]:
        stream = api.aiter_deltas(source())
        for _ in range(3):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.01)
        for _ in range(3):
            go_on.release()
        texts = [each.text async for each in stream if each.kind == "text"]
        return "".join(texts), stream.result().text

    assert asyncio.run(work()) == ("abc", "abc")


@pytest.mark.parametrize("end", ["cancel", "close"])
@pytest.mark.parametrize("pieces", range(4))
def test_an_asynchronous_stream_that_ends_at_an_await(api, pieces, end):
    """Cancelled or closed while it waits for a piece: the source is closed, what came is kept."""
    closed = []

    async def source() -> AsyncIterator[bytes]:
        try:
            for _ in range(pieces):
                yield HI
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    async def work() -> str:
        stream = api.aiter_deltas(source())

        async def read() -> None:
            async with stream:
                async for _ in stream:
                    pass

        task = asyncio.ensure_future(read())
        for _ in range(5):
            await asyncio.sleep(0)
        if end == "close":
            # Python's own rule for a generator that runs: who reads from it ends it.
            with pytest.raises(RuntimeError, match="already running"):
                await stream.aclose()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return stream.result().text

    assert asyncio.run(work()) == "x" * pieces
    assert closed == [True]


@pytest.mark.parametrize("pieces", range(4))
def test_an_asynchronous_read_that_is_dropped(api, pieces):
    """Driven by hand, by no event loop; the next one goes on where it stopped."""

    class Wait:
        def __await__(self) -> Iterator[None]:
            yield

    class Source:
        def __init__(self) -> None:
            self.bodies = iter([*[HI] * pieces, DONE])

        def __aiter__(self) -> Source:
            return self

        async def __anext__(self) -> bytes:
            await Wait()
            for body in self.bodies:
                return body
            raise StopAsyncIteration

    stream = api.aiter_deltas(Source())
    kinds = []
    while True:
        dropped = stream.__anext__()
        try:
            dropped.send(None)
            dropped.close()
            reading = stream.__anext__()
            reading.send(None)
            while True:
                reading.send(None)
        except StopIteration as item:
            kinds.append(item.value.kind)
        except StopAsyncIteration:
            break
    assert kinds == ["start"] * bool(pieces) + ["text"] * pieces
    assert stream.result().text == "x" * pieces
