"""Bad input: each shape gets its error or its tolerance at the same offset on both backends, with all before it kept.

Nothing panics, hangs, allocates by a number from the wire, or does more work than the bytes are worth.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, TypeAlias

import pytest

from generate import deep_json
from generate_chunks import ODD, ODD_INDEXES
from merging import DONE, delta, delta_of, fold, sse, state_of
from ssefold import _backend
from ssefold._py.dialect import NAMES, named

TraceFunction: TypeAlias = Callable[[FrameType, str, Any], Any]

GOOD = sse(delta({"content": "Hi"}), end=b"")


def chat(change):
    """A chunk by its spelling: `change` is the delta."""
    return f'{{"choices":[{{"index":0,"delta":{change}}}]}}'


SHAPES = {
    "no stream": b"hello, world\n\n",
    "a page": b"<!DOCTYPE html>\n<html><body>502</body></html>\n",
    "only NUL": b"\0" * 100,
    "NUL in data": b"data: \0\n\n",
    "NUL in a text": sse('{"choices":[{"delta":{"content":"a\\u0000b"}}]}'),
    "NUL in a string": b'data: {"a":"\0"}\n\n',
    "control characters": bytes(range(32)) * 4,
    "all bytes": bytes(range(256)),
    "all bytes as data": b"data: " + bytes(byte for byte in range(256) if byte not in b"\r\n") + b"\n\n",
    "gzip": b"\x1f\x8b\x08" + bytes(range(256)),
    "amazon": b"\x00\x00\x00\x8b\x00\x00\x00K:event-type",
    "half a BOM": b"\xef\xbb",
    "two BOMs": b"\xef\xbb\xbf\xef\xbb\xbfdata: {}\n\n",
    "UTF-16": GOOD.decode().encode("utf-16"),
    "surrogates in UTF-8": b'data: {"choices":[{"delta":{"content":"\xed\xa0\xbd\xed\xb8\x80"}}]}\n\n',
    "overlong": b'data: {"choices":[{"delta":{"content":"\xc0\x80"}}]}\n\n',
    "cut JSON": sse('{"choices":[{"delta":{"content":"a'),
    "two values": sse("{}{}"),
    "NaN": sse('{"choices":[{"delta":{"n":NaN}}]}'),
    "an overflow": sse('{"choices":[{"delta":{"n":1e400}}]}'),
    "the largest double": sse('{"choices":[{"delta":{"n":1.7976931348623157e308}}]}'),
    "4,300 digits": sse(chat('{"n":%s}' % ("9" * 4300))),
    "5,000 digits": sse(chat('{"n":%s}' % ("9" * 5000))),
    "5,000 digits of an index": sse('{"choices":[{"index":%s,"delta":{}}]}' % ("9" * 5000)),
    "128 deep": sse("[" * 127 + '{"choices":[]}' + "]" * 127),
    "nested 200,000 deep": sse('{"a":' + "[" * 200_000 + "]" * 200_000 + "}"),
    "nested objects": sse('{"a":' * 200_000),
    "bare and deep": b"[" * 200_000,
    "bare, deep, closed": b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n",
    "a delta 120 deep": sse(chat(json.dumps({"x": deep_json(120)}))),
    "lone surrogates": sse(
        *(chat(f'{{"content":"{half}"}}') for half in ("\\ud83d", "\\ud83d", "x", "\\ude00", "\\ud83d"))
    ),
    "surrogates as keys": sse(chat('{"\\ud83d":"a","\\ude00":"b","\\ufffd":"c"}')),
    "empty keys": sse(chat('{"":"a","":{"":"b"}}'), chat('{"":{"":"c"}}')),
    "dots in keys": sse(chat('{"a.b":"c","a":{"b":"c"}}')),
    "names of our own": sse(chat('{"__class__":"a","parent":"b","key":1,"place":{"by_key":1}}')),
    "no chunk": b"".join(sse(value, end=b"") for value in ODD),
    "a long line": b"data: " + b"x" * 300_000,
    "a long comment": b":" * 300_000 + b"\n\n" + GOOD,
    "many blank lines": b"\r\n\r\r\n\n" * 5_000 + GOOD,
    "many ids": b"id: x\n" * 5_000 + GOOD,
    "an id with NUL": b"id: a\0b\n" + GOOD,
    "retry": b"retry: 99999999999999999999\nretry: -1\nretry: \xd9\xa1\n" + GOOD,
    "no field": b"\n".join([b"dat", b"data", b"data:", b":", b"", b"data : x", b"Data: x", b" data: x", b""]),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("before", [b"", GOOD], ids=["first", "after a good one"])
def test_a_shape(api, name, before):
    """Whole or in pieces: the same state; what came before is kept; raising and recording tell the same."""
    body = before + SHAPES[name]
    whole = fold(api, body)
    state = state_of(whole.merged)
    if before:
        assert whole.merged.text.startswith("Hi")
    for step in (1,) if len(body) < 5_000 else (4096, 9973):
        cut = fold(api, [body[at : at + step] for at in range(0, len(body), step)])
        assert state_of(cut.merged) == state
        assert [delta_of(each, path=False) for each in cut.deltas] == [
            delta_of(each, path=False) for each in whole.deltas
        ]
    if whole.merged.error is not None:
        with pytest.raises(type(whole.merged.error)):
            api.merge(body)


@pytest.mark.parametrize("name", SHAPES)
def test_both_backends_tell_the_same(both, name):
    for before in (b"", GOOD):
        twin, core = (fold(backend, before + SHAPES[name]) for backend in both)
        assert state_of(twin.merged) == state_of(core.merged)
        assert list(map(delta_of, twin.deltas)) == list(map(delta_of, core.deltas))


def places(rule, path=(), depth=0):
    """Every place of a table's tree: the names that lead there, lists in brackets."""
    for child in rule.fields.values():
        here = (*path, child)
        yield here
        if depth < 8 and child.name != "thinking" and child is not rule:
            yield from places(child, here, depth + 1)


