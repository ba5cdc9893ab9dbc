"""Tables: those of users work as those of the package do, and what is no table is refused with its line and reason."""

from __future__ import annotations

import json
import pickle
from importlib.resources import files

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import generate
from merging import delta_of, fold, same_of_table, sse, state_of

MINE = """
name = "mine"
done = "bye"
error = "oops"
complete = "finish"

[message]
object = "answer"
version = 1
list = []

[merge]
id = "first"
finish = { op = "last_nonempty", delta = "finish" }
usage = { op = "deep", delta = "usage" }
text = { op = "append", delta = "text" }
thought = { op = "append", lazy = true, delta = "reasoning", rank = 0 }
list = "extend"
parts = { op = "by", key = "n", missing = "push" }
"parts[].text" = { op = "append", delta = "text" }
"parts[].*" = { op = "last", known = true }
secret = "drop"
old = { op = "last", to = "new" }
"*" = "guess"

[view]
id = "id"
text = ["text", { each = "parts[]", text = ["text"], join = " " }]
reasoning = "thought"
finish_reason = "finish"

[view.usage]
of = "usage"
input_tokens = "usage.in"
"""


@pytest.fixture
def mine(api):
    return api.Dialect.from_toml(MINE)


@pytest.mark.parametrize("names", [[], ["new", "in", "deep", "", "a.b", "text"], [f"n{at}" for at in range(2000)]])
def test_names_change_nothing(api, mine, names):
    """They are numbered once for all messages, and merged as any other name."""
    body = sse(
        {"new": {"deep": {"in": 1, "n7": "x"}}, "usage": {"in": 3, "n5": 4}, "a.b": [{"": 1}], "n1": 1},
        {"new": {"deep": {"in": 2, "other": None}}, "usage": {"in": 4}, "n1": 2, "n0": "y"},
    )
    named = api.Dialect.from_toml(MINE.replace("[message]", f"names = {json.dumps(names)}\n[message]", 1))
    one, other = fold(api, body, mine), fold(api, body, named)
    assert state_of(one.merged) == state_of(other.merged)
    assert list(map(delta_of, one.deltas)) == list(map(delta_of, other.deltas))


def test_a_table_of_ones_own(api, mine):
    run = fold(
        api,
        sse(
            {"id": "", "text": "a", "parts": [{"n": 3, "text": "x", "k": 1}], "secret": 1, "old": 1, "thought": ""},
            {
                "id": "i",
                "text": "b",
                "parts": [{"text": "y"}, {"n": 3, "text": "z", "k": 2}],
                "old": 2,
                "thought": "t",
                "list": [1],
            },
            {"finish": "end", "usage": {"in": 5}, "extra": "e", "list": [2]},
            end=b"data: bye\n\n",
        ),
        mine,
    )
    assert run.message == {
        "object": "answer", "version": 1, "list": [1, 2], "text": "ab", "new": 2,
        "parts": [{"n": 3, "text": "xz", "k": 2}, {"text": "y"}], "id": "i", "thought": "t",
        "finish": "end", "usage": {"in": 5}, "extra": "e",
    }  # fmt: skip
    merged = run.merged
    assert (merged.dialect, merged.termination, merged.id, merged.text, merged.reasoning) == (
        "mine",
        "done",
        "i",
        "ab",
        "t",
    )
    assert (merged.finish_reason, merged.usage.input_tokens, merged.usage.output_tokens) == ("end", 5, None)
    assert merged.report.unknown_fields == {"extra": 1}
    assert (run.texts("reasoning"), run.texts("finish")) == (["t"], ["end"])
    assert {each.choice for each in run.deltas} == {0}


def test_two_mergers_of_a_table_share_nothing(api, mine):
    assert [fold(api, sse({"list": [n]}), mine).message["list"] for n in (1, 2)] == [[1], [2]]


def test_the_errors_and_ends_of_a_table(api, mine):
    assert fold(api, sse({"oops": {"message": "m"}}), mine).merged.error.error == {"message": "m"}
    assert fold(api, sse({"error": {"message": "m"}}), mine).message["error"] == {"message": "m"}
    assert fold(api, sse({"text": "a"}), mine).merged.termination == "done"
    assert fold(api, sse({"text": "a"}, end=b""), mine).merged.termination == "eof"


def test_a_table_knows_its_name(api, mine):
    assert (mine.name, repr(mine)) == ("mine", "Dialect('mine')")
    assert api.Merger(mine).dialect == "mine"
    assert api.merge_many([sse({"text": "a"})], mine)[0].text == "a"
    assert pickle.loads(pickle.dumps(fold(api, sse({"text": "a"}), mine).merged)).text == "a"  # noqa: S301 - our own
    with pytest.raises(TypeError):
        api.Dialect()


