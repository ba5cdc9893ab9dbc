"""The twin's JSON layer: the vectors that cargo checks too; the standard library and orjson as witnesses."""

from __future__ import annotations

import json
import math
import random
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ssefold._py.json import MAX_DEPTH, MAX_NUMBER, JsonError, Verdict, clean, compact, join, judge, loads, parse, same
from ssefold._py.json.number import digits

VECTORS = json.loads((Path(__file__).parent / "vectors" / "json.json").read_text(encoding="utf-8"))
MUTANTS = json.loads((Path(__file__).parent / "vectors" / "json_mutants.json").read_text(encoding="utf-8"))

texts = st.text(max_size=12) | st.sampled_from(
    ["\ud83d", "a\ude00", "\ud83d\ud83d", '"', "\\", "\x00", "\u2028", "{[", "é"]
)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**40), 10**40)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)


def text_of(pieces: str | list[tuple[str, int]]) -> str:
    return pieces if isinstance(pieces, str) else "".join(piece * count for piece, count in pieces)


def outcome(data: str) -> Any:
    """What `loads` makes of a text, as something that compares strictly."""
    try:
        return compact(clean(loads(data)))
    except JsonError as error:
        return error.kind, error.offset


def expected_outcome(verdict: Verdict) -> tuple[str, int]:
    return verdict.kind or "truncated", verdict.offset


