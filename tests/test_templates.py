"""Event templates change nothing: with them a stream is what it is without, whatever stands in and around the holes."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import generate
from merging import DONE, Run, call, delta, delta_of, sse, state_of
from ssefold._py.stream import Stream

TESTS = Path(__file__).parent
VECTORS = json.loads((TESTS / "vectors" / "merge.json").read_text(encoding="utf-8"))
CASSETTES = sorted((TESTS / "cassettes").glob("*.sse"))
LIMITS = st.fixed_dictionaries(
    {}, optional={"max_event_size": st.integers(0, 400), "max_message_size": st.integers(0, 2000)}
)
# What a mutant puts at the border of a hole, or takes the place of a byte there by.
BYTES = b'"\\{}[]:,0129eE.-+ \n\r\t\x00\x7f\x80\xe2\xffudabn'
TOKENS = (
    b"\\ud83d", b"\\ude00", b"\\u0041", b"null", b'""', b'"error":"x",', b'"content":"y",', b'\\"content\\":', b"1e3",
)  # fmt: skip
WORDS = ("a", " b", "", "é", "\U0001f600", "\\", '"', "\n", "\u2028", "\ud83d", "\ude00", "\0", "\x7f")


def body_of(vector):
    return vector["bytes"].encode("latin-1") if "bytes" in vector else vector["body"].encode()


BODIES = {
    **{vector["name"]: body_of(vector) for vector in VECTORS},
    **{path.name: path.read_bytes() for path in CASSETTES},
}


def fold(backend, pieces, dialect="auto", *, templates=True, looking=True, **limits: int):
    merger = backend.Merger(dialect, on_error="record", **limits)
    if not templates:
        merger._without_templates()
    deltas = []
    for piece in pieces:
        deltas += (merger.feed if looking else merger.observe)(piece) or []
    deltas += merger.finish()
    return Run(merger.result(), deltas)


def same(backend, pieces, dialect="auto", *, looking=True, **limits: int):
    """Compare a stream with and without templates, and observed, which merges runs at once; return what it came to."""
    on, off = (
        fold(backend, pieces, dialect, templates=templates, looking=looking, **limits) for templates in (True, False)
    )
    assert state_of(on.merged) == state_of(off.merged)
    if looking:
        observed = fold(backend, pieces, dialect, looking=False, **limits)
        assert state_of(observed.merged) == state_of(off.merged)
    assert list(map(delta_of, on.deltas)) == list(map(delta_of, off.deltas))
    return on


def mutants(body, chance, count):
    """The body with some bytes changed, most of them at quotes: where holes begin and end."""
    for _ in range(count):
        changed = bytearray(body)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(changed))
            quote = changed.find(b'"', at)
            if quote >= 0 and chance.random() < 0.8:
                at = min(len(changed) - 1, max(0, quote + chance.randint(-2, 2)))
            way = chance.random()
            if way < 0.5:
                changed[at] = chance.choice(BYTES)
            elif way < 0.7 and len(changed) > 1:
                del changed[at]
            else:
                changed[at:at] = bytes([chance.choice(BYTES)]) if way < 0.9 else chance.choice(TOKENS)
        yield bytes(changed)


def sizes(body, chance):
    """The body in pieces of about one size."""
    least, most = chance.choice([(1, 60), (200, 1500), (1 << 30, 1 << 30)])
    pieces, at = [], 0
    while at < len(body):
        size = chance.randint(least, most)
        pieces.append(body[at : at + size])
        at += size
    return pieces


@pytest.mark.parametrize("between", [b",", b",\n", b"\n,", b"\n", b" , \t", b""])
def test_arrays_of_chunks(api, between):
    """An element is like the one before it, whatever is between them; a line beside the array is none of them."""
    logprobs = delta({"content": "x"}, logprobs={"content": [{"token": "x", "logprob": -0.5}]})
    chunks = [*(delta({"content": f"{at}"}) for at in range(9)), *[logprobs] * 3, call(0, "f", "{"), call(0, None, "}")]
    elements = [json.dumps(chunk, separators=(",", ":")).encode() for chunk in chunks]
    whole = b"[" + between.join(elements * 2) + b"]"
    run = same(api, [whole])
    assert run.merged.text == ("012345678" + "xxx") * 2
    assert run.merged.report.quirks["bare_json_line"] == 2 * len(chunks)
    for at in range(1, len(whole) // 2):
        same(api, [whole[:at], whole[at:]], looking=False)
    # What an array has learned says nothing of lines, which begin with no comma; and the other way round.
    for after in (b"," + elements[1], b"\n," + elements[1] + b"\n", b"\n" + elements[1], b"\ndata: x\n\n"):
        same(api, [whole + after])
    same(api, [elements[0] + b"\n" + elements[1] + b"\n" + whole + b"\n" + elements[2] + b"\n"])


@given(stream=generate.streams | generate.mutants, cuts=generate.cuts, limits=LIMITS, looking=st.booleans())
def test_generated_streams(api, stream, cuts, limits, looking):
    same(api, generate.pieces(stream.body, cuts), stream.dialect, looking=looking, **limits)


@pytest.mark.thorough
@pytest.mark.parametrize("name", BODIES)
def test_vectors_and_cassettes(api, name):
    body, chance = BODIES[name], random.Random(name)  # noqa: S311 - reproducible, not secret
    same(api, [body])
    same(api, [body], looking=False)
    every = range(1, len(body))
    for at in chance.sample(every, min(len(every), 20)):
        same(api, [body[:at], body[at:]])
    for mutant in mutants(body, chance, 12) if body else ():
        same(api, sizes(mutant, chance))


@pytest.mark.corpus
def test_recordings(both, recording):
    """As it is, and changed at the borders of holes; and the twin with templates is the core with them."""
    chance = random.Random(recording.file)  # noqa: S311 - reproducible, not secret
    for body in [recording.body, *mutants(recording.body, chance, 2)]:
        pieces = sizes(body, chance) if len(body) < 1 << 16 else [body]
        twin, core = (same(backend, pieces) for backend in both)
        assert state_of(twin.merged) == state_of(core.merged)
        assert list(map(delta_of, twin.deltas)) == list(map(delta_of, core.deltas))


@pytest.mark.parametrize("word", WORDS)
def test_a_hole_holds_any_text(api, word):
    """Spelled both ways, at the place of a hole and after one that left half a character."""
    chunks = [delta({"content": "x"}), delta({"content": "y"})]
    for held in (word, "\ud83d" + word):
        for spelled in (json.dumps(held), json.dumps(held, ensure_ascii=False)):
            if any("\ud800" <= letter <= "\udfff" for letter in spelled):
                continue
            event = json.dumps(delta({"content": "?"})).replace('"?"', spelled)
            same(api, [sse(*chunks, event, *chunks, event, event)])


@pytest.mark.parametrize(
    "change", [b'"', b"\\", b"\\x", b"\\u12", b"\x00", b"\x1f", b"\x80", b"\xed\xa0\x80", b"\n", b"\r"]
)
def test_a_hole_refuses_what_is_no_text(api, change):
    event = sse(delta({"content": "a"}), end=b"")
    for spoiled in (event.replace(b'"a"', b'"a' + change + b'"'), event.replace(b'"a"', change)):
        same(api, [event * 3 + spoiled + event + DONE])


@pytest.mark.parametrize("number", ["", "-", "-0", "007", "1.5", "1e3", "9" * 18, "9" * 19, '"1"', "null", " 1", "-5"])
def test_a_number_is_a_whole_token(api, number):
    chunks = [{"created": at, **delta({"content": "a"})} for at in (1, 2, 3)]
    event = json.dumps(chunks[0]).replace('"created": 1', f'"created": {number}')
    same(api, [sse(*chunks, event, *chunks)])


def test_padding_is_told_by_its_change(api):
    """Equal at first, so that it is learned as part of the event, then another one each time."""
    pads = ["aa", "aa", "b", "cc", "", "d" * 20, 'e"', "f\\"]
    run = same(api, [sse(*({**delta({"content": "x"}), "obfuscation": pad} for pad in pads))])
    assert run.first["content"] == "x" * len(pads)


def test_an_id_of_each_event_is_counted_where_it_differs(api):
    """Also where the first one comes again, none, an escaped one, or another type."""
    ids = ["a", "b", "b", "c", "d", "a", "a", "e", "", "f", None, "g", "h\n", "i", 7, "\u00e9", "\ud83d", "j", "k" * 99]
    run = same(api, [sse(*({"id": name, **delta({"content": "x"})} for name in ids))])
    assert (run.merged.id, run.first["content"]) == ("a", "x" * len(ids))
    assert run.merged.report.quirks == {"id_changed": len(set(ids) - {"a", "", None}) + 1}
    escaped = [
        f'{{"id":"{name}","choices":[{{"delta":{{"content":"x"}}}}]}}' for name in ("a", "b", "c", "\\u0061", "d")
    ]
    assert same(api, [sse(*escaped)]).merged.report.quirks == {"id_changed": 3}


@pytest.mark.parametrize("letters", ["aabba", "abab", "aaab", "ab\0a", "a\0aba"])
def test_members_that_state_the_same_again(api, letters):
    """What the last chunk stated is not merged again; a null (a NUL here) and an event between count all the same."""
    said = [{"id": f"id-{letter}", "system_fingerprint": letter, "obfuscation": letter} for letter in letters]
    said = [dict.fromkeys(chunk) if "\0" in chunk.values() else chunk for chunk in said]
    between = [{"id": "id-z"}, {}, {"unheard_of": 1}]
    stated = [letter for letter in letters if letter != "\0"]
    for added in ({}, *between):
        chunks = [chunk for letter in said for chunk in ({**delta({"content": "x"}), **letter}, delta({}) | added)]
        run = same(api, [sse(*chunks)])
        assert run.merged.message["system_fingerprint"] == stated[-1]
        changed = sum(letter != "a" for letter in stated) + ("id" in added) * len(letters)
        assert run.merged.report.quirks.get("id_changed", 0) == changed


def test_streams_one_after_another(api):
    """A thread merges streams in the memory of earlier ones."""
    bodies = [*BODIES.values()] * 3
    random.Random(5).shuffle(bodies)  # noqa: S311 - reproducible, not secret
    for body, merged in zip(bodies, api.merge_many(bodies, threads=1), strict=True):
        assert state_of(merged) == state_of(fold(api, [body]).merged)


def test_names_that_occur_twice(api):
    """In another object, as a value, within a text, spelled with an escape: what looks like a hole is none."""
    texts = [
        '{"choices":[{"delta":{"content":"%s"},"x":{"content":"q"}}]}',
        '{"choices":[{"delta":{"content":"%s","role":"content"}}]}',
        '{"choices":[{"x":{"content":"%s"},"delta":{"content" :"%s"}}]}',
        '{"choices":[{"x":{"content":"%s"},"delta":{"c\\u006fntent":"%s"}}]}',
        '{"choices":[{"x":{"\\"content":"%s"},"delta":{"content":"%s"}}]}',
        '{"choices":[{"delta":{"content":"%s"},"delta":{"content":"q"}}]}',
        '{"choices":[{"delta":{"content":"%s","refusal":"%s"}}]}',
        '{"choices":[{"delta":{"content":"\\"content\\":\\"%s"}}]}',
        '{"choices":[{"delta":{"content":"%s"}},{"index":1,"delta":{"content":"%s"}}]}',
        '{"a":{"b":1},"choices":[{"delta":{"refusal":"%s"}}],"a":{"content":"%s"}}',
    ]
    for text in texts:
        words = ["a", "a", "b", "b", "c", "d", "content", "\\n"]
        chunks = [text.replace("%s", word, 1).replace("%s", f"{word}!") for word in words]
        chunks += [text.replace("%s", word) for word in words]
        same(api, [sse(*chunks)])


def test_a_name_that_is_none_of_a_hole(api):
    """Letters, digits and hyphens alone are looked for in the bytes of an event."""
    table = 'name = "mine"\n[merge]\n"é" = "append"\n"a/b" = "append"\n'
    run = same(api, [sse(*({"é": letter, "a/b": letter} for letter in "abcdefgh"))], api.Dialect.from_toml(table))
    assert run.message == {"é": "abcdefgh", "a/b": "abcdefgh"}


def test_interleaved_calls(api):
    opened = [call(at, f"tool{at}", "", id=f"call_{at}") for at in range(14)]
    chance = random.Random(5)  # noqa: S311 - reproducible, not secret
    rest = [call(chance.randrange(16), None, chance.choice(["{", '"a"', ":", "1", "}"])) for _ in range(200)]
    late = [
        call(None, None, "x"),
        call(3, None, "y", id="call_3"),
        call(3, "tool3", "z"),
        call(2, "other", "", id="new"),
    ]
    same(api, [sse(*opened, *rest, *late, *rest, *late)])


def test_reasoning_is_settled_once(api):
    texts = [
        {"reasoning": ""},
        {"reasoning": "a"},
        {"reasoning_content": "b"},
        {"reasoning": "c", "reasoning_content": "d"},
    ]
    same(api, [sse(*(delta(text) for text in [*texts, *texts, *reversed(texts), *texts]))])


def test_reasoning_is_settled_by_an_event_that_is_repeated(api):
    """An empty text settles nothing: the event like it brings the first."""
    rows = (f'{name} = {{ op = "append", delta = "reasoning", rank = {rank} }}' for rank, name in enumerate("ab"))
    table = "\n".join(('name = "mine"', "[merge]", *rows, "[view]", 'reasoning = ["a", "b"]'))
    run = same(api, [sse(*({"a": text} for text in ("", "", "x", "y")), {"b": "z"})], api.Dialect.from_toml(table))
    assert (run.texts("reasoning"), run.merged.reasoning) == (["x", "y"], "xy")


def test_what_ends_a_stream_is_no_chunk(api):
    table = 'name = "mine"\ndone = \'{"x":"end"}\'\n[merge]\nx = "append"\n'
    body = b"".join(b'data: {"x":"%b"}\n\n' % word for word in (b"a", b"b", b"c", b"end", b"d"))
    assert same(api, [body], api.Dialect.from_toml(table)).message == {"x": "abc"}


def test_a_text_that_is_put_again(api):
    """It changes nothing while it is equal; behind a fragment the same event does."""
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "a"}}
    more = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "b"}}
    run = same(api, [sse(start, start, more, more, start, {"type": "message_stop"}, end=b"")])
    assert (run.merged.text, run.quirks) == ("a", {"done_text_differs": 1})


def test_a_list_that_is_replaced_and_extended(api):
    """A list of objects replaces: with an equal one nothing, until that was extended."""
    nested, numbers = ({"index": 0, "delta": {"content": "x"}, "token_ids": ids} for ids in ([{"a": 1}], [5]))
    events = [{"choices": [nested]}, *[{"choices": [nested, numbers]}] * 4]
    merged = same(api, [sse(*events)]).merged
    assert merged.message["choices"][0]["token_ids"] == [{"a": 1}, 5]


@pytest.mark.parametrize("named", [0, 1])
def test_the_last_of_two_calls_in_an_event(api, named):
    """A fragment without an index continues it: the selected call is not the only one."""
    calls = [{"index": at, "function": {"arguments": "1"}} for at in range(2)]
    calls[named]["function"]["name"] = "f"
    late = delta({"tool_calls": [{"id": "x"}]})
    same(api, [sse(*[delta({"tool_calls": calls})] * 4, late)])
    choices = [{"index": at, "delta": {"tool_calls": [each]}} for at, each in enumerate(calls)]
    for at in range(2):
        same(api, [sse(*[{"choices": choices}] * 4, {"choices": [{**late["choices"][0], "index": at}]})])


def test_a_number_that_may_be_no_quirk(api):
    table = 'name = "mine"\n[merge]\nat = { op = "first", skip_zero = true, again = "repeated" }\n'
    body = b"".join(b'data: {"at":%d}\n\n' % number for number in (5, 6, 7, 0, 0, 8))
    assert same(api, [body], api.Dialect.from_toml(table)).quirks == {"repeated": 3}


def test_a_text_that_two_rules_make(api):
    table = 'name = "mine"\n[merge]\na = { op = "append", to = "t" }\nb = { op = "guess", to = "t" }\n'
    body = b'data: {"a":"q"}\n\ndata: {"b":"q"}\n\ndata: {"a":"x"}\n\ndata: {"b":"q"}\n\n'
    assert same(api, [body], api.Dialect.from_toml(table)).message == {"t": "qxq"}


@pytest.mark.parametrize("bound", range(0, 260, 13))
def test_bounds(api, bound):
    body = sse(*(delta({"content": "word"}) for _ in range(8)), delta({"content": "w" * 150}), delta({"content": "w"}))
    same(api, [body], max_event_size=bound)
    same(api, [body], max_message_size=bound * 3)


def test_the_twin_learns_elements_of_an_array():
    stream, full = Stream(None, None, None), 0
    stream.feed(b"[", looking=False)
    for at in range(40):
        data = b'{"choices":[{"delta":{"content":"%d"}}]},' % at
        message = stream.merging.message
        full += message is None or stream.templates.find(data, 0, message.epoch) is None
        stream.feed(data, looking=False)
    assert full <= 4


@pytest.mark.parametrize(
    "chunks",
    [
        [delta({"content": f"{at}"}) for at in range(40)],
        [{**delta({"content": "x"}), "obfuscation": "p" * (at % 7)} for at in range(40)],
        [{**delta({"content": "x"}), "created": at} for at in range(40)],
        [call(at % 4, None, f"{at}") for at in range(40)],
        [delta({"reasoning_details": [{"type": "reasoning.text", "text": f"{at}", "index": 0}]}) for at in range(40)],
        [delta({}) for _ in range(40)],
        [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": f"{at}"}}
            for at in range(40)
        ],
        [
            {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": f"{at}"}}
            for at in range(40)
        ],
        [
            {
                "type": "response.output_text.delta",
                "output_index": 0,
                "content_index": 0,
                "delta": f"{at}",
                "sequence_number": at,
                "obfuscation": "p" * (at % 7),
            }
            for at in range(40)
        ],
        [{"candidates": [{"content": {"parts": [{"text": f"{at}"}], "role": "model"}}]} for at in range(40)],
        [
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": f"{at}"}}}}
            for at in range(40)
        ],
        [{"message": {"role": "assistant", "content": f"{at}"}, "done": False} for at in range(40)],
    ],
    ids=[
        "content",
        "padding",
        "created",
        "calls",
        "reasoning",
        "nothing",
        "anthropic",
        "input",
        "responses",
        "gemini",
        "cohere",
        "ollama",
    ],
)
def test_the_twin_learns(chunks):
    """What a stream is made of goes the full path a few times."""
    stream, full = Stream(None, None, None), 0
    for chunk in chunks:
        data = sse(chunk, end=b"")
        message = stream.merging.message
        full += message is None or stream.templates.find(data, 0, message.epoch) is None
        stream.feed(data, looking=False)
    assert full <= 8