def wrapped(place, value):
    """JSON text of a chunk that has ``value`` at a place."""
    for rule in reversed(place):
        value = f'"{rule.name}":{value}'
        value = f"{{{value}}}"
        if rule is not place[0] and place[place.index(rule) - 1].op in {"by", "tool_calls", "content"}:
            value = f"[{value}]"
    return value


@pytest.mark.parametrize("dialect", NAMES)
def test_wrong_types_in_every_field(api, dialect):
    """Each field with each odd value, alone and then all after each other: no effect or tolerance, never an error."""
    for place in places(named(dialect).root):
        bodies = [wrapped(place, value) for value in (*ODD, *ODD_INDEXES)]
        for one in bodies:
            run = fold(api, sse(one), dialect)
            assert run.merged.error is None or type(run.merged.error) is api.ProviderError, one
            state_of(run.merged)
        run = fold(api, sse(*bodies), dialect)
        cut = fold(api, [sse(one, end=b"") for one in bodies] + [DONE], dialect)
        assert state_of(cut.merged) == state_of(run.merged)


@pytest.mark.parametrize("dialect", NAMES)
def test_wrong_types_are_the_same_on_both(both, dialect):
    for place in places(named(dialect).root):
        body = sse(*(wrapped(place, value) for value in (*ODD, *ODD_INDEXES)))
        twin, core = (fold(backend, body, dialect) for backend in both)
        assert state_of(twin.merged) == state_of(core.merged)
        assert list(map(delta_of, twin.deltas)) == list(map(delta_of, core.deltas))


