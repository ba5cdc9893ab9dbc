"""Dialects of users: what no table of the package has, with templates and without, and on both backends alike."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

import generate_tables
import ssefold
from merging import delta_of, sse, state_of
from ssefold._py.merge.document import Text

HEAD = 'name = "mine"\n'


def runs(api, table, body, **limits: int):
    """Each way of merging a body by a table: the runs are the same, of which one is returned."""
    found = []
    events = [event + b"\n\n" for event in body.split(b"\n\n") if event]
    for templates, pieces in [(True, [body]), (False, [body]), (True, events), (False, events)]:
        merger = api.Merger(api.Dialect.from_toml(HEAD + table), on_error="record", **limits)
        if not templates:
            merger._without_templates()
        deltas = [each for piece in pieces for each in merger.feed(piece)] + merger.finish()
        found.append((state_of(merger.result()), list(map(delta_of, deltas))))
    assert all(each[0] == found[0][0] for each in found)
    assert [each[1] for each in found[:2]] == [found[0][1]] * 2
    assert [each[1] for each in found[2:]] == [found[2][1]] * 2
    return merger.result()


def lines(*chunks: object):
    return sse(*chunks, end=b"")


def test_the_sign_of_an_end_is_no_hole(api):
    table = 'end = ["d=stop"]\n[merge]\nd = "drop"\nt = "append"\n'
    merged = runs(api, table, lines(*({"d": word, "t": "x"} for word in ("a", "b", "c", "stop", "d"))))
    assert (merged.termination, merged.message) == ("done", {"t": "xxxx"})


@pytest.mark.parametrize(
    ("head", "words", "termination"),
    [
        ('fails = ["failed"]', ("a", "b", "c", "failed", "a"), "error"),
        ('restarts = ["again"]', ("a", "b", "c", "again", "a"), "eof"),
        ("", ("a", "b", "c", "d", "a"), "eof"),
    ],
)
def test_the_name_of_an_event_is_no_hole(api, head, words, termination):
    routes = "[on]\n" + "".join(f'{word} = [{{take = "t", into = "{word}"}}]\n' for word in ("a", "b", "c", "again"))
    for ignored in ("", 'ignore = ["kind"]\n'):
        table = (
            f'route = ["kind"]\n{head}\n{ignored}[merge]\n"*" = "append"\n{routes}d = [{{take = "kind", into = "d"}}]\n'
        )
        merged = runs(api, table, lines(*({"kind": word, "t": "x"} for word in words)))
        assert merged.termination == termination


def test_what_an_item_is_told_by_is_no_hole(api):
    table = (
        '[merge]\nlist = { op = "by", key = "index", missing = "push" }\n"list[].kind" = "append"\n'
        '"list[].*" = { op = "last", known = true }\n'
        '"list[kind=aa]" = "object"\n"list[kind=aa].t" = { op = "append", delta = "text" }\n'
        '"list[].t" = { op = "append", delta = "reasoning" }\n'
    )
    merged = runs(
        api, table, lines(*({"list": [{"index": 0, "kind": word, "t": word}]} for word in ("a", "a", "a", "b")))
    )
    assert merged.message["list"][0]["kind"] == "aaab"


def test_a_finish_reason_that_is_appended(api):
    table = (
        'route = ["e"]\n[merge]\nreason = "append"\nt = "append"\n[on]\n'
        'x = [{take = "r", into = "reason"}, {op = "finish"}]\n'
        '[view]\nfinish_reason = ["reason", "t"]\n'
    )
    merged = runs(api, table, lines(*({"e": "x", "r": word} for word in "abc")))
    assert merged.finish_reason == "abc"


def test_an_empty_value_that_would_be_volatile(api):
    table = '[merge]\nx = { op = "last_nonempty", volatile = true }\ny = { op = "last", volatile = true }\n'
    assert runs(api, table, lines(*({"x": word, "y": word} for word in ("a", "b", "")))).message == {"x": "b", "y": ""}
    table = '[merge]\nx = { op = "extend_new", volatile = true }\n'
    assert runs(api, table, lines(*({"x": word} for word in ("x", "x", "", "x")))).message == {"x": "x"}


def test_a_member_put_under_another_name(api):
    table = (
        'route = ["e"]\n[merge]\na = { op = "last", to = "b" }\nt = { op = "append", to = "u" }\n'
        '[on]\nput = [{take = "m", op = "put"}]\nadd = [{take = "t", into = "t"}]\n'
    )
    events = [{"e": "add", "t": "x"}, {"e": "put", "m": {"a": 1, "t": "xy"}}, {"e": "put", "m": {"a": 2, "t": "xyz"}}]
    merged = runs(api, table, lines(*events))
    assert (merged.message, merged.report.quirks) == ({"u": "xyz", "b": 2}, {})


def test_a_stated_key_beside_a_group(api):
    table = (
        '[merge]\nlist = { op = "by", key = "index", group = "type", stated = true, missing = "push" }\n'
        '"list[].*" = "last"\n'
    )
    merged = runs(api, table, lines({"list": [{"type": "t", "x": 1}, {"type": "t", "index": 3, "x": 2}]}))
    assert [item.get("index") for item in merged.message["list"]] == [None, 3]


def test_an_error_at_a_path_is_no_member_of_that_name(api):
    table = 'error = ["delta.error"]\n[merge]\n"*" = "last"\n'
    assert runs(api, table, lines({"delta.error": 1})).message == {"delta.error": 1}


def test_each_usage_has_its_bound(api):
    table = '[merge]\na = { op = "deep", delta = "usage" }\nb = { op = "deep", delta = "usage" }\n'
    growing = [{"a": {f"n{at}": 1}} for at in range(700)]
    merged = runs(api, table, lines(*growing, {"b": {"n": 1}}, *({"a": {f"m{at}": 1}} for at in range(700))))
    assert (merged.termination, merged.error.limit) == ("limit", "max_usage_size")


def test_the_rest_of_an_event_is_no_object_of_its_own(api):
    table = (
        'route = ["e"]\n[merge]\nx = { op = "last", absent = "x_missing" }\n"*" = "last"\n[on]\nput = [{op = "rest"}]\n'
    )
    assert runs(api, table, lines({"e": "put", "y": 1, "z": 2})).report.quirks == {}


def test_a_member_that_no_rule_takes(api):
    table = 'route = ["e"]\n[merge]\nx = "last"\n[on]\nput = [{op = "rest"}]\n'
    assert runs(api, table, lines({"e": "put", "y": 1, "x": 2})).message == {"x": 2}


def test_the_end_of_a_text():
    """What the twin tells of a name that grows: no more of it is looked at than that."""
    text = Text()
    for part in ("né", "x"):
        text.push(part)
    assert [text.end(start) for start in range(5)] == ["néx", "éx", "", "x", ""]


def test_arguments_that_are_null(api):
    table = '[merge]\ncalls = "last"\n[view.tool_calls]\neach = "calls[]"\nname = "name"\narguments = "args[0]"\n'
    (call,) = runs(api, table, lines({"calls": [{"name": "f", "args": [None]}]})).tool_calls
    assert (call.arguments, call.status) == ("", "empty")


def test_a_buffer_takes_texts_alone(api):
    table = (
        'route = ["e"]\n[merge]\nlist = "items"\n'
        '"list[].a~" = { op = "append", delta = "arguments" }\n"list[].*" = "last"\n'
        '[on]\nput = [{take = "v", into = "list[n].a~", op = "put"}]\n'
        'end = [{take = "n", into = "list[n]", op = "close"}]\n'
        '[view.tool_calls]\neach = "list[]"\nname = "name"\narguments = "a~"\n'
    )
    events = [{"e": "put", "n": 0, "v": value} for value in (5, {"x": 1}, "[1]")]
    merged = runs(api, table, lines(*events, {"e": "end", "n": 0}))
    assert (merged.message["list"], merged.report.quirks) == ([{"a": [1]}], {"wrong_type": 2})
    assert [call.arguments for call in merged.tool_calls] == ["[1]"]


def test_names_that_nobody_knows_are_kept_by_nobody(api):
    """The twin made a pattern of each name that a hole of its might have."""
    from ssefold._py import template

    chunks = [{"candidates": [{"content": {"parts": [{"text": "x"}], f"n{at}": f"{at}"}}]} for at in range(3000)]
    api.Merger("gemini", on_error="record").observe(lines(*chunks, *chunks))
    assert template.key_pattern.cache_info().currsize <= 256
    assert template._NAME.fullmatch("n" * 65) is None


def ways(api, dialect, text, looking):
    """The state and deltas of a stream in each way of merging it."""
    for templates, size in ((True, len(text)), (False, len(text)), (True, 40)):
        merger = api.Merger(dialect, on_error="record")
        if not templates:
            merger._without_templates()
        deltas = []
        for at in range(0, len(text), size):
            deltas += (merger.feed if looking else merger.observe)(text[at : at + size]) or []
        deltas += merger.finish()
        yield state_of(merger.result()), list(map(delta_of, deltas)) if size > 40 else []


@given(seed=st.integers(0, 2**48), routed=st.booleans(), looking=st.booleans())
def test_drawn_tables(both, seed, routed, looking):
    """Both backends merge by any table what the other does, with templates and without, however the bytes are cut."""
    chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
    table = generate_tables.Table(chance, routed=routed).text()
    tables = []
    for api in both:
        try:
            tables.append(api.Dialect.from_toml(table))
        except ssefold.DialectError as error:
            tables.append(str(error))
    if isinstance(tables[0], str):
        assert tables[0] == tables[1]
        return
    for _ in range(3):
        text = generate_tables.body(chance)
        found = [list(ways(api, dialect, text, looking)) for api, dialect in zip(both, tables, strict=True)]
        assert found[0] == found[1]
        whole, full, cut = found[0]
        assert whole == full
        assert cut[0] == whole[0]