@pytest.fixture(params=["json", "orjson"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything with the standard library and with orjson."""
    if request.param == "orjson":
        assert parse._orjson_loads is not None
    else:
        monkeypatch.setattr(parse, "_orjson_loads", None)
    return request.param


@pytest.mark.parametrize(("pieces", "status", "offset", "kind"), VECTORS["judge"])
def test_judge(pieces, status, offset, kind):
    text = text_of(pieces)
    verdict = judge(text)
    assert verdict == Verdict(status, offset, kind)
    if status == "complete":
        assert same(clean(loads(text)), clean(json.loads(text)))
    else:
        assert outcome(text) == expected_outcome(verdict)


@pytest.mark.parametrize(("text", "expected"), VECTORS["values"])
def test_values(text, expected):
    assert outcome(text) == expected


@pytest.mark.parametrize(("text", "status", "offset", "kind", "expected"), MUTANTS["judge"])
def test_mutants(text, status, offset, kind, expected):
    assert judge(text) == Verdict(status, offset, kind)
    assert outcome(text) == (expected or expected_outcome(judge(text)))


@pytest.mark.parametrize(("fragments", "expected", "left"), VECTORS["joins"])
def test_joins(fragments, expected, left):
    text, pending = "", ""
    for fragment in fragments:
        appended, pending = join(loads(f'"{fragment}"'), pending)
        text += appended
    assert (text, pending) == (expected, "" if left is None else json.loads(f'"{left}"'))


@pytest.mark.parametrize(("token", "expected"), VECTORS["floats"] + MUTANTS["floats"])
def test_floats(token, expected):
    assert compact(loads(token)) == expected


@pytest.mark.parametrize(("text", "expected"), VECTORS["spelling"])
def test_spelling(text, expected):
    assert compact(text) == expected


@given(values, st.booleans(), st.sampled_from([None, 1]))
@example(dict.fromkeys("\ud83d\ude00\ufffd", "\ud83d"), True, None)
def test_reads_what_the_standard_library_writes(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert judge(text) == Verdict("complete", len(text.encode("utf-8", "surrogatepass")))
    assert same(clean(loads(text)), clean(json.loads(text)))


@given(values, values)
def test_same_is_equality_of_sorted_spelling(left, right):
    def spelling(value: Any) -> str:
        return json.dumps(value, sort_keys=True)

    assert same(left, left)
    assert same(left, right) == (spelling(left) == spelling(right))


@given(values)
def test_every_prefix_is_truncated(value):
    text = json.dumps(value, ensure_ascii=False)
    for cut in range(len(text)):
        verdict = judge(text[:cut])
        assert verdict.status in ({"empty"} if cut == 0 else {"truncated", "complete"})
        assert verdict.status != "complete" or not isinstance(value, str | list | dict)
        assert verdict.offset == len(text[:cut].encode("utf-8", "surrogatepass"))


@given(values, st.randoms(use_true_random=False))
def test_the_judge_points_at_the_first_byte_that_nothing_continues(value, chance: random.Random):
    text = json.dumps(value, ensure_ascii=True)
    at = chance.randrange(len(text) + 1)
    mutant = text[:at] + chance.choice('{}[]",:0e-.\\utnx \x00') + text[at + chance.randrange(2) :]
    verdict = judge(mutant)
    if verdict.kind == "invalid":
        # A number that ends with the text is complete, and may overflow: `[1e309` where the whole says `[1e309.0]`.
        assert judge(mutant[: verdict.offset]).kind in {None, "number_overflow"}
        assert judge(mutant[: verdict.offset + 1]) == verdict
    assert (verdict.status == "complete") == isinstance(outcome(mutant), str)
    # The judge stops at a number that overflows; other readers take it, and may stumble later.
    if verdict.kind != "number_overflow":
        assert accepts(mutant) == (verdict.status == "complete")


def accepts(text: str) -> bool:
    """Tell whether the standard library reads a text, without NaN and Infinity."""

    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError:
        return False
    return True


@given(st.lists(st.tuples(texts, st.integers(0, 9)), max_size=60))
def test_duplicates(pairs):
    text = "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in pairs) + "}"
    expected: dict[str, int] = {}
    for key, value in pairs:
        expected[clean(key)] = value
    assert list(loads(text).items()) == list(expected.items())


@given(st.lists(texts, max_size=6))
def test_join_is_the_same_as_joining_first(fragments):
    joined, pending = "", ""
    for fragment in fragments:
        appended, pending = join(fragment, pending)
        joined += appended
    assert joined + clean(pending) == clean("".join(fragments))


def test_integers_are_exact_under_any_limit(monkeypatch):
    token = "-" + "7" * (MAX_NUMBER - 1)
    value = -(7 * (10 ** (MAX_NUMBER - 1) - 1) // 9)
    before = sys.get_int_max_str_digits()
    try:
        for limit in (640, 0):
            sys.set_int_max_str_digits(limit)
            assert loads(token) == value
            assert loads(f'[{token}, "{" " * MAX_NUMBER}", {{"a": 1.5}}]')[0] == value
            assert (
                compact({"é": [value, 1.5, "\n"], "b": [True, None]}) == f'{{"é":[{token},1.5,"\\n"],"b":[true,null]}}'
            )
            assert outcome(f"[{token}7]") == ("number_too_long", 1)
            assert outcome(f"[1, 0.{token[1:]}7]") == ("number_too_long", 4)
    finally:
        sys.set_int_max_str_digits(before)


def test_short_numbers_under_a_lowered_limit():
    before = sys.get_int_max_str_digits()
    try:
        sys.set_int_max_str_digits(640)
        assert loads("9" * 700) == 10**700 - 1
        assert [digits(value) for value in (0, -1, 10**700)] == ["0", "-1", "1" + "0" * 700]
    finally:
        sys.set_int_max_str_digits(before)


def test_integers_around_64_bits():
    for value in (2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**18, 10**19, -(2**63), -(2**63) - 1):
        for pad in range(8):
            assert same(loads(" " * pad + f"[{value}]"), [value])


def test_negative_zero_and_underflow():
    assert same(loads("[-0, -0.0, 1e-400, -1e-400]"), [0, -0.0, 0.0, -0.0])
    assert math.copysign(1.0, loads("-0.0")) == -1.0


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_hostile_nesting_is_refused_not_recursed_into(opening):
    assert outcome(opening * 100_000)[0] == "too_deep"


def test_brackets_in_strings_are_no_nesting():
    assert loads(json.dumps(["[" * 1000, "{" * 1000])) == ["[" * 1000, "{" * 1000]
    assert outcome('["' + "[" * 1000) == ("truncated", 1002)
    assert len(loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)) == 1


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize("text", ["", "[[[", "\\", '"{', '\\"[', '{"\\'])
def test_nesting_among_strings_with_brackets_and_quotes(depth, text):
    level = f'{{{json.dumps(text)}:{json.dumps([text])},"n":'
    data = level * (depth - 2) + json.dumps([{text: text}]) + "}" * (depth - 2)
    if depth > MAX_DEPTH:
        assert outcome(data) == ("too_deep", len(level) * (depth - 2) + 1)
    else:
        assert same(loads(data), json.loads(data))


def test_the_error_speaks():
    with pytest.raises(JsonError, match="invalid JSON at byte 3") as caught:
        loads("[1,]")
    assert (caught.value.kind, caught.value.offset) == ("invalid", 3)


def test_without_orjson(monkeypatch):
    import importlib

    monkeypatch.setitem(sys.modules, "orjson", None)
    try:
        importlib.reload(parse)
        assert parse._orjson_loads is None
    finally:
        monkeypatch.undo()
        importlib.reload(parse)
    assert parse._orjson_loads is not None