def cost(backend, body, count=1, dialect="openai-chat"):
    """Opcodes of Python that the twin runs for a body: they repeat, unlike a clock. ``count`` is that of the feeds."""
    opcodes = 0

    def watch(frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal opcodes
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        opcodes += event == "opcode"
        return watch

    merger = backend.Merger(dialect, on_error="record")
    step = max(1, len(body) // count)
    before = sys.gettrace()
    sys.settrace(watch)
    try:
        for at in range(0, len(body), step):
            merger.feed(body[at : at + step])
        merger.finish()
    finally:
        sys.settrace(before)
    return opcodes


LONG = {
    "content": lambda n: [delta({"content": "x"})] * n,
    "choices in falling order": lambda n: [delta({"content": "x"}, n - i) for i in range(n)],
    "reasoning of many choices": lambda n: [delta({"reasoning": "x"}, i) for i in range(n)],
    "tool calls": lambda n: [
        delta({"tool_calls": [{"index": i, "id": str(i), "function": {"name": "f", "arguments": "{}"}}]})
        for i in range(n)
    ],
    "a name in pieces": lambda n: [
        delta({"tool_calls": [{"index": 0, "function": {"name": "ab"}}]}),
        *[delta({"tool_calls": [{"index": 0, "function": {"name": "a"}}]})] * n,
    ],
    "blocks": lambda n: [delta({"content": [{"type": "text" if i % 2 else "x", "text": "t"}]}) for i in range(n)],
    "one list": lambda n: [delta({"images": [{"index": 0}, *[{}] * n]})],
    "details": lambda n: [delta({"reasoning_details": [{"type": "t", "index": i, "text": "x"}]}) for i in range(n)],
    "logprobs": lambda n: [delta({}, logprobs={"content": [{"token": "x"}]})] * n,
    "unknown members": lambda n: [{**delta({}), "zz": {f"k{i}": 1}} for i in range(n)],
    "usage beside": lambda n: [
        {**delta({}), "x_groq": {"usage": {f"k{i}": 1 for i in range(n)}}},
        *[delta({"content": "x"})] * n,
    ],
    "halves": lambda n: [chat('{"content":"\\ud83d"}'), chat('{"content":"\\ude00"}')] * n,
    "messages beside": lambda n: [{"choices": [{"index": i, "message": {"content": "x"}}]} for i in range(n)],
    "audio": lambda n: [delta({"audio": {"data": "AA=="}})] * n,
    "held arguments": lambda n: [delta({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]})] * n,
    "an array": lambda n: [[delta({"content": "x"})] * n],
}


@pytest.mark.traced
@pytest.mark.parametrize("name", LONG)
def test_the_twins_work_is_linear_in_the_bytes(name):
    """Twice the chunks, twice the opcodes. The core runs none: its instructions are counted beside the benches."""
    twin = _backend.load("python")
    small, large = (sse(*LONG[name](count)) for count in (100, 200))
    assert cost(twin, large) <= 2.2 * cost(twin, small)
    assert cost(twin, large, 200) <= 2.2 * cost(twin, small, 100)


@pytest.mark.parametrize("name", LONG)
def test_deltas_are_no_larger_than_the_bytes(api, name):
    """A delta that repeats all that is held makes their sum quadratic: usage alone may, as is documented."""
    for count in (100, 400):
        body = sse(*LONG[name](count))
        run = fold(api, body)
        told = sum(len(each.text) + len(json.dumps(each.value)) for each in run.deltas if each.kind != "usage")
        assert told <= len(body)


@pytest.mark.parametrize("index", ["4000000000", "9223372036854775807", "1" + "0" * 30, "-4000000000"])
@pytest.mark.parametrize(
    "where",
    [
        '{"choices":[{"index":%s,"delta":{"content":"x"}}]}',
        chat('{"tool_calls":[{"index":%s}],"images":[{"index":%s}]}'),
        '{"choices":[],"prompt_filter_results":[{"prompt_index":%s}]}',
        chat('{"reasoning_details":[{"type":"t","index":%s}]}'),
    ],
)
def test_no_number_of_the_wire_allocates(api, where, index):
    fold(api, GOOD)
    tracemalloc.start()
    try:
        run = fold(api, sse(where.replace("%s", index)), "openai-chat")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert run.merged.termination == "done"


class Collected:
    """An object in a cycle, whose end comes when the collector runs: in the middle of whatever makes objects then."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.act = act
        self.cycle = self

    def __del__(self) -> None:
        self.act()


@pytest.mark.parametrize("method", ["feed", "observe", "snapshot", "result", "finish", "reset"])
def test_re_entering_never_dead_locks(api, method):
    """The twin refuses with RuntimeError; the core, which makes no object while it works, may also carry on."""
    merger = api.Merger("openai-chat", on_error="record")
    seen = []

    def act() -> None:
        try:
            getattr(merger, method)(*([GOOD] if method in {"feed", "observe"} else []))
            seen.append(None)
        except (RuntimeError, ValueError) as error:
            seen.append(type(error))

    body = sse(*(delta({"tool_calls": [{"index": i, "id": str(i), "x": {"a": [i]}}]}) for i in range(300)), end=b"")
    before = gc.get_threshold()
    gc.set_threshold(20)
    try:
        for _ in range(20):
            Collected(act)
            try:
                merger.feed(body)
                merger.snapshot()
            except ValueError:
                merger.reset()
    finally:
        gc.set_threshold(*before)
        gc.collect()
    assert seen
    assert set(seen) <= {None, RuntimeError, ValueError}


def test_threads_wait_for_each_other(api):
    merger = api.Merger("openai-chat", on_error="record")
    chunk = sse(delta({"content": "x"}), end=b"")
    together = threading.Barrier(8)
    failures = []

    def work() -> None:
        try:
            together.wait()
            for _ in range(100):
                merger.feed(chunk)
                merger.observe(chunk)
                merger.snapshot()
                merger.result().report  # noqa: B018 - it is computed when it is read
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert merger.result().text == "x" * 1600
    assert merger.result().report.events == 1600


def test_streams_of_many_threads_are_their_own(api):
    bodies = [sse(*(delta({"content": f"{number}"}) for _ in range(50))) for number in range(40)]
    assert [each.text for each in api.merge_many(bodies, threads=8)] == [f"{number}" * 50 for number in range(40)]


def test_a_source_that_fails_keeps_what_came(api):
    def source() -> Iterator[bytes]:
        yield GOOD
        raise ConnectionResetError

    stream = api.iter_deltas(source())
    seen = []
    with pytest.raises(ConnectionResetError) as raised:
        seen.extend(stream)
    assert (stream.result().text, stream.result().termination) == ("Hi", "eof")
    assert raised.value.merged.message == stream.result().message
