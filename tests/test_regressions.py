"""What the two backends once disagreed on, or both got wrong: found by generated tables and streams, kept small."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from merging import Run, at, delta, delta_of, fold, same_of_table, size_of, spelled, sse, state_of
from ssefold.errors import DialectError

HEAD = 'name = "mine"\n[merge]\n'


def run(api, rows: str, *chunks: Any, rest: str = "", end: bytes = b"data: [DONE]\n\n") -> Run:
    """Merge by a table of these rows; every cut of the body, and observing, leave the same."""
    dialect = api.Dialect.from_toml(f"{HEAD}{rows}\n{rest}")
    body = sse(*chunks, end=end)
    whole = fold(api, body, dialect)
    for size in (1, 7):
        cut = fold(api, [body[start : start + size] for start in range(0, len(body), size)], dialect)
        assert state_of(cut.merged) == state_of(whole.merged)
        assert [delta_of(each, path=False) for each in cut.deltas] == [
            delta_of(each, path=False) for each in whole.deltas
        ]
    return whole


def fragment(index: int, **rest: Any) -> dict:
    return delta({"tool_calls": [{"index": index, **rest}]})


def test_an_index_alone_opens_a_call_although_the_event_was_seen_before(api):
    merged = fold(api, sse(fragment(0), fragment(0), fragment(1))).merged
    assert len(merged.tool_calls) == 2


def test_an_empty_function_is_made_in_the_call_that_the_index_selects(api):
    opened = [fragment(0, function={"name": "f"}), fragment(1, id="c", custom={"name": "g"})]
    again = [fragment(0, function={}), fragment(0, function={}), fragment(1, function={})]
    calls = fold(api, sse(*opened, *again)).first["tool_calls"]
    assert calls[1] == {
        "id": "c",
        "type": "function",
        "custom": {"name": "g", "input": ""},
        "function": {"name": None, "arguments": ""},
    }


def test_a_list_with_an_object_replaces_where_lists_of_scalars_extended(api):
    chunks = [{"choices": [{"delta": {}, "token_ids": tokens}]} for tokens in ([1], [2], [3], [{"a": 4}], [5])]
    assert fold(api, sse(*chunks)).message["choices"][0]["token_ids"] == [{"a": 4}, 5]


def test_deltas_of_duplicate_keys_stand_in_the_place_of_the_first(api):
    event = '{"c":[],"t":"b","c":[1]}'
    deltas = run(api, 'c = "extend"\nt = "append"', '{"c":[0],"t":"a"}', event, event, event).deltas
    assert [each.path[0] for each in deltas[1:]] == ["c", "t"] * 4


def test_half_a_character_keeps_its_turn_when_its_text_moves(api):
    rows = 't = "content"\n"t[].text" = "append"\nu = "append"'
    deltas = run(api, rows, '{"t":"\\ud83d"}', '{"u":"\\ud83d"}', {"t": [{"type": "x"}]}).deltas
    assert [each.path for each in deltas[-2:]] == [("t", 0, "text"), ("u",)]


@pytest.mark.parametrize("chunk", ['{"x":5}', '{"y":{"z":1}}'])
def test_what_waits_in_a_text_that_is_replaced_is_forgotten(api, chunk):
    rows = (
        'x = "append"\nb = { op = "base64", to = "c" }\nd = { op = "last", to = "c" }\n'
        'y = "guess"\nx2 = { op = "last", to = "x" }'
    )
    told = run(api, rows, '{"x":"\\ud83d","b":"QQ==","y":{"z":"\\ud83d"}}', '{"d":1,"x2":2,"y":5}', chunk)
    assert told.message["c"] == 1
    assert told.message["x"] == 2
    assert "\ufffd" not in spelled([delta_of(each) for each in told.deltas]).encode().decode("unicode_escape")


def test_half_a_character_is_no_base64(api):
    assert run(api, 'b = "base64"', '{"b":"\\ud83d"}', '{"b":"\\ude00"}').message == {"b": "\ufffd\ufffd"}


def test_base64_held_back_counts(api):
    merger = api.Merger(
        api.Dialect.from_toml(f'{HEAD}b = "base64"\n'), on_error="record", max_message_size=16 + 1 + 16 + 3
    )
    merger.feed(b'data: {"b":"QQ=="}\n\n')
    assert size_of(merger.snapshot()) == 37
    assert merger.result().termination == "limit"


def test_an_event_that_continues_the_last_item_and_then_sets_another_is_no_template(api):
    """Found by fuzzing: done again, its first fragment goes to the item that it set itself."""
    details = [{"summary": "a"}, {"index": 0, "text": "b"}]
    chunks = [
        delta({"reasoning_details": [*details[:1], {**details[1], "index": index}]}) for index in (0, 8, 0, 8, 8, 8)
    ]
    events = [sse(chunk, end=b"") for chunk in chunks]
    states = []
    for learns in (True, False):
        for way in ("feed", "observe"):
            merger = api.Merger(on_error="record")
            if not learns:
                merger._without_templates()
            for event in events:
                getattr(merger, way)(event)
            states.append(merger.snapshot())
    held = states[-1]["choices"][0]["message"]["reasoning_details"]
    assert [(item.get("summary"), item.get("text")) for item in held] == [("a", None), ("aa", "bb"), ("aaa", "bbbb")]
    assert all(state == states[0] for state in states)


def test_a_message_that_a_delta_made_superfluous_is_counted_once(api):
    """Found by fuzzing: the twin learned a template of the event that dropped it."""
    message = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}}]}
    told = fold(api, sse(message, *[delta({"content": word}) for word in "abcd"])).merged
    assert (told.text, told.report.quirks["message_beside_delta"]) == ("abcd", 1)


def test_items_without_index_stand_before_those_with_one(api):
    """Two rows that share a target, the second with a group."""
    rows = (
        'a = { op = "by", key = "k", missing = "position", to = "c" }\n'
        'b = { op = "by", key = "k", missing = "push", group = "g", to = "c" }'
    )
    told = run(api, rows, {"a": [{}, {}]}, {"b": [{"g": "x"}, {"g": "y"}, {"g": "z", "k": 0}]})
    assert told.message["c"] == [{"g": "x"}, {"g": "y"}, {"k": 0}, {"g": "z", "k": 0}, {"k": 1}]


def test_views_look_into_lists_of_whole_values(api):
    rest = '[view]\nid = "a[].b[1].c"\ntext = [{ each = "a[]", text = ["t", "b[].t"], join = "|" }]\n'
    chunk = {"a": [{"t": "x"}, {"b": [{"t": "y"}, {"t": "z", "c": "i"}]}]}
    merged = run(api, 'a = "extend"', chunk, rest=rest).merged
    assert (merged.id, merged.text) == ("i", "x|yz")


def test_the_end_looks_into_lists_of_whole_values(api):
    dialect = api.Dialect.from_toml('name = "mine"\ncomplete = "a[].f"\n[merge]\na = "extend"\n')
    assert fold(api, sse({"a": [{"f": "stop"}]}, end=b""), dialect).merged.termination == "finish_reason"


def test_a_path_leads_as_far_as_what_a_later_chunk_left_of_it(api):
    """All in one feed: an object, then a list of objects with the same keys, then an object again."""
    chunks = [
        '{"x":{"y":{"z":"a"}}}',
        '{"x":5}',
        '{"x":{"y":{"q":"b"}}}',
        '{"l":[{"index":1,"a":"b"}]}',
        '{"l":{"m":1}}',
    ]
    told = run(api, '"*" = "guess"', *chunks, '{"l":7,"x":{"y":{"z":"c"}}}')
    assert told.deltas[1].path == ("x", "y", "z")
    for each in told.deltas:
        at(told.message, each.path)


def test_a_path_is_not_kept_beyond_its_feed(api):
    """Cut short where the member is gone, whole again where it came back."""
    merger = api.Merger(api.Dialect.from_toml(f'{HEAD}"*" = "guess"\n'), on_error="record")
    [*_, gone] = merger.feed(sse('{"x":{"z":"a"}}', end=b""))[:2]
    assert gone.path == ("x", "z")
    cut = merger.feed(sse('{"x":{"z":"b"}}', '{"x":5}', '{"x":{"y":"c"}}', end=b""))
    assert [each.path for each in cut] == [("x",), ("x",), ("x", "y")]
    assert [each.path for each in merger.feed(sse('{"x":{"z":"d"}}', end=b""))] == [("x", "z")]


def test_whole_messages_in_the_order_of_their_choices(api):
    chunks = [{"choices": [{"index": index, "message": {"content": f"c{index}"}}]} for index in (2, 0, 1)]
    told = fold(api, sse(*chunks))
    assert [each.choice for each in told.deltas if each.kind == "text"] == [0, 1, 2]
    assert [each["message"]["content"] for each in told.message["choices"]] == ["c0", "c1", "c2"]


def test_a_whole_message_whose_object_was_replaced_is_gone(api):
    rows = 'o = "object"\n"o.m" = { op = "whole", unless = "d" }\n"o.d" = "object"\np = { op = "last", to = "o" }'
    assert run(api, rows, {"o": {"m": {"a": 1}}}, {"p": 5}).message == {"o": 5}
    assert run(api, rows, {"o": {"m": {"a": 1}}}, {"p": 5}, {"o": {"x": 1}}).message == {"o": {}}


def test_a_block_whose_type_is_no_text_is_continued(api):
    content = [{"type": 5, "text": "a"}]
    assert fold(api, sse(delta({"content": content}), delta({"content": content}))).first["content"] == [
        {"type": 5, "text": "aa"},
    ]


def test_a_name_under_another_key(api):
    rows = (
        't = "tool_calls"\n"t[].index" = "slot"\n"t[].function" = { op = "object", to = "f" }\n'
        '"t[].function.name" = "slot"\n"t[].function.arguments" = "arguments"'
    )
    call = {"t": [{"index": 0, "function": {"name": "add"}}]}
    told = run(api, rows, call, call)
    assert told.message == {"t": [{"f": {"name": "add"}}]}
    assert told.quirks == {"tool_name_repeated": 1}


BROKEN = (
    "x", "x =", "x = 1 2\n", "\n\n= 1\n", 'a = "abc\nb = 1\n', "a = [1, 2\nb = 3\n", "a = {b = 1\n}\n",
    'a = """abc\n\n', "[x\n", "[x]\n[x]\n", "a = 1\n\n\na = 2\n", "a.b = 1\na = 2\n", "a = {b=1}\n[a.c]\nd=1\n",
    'a = "\\q"\n', 'a = "x\x01"\n', "a = 01\n", "a = True\n", "a = 2020-02-30\n", "a = 1\rb = 2\n", "a\u00a0= 1\n",
    "a = {b = 1,}\n", "a = [1,,2]\n", "\x00", "a..b = 1\n", "a = 9223372036854775808\n", "a = 0xFFFFFFFFFFFFFFFFFF\n",
    f"\na = {'9' * 5000}\n", "\ufeffa = 1\n", "a = 9223372036854775807\n", "a = " + "[" * 33, "a = " + "{a=" * 40,
    "a." * 33 + "a = 1", "[" + "a." * 100_000 + "a]", "a = " + "[" * 100_000,
    'id = "last"\n"' + "a." * 32 + 'a" = "last"\n', '"a b" = "last"\n', '"a\u00a0b" = "last"\n', '"a.*.b" = "last"\n',
    'a = { op = "whole" }\n', 'a = { op = "whole", unless = "b" }\n',
    'a = { op = "by", key = "", missing = "push" }\n',
    'a = { op = "by", key = "k", missing = "push", choice = true }\n', 'a = "first"\na = { op = "x" }\n',
    '"a[]" = "last"\n', 'a = "last"\n[view]\nid = "a[٣]"\n', 'a = "last"\n[view]\nid = "a[1234567890]"\n',
    'a = "last"\n[copy]\na = "b"\n',
)  # fmt: skip


