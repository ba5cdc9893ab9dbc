"""The page of a dialect, made of its table alone."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from docs.page import code, codes, grid, items, page, section
from ssefold._py.tree import QUIRKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docs.table import Table

COLUMNS = {"op", "to", "delta", "after", *QUIRKS}  # attributes that have a column of their own
STEPS = {
    "merge": "{take} is merged into {into}",
    "put": "{take} is put at {into}",
    "close": "{into} is closed",
    "rest": "members that no step reads are merged into the message",
    "finish": "the finish reason is told",
    "end": "the message ends",
}


def dialect_page(table: Table) -> str:
    """Return the page of a dialect."""
    source = f"The table is [{table.file}](../../python/ssefold/dialects/{table.file}); "
    return page(
        table.values["name"],
        table.head,
        source + "[tables.md](../tables.md) tells what its words mean.",
        section("How it is recognised", recognition(table)),
        section("How a stream ends", items(noted(table, endings(table.values)))),
        section("Where errors are", items(noted(table, errors(table.values)))),
        section(
            "What a message starts with",
            items(f"{code(key)}: {quoted(value)}" for key, value in table.rows("message").items()),
        ),
        section("What chunks are", items(noted(table, chunks(table.values)))),
        section("What events do", table.comment("on"), routing(table.values), events(table)),
        section("What fields do", table.comment("merge"), paths(table.values), fields(table)),
        section("What serves as a field", items(copies(table))),
        section("Views", *views(table)),
    )


def noted(table: Table, lines: Iterator[tuple[str, str]]) -> list[str]:
    """Return the sentences on top-level keys, each with the comment above the key."""
    return [f"{line} {table.comment('', key)}".strip() for key, line in lines]


def sentence(sign: str) -> str:
    """Say what a sign is."""
    path, equals, wanted = sign.partition("=")
    if not equals:
        return f"{code(path)} is there"
    if wanted.endswith("*"):
        return f"{code(path)} begins with {code(wanted[:-1])}"
    return f"{code(path)} is {code(wanted)}"


def recognition(table: Table) -> str:
    """Say by what chunks the dialect is told."""
    told: list[str] = []
    for key, head in (
        ("detect", "By a chunk where one of these holds; the dialects are tried in the order of the [list](index.md)."),
        ("detect_last", "Where no chunk decides, by one where this holds:"),
    ):
        signs = table.values.get(key)
        if signs:
            told += [f"{head} {table.comment('', key)}".strip(), items(map(sentence, signs))]
    return "\n\n".join(told)


def endings(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what ends a message, and what begins one."""
    yield "done", f"With an event whose data is {codes(dict.fromkeys([values.get('done', '[DONE]'), '[DONE]']), 'or')}."
    for sign in values.get("end", ()):
        yield "end", f"With a chunk where {sentence(sign)}."
    last = [name for name, steps in values.get("on", {}).items() if any(step.get("op") == "end" for step in steps)]
    if last:
        yield "on", f"With an event of type {codes(names(last), 'or')}."
    if "complete" in values:
        each, _, reason = values["complete"].rpartition(".")
        yield "complete", f"With its bytes, where each of {code(each)} has a {code(reason)}."
    for path in values.get("complete_any", ()):
        yield "complete_any", f"With its bytes, where {code(path)} is there."
    yield "", "Where the bytes end before that, the message is incomplete."
    for key, text in (
        ("begins", "After the end an event of type {} begins a new message."),
        ("restarts", "Wherever it comes, an event of type {} begins the message anew."),
    ):
        if key in values:
            yield key, text.format(codes(values[key], "or"))


