"""Arguments and results at their edges: both backends take and refuse the same, and hand out what is the caller's."""

from __future__ import annotations

import copy
import ctypes
import enum
import pickle
from typing import TYPE_CHECKING

import pytest

import ssefold
from merging import error_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
ERROR = b'data: {"error":{"code":1,"more":[{"x":1}]}}\n\n'


class Word(str, enum.Enum):  # noqa: UP042 - what users have
    chat = "openai-chat"
    other = "x"


class Minus:
    def __index__(self) -> int:
        return -3


def raised(call):
    """What a call raises, as plain values, notes and all."""
    with pytest.raises(Exception) as caught:  # noqa: PT011 - both are compared
        call()
    return type(caught.value), str(caught.value), getattr(caught.value, "__notes__", [])


@pytest.mark.parametrize(
    "call",
    [
        lambda api: api.Merger("nope"),
        lambda api: api.Merger("\ud800"),
        lambda api: api.Merger(5),
        lambda api: api.Merger(Word.other),
        lambda api: api.Merger(max_event_size=-1),
        lambda api: api.Merger(max_message_size=Minus()),
        lambda api: api.Merger(max_event_size="x"),
        lambda api: api.Merger(on_error="no"),
        lambda api: api.EventDecoder(max_event_size=Minus()),
        lambda api: api.EventDecoder(max_event_size=-(2**70)),
        lambda api: api.EventDecoder().finish(incomplete="x"),
        lambda api: api.merge_many([], threads=0),
        lambda api: api.merge_many([], threads=-(2**70)),
        lambda api: api.merge_many([], "nope"),
        lambda api: api.merge_many([5]),
        lambda api: api.merge_many([], threads="x"),
        lambda api: api.Event(retry=-1),
        lambda api: api.Event(retry=2**64),
        lambda api: api.Event(5),
        lambda api: api.Event(data=None),
        lambda api: api.Event(id="\ud800"),
        lambda api: api.Delta(Word.other),
        lambda api: api.Delta("text", choice=-1),
        lambda api: api.Delta("text", index=2**32),
        lambda api: api.EventDecoder().feed("text"),
        lambda api: api.EventDecoder().feed((ctypes.c_int * 2)()),
        lambda api: copy.copy(api.EventDecoder()),
        lambda api: copy.deepcopy(api.EventDecoder()),
        lambda api: pickle.dumps(api.EventDecoder()),
    ],
)
def test_what_is_refused(both, call):
    twin, core = (raised(lambda api=api: call(api)) for api in both)
    assert twin == core
    assert twin[2] == []


def test_a_dialect_that_is_a_member_of_an_enum(api):
    assert api.Merger(Word.chat).dialect == "openai-chat"
    assert api.merge_many([CHUNK], Word.chat)[0].text == "Hi"


@pytest.mark.parametrize(
    "make",
    [
        lambda: (ctypes.c_char * len(CHUNK))(*CHUNK),
        lambda: (ctypes.c_ubyte * len(CHUNK))(*CHUNK),
        lambda: memoryview(CHUNK)[::1],
        lambda: memoryview(bytearray(CHUNK)).cast("c"),
    ],
)
def test_buffers_of_bytes_by_another_name(api, make):
    assert len(api.EventDecoder().feed(make())) == 1
    assert api.merge_many([make()])[0].text == "Hi"


def test_a_buffer_without_dimensions_and_one_released(api):
    assert api.EventDecoder().feed(memoryview(b"a").cast("B", ())) == []
    view = memoryview(CHUNK)
    view.release()
    with pytest.raises(ValueError, match="released"):
        api.EventDecoder().feed(view)


@pytest.mark.parametrize("threads", [1, True, 2**63, 2**70])
def test_as_many_threads_as_there_may_be(api, threads):
    assert [merged.text for merged in api.merge_many([CHUNK] * 3, threads=threads)] == ["Hi"] * 3


def test_values_are_plain(api):
    event = api.Event(Word.chat, Word.chat, Word.chat, True)
    assert repr(event) == "Event(event='openai-chat', data='openai-chat', id='openai-chat', retry=1)"
    delta = api.Delta("text", Word.chat, True, True, Word.chat)
    assert repr(delta) == (
        "Delta(kind='text', text='openai-chat', choice=1, index=1, id='openai-chat', value=None, path=())"
    )
    for made in (event, delta):
        before = repr(made)
        type(made).__init__(made, "text")
        assert repr(made) == before


def test_an_error_is_fresh_each_time(api):
    merger = api.Merger()
    with pytest.raises(ssefold.ProviderError) as first:
        merger.feed(CHUNK + ERROR)
    first.value.error["code"] = 99
    first.value.error["more"][0]["x"] = 99
    with pytest.raises(ssefold.ProviderError) as second:
        merger.finish()
    assert second.value.error == merger.result().error.error == {"code": 1, "more": [{"x": 1}]}


def test_what_is_handed_out_may_be_changed(api):
    merged = api.merge(CHUNK + ERROR, on_error="record")
    merged.message["choices"][0]["message"]["content"] = "changed"
    merged.report.quirks["changed"] = 1
    inner = merged.error.merged
    assert (merged.text, inner.text, inner.message["choices"][0]["message"]["content"]) == ("Hi", "Hi", "Hi")
    assert "changed" not in inner.report.quirks
    assert merged.message["choices"][0]["message"]["content"] == "changed"


def test_errors_are_compared_by_their_attributes(api):
    one, same, other = (api.merge(b'data: {"error":{"code":%d}}\n\n' % code, on_error="record") for code in (1, 1, 2))
    assert one == same
    assert one != other


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_any_protocol(api, protocol):
    merged = api.merge(CHUNK + ERROR, on_error="record")
    for value in (merged, merged.report, merged.error, api.Event(data="x"), api.Delta("text", "x")):
        again = pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - our own
        assert repr(again) == repr(value)
    assert error_of(pickle.loads(pickle.dumps(merged, protocol)).error) == error_of(merged.error)  # noqa: S301


def test_an_exception_raised_again_has_what_is_merged_now(api):
    lost = OSError("lost")

    def source(text: bytes) -> Iterator[bytes]:
        yield CHUNK.replace(b"Hi", text)
        raise lost

    for text in (b"one", b"two"):
        with pytest.raises(OSError, match="lost") as caught:
            api.merge(source(text))
        assert caught.value.merged.text == text.decode()


def test_a_response_that_is_asynchronous(api):
    httpx = pytest.importorskip("httpx")

    async def body() -> AsyncIterator[bytes]:
        yield CHUNK

    response = httpx.Response(200, content=body())
    with pytest.raises(TypeError, match="asynchronous: use amerge"):
        api.merge(response)
    assert api.merge(httpx.Response(200, content=CHUNK), on_error="record").text == "Hi"