@pytest.mark.parametrize("rows", BROKEN, ids=range(len(BROKEN)))
@pytest.mark.parametrize("head", ["", HEAD])
def test_both_say_the_same_of_a_table(both, head, rows):
    same_of_table(both, head + rows)


def refuses(api, line: int, table: str) -> None:
    """The table is no TOML, and the line of its fault is told."""
    with pytest.raises(DialectError) as caught:
        api.Dialect.from_toml(table)
    assert (str(caught.value), caught.value.line) == (f"line {line}: not TOML 1.0", line)


@pytest.mark.parametrize("number", [f"{2**63}", f"{-(2**63) - 1}", "9_223_372_036_854_775_808", "1" * 5000])
def test_integers_beyond_64_bits_are_no_toml(api, number):
    refuses(api, 3, f"name = 'mine'\n[message]\nn = {number}\n[merge]\n")


@pytest.mark.parametrize("count", [1, 2, 3, 40, 500])
def test_bytes_that_are_repaired_before_a_fragment_move_no_hole(api, count):
    """Each of them becomes three, so that places of the text lie beyond the end of the event."""
    texts = ("abcdefgh", "abcdefgh", "abcdefxy", "", "abcdqqqq")
    chunks = [f'{{"id":"x-","choices":[{{"index":0,"delta":{{"content":"{text}"}}}}]}}'.encode() for text in texts]
    body = sse(*(chunk.replace(b"-", b"\xff" * count) for chunk in chunks))
    for pieces in ([body], [body[start : start + 7] for start in range(0, len(body), 7)]):
        merged = fold(api, pieces).merged
        assert merged.text == "".join(texts)
        assert merged.id == "x" + "\ufffd" * count
        assert merged.report.invalid_utf8 == count * len(texts)


