"""Tables of one's own whose events have routes: steps, addresses, ends; and what is no such table."""

from __future__ import annotations

import pytest

from merging import fold, same_however_cut, sse, told

MINE = """
name = "mine"
route = ["kind", "change.kind"]
sequence = "n"
ignore = ["pad"]
error = ["oops", "reply.oops"]
begins = ["open"]
restarts = ["reopen"]
fails = ["crash"]
after_error = ["autopsy"]
unwrap = "envelope"
end = ["last=true", "state=over*"]

[merge]
id = "first"
cause = "last"
blocks = { op = "items", index = true, call_id = "id", call_name = "name" }
"blocks[].kind" = "slot"
"blocks[].raw~" = { op = "append", delta = "arguments" }
"blocks[].tags" = "push"
"blocks[].*" = { op = "fragment", known = true }
"blocks[what=words]" = "object"
"blocks[what=words].said" = { op = "append", delta = "text" }
"blocks[what=yes]" = "object"
notes = "object"
"notes.said" = { op = "append", delta = "reasoning", rank = 0 }
outcome = "last"

[on]
open = [{ take = "reply", op = "put" }]
reopen = [{ take = "reply", op = "put" }]
"block|block.again" = [{ take = "block", into = "blocks[at]", op = "put" }]
change = [{ take = "change", into = "blocks[at]" }]
"change/words" = [{ take = "change.said", into = "blocks[at:words].said" }]
"change/raw" = [{ take = "change.raw", into = "blocks[at].raw~" }]
"change/tag" = [{ take = "change.tag", into = "blocks[at:words].tags" }]
note = [{ take = "said", into = "notes.said" }]
noted = [{ take = "said", into = "notes.said", op = "put" }]
shut = [{ into = "blocks[at]", op = "close" }]
more = [{ take = "id", into = "id" }, { op = "rest" }]
bye = [{ take = "why", into = "outcome" }, { op = "finish" }, { op = "end" }]
autopsy = [{ take = "cause", into = "cause" }]
crash = []
hush = []

[view]
id = "id"
text = { each = "blocks[what=words]", text = ["said"] }
reasoning = "notes.said"
finish_reason = ["outcome", "cause"]

[view.tool_calls]
each = "blocks[what!=words]"
id = "id"
name = "name"
arguments = ["raw~", "raw"]
"""
OPEN = {"kind": "open", "reply": {"id": "i"}}
BYE = {"kind": "bye", "why": "done"}


@pytest.fixture
def mine(api):
    return api.Dialect.from_toml(MINE)


def event(kind, **members: object):
    return {"kind": kind, **members}


def words(at, said):
    return event("change", at=at, change={"kind": "words", "said": said})


def raw(at, said):
    return event("change", at=at, change={"kind": "raw", "raw": said})


def body_of(*events: dict[str, object]):
    return sse(OPEN, *events, BYE, end=b"")


def test_a_table_of_ones_own(api, mine):
    body = body_of(
        words(3, "H"),
        event("block", at=5, block={"what": "tool", "id": "c", "name": "f", "raw": {}}),
        words(3, "i"),
        raw(5, '{"a":'),
        raw(5, "1}"),
        event("shut", at=5),
        event("note", said="Hm"),
        event("change", at=3, change={"kind": "tag", "tag": 1}),
    )
    run = same_however_cut(api, body, mine)
    assert run.message == {
        "id": "i",
        "blocks": [
            {"what": "words", "said": "Hi", "tags": [1]},
            {"what": "tool", "id": "c", "name": "f", "raw": {"a": 1}},
        ],
        "notes": {"said": "Hm"},
        "outcome": "done",
    }
    assert told(run, "start", "text", "reasoning", "tool_call", "arguments", "finish") == [
        ("start", None, None, ()),
        ("text", "H", 0, ("blocks", 0, "said")),
        ("tool_call", "f", 1, ("blocks", 1)),
        ("text", "i", 0, ("blocks", 0, "said")),
        ("arguments", '{"a":', 1, ("blocks", 1, "raw")),
        ("arguments", "1}", 1, ("blocks", 1, "raw")),
        ("reasoning", "Hm", None, ("notes", "said")),
        ("finish", "done", None, ("outcome",)),
    ]