def errors(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say where errors are."""
    places = values.get("error", "error")
    yield "error", f"In a chunk, at {codes([places] if isinstance(places, str) else places, 'or')}."
    if "fails" in values:
        yield "fails", f"An event of type {codes(values['fails'], 'or')} is one."
    if "after_error" in values:
        yield "after_error", f"After one, events of type {codes(values['after_error'], 'or')} are still merged."


def chunks(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Say what is around the fields."""
    if "unwrap" in values:
        yield "unwrap", f"A chunk may stand within a member {code(values['unwrap'])}."
    if "sequence" in values:
        yield "sequence", f"{code(values['sequence'])} numbers the events."
    if "ignore" in values:
        yield "ignore", f"Padding, which is left out: {codes(values['ignore'])}."


def names(keys: list[str]) -> list[str]:
    """Return the types of events that keys of routes name."""
    return [name for key in keys for name in key.split("|")]


def routing(values: dict[str, Any]) -> str:
    """Say how an event finds its route."""
    if not values.get("on"):
        return ""
    first, *others = values["route"]
    apart = f" `type/word` is an event of that type where {codes(others, 'or')} says that word." if others else ""
    return f"An event's type is what {code(first)} says, else that of its block.{apart}"


def events(table: Table) -> str:
    """Return the table of the routes."""
    rows = (
        (", ".join(map(code, names([key]))), "; ".join(map(step, steps)) or "nothing", table.comment("on", key))
        for key, steps in table.rows("on").items()
    )
    return grid(("event", "what it does", "note"), rows)


def step(row: dict[str, str]) -> str:
    """Say what a step does."""
    op, take, into = row.get("op", "merge"), code(row.get("take", "")), row.get("into", "")
    if op == "put" and not into:
        return f"the message becomes {take}"
    return STEPS[op].format(take=take, into=code(into) if into else "the message")


def paths(values: dict[str, Any]) -> str:
    """Say what the paths of the fields are paths of."""
    return f"Fields stand here as in the {'message' if values.get('on') else 'chunk'}."


def fields(table: Table) -> str:
    """Return the table of the fields."""
    rows = table.rows("merge")
    lines: list[tuple[str, ...]] = []
    for key, row in rows.items():
        said: dict[str, Any] = {"op": row} if isinstance(row, str) else row
        place = target(key, rows)
        quirks = [f"{code(said[name])} ({name})" for name in QUIRKS if name in said]
        if "after" in said:
            quirks.append(f"`delta_after_finish` (after {code(said['after'])})")
        others = [attribute(name, value) for name, value in said.items() if name not in COLUMNS]
        lines.append((
            code(key),
            f"[{code(said['op'])}](../tables.md#{said['op']})",
            code(place) if place != key and said["op"] != "drop" else "",
            code(said["delta"]) if "delta" in said else "",
            ", ".join(quirks),
            ", ".join(others),
            table.comment("merge", key),
        ))  # fmt: skip
    return grid(("field", "strategy", "in the message as", "delta", "quirks", "attributes", "note"), lines)


def attribute(name: str, value: Any) -> str:
    """Return an attribute as a row states it."""
    return code(name) if value is True else code(f"{name} = {json.dumps(value)}")


def target(key: str, rows: dict[str, Any]) -> str:
    """Return the path of a field in the message."""
    found: list[str] = []
    segments = key.split(".")
    for at, segment in enumerate(segments):
        name = re.sub(r"[\[~].*", "", segment)
        row = rows.get(".".join([*segments[:at], name]), "")
        to = row.get("to", name) if isinstance(row, dict) else name
        found.append(to + segment.removeprefix(name))
    return ".".join(found)


def copies(table: Table) -> list[str]:
    """Say what serves as which field."""
    return [
        f"{code(path)} serves as {code(key)} where that is missing. {table.comment('copy', key)}".strip()
        for key, path in table.rows("copy").items()
    ]


def views(table: Table) -> Iterator[str]:
    """Return what the views are made of: those of the message, then those of calls and counts."""
    rows = table.rows("view")
    plain = {key: value for key, value in rows.items() if not (isinstance(value, dict) and "each" not in value)}
    calls = plain.pop("tool_calls", {})
    yield table.comment("view")
    yield grid(
        ("view", "where", "note"),
        ((code(key), view(value), table.comment("view", key)) for key, value in plain.items()),
    )
    for key, inner in (("tool_calls", calls), ("usage", rows.get("usage", {}))):
        section_of = f"view.{key}"
        lines = [(code(name), view(value), table.comment(section_of, name)) for name, value in inner.items()]
        yield table.comment(section_of)
        yield grid((f"of {code(key)}", "where", "note"), lines)


def view(value: Any) -> str:
    """Say where a view is found."""
    if isinstance(value, list):
        return ", else ".join(map(view, value))
    if isinstance(value, str):
        return code(value) if value else "nowhere"
    parts = codes(value["text"]) if value.get("text") else "all"
    between = f", with {quoted(value['join'])} between" if value.get("join") else ""
    return f"{parts} of each {code(value['each'])}{between}"


def quoted(value: Any) -> str:
    """Return a value as JSON."""
    return code(json.dumps(value, ensure_ascii=False))
