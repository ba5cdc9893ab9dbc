"""What bounds a stream beside its two sizes: counts of items, the usage, names of a report, what is held beside it.

Each trips at the same event and byte on both backends, however the bytes are cut, with all before it kept.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from merging import DONE, call, delta, error_of, fold, report_of, size_of, sse, state_of
from ssefold import _backend
from ssefold._py.limits import MAX_ENTRIES, MAX_ENTRY, MAX_HELD, MAX_ITEMS, MAX_TEMPLATE, MAX_USAGE
from test_adversarial import cost

MORE = MAX_ITEMS + 3


def typed(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, **members}


def started(**response: Any) -> dict[str, Any]:
    return typed("response.created", response=response)


TEXT_PART = {"type": "output_text", "text": ""}

# A dialect, what comes before, one event with as many items as are asked for, and where they stand in the message.
LISTS: dict[str, tuple[str, list[Any], Any, tuple[Any, ...]]] = {
    "choices": ("openai-chat", [], lambda n: {"choices": [{"index": i} for i in range(n)]}, ("choices",)),
    "choices in falling order": (
        "openai-chat",
        [],
        lambda n: {"choices": [{"index": n - i} for i in range(n)]},
        ("choices",),
    ),
    "tool calls": (
        "openai-chat",
        [],
        lambda n: delta({"tool_calls": [{"index": i} for i in range(n)]}),
        ("choices", 0, "message", "tool_calls"),
    ),
    "details": (
        "openai-chat",
        [],
        lambda n: delta({"reasoning_details": [{"type": "t", "index": i} for i in range(n)]}),
        ("choices", 0, "message", "reasoning_details"),
    ),
    "items that no rule names": (
        "openai-chat",
        [],
        lambda n: delta({"images": [{"index": i} for i in range(n)]}),
        ("choices", 0, "message", "images"),
    ),
    "calls that came whole": (
        "ollama",
        [],
        lambda n: {"message": {"tool_calls": [{}] * n}, "done": False},
        ("message", "tool_calls"),
    ),
    "output items": ("openai-responses", [], lambda n: started(output=[{}] * n), ("output",)),
    "parts of an item": (
        "openai-responses",
        [started(output=[])],
        lambda n: typed(
            "response.output_item.added", output_index=0, item={"type": "message", "content": [TEXT_PART] * n}
        ),
        ("output", 0, "content"),
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_so_many_items(api, name):
    dialect, before, made, path = LISTS[name]
    event = made(MORE)
    last = {"choices": [], "x": 1} if dialect == "openai-chat" else {}
    body = sse(*before, event, last, end=b"")
    run = fold(api, body, dialect)
    error = run.merged.error
    assert (type(error), error.limit, error.value, error.event) == (
        api.StreamLimitError,
        "max_items",
        MAX_ITEMS,
        len(before),
    )
    assert error.offset == len(json.dumps(event))
    assert str(error) == f"event {len(before)} passes max_items ({MAX_ITEMS} items)"
    assert (run.merged.termination, run.merged.report.events) == ("limit", len(before) + 2)
    found: Any = run.message
    for step in path:
        found = found[step]
    assert len(found) == MAX_ITEMS
    assert "x" not in run.message
    state = state_of(run.merged)
    cut = fold(api, [body[at : at + 5000] for at in range(0, len(body), 5000)], dialect)
    assert state_of(cut.merged) == state
    assert fold(api, sse(*before, made(MAX_ITEMS), end=b""), dialect).merged.termination != "limit"


@pytest.mark.parametrize("name", LISTS)
def test_both_backends_leave_out_the_same(both, name):
    dialect, before, made, _ = LISTS[name]
    twin, core = (fold(backend, sse(*before, made(MORE)), dialect) for backend in both)
    assert state_of(twin.merged) == state_of(core.merged)


def test_items_count_over_events(api):
    """The event that brings one too many is the one that trips."""
    events = [typed("message_start", message={"content": []})]
    events += [typed("content_block_start", index=i, content_block={"type": "x"}) for i in range(MAX_ITEMS + 2)]
    run = fold(api, sse(*events, end=b""))
    error = run.merged.error
    assert (error.limit, error.event, error.offset) == ("max_items", MAX_ITEMS + 1, len(json.dumps(events[-2])))
    assert len(run.message["content"]) == MAX_ITEMS


def test_a_call_is_named_by_so_many_indexes(api):
    run = fold(api, sse(*(call(i, "f", id="one") for i in range(MAX_ITEMS + 1)), end=b""))
    assert (run.merged.error.limit, run.merged.error.event) == ("max_items", MAX_ITEMS)
    assert len(run.merged.tool_calls) == 1


@pytest.mark.parametrize("templates", [True, False])
def test_the_usage_is_bounded(api, templates):
    """Each delta has all of it."""
    chunks = [{"choices": [], "usage": {f"count {number}": number}} for number in range(4000)]
    merger = api.Merger(on_error="record")
    if not templates:
        merger._without_templates()
    merger.observe(sse(*chunks))
    merger.finish()
    merged = merger.result()
    usage = merged.message["usage"]
    last = len(usage) - 1
    assert (merged.error.limit, merged.error.value, merged.error.event) == ("max_usage_size", MAX_USAGE, last)
    assert merged.error.offset == len(json.dumps(chunks[last]))
    assert size_of(usage) > MAX_USAGE >= size_of(dict(list(usage.items())[:-1]))
    assert str(merged.error) == f"event {last} passes max_usage_size ({MAX_USAGE} bytes)"


def test_a_usage_that_was_put_counts(api):
    events = [
        typed("message_start", message={"content": [], "usage": {"x": "y" * MAX_USAGE}}),
        typed("message_delta", delta={}, usage={"output_tokens": 1}),
    ]
    error = fold(api, sse(*events, end=b"")).merged.error
    assert (error.limit, error.event) == ("max_usage_size", 1)


def test_more_names_than_a_report_keeps(api):
    """A stream of unknown names is merged none the less."""
    chunks = [{**delta({"content": "x"}), f"field {number}": 1} for number in range(2000)]
    merged = fold(api, sse(*chunks)).merged
    assert (merged.termination, merged.text) == ("done", "x" * 2000)
    fields = merged.report.unknown_fields
    assert len(fields) == MAX_ENTRIES + 1
    assert (fields["field 0"], fields["*"]) == (1, 2000 - MAX_ENTRIES)


@pytest.mark.parametrize("letter", ["x", "é", "🦊"])
def test_names_that_are_too_long_for_a_report(api, letter):
    fits = MAX_ENTRY // len(letter.encode())
    names = [letter * fits, letter * (fits + 1), letter * 5000]
    merged = fold(api, sse(*({"choices": [], name: 1} for name in names))).merged
    assert merged.report.unknown_fields == {names[0]: 1, "*": 2}
    assert set(names) < set(merged.message)


def test_an_event_of_a_long_type_that_no_route_has(api):
    events = [typed("message_start", message={}), typed("x" * 5000), typed("y")]
    merged = fold(api, sse(*events, end=b"")).merged
    assert merged.report.unknown_fields == {"*": 1, "type=y": 1}


def test_what_is_held_until_the_dialect_is_known_is_bounded(api):
    chunk = {"x": "y" * 1000}
    room = 5 * size_of(chunk)
    body = sse(*[chunk] * 6, delta({"content": "x"}))
    run = fold(api, body, max_message_size=room)
    error = run.merged.error
    assert (error.limit, error.value, error.event) == ("max_message_size", room, 5)
    assert error.offset == len(json.dumps(chunk))
    assert fold(api, sse(*[chunk] * 5, delta({"content": "x"})), max_message_size=10 * room).merged.text == "x"


def test_an_unknown_dialect_is_told_in_few_words(api):
    merged = fold(api, sse(*({f"{number}" + "é" * 5000: 1} for number in range(MAX_HELD + 1)))).merged
    assert isinstance(merged.error, api.UnknownDialectError)
    assert len(str(merged.error)) < 1000


def test_a_message_beside_counts_while_it_is_held(api):
    beside = {"content": "x" * 1000}
    body = sse(*({"choices": [{"index": index, "message": beside}]} for index in range(5)), end=b"")
    size = size_of(fold(api, body).message)
    assert fold(api, body, max_message_size=size + 400).merged.termination != "limit"
    error = fold(api, body, max_message_size=3 * size_of(beside)).merged.error
    assert (error.limit, error.event) == ("max_message_size", 2)
    # It counts no more once a delta made it superfluous.
    body = sse({"choices": [{"index": 0, "message": beside}]}, *[delta({"content": "y" * 500})] * 2)
    assert fold(api, body, max_message_size=1400).merged.termination == "done"


@pytest.mark.parametrize(
    ("token", "more"), [("9" * 18, 0), ("9" * 19, 19), ("-" + "9" * 17, 0), ("-" + "9" * 18, 19), ("9" * 4300, 4300)]
)
@pytest.mark.parametrize("shape", ["%s", "[%s]", '{"a":[{"b":%s}]}'])
def test_a_long_integer_counts_as_its_digits(api, token, more, shape):
    size = dict.fromkeys(("short", "long"), 0)
    for name, number in (("short", "1"), ("long", token)):
        body = sse('{"choices":[],"x":%s}' % (shape % number))
        size[name] = size_of(fold(api, body).message)
        assert fold(api, body, max_message_size=size[name]).merged.termination == "done"
        assert fold(api, body, max_message_size=size[name] - 1).merged.termination == "limit"
    assert size["long"] - size["short"] == more


def test_a_count_of_nineteen_characters(api):
    """A template took it for a number that it holds, and lost it."""
    values = [5, 7, -(10**18 - 1), 10**18 - 1, -(10**17 - 1)]
    for value in values:
        chunks = [{"choices": [], "usage": {"n": number}} for number in (1, 2, 3, value)]
        assert fold(api, sse(*chunks)).message["usage"]["n"] == value


def test_a_part_of_many_members_is_continued_by_none(api):
    """Each text would look at all of them."""
    parts = [{"text": "x", **{f"{number}": None for number in range(40)}}, {"text": "y"}, {"text": "z"}]
    chunks = [{"candidates": [{"content": {"parts": [part]}}]} for part in parts]
    found = fold(api, sse(*chunks, end=b"")).message["candidates"][0]["content"]["parts"]
    assert [part["text"] for part in found] == ["x", "yz"]


# What is held beside the message: memory follows the message, and not the stream.

GROWING = {
    "spaces in a list": lambda n: sse({"choices": [], "x": [{}], "y": [n]}, end=b"").replace(
        b"{}", b"{" + b" " * 20_000 + b"}"
    ),
    "names that came and went": lambda n: sse(delta({}, citations={f"{n} {i}": i for i in range(1000)}), end=b""),
    "events like none before": lambda n: sse({**delta({"content": "x"}), "x": f"{n}" + "y" * 30_000}, end=b""),
    "values replaced": lambda n: sse(delta({}, content_filter_results={"x": [n] * 5000}), end=b""),
}

PROGRAM = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import test_limits
from ssefold import _backend
backend = _backend.load(sys.argv[2])
made = test_limits.GROWING[sys.argv[3]]
merger = backend.Merger(on_error="record", max_message_size=2**20)
for number in range(1200):
    if number == 400:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (merger.feed if number % 2 else merger.observe)(made(number))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, merger.result().termination)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("name", GROWING)
def test_memory_follows_the_message(backend, name):
    command = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent), backend, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kibibytes, termination = done.stdout.split()
    assert termination == "open"
    assert int(kibibytes) < 4096


def test_a_large_event_is_no_template(api):
    """It would be held twice: what it does is the same, and what comes after it."""
    large = sse({**delta({"content": "x"}), "x": "y" * MAX_TEMPLATE}, end=b"")
    run = fold(api, large * 3 + sse(delta({"content": "z"})) + DONE)
    assert run.merged.text == "xxxz"


INPUT = [
    typed("message_start", message={"content": []}),
    typed("content_block_start", index=0, content_block={"type": "tool_use", "id": "t", "name": "f", "input": {}}),
]


def piece(text: str) -> dict[str, Any]:
    return typed("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": text})


STOP = typed("content_block_stop", index=0)
END = typed("message_stop")


def test_an_input_that_is_stated_again_stays_what_it_became(api):
    """It would be parsed again each time, however long it is."""
    merger = api.Merger(on_error="record")
    merger.observe(sse(*INPUT, piece('{"a": 1}'), STOP, INPUT[1], end=b""))
    assert merger.snapshot()["content"][0]["input"] == {"a": 1}
    merger.observe(sse(STOP, END, end=b""))
    assert merger.result().message["content"][0]["input"] == {"a": 1}
    assert merger.result().tool_calls[0].arguments == '{"a": 1}'


def test_an_input_that_goes_on_is_parsed_once_more(api):
    """At once where it is twice as long, else at the end."""
    merger = api.Merger(on_error="record")
    merger.observe(sse(*INPUT, piece("[1,2,3]"), STOP, piece(" "), STOP, end=b""))
    assert merger.snapshot()["content"][0]["input"] == [1, 2, 3]
    merger.observe(sse(piece(" ,4]"), STOP, end=b""))
    assert merger.snapshot()["content"][0]["input"] == [1, 2, 3]
    merger.observe(sse(piece(" " * 10), STOP, end=b""))
    assert merger.snapshot()["content"][0]["input"] == "[1,2,3]  ,4]" + " " * 10
    merger.observe(sse(piece("!"), STOP, END, end=b""))
    assert merger.result().message["content"][0]["input"] == "[1,2,3]  ,4]" + " " * 10 + "!"
    assert merger.result().report.quirks["input_unparsable"] == 2


def test_the_twin_looks_at_no_item_twice():
    """Twice the citations, twice the opcodes. The core's instructions are counted beside the benches."""
    twin = _backend.load("python")

    def body(count: int) -> bytes:
        sources = ({"citationSources": [{"uri": f"{number}"}]} for number in range(count))
        return sse(*({"candidates": [{"citationMetadata": source}]} for source in sources), end=b"")

    assert cost(twin, body(400), dialect="gemini") <= 2.2 * cost(twin, body(200), dialect="gemini")