def test_an_event_goes_by_all_that_it_says(api, mine):
    """The more exact route first; without one, that of its type; the event line where it states no type."""
    other = event("change", at=0, change={"kind": "other", "what": "words", "said": "a"})
    line = b'event: note\ndata: {"said":"b"}\n\n'
    run = fold(api, sse(OPEN, other, end=b"") + line + sse(event("nope"), BYE, end=b""), mine)
    assert (run.message["blocks"], run.merged.reasoning) == ([{"what": "words", "said": "a"}], "b")
    assert run.merged.report.unknown_fields == {"kind=nope": 1}


def test_what_no_step_reads_is_counted_or_merged(api, mine):
    run = fold(api, body_of({**words(0, "a"), "x": 1, "pad": "p"}, event("more", id="j", cause="z", pad="p")), mine)
    assert (run.message["id"], run.message["cause"], "pad" in run.message) == ("i", "z", False)
    assert run.merged.report.unknown_fields == {"x": 1}


def test_put_and_merge(api, mine):
    """A block that is put is what the event states; fragments are added to what is there."""
    events = [
        event("block", at=0, block={"what": "tool", "x": "a", "y": 1}),
        event("change", at=0, change={"kind": "any", "x": "b", "y": 2}),
        event("block.again", at=1, block={"what": "tool", "x": "a", "y": 1}),
        event("block.again", at=1, block={"what": "tool", "x": "c"}),
    ]
    run = fold(api, body_of(*events), mine)
    assert run.message["blocks"] == [{"what": "tool", "x": "ab", "y": 2}, {"what": "tool", "x": "c"}]


@pytest.mark.parametrize(
    ("whole", "texts", "quirks"),
    [("ab", ["a"], {}), ("abc", ["a", "bc"], {}), ("x", ["a"], {"done_text_differs": 1}), ("a", ["a"], {})],
)
def test_a_text_that_is_put(api, mine, whole, texts, quirks):
    run = fold(api, body_of(event("note", said="a"), event("noted", said=whole)), mine)
    texts = ["a", "b"] if whole == "ab" else texts
    assert (run.merged.reasoning, run.texts("reasoning"), run.quirks) == (whole, texts, quirks)


@pytest.mark.parametrize(
    ("index", "place"), [(0, 0), (-3, 0), (7, 1), (None, 1), ("0", 1), (True, 1), (1.0, 1), (2**63, 1), (2**63 - 1, 2)]
)
def test_indexes(api, mine, index, place):
    """A negative one is 0; whatever is no integer is missing, and then it is the last item."""
    run = fold(api, body_of(words(0, "a"), words(7, "b"), words(index, "!")), mine)
    expected = ["a", "b"] if place < 2 else ["a", "b", ""]
    expected[place] += "!"
    assert [block["said"] for block in run.message["blocks"]] == expected


def test_a_block_that_is_closed_twice_or_never_opened(api, mine):
    events = [event("shut", at=4), raw(1, "[1]"), event("shut", at=1), event("shut", at=1), event("shut")]
    run = fold(api, body_of(*events), mine)
    assert [block["raw"] for block in run.message["blocks"]] == [[1]]
    assert run.quirks == {}


def test_what_goes_on_after_a_block_was_closed(api, mine):
    run = fold(api, body_of(raw(0, "[1"), event("shut", at=0), raw(0, ",2]"), event("shut", at=0)), mine)
    (call,) = run.merged.tool_calls
    assert (run.message["blocks"][0]["raw"], call.arguments, run.quirks) == ([1, 2], "[1,2]", {"input_unparsable": 1})