@pytest.mark.parametrize("name", generate.NAMES)
def test_the_tables_of_the_package_are_tables_like_any(api, name):
    text = files("ssefold").joinpath("dialects", f"{name}.toml").read_text(encoding="utf-8")
    dialect = api.Dialect.from_toml(text)
    assert dialect.name == name
    for seed in range(100):
        body = generate.body(name, list(range(seed * 10, seed * 10 + 8)), "", "data: [DONE]\n\n")
        ours, named = fold(api, body, dialect), fold(api, body, name)
        assert (ours.merged, ours.deltas) == (named.merged, named.deltas)


BASE = 'name = "x"\n[merge]\n'


@pytest.mark.parametrize(
    ("table", "line", "key"),
    [
        ("", None, "name"),
        ('name = "x"\n', None, "merge"),
        ('name = "X y"\n[merge]\n', 1, "name"),
        ("name = 5\n[merge]\n", 1, "name"),
        ('name = "x"\nunheard = 1\n[merge]\n', 2, "unheard"),
        ('name = "x"\ndetect = "id"\n[merge]\n', 2, "detect"),
        ('name = "x"\ndetect = ["a..b"]\n[merge]\n', 2, "detect"),
        ('name = "x"\nmerge = 5\n', 2, "merge"),
        ('name = "x"\n[message]\nf = 1.5\n[merge]\n', 3, "message.f"),
        ('name = "x"\n[message]\nf = [1]\n[merge]\n', 3, "message.f"),
        (BASE + 'id = "nope"\n', 3, "merge.id"),
        (BASE + "id = 5\n", 3, "merge.id"),
        (BASE + 'id = { op = "first", unheard = 1 }\n', 3, "merge.id"),
        (BASE + 'id = { op = "first", to = 5 }\n', 3, "merge.id"),
        (BASE + 'id = { op = "append", lazy = "yes" }\n', 3, "merge.id"),
        (BASE + 'id = { op = "append", rank = 10 }\n', 3, "merge.id"),
        (BASE + 'id = { op = "append", rank = true }\n', 3, "merge.id"),
        (BASE + 'id = { op = "append", delta = "word" }\n', 3, "merge.id"),
        (BASE + 'id = { to = "x" }\n', 3, "merge.id"),
        (BASE + '\n# why\n"a[].b" = "first"\n', 5, "merge.a[].b"),
        (BASE + '"a b" = "first"\n', 3, "merge.a b"),
        (BASE + '"*.b" = "first"\n', 3, "merge.*.b"),
        (BASE + 'a = "last"\n"" = "first"\n', 2, "merge"),
        (BASE + '[view]\n"" = "a"\n', 3, "view"),
        (BASE + 'a = { op = "by", missing = "push" }\n', 3, "merge.a"),
        (BASE + 'a = { op = "by", key = "i", missing = "never" }\n', 3, "merge.a"),
        (BASE + 'a = { op = "by", key = "i", missing = "push", choice = true }\n', 3, "merge.a"),
        (BASE + 'a = "whole"\n', 3, "merge.a"),
        (BASE + 'a = { op = "whole", unless = "b" }\n', 3, "merge.a"),
        (BASE + 'usage = "deep"\n[copy]\nusage = "x"\n', 5, "copy.usage"),
        (BASE + 'usage = "deep"\n[copy]\nother = "x.y"\n', 5, "copy.other"),
        (BASE + "[mergee]\nid = 1\n", 3, "mergee"),
        (BASE + "[[mergee]]\n", 3, "mergee"),
        (BASE + "\n[merge.x]\nodd = 1\n", 4, "merge.x"),
        (BASE + "x.odd = 1\n", 3, "merge.x"),
        (BASE + "[view]\nid = 5\n", 4, "view.id"),
        (BASE + '[view]\nid = "a..b"\n', 4, "view.id"),
        (BASE + '[view]\nid = "a[\u0663]"\n', 4, "view.id"),
        (BASE + '[view]\nid = "a[99999999999999999999]"\n', 4, "view.id"),
        (BASE + '[view]\nunheard = "a"\n', 4, "view.unheard"),
        (BASE + "[view]\ntext = [5]\n", 4, "view.text"),
        (BASE + '[view]\ntext = [{ each = "a", more = 1 }]\n', 4, "view.text"),
        (BASE + '[view.usage]\nunheard = "a"\n', 4, "view.usage.unheard"),
        (BASE + '[view.tool_calls]\nunheard = "a"\n', 4, "view.tool_calls.unheard"),
        (BASE + "[view.tool_calls]\nid = 5\n", 4, "view.tool_calls.id"),
    ],
)
def test_what_is_no_table(api, table, line, key):
    with pytest.raises(api.DialectError) as caught:
        api.Dialect.from_toml(table)
    assert (caught.value.line, caught.value.key) == (line, key)
    assert key in str(caught.value)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name = \n", 1),
        ('name = "x"\nname = "y"\n', 2),
        ('name = "x"\n[merge\n', 2),
        ('name = "x"\r\n\r\n[merge]\r\nid = "first" x\r\n', 4),
        ("\0", 1),
        ('name = "x"\n[merge]\n[merge]\n', 3),
        ('name = "x"\na = 99999999999999999999\n[merge]\n', None),
        ('name = "x"\na = ' + "9" * 5000 + "\n[merge]\n", None),
        ('name = "x"\na = ' + "[" * 50_000 + "\n", None),
        ('name = "x"\n[merge]\n' + ".".join(["a"] * 5000) + ' = "first"\n', None),
        ('name = "x"\n[merge]\n"' + ".".join(["a"] * 5000) + '" = "first"\n', None),
    ],
)
def test_what_is_no_toml(api, text, line):
    with pytest.raises(api.DialectError) as caught:
        api.Dialect.from_toml(text)
    assert line is None or caught.value.line == line