def test_what_a_list_has_is_not_added_again(api):
    """By value: the order of members doesn't count, the type of a number does."""
    lists = [[{"a": 1, "b": [2]}, 1], [{"b": [2], "a": 1}, 1.0, True, "1"], [1, 1.0, "1", True, {"a": 1.0, "b": [2]}]]
    chunks = [{"candidates": [{"citationMetadata": {"x": values}}]} for values in lists]
    found = fold(api, sse(*chunks, end=b"")).message["candidates"][0]["citationMetadata"]["x"]
    assert json.dumps(found) == json.dumps([{"a": 1, "b": [2]}, 1, 1.0, True, "1", {"a": 1.0, "b": [2]}])


def test_both_tell_the_same_of_each_limit(both):
    bodies = [
        sse(*({"choices": [], "usage": {f"{'x' * 100} {n}": n}} for n in range(1000))),
        sse(*({"choices": [], "x" * n: n} for n in range(200, 300))),
        sse(*({"x" * n: n} for n in range(40))),
    ]
    for body in bodies:
        twin, core = (fold(backend, body) for backend in both)
        assert state_of(twin.merged) == state_of(core.merged)
        assert error_of(twin.merged.error) == error_of(core.merged.error)
        assert report_of(twin.merged.report) == report_of(core.merged.report)


ROOT = Path(__file__).resolve().parents[1]


def test_the_page_lists_the_limits_of_both_backends():
    """Each fixed bound stands in one file a backend, with one value, which the page has too."""
    from ssefold._py import limits

    twin = {name: value for name, value in vars(limits).items() if name.startswith("MAX_")}
    spelled = re.findall(r"pub const (\w+): \w+ = ([^;]+);", (ROOT / "src" / "limits.rs").read_text(encoding="utf-8"))
    core = {name: int(value) if value.isdigit() else 1 << int(value.partition("<<")[2]) for name, value in spelled}
    rows = re.findall(
        r"^\| `(MAX_\w+)` \| (\d+) \|", (ROOT / "docs" / "limits.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert twin == core == {name: int(value) for name, value in rows}