def test_blocks_without_an_index_are_closed_at_the_end(api):
    """Their deltas tell no index then; of two rows for one buffer, with brackets and without, the last one holds."""
    table = MINE.replace('"blocks[].raw~" =', '"blocks[].raw~" = "append"\n"blocks.raw~" =')
    table = table.replace("index = true, ", "")
    run = fold(api, body_of(raw(7, "[1"), raw(3, "{}"), raw(7, "]")), api.Dialect.from_toml(table))
    assert run.message["blocks"] == [{"raw": {}}, {"raw": [1]}]
    assert told(run, "arguments") == [
        ("arguments", text, None, ("blocks", place, "raw")) for text, place in (("[1", 1), ("{}", 0), ("]", 1))
    ]


def test_chunks_may_be_wrapped(api, mine):
    run = fold(api, sse(*({"envelope": each} for each in (OPEN, words(0, "a"), BYE)), end=b""), mine)
    assert (run.merged.text, run.merged.termination) == ("a", "done")


@pytest.mark.parametrize(
    ("last", "termination"),
    [
        (BYE, "done"),
        (event("hush", last=True), "done"),
        (event("hush", last="true"), "done"),
        (event("hush", last=False), "eof"),
        (event("hush", last=1), "eof"),
        (event("hush", state="over and out"), "done"),
        (event("hush", state="all over"), "eof"),
        (event("crash"), "error"),
        (event("hush", oops="m"), "error"),
        (event("hush", reply={"oops": {"message": "m"}}), "error"),
    ],
)
def test_ends(api, mine, last, termination):
    assert fold(api, sse(OPEN, last, end=b""), mine).merged.termination == termination


def test_what_is_read_after_an_error(api, mine):
    run = fold(api, sse(OPEN, event("crash", code=7), words(0, "no"), event("autopsy", cause="z"), end=b""), mine)
    assert (run.merged.error.error, run.message) == (event("crash", code=7), {"id": "i", "cause": "z"})


def test_beginning_anew(api, mine):
    again = event("reopen", reply={"id": "j"})
    run = fold(api, sse(OPEN, words(0, "lost"), again, words(0, "kept"), BYE, words(0, "!"), end=b""), mine)
    assert (run.merged.id, run.merged.text) == ("j", "kept")
    assert run.quirks == {"message_restarted": 1, "data_after_done": 1}
    run = fold(api, body_of(words(0, "lost")) + body_of(words(0, "kept")), mine)
    assert (run.merged.text, run.quirks) == ("kept", {"message_restarted": 1})


def test_numbers_of_events(api, mine):
    events = [{**words(0, "a"), "n": n} for n in (1, 2, 5, 6, "7", None, 7, 7)]
    run = fold(api, body_of(*events), mine)
    assert run.quirks == {"sequence_gap": 2}
    assert run.merged.report.unknown_fields == {}


BASE = 'name = "x"\nroute = ["type"]\n[merge]\na = "items"\n[on]\n'