def test_a_message_without_members_is_one(api):
    """The error says what the body begins with where none came."""
    merged = fold(api, b'data: {"type":"message_start","message":[null]}\n\n').merged
    assert merged.message == {}
    assert str(merged.error) == "the stream ended before its message did"


# The line that the fault is told at: where the table is opened in which a key is there twice, else that of the key.
TWICE = (
    (3, "b = 1\nb = [\n1,\n]\n"),
    (5, "c = [\n1,\n]\nc = [ # x\n1 ]\n"),
    (3, 'b.c = 1\nb.c = """\n\n"""\n'),
    (3, "b = 1\nb.c = '''\n'''"),
    (3, "b = {a = 1}\r\nb.c = [\r\n1\r\n]\r\n"),
    (2, "b = { c = [\n1\n], a = 2, a = [\n3\n] }"),
    (2, "a = { b.c = 1, b = [\n2\n]}\n"),
    (3, "a = [\n{b = 1, b = [\n2\n]}]\n"),
    (5, 'x = """\nb = 1\n"""\nx = [\n[\n"""\n"]\n"""]]\n'),
    (5, '[a]\nb = "]"\n\n[a]\nc = [\n]\n'),
)


@pytest.mark.parametrize(("line", "text"), TWICE)
def test_a_key_that_is_there_twice_is_told_where_it_begins(api, line, text):
    refuses(api, line, f'name = "mine"\n{text}')


