"""Errors: the first one, once, after all that came before it; then again at the end, as a fresh exception."""

from __future__ import annotations

import itertools
import sys

import pytest

from merging import DONE, delta, error_of, fold, sse

GOOD = sse(delta({"content": "Hi"}), end=b"")
ERROR = sse({"error": {"message": "overloaded", "code": 529, "type": "server_error"}}, end=b"")


def raised(api, body):
    merger = api.Merger()
    with pytest.raises(api.SSEFoldError) as caught:  # noqa: PT012 - the one or the other raises
        merger.feed(body)
        merger.finish()
    return caught.value, merger


def test_what_was_decoded_is_in_the_exception(api):
    merger = api.Merger()
    with pytest.raises(api.MalformedStreamError) as caught:
        merger.feed(GOOD + b"data: {nope\n\n" + GOOD)
    error = caught.value
    assert [each.text for each in error.deltas] == ["", "Hi"]
    assert (error.merged.text, error.merged.termination, error.merged.error) == ("Hi", "malformed", None)
    assert (error.event, error.offset, error.excerpt) == (1, 1, "{nope")
    assert str(error) == "event 1, byte 1: not JSON"
    assert isinstance(error, ValueError)


def test_the_error_is_raised_once_and_again_at_the_end(api):
    merger = api.Merger()
    with pytest.raises(api.ProviderError) as first:
        merger.feed(ERROR)
    assert merger.feed(GOOD) == []
    merger.observe(b"data: {nope\n\n")
    with pytest.raises(api.ProviderError) as second:
        merger.finish()
    with pytest.raises(api.ProviderError) as third:
        merger.finish()
    assert len({id(each.value) for each in (first, second, third)}) == 3
    assert error_of(first.value) == error_of(second.value) == error_of(third.value)
    assert merger.result().error is not second.value
    assert error_of(merger.result().error) == error_of(first.value)


def test_observe_raises_as_feed_does(api):
    for name in ("feed", "observe"):
        with pytest.raises(api.ProviderError) as caught:
            getattr(api.Merger(), name)(GOOD + ERROR)
        assert caught.value.merged.text == "Hi"
        assert [each.text for each in caught.value.deltas] == (["", "Hi"] if name == "feed" else [])


def test_recorded_errors_are_not_raised(api):
    merger = api.Merger(on_error="record")
    assert [each.text for each in merger.feed(GOOD + ERROR + GOOD)] == ["", "Hi"]
    assert merger.result().termination == "error"
    assert merger.finish() == []
    assert merger.finish() == []
    assert merger.result().text == "Hi"


def test_a_provider_error(api):
    error, merger = raised(api, GOOD + ERROR)
    assert (error.code, error.type, error.message, str(error)) == (529, "server_error", "overloaded", "overloaded")
    assert error.error == {"message": "overloaded", "code": 529, "type": "server_error"}
    assert (merger.result().termination, merger.result().complete) == ("error", False)


def test_what_came_beside_the_error_is_merged(api):
    error, _ = raised(
        api, sse({**delta({"content": "Hi"}, finish_reason="error"), "error": {"message": "m"}, "id": "i"})
    )
    assert (error.merged.text, error.merged.finish_reason, error.merged.id) == ("Hi", "error", "i")
    assert "error" not in error.merged.message


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (sse({"error": "text"}), {"message": "text"}),
        (sse('{"error":"\\ud83d"}'), {"message": "\ufffd"}),
        (sse({"error": {"message": None, "code": "c"}}), {"message": None, "code": "c"}),
        (b'event: error\ndata: {"error":{"message":"inner"},"event_id":1}\n\n', {"message": "inner"}),
        (b'event: error\ndata: {"message":"m","code":5}\n\n', {"message": "m", "code": 5}),
        (b'event: error\ndata: "text"\n\n', {"message": "text"}),
        (b"event: error\ndata: overloaded, try again\n\n", {"message": "overloaded, try again"}),
        (b'event: error\r\ndata: {"error":5,"message":"m"}\r\n\r\n', {"error": 5, "message": "m"}),
        (b'{"error":{"message":"m"}}', {"message": "m"}),
        (b'{\n  "error": {\n    "code": 404,\n    "message": "m"\n  }\n}\n', {"code": 404, "message": "m"}),
        (b'[{"error":{"message":"m"}}]', {"message": "m"}),
    ],
)
def test_the_shapes_of_provider_errors(api, body, error):
    caught, merger = raised(api, body)
    assert type(caught) is api.ProviderError
    assert caught.error == error
    assert (merger.dialect, merger.result().message, merger.result().termination) == (None, None, "error")


@pytest.mark.parametrize("error", [None, {}, "", 0, False, 5, []])
def test_what_is_no_error(api, error):
    run = fold(api, sse({**delta({"content": "x"}), "error": error}))
    assert (run.merged.error, run.merged.text) == (None, "x")
    assert "error" not in run.message


