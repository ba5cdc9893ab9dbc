"""Nothing stays: every public call, its errors too, leaves as many objects, blocks and references as it found."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import subprocess
import sys
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from merging import delta, sse

pytestmark = pytest.mark.usefixtures("small_heap")

ROOT = Path(__file__).resolve().parents[1]
GOOD = sse(
    delta({"role": "assistant", "content": "Hi"}),
    delta({"content": "Hi"}),
    delta({"content": "Hi"}),
    delta({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"a":'}}]}),
    delta({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}], "odd": [1, {"n": 10**30, "big": 10**700}]}),
    {**delta({}, finish_reason="stop"), "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
)
MALFORMED = sse("{", end=b"")
PROVIDERS = sse({"error": {"message": "no", "code": 500}})
TABLE = 'name = "mine"\n[merge]\nid = "first"\n'


def refused(call: Callable[[], object]) -> None:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - all of them
        error.merged = getattr(error, "merged", None)
        return
    raise AssertionError("it should raise")


def again(value: object) -> object:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - what was pickled here


def views(merged) -> None:
    for name in ("message", "text", "reasoning", "refusal", "tool_calls", "finish_reason", "usage", "report", "error"):
        getattr(merged, name)
    repr(merged)


def fed(api) -> None:
    merger = api.Merger("openai-chat", max_message_size=10**6)
    for delta_ in merger.feed(GOOD) + merger.finish():
        repr((delta_.kind, delta_.text, delta_.choice, delta_.index, delta_.id, delta_.value, delta_.path))
        assert delta_ == copy.copy(delta_)
        assert delta_ == again(delta_)
    views(merger.result())
    assert merger.snapshot()
    assert merger.dialect
    refused(lambda: merger.feed(b"data: 1\n\n"))
    merger.reset()
    merger.observe(bytearray(GOOD))
    merger.observe(memoryview(GOOD)[:10])


def failed(api) -> None:
    for body in (MALFORMED, PROVIDERS, b"", b"\x1f\x8b\x08" * 9, sse({"nothing": 1})):
        refused(lambda body=body: api.merge(body))
        views(api.merge(body, on_error="record"))
        refused(lambda body=body: list(api.iter_deltas(body)))
    refused(lambda: api.merge(GOOD, max_event_size=10))
    refused(lambda: api.merge(GOOD, max_message_size=10))
    refused(lambda: api.Merger(object()))
    refused(lambda: api.Merger("no such"))
    refused(lambda: api.Merger(on_error="no"))
    refused(lambda: api.Merger(max_event_size=-1))
    refused(lambda: api.Merger().feed("text"))
    refused(lambda: api.Merger().feed(memoryview(b"1234").cast("I")))
    refused(lambda: api.Merger().finish())


def decoded(api) -> None:
    decoder = api.EventDecoder(max_event_size=1000)
    for event in decoder.feed(b"event: x\nid: 1\nretry: 5\ndata: [1]\n\n" * 3 + b": c\ndata: y"):
        assert event == copy.deepcopy(event) == again(event)
        repr((event, hash(event), event.json(), event.event, event.data, event.id, event.retry))
    assert (decoder.last_event_id, decoder.retry, decoder.comments) == ("1", 5, 1)
    decoder.finish(incomplete="dispatch")
    refused(lambda: decoder.feed(b""))
    refused(lambda: decoder.finish(incomplete="no"))
    decoder.reset()
    refused(lambda: decoder.feed(b"x" * 2000))
    refused(decoder.finish)
    refused(lambda: api.Event(data="no json").json())
    refused(lambda: api.Event(data=b""))
    refused(lambda: api.EventDecoder().feed(1))


def many(api) -> None:
    def breaking() -> Iterator[bytes]:
        yield GOOD
        raise ConnectionResetError

    for merged in api.merge_many([GOOD, bytearray(GOOD), MALFORMED, PROVIDERS], threads=2):
        views(merged)
        assert again(merged) == merged
    refused(lambda: api.merge_many([GOOD, None]))
    refused(lambda: api.merge_many(breaking()))
    refused(lambda: api.merge_many(1))
    refused(lambda: api.merge_many([GOOD], threads=0))
    refused(lambda: list(api.iter_deltas(breaking())))


def dialects(api) -> None:
    mine = api.Dialect.from_toml(TABLE)
    repr((mine, mine.name, api.dialects()))
    views(api.merge(sse({"id": "a"}), mine, on_error="record"))
    refused(lambda: api.Dialect.from_toml("name = 1"))
    refused(lambda: api.Dialect.from_toml(1))
    refused(api.Dialect)
    refused(lambda: api.Delta("no kind"))
    api.Delta("usage", value={"a": [1]}, path=("usage",), id="x", index=1)


def dropped(api) -> None:
    """In the middle of a stream, and in cycles."""
    stream = api.iter_deltas(iter([GOOD[:200], GOOD[200:]]))
    next(stream)
    merger = api.Merger()
    merger.feed(GOOD[:-5])
    cycle = [stream, merger, merger.feed]
    cycle.append(cycle)
    with api.iter_events(iter([GOOD])) as events:
        next(events)


def raised(api) -> None:
    """A traceback holds the frame that holds what has the exception."""
    merged = api.merge(PROVIDERS, on_error="record")
    try:
        raise merged.error
    except api.ProviderError:
        assert merged.error.__traceback__
    message = api.merge(GOOD).message
    merged = api.merge(GOOD)
    merged.message["cycle"] = [merged, message]
    merged.tool_calls.append(merged)
    merged.report.quirks["cycle"] = merged


def named(api) -> None:
    """Names that no stream had before: in the message, in paths, and where fragments go."""
    number = next(NUMBERS)
    body = sse({f"n{number}": {f"m{number}": f"{number}"}, **delta({f"d{number}": f"{number}"})}, end=b"") * 4
    body += sse({"candidates": [{"content": {"parts": [{"text": "x"}], f"c{number}": f"{number}"}}]}, end=b"") * 4
    for dialect in ("openai-chat", "gemini"):
        merger = api.Merger(dialect, on_error="record")
        for each in merger.feed(body):
            repr((each.path, each.value))
        views(merger.result())


NUMBERS = count()
CALLS = [fed, failed, decoded, many, dialects, dropped, raised, named]


def grown(call: Callable[[], object], shared: list[object]) -> dict[str, int]:
    """What fifty calls leave behind in each of five rounds: one thing a call is fifty, caches fill up once."""
    found: dict[str, int] = {}
    for round_ in range(5):
        before = levels(shared)
        for _ in range(50):
            call()
        after = levels(shared)
        grew = {name: after[name] - before[name] for name in before}
        found = {name: min(found[name], grew[name]) for name in before} if round_ else grew
    return {name: count for name, count in found.items() if count >= 40}


def levels(shared: list[object]) -> dict[str, int]:
    gc.collect()
    gc.collect()
    references = {f"references to {each!r:.30}": sys.getrefcount(each) for each in shared}
    return {"blocks": sys.getallocatedblocks(), "objects": len(gc.get_objects()), **references}


@pytest.mark.parametrize("act", CALLS, ids=lambda act: act.__name__)
def test_nothing_stays(api, act):
    shared = [GOOD, MALFORMED, PROVIDERS, TABLE, api.Merger, api.Merged, api.Delta, api.Event, api.ProviderError]
    # Some names are kept for those that come again: 512 by the core, 256 by the twin, 2048 by orjson.
    for _ in range(3000 if act is named else 0):
        act(api)
    assert grown(lambda: act(api), shared) == {}


@pytest.mark.traced
def test_nothing_of_a_coroutine_stays(api):
    async def work() -> None:
        async def source() -> AsyncIterator[bytes]:
            yield GOOD[:300]
            yield GOOD[300:]

        assert (await api.amerge(source())).complete
        async with api.aiter_deltas(source()) as stream:
            await anext(stream)
        waiting = asyncio.ensure_future(anext(api.aiter_deltas(iter([GOOD]))))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        # The only worker has done what was asked of it before, also by the read that was cancelled.
        await asyncio.get_running_loop().run_in_executor(None, int)

    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(ThreadPoolExecutor(1))
        # asyncio.to_thread alone leaves a block a call for as many.
        for _ in range(300):
            runner.run(work())
        assert grown(lambda: runner.run(work()), [GOOD]) == {}


def test_a_merged_whose_error_was_raised_is_collected(api):
    def raising() -> weakref.ref:
        merged = api.merge(sse(delta({"content": "x"}), end=PROVIDERS), on_error="record")
        merged.message["mark"] = mark = type("Mark", (), {})()
        try:
            raise merged.error
        except api.ProviderError:
            return weakref.ref(mark)

    mark = raising()
    gc.collect()
    assert mark() is None


def test_a_short_soak(api):
    """Some ten thousand events of all recordings; `python -m benches.soak` takes millions."""
    command = [sys.executable, "-m", "benches.soak", f"--backend={api.backend}", "--events=20000", "--quiet"]
    subprocess.run(command, cwd=ROOT, check=True)