# The line where a string begins that has no end, whatever else is wrong before it and behind.
UNENDED = (
    (2, "'"),
    (2, "a = 'b\n\n\nc = 1\n"),
    (3, 'a = 1\nb = "c\\"\nd = "e"\n'),
    (2, 'a = """\n\n\n\'\'\n'),
    (3, "a = 1 2\nb = '''\n\n\"\"\"\n''"),
    (4, "# 'a\na = '''b\n'''\"\n"),
)


@pytest.mark.parametrize(("line", "text"), UNENDED)
def test_a_string_without_an_end_is_told_where_it_begins(api, line, text):
    refuses(api, line, f'name = "mine"\n{text}')


@pytest.mark.parametrize("quotes", ['"""', "'''"])
@pytest.mark.parametrize("own", range(3))
def test_quotes_before_those_that_end_a_string(api, quotes, own):
    text = f"{quotes}a\n{99 * '9'}{quotes[:own]}{quotes}"
    dialect = api.Dialect.from_toml(f'name = "mine"\n[message]\na = {text}\n[merge]\nid = "first"\n')
    merged = fold(api, sse('{"id":"x"}'), dialect).merged
    assert merged.message["a"] == f"a\n{99 * '9'}{quotes[:own]}"


def test_a_dialect_is_made_of_its_table_alone(api):
    dialect = api.Dialect.from_toml(f'{HEAD}id = "first"\n')
    for refused in (
        lambda: api.Dialect.from_toml(5),
        api.Dialect,
        lambda: pickle.dumps(dialect),
        lambda: copy.deepcopy(dialect),
        lambda: pickle.dumps(api.Merger(dialect)),
        lambda: type("Mine", (api.Dialect,), {}),
    ):
        with pytest.raises(TypeError):
            refused()
    with pytest.raises(TypeError, match="str expected, not int"):
        api.Dialect.from_toml(5)
    with pytest.raises(UnicodeEncodeError):
        api.Dialect.from_toml("\ud800")
    with pytest.raises(AttributeError):
        dialect.name = "other"