@pytest.mark.parametrize(
    ("data", "offset", "reason"),
    [
        ("{nope", 1, "not JSON"),
        ('{"a":1', 6, "JSON cut short"),
        ('{"é":é', 6, "not JSON"),
        ("[1,]", 3, "not JSON"),
        ("5", 0, "a chunk that is no object"),
        ('"text"', 0, "a chunk that is no object"),
        ("true", 0, "a chunk that is no object"),
        ("[[]]", 0, "a chunk that is no object"),
        ("[{},5]", 0, "a chunk that is no object"),
        ('{"a":NaN}', 5, "not JSON"),
        ('{"a":1e999}', 5, "a number beyond the range of a double"),
        ('{"a":' + "1" * 4301 + "}", 5, "a number of more than 4300 bytes"),
        ('{"a":' + "[" * 200_000, 5 + 127, "nested deeper than 128"),
        ("<html>502 Bad Gateway</html>", 0, "not JSON"),
        ('{"a":"b\x01"}', 7, "not JSON"),
        ('{"a":"\\x"}', 7, "not JSON"),
        ("{} {}", 3, "not JSON"),
        ("'a'", 0, "not JSON"),
    ],
)
def test_malformed_data(api, data, offset, reason):
    error, merger = raised(api, GOOD + sse(data))
    assert (type(error), error.event, error.offset) == (api.MalformedStreamError, 1, offset)
    assert str(error) == f"event 1, byte {offset}: {reason}"
    assert (merger.result().termination, merger.result().text) == ("malformed", "Hi")
    assert error.excerpt.encode() in data.encode()
    assert len(error.excerpt.encode()) <= 40


@pytest.mark.parametrize("shift", range(4))
def test_an_excerpt_cuts_no_character(api, shift):
    odd = "x" * shift
    data = '{"' + "\U0001f600" * 20 + odd + '"nope' + odd + "é" * 30
    error, _ = raised(api, GOOD + sse(data))
    assert error.excerpt in data
    assert f'{odd}"nope{odd}é' in error.excerpt


@pytest.mark.parametrize("limit", [None, 640])
def test_long_numbers_whatever_the_interpreter_allows(api, limit):
    before = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(limit or before)
        digits = "-" + "9" * 4299
        run = fold(
            api,
            sse(
                f'{{"choices":[{{"index":0,"delta":{{"n":{digits},"tool_calls":[{{"function":{{"arguments":{{"n":{digits}}}}}}}]}}}}]}}'
            ),
        )
        assert run.first["n"] == 1 - 10**4299
        assert run.merged.tool_calls[0].arguments == f'{{"n":{digits}}}'
    finally:
        sys.set_int_max_str_digits(before)


def test_an_incomplete_stream(api):
    error, merger = raised(api, GOOD)
    assert type(error) is api.IncompleteStreamError
    assert isinstance(error, EOFError)
    assert (error.merged.text, merger.result().termination) == ("Hi", "eof")


def test_feed_after_finish(api):
    merger = api.Merger(on_error="record")
    merger.feed(GOOD + DONE)
    merger.finish()
    for method in (merger.feed, merger.observe):
        with pytest.raises(ValueError, match="finish") as caught:
            method(GOOD)
        assert not isinstance(caught.value, api.SSEFoldError)
    assert merger.result().text == "Hi"
    merger.reset()
    assert (merger.snapshot(), merger.dialect, merger.result().termination) == (None, None, "open")
    assert merger.result().report == api.Report()
    assert [each.text for each in merger.feed(GOOD)] == ["", "Hi"]


@pytest.mark.parametrize("wrong", ["text", 5, None, [b"x"], memoryview(b"abcd").cast("I")])
def test_what_is_not_bytes(api, wrong):
    merger = api.Merger()
    for method in (merger.feed, merger.observe):
        with pytest.raises(TypeError):
            method(wrong)
    assert [each.text for each in merger.feed(memoryview(bytearray(GOOD)))] == ["", "Hi"]
    assert [each.text for each in merger.feed(bytearray(GOOD))] == ["Hi"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"dialect": "nope"}, "UnknownDialectError"),
        ({"dialect": 5}, "TypeError"),
        ({"dialect": None}, "TypeError"),
        ({"on_error": "ignore"}, "ValueError"),
        ({"max_event_size": -1}, "ValueError"),
        ({"max_message_size": -1}, "ValueError"),
        ({"max_event_size": 1.5}, "TypeError"),
        ({"max_message_size": "1"}, "TypeError"),
    ],
)
def test_bad_settings(api, arguments, error):
    with pytest.raises((ValueError, TypeError)) as caught:
        api.Merger(**arguments)
    assert type(caught.value).__name__ == error


def test_merge_many_never_raises_for_a_body(api):
    bodies = [GOOD + DONE, GOOD, GOOD + ERROR, b"data: {nope\n\n", b"", b"hello", b"\x1f\x8b"]
    merged = api.merge_many(bodies, threads=2)
    assert [each.termination for each in merged] == [
        "done",
        "eof",
        "error",
        "malformed",
        "eof",
        "malformed",
        "malformed",
    ]
    assert [error_of(each.error) for each in merged] == [error_of(fold(api, body).merged.error) for body in bodies]
    assert api.merge_many([]) == []
    assert api.merge_many((memoryview(GOOD + DONE), bytearray(GOOD + DONE)))[1].text == "Hi"


@pytest.mark.parametrize(("bodies", "dialect"), list(itertools.product([[], [b""]], ["nope", 5])))
def test_merge_many_refuses_a_bad_dialect(api, bodies, dialect):
    with pytest.raises((api.UnknownDialectError, TypeError)):
        api.merge_many(bodies, dialect)


@pytest.mark.parametrize("bodies", [["text"], [5], [None]])
def test_merge_many_refuses_what_is_not_bytes(api, bodies):
    with pytest.raises(TypeError):
        api.merge_many([GOOD, *bodies])
    with pytest.raises(ValueError, match="threads"):
        api.merge_many([GOOD], threads=0)


def test_no_cycle(api):
    error, merger = raised(api, GOOD + ERROR)
    assert error.merged.error is None
    assert merger.result().error.merged.error is None