@pytest.mark.parametrize(
    ("table", "line", "key"),
    [
        ('name = "x"\nroute = "type"\n[merge]\n', 2, "route"),
        ('name = "x"\nroute = ["a..b"]\n[merge]\n', 2, "route"),
        ('name = "x"\nroute = ["a[]"]\n[merge]\n', 2, "route"),
        ('name = "x"\nerror = "a..b"\n[merge]\n', 2, "error"),
        ('name = "x"\nerror = ["a", 5]\n[merge]\n', 2, "error"),
        ('name = "x"\nbegins = "a"\n[merge]\n', 2, "begins"),
        ('name = "x"\nrestarts = [5]\n[merge]\n', 2, "restarts"),
        ('name = "x"\nfails = 5\n[merge]\n', 2, "fails"),
        ('name = "x"\nafter_error = true\n[merge]\n', 2, "after_error"),
        ('name = "x"\nignore = "a"\n[merge]\n', 2, "ignore"),
        ('name = "x"\nnames = "a"\n[merge]\n', 2, "names"),
        ('name = "x"\nnames = ["a", 5]\n[merge]\n', 2, "names"),
        ('name = "x"\nsequence = 5\n[merge]\n', 2, "sequence"),
        ('name = "x"\nunwrap = ["a"]\n[merge]\n', 2, "unwrap"),
        ('name = "x"\nend = "a=b"\n[merge]\n', 2, "end"),
        ('name = "x"\nend = ["a..b=c"]\n[merge]\n', 2, "end"),
        ('name = "x"\ndetect_last = ["..a"]\n[merge]\n', 2, "detect_last"),
        ('name = "x"\ncomplete_any = ["a..b"]\n[merge]\n', 2, "complete_any"),
        ('name = "x"\ncomplete_any = "a"\n[merge]\n', 2, "complete_any"),
        ('name = "x"\non = 5\n[merge]\n', 2, "on"),
        ('name = "x"\n[merge]\n[on]\na = []\n', 3, "on"),
        (BASE + "e = 5\n", 6, "on.e"),
        (BASE + 'e = ["end"]\n', 6, "on.e"),
        (BASE + "ok = []\n\n# why\ne = {}\n", 9, "on.e"),
        (BASE + '"e.f|g" = [{ op = "end", unheard = "x" }]\n', 6, "on.e.f|g"),
        (BASE + "e = [{ op = 5 }]\n", 6, "on.e"),
        (BASE + 'e = [{ op = "sum" }]\n', 6, "on.e"),
        (BASE + "e = [{}]\n", 6, "on.e"),
        (BASE + 'e = [{ into = "a" }]\n', 6, "on.e"),
        (BASE + 'e = [{ op = "put", into = "a" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "a..b" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "a[0]" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "b", into = "a..b" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "b", into = "a[]" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "b", into = "a[i:]" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "b", into = "a[i" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "b", into = "a~.b" }]\n', 6, "on.e"),
        (BASE + 'e = [{ take = "b", into = "a b" }]\n', 6, "on.e"),
        (BASE + 'e = [{ op = "close" }]\n', 6, "on.e"),
        (BASE + 'e = [{ op = "close", into = "a[i].b" }]\n', 6, "on.e"),
        ('name = "x"\n[merge]\n"a[k=v]" = "object"\n', 3, "merge.a[k=v]"),
        ('name = "x"\n[merge]\na = "object"\n"a[k=v]" = "object"\n', 4, "merge.a[k=v]"),
        ('name = "x"\n[merge]\na = "items"\n"a[k=v]" = "object"\n"a[l=v]" = "object"\n', 5, "merge.a[l=v]"),
        ('name = "x"\n[merge]\n"a~.b" = "append"\n', 3, "merge.a~.b"),
        ('name = "x"\n[merge]\n"a[k=]" = "object"\n', 3, "merge.a[k=]"),
        ('name = "x"\n[merge]\na = { op = "object", call_id = 5 }\n', 3, "merge.a"),
        ('name = "x"\n[merge]\na = { op = "items", index = 1 }\n', 3, "merge.a"),
        ('name = "x"\n[merge]\na = { op = "by", key = "k", missing = "push", stated = "x" }\n', 3, "merge.a"),
        ('name = "x"\n[merge]\na = { op = "deep", guarded = ["x"] }\n', 3, "merge.a"),
        ('name = "x"\n[merge]\n[view]\nfinish_reason = 5\n', 4, "view.finish_reason"),
        ('name = "x"\n[merge]\n[view]\nfinish_reason = ["a", 5]\n', 4, "view.finish_reason"),
        ('name = "x"\n[merge]\n[view]\nfinish_reason = ["a..b"]\n', 4, "view.finish_reason"),
        ('name = "x"\n[merge]\n[view]\nid = "a[k=]"\n', 4, "view.id"),
        ('name = "x"\n[merge]\n[view.tool_calls]\neach = ["a", 5]\n', 4, "view.tool_calls.each"),
        ('name = "x"\n[merge]\n[view.tool_calls]\narguments = "a.b~"\n', 4, "view.tool_calls.arguments"),
    ],
)  # fmt: skip
def test_what_is_no_table(api, table, line, key):
    with pytest.raises(api.DialectError) as caught:
        api.Dialect.from_toml(table)
    assert (caught.value.line, caught.value.key) == (line, key)
    assert str(caught.value).startswith(f"line {line}: {key}: " if line else f"{key}: ")