def test_values_handed_out_are_nobody_elses(api):
    merger = api.Merger(api.Dialect.from_toml(f'{HEAD}"*" = "extend"\n'), on_error="record")
    told = merger.feed(sse({"a": [{"b": [1]}]}, {"a": [{"b": [2]}]}, end=b""))
    before = json.dumps(merger.snapshot())
    for each in told[1:]:
        each.value[0]["b"].append(3)
    assert json.dumps(merger.snapshot()) == before


PUT = """name = "mine"
route = ["type"]
[merge]
notes = "calls"
blocks = { op = "items", index = true }
"blocks[].kind" = "arguments"
"blocks[].text" = "append"
"blocks[kind=said]" = "object"
"blocks[kind=said].text" = { op = "append", delta = "text" }
"*" = "last"
[on]
base = [{ take = "whole", op = "put" }]
block = [{ take = "block", into = "blocks[index]", op = "put" }]
more = [{ take = "text", into = "blocks[index].text" }]
[view]
text = { each = "notes[]", text = ["text"] }
"""


def test_views_look_into_lists_that_were_put(api):
    """A list put whole was kept as JSON by the core where its strategy is one for items."""
    mine = api.Dialect.from_toml(PUT)
    body = b'data: {"type":"base","whole":{"notes":[{"text":"a"},{"text":"b"}]}}\n\n'
    assert api.merge(body, mine, on_error="record").text == "ab"


def test_an_item_says_what_it_is_in_fragments(api):
    """The twin told variants by whole strings alone."""
    merger = api.Merger(api.Dialect.from_toml(PUT), on_error="record")
    merger.feed(b'data: {"type":"block","index":0,"block":{"kind":"said","text":""}}\n\n')
    deltas = merger.feed(b'data: {"type":"more","index":0,"text":"Hi"}\n\n')
    assert [(delta.kind, delta.text, delta.index) for delta in deltas] == [("text", "Hi", 0)]


@pytest.mark.parametrize(("first", "then"), [(0, "Hel"), (0, 1), (True, ""), ({"a": 1}, "{}")])
def test_a_text_that_is_put_contradicts_what_stood_for_one(api, first, then):
    """The fragments told of both, joined, were no text of the message, and nothing said so."""
    table = PUT.replace('"blocks[].text" = "append"', '"blocks[].text" = { op = "arguments", delta = "arguments" }')
    blocks = ({"type": "block", "index": 0, "block": {"text": each}} for each in (first, then))
    merged = fold(api, sse(*blocks), api.Dialect.from_toml(table)).merged
    assert merged.message["blocks"][0]["text"] == then
    assert merged.report.quirks["done_text_differs"] == 1


def test_chunks_of_one_event_that_state_each_its_own(api):
    """What a chunk stated was replaced by the one behind it, and is news again in the same place of the next event."""
    chunk = '{{"id":"x","service_tier":"{}","choices":[{{"index":0,"delta":{{"content":"a"}}}}]}}'
    both = f"[{chunk.format('b')},{chunk.format('c')}]"
    run = fold(api, sse(both, both, chunk.format("b"), both, both))
    assert [delta.value for delta in run.deltas if delta.path == ("service_tier",)] == ["b", "c"] * 4
    assert (run.merged.message["service_tier"], run.merged.text) == ("c", "a" * 9)
