"""Detection: content alone decides, chunks are held until one does, and no more than 32 of them."""

from __future__ import annotations

import pytest

from merging import delta, fold, sse

TEXT = delta({"content": "Hi"})


@pytest.mark.parametrize(
    ("chunks", "dialect"),
    [
        ([TEXT], "openai-chat"),
        ([{**TEXT, "object": "text_completion"}], "openai-chat"),
        ([{"choices": [{"delta": None}]}], "openai-chat"),
        ([{"object": "chat.completion.chunk"}], "openai-chat"),
        ([{"choices": [], "prompt_filter_results": []}, TEXT], "openai-chat"),
        ([{"choices": []}, {"choices": [{"text": "x"}]}], "openai-completions"),
        ([{"choices": []}], "openai-chat"),
        ([{"choices": [{"message": {"content": "x"}}]}], "openai-chat"),
        ([{"choices": [{"text": "x", "index": 0}]}], "openai-completions"),
        ([{"object": "text_completion", "choices": []}, {"choices": [{"text": "x"}]}], "openai-completions"),
        ([{"object": "text_completion", "choices": []}, TEXT], "openai-chat"),
        ([{"a": 1}, {"b": 1}, TEXT], "openai-chat"),
        ([{"choices": 5}, TEXT], "openai-chat"),
        ([[TEXT, TEXT]], "openai-chat"),
    ],
)
def test_what_decides(api, chunks, dialect):
    run = fold(api, sse(*chunks))
    assert (run.merged.dialect, run.merged.termination) == (dialect, "done")
    named = fold(api, sse(*chunks), dialect)
    assert (named.message, named.deltas, named.quirks) == (run.message, run.deltas, run.quirks)


def test_what_was_held_is_merged(api):
    run = fold(api, sse(*({"id": "i", "n": number} for number in range(32)), TEXT))
    assert (run.merged.id, run.message["n"], run.merged.text, run.merged.report.chunks) == ("i", 31, "Hi", 33)


def test_thirty_two_chunks_are_held_and_no_more(api):
    run = fold(api, sse(*({"n": number} for number in range(33)), TEXT))
    error = run.merged.error
    assert (type(error), run.merged.termination, run.message) == (api.UnknownDialectError, "malformed", None)
    assert error.tried == api.dialects()
    assert "n" in str(error)


@pytest.mark.parametrize(
    "body", [b"hello", sse({"a": 1}, end=b""), sse({"a": 1}), sse({"type": "x"}, {"b": 2}), b"<html>\n\n"]
)
def test_no_dialect(api, body):
    run = fold(api, body)
    assert (type(run.merged.error), run.merged.termination, run.merged.dialect) == (
        api.UnknownDialectError,
        "malformed",
        None,
    )


def test_the_dialect_is_none_until_known(api):
    merger = api.Merger()
    assert merger.dialect is None
    merger.feed(sse({"choices": []}, end=b""))
    assert (merger.dialect, merger.snapshot()) == (None, None)
    merger.feed(sse(TEXT, end=b""))
    assert merger.dialect == merger.result().dialect == "openai-chat"
    assert api.Merger("openai-completions").dialect == "openai-completions"


def test_a_dialect_that_was_named_holds_nothing(api):
    merger = api.Merger("openai-chat")
    merger.feed(sse({"n": 1}, end=b""))
    assert merger.snapshot() == {"object": "chat.completion", "choices": [], "n": 1}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("lead", ["", "\ufeff"])
def test_bare_lines(api, end, lead):
    """NDJSON, as printed by proxies that strip `data:`."""
    body = lead + end.join(
        ['{"choices":[{"index":0,"delta":{"content":"a"}}]}', '  {"choices":[{"index":0,"delta":{"content":"b"}}]}', ""]
    )
    run = fold(api, body.encode())
    assert (run.merged.text, run.quirks["bare_json_line"], run.merged.dialect) == ("ab", 2, "openai-chat")


def test_an_array_of_chunks(api):
    last = b'{"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}'
    body = b'[{"choices":[{"index":0,"delta":{"content":"a"}}]},\r\n' + last + b"]\n"
    for step in (1, 5, 1000):
        run = fold(api, [body[at : at + step] for at in range(0, len(body), step)])
        assert (run.merged.text, run.merged.termination, run.merged.report.chunks) == ("ab", "finish_reason", 2)


def test_the_dialects_are_named(api):
    assert api.dialects()[:2] == ("openai-chat", "openai-completions")
    assert all(api.Merger(name).dialect == name for name in api.dialects())