def test_of_two_rows_for_one_field_the_last_one_holds(api):
    """A list's items are spelled with brackets or without."""
    rows = 'a = { op = "by", key = "i", missing = "push" }\n"a[].*" = "last"\n"a.*" = "append"\n'
    chunks = [{"a": [{"i": 0, "x": letter}]} for letter in "pq"]
    assert fold(api, sse(*chunks), api.Dialect.from_toml(BASE + rows)).message == {"a": [{"i": 0, "x": "pq"}]}


@pytest.mark.parametrize("wrong", [5, None, b"name = 'x'"])
def test_a_table_is_text(api, wrong):
    with pytest.raises(TypeError):
        api.Dialect.from_toml(wrong)


STRATEGIES = (
    "append", "arguments", "base64", "collect", "content", "deep", "drop", "extend", "first", "guess", "last",
    "last_nonempty", "object", "scalars", "tool_calls",
)  # fmt: skip


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_takes_anything(api, strategy):
    """At the root and inside, where a user's table puts it: tolerance or no effect, and no other exception."""
    table = (
        BASE
        + f'a = "{strategy}"\n"o.a" = "{strategy}"\nl = {{ op = "by", key = "k", missing = "push" }}\n'
        + f'"l[].a" = "{strategy}"\n'
    )
    dialect = api.Dialect.from_toml(table)
    values = [
        "null",
        "true",
        "0",
        "1.5",
        '""',
        '"a"',
        '"\\ud83d"',
        "[]",
        "{}",
        "[1]",
        '[{"type":"text","text":"x"}]',
        '{"b":"\\ud83d"}',
        '["x",{"index":1}]',
    ]
    for one in values:
        body = sse(
            *(
                f'{{"a":{value},"o":{{"a":{value}}},"l":[{{"a":{value}}},{{"k":1,"a":{value}}}]}}'
                for two in values
                for value in (one, two)
            )
        )
        run = fold(api, body, dialect)
        assert run.merged.termination == "done"
        cut = fold(api, [body[at : at + 100] for at in range(0, len(body), 100)], dialect)
        assert (cut.merged, len(cut.deltas)) == (run.merged, len(run.deltas))


# What a text is drawn from that is hardly ever TOML.
TOKENS = (
    *"a=\n[]{},.#'\"\\ \t\ré", '"c"', "'d'", "a.b", "\r\n", "[[", "]]", '"""', "'''", '"a\\q"', "# y", "1", "-2",
    "0x1F", "01", "1_0", "1.5", "1e", "nan", "true", "nul", "2020-01-01", "9" * 20, "a = 1\n", "[a]\n",
    "[a.b]\n", "[[a]]\n", "b = {a = 1}\n", "b = [1, 2]\n", "c = [\n1,\n2\n]\n", 'name = "x"\n', "[merge]\n",
    'id = "first"\n',
)  # fmt: skip


@given(tokens=st.lists(st.sampled_from(TOKENS), max_size=16), begun=st.booleans())
@example(tokens=['a = """ ', "9" * 20, '\n"""', "-2\n"], begun=True)
def test_both_say_the_same_of_what_is_no_table(both, tokens, begun):
    text = ('name = "x"\n[merge]\nid = "first"\n' if begun else "") + "".join(tokens)
    same_of_table(both, text)
