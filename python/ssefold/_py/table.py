"""A dialect's table, TOML 1.0, compiled to rules; a table that is not one is a DialectError with its line and key.

Every fault is found in the same order and told in the same words by both backends.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.merge import STRATEGIES
from ssefold._py.merge.document import Default
from ssefold._py.rule import Rule
from ssefold._py.view import USAGE, Path, TextView, View
from ssefold.errors import DialectError

if TYPE_CHECKING:
    from ssefold._py.dialect import Dialect

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
SEGMENT = re.compile(r"(\*|[^.\[\]*\s]+(\[\])?)\Z")
KINDS = ("text", "reasoning", "refusal", "arguments", "usage", "finish", "other")
TEXTS = ("name", "done", "error", "complete")
LISTS = ("detect", "detect_last")
TABLES = ("message", "merge", "copy", "view")
RULE_TEXTS = (
    "op", "to", "delta", "default", "missing", "key", "group", "adopt", "instead", "again", "changed", "empty", "absent",
    "after", "unless", "quirk",
)  # fmt: skip
RULE_FLAGS = ("nullable", "always", "lazy", "skip_zero", "known", "choice")
VIEW_TEXTS = ("id", "model", "role", "refusal", "finish_reason")
CALL_TEXTS = ("each", "id", "name", "arguments", "input")


class Fault(Exception):  # noqa: N818 - a fault of the table, turned into a DialectError
    """What is wrong, in which section and at which key."""

    def __init__(self, section: str, key: str, reason: str) -> None:
        super().__init__(reason)
        self.section = section
        self.key = key
        self.reason = reason


def compile_table(text: str, dialect: Dialect) -> None:
    """Fill ``dialect`` from the TOML of its table; DialectError with line and key if it is none."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"at line (\d+)", str(error))
        line = int(match.group(1)) if match else text.count("\n") + 1
        message = f"line {line}: not TOML 1.0"
        raise DialectError(message, line=line) from error
    try:
        compile_head(table, dialect)
        compile_merge(table["merge"], dialect)
        dialect.view = compile_view(table.get("view", {}))
    except Fault as fault:
        line = locate(text, fault.section, fault.key)
        where = ".".join(part for part in (fault.section, fault.key) if part)
        message = f"line {line}: {where}: {fault.reason}" if line else f"{where}: {fault.reason}"
        raise DialectError(message, line=line, key=where) from None


def locate(text: str, section: str, key: str) -> int | None:
    """Find the line that sets ``key`` in ``[section]``; a table has one key a line."""
    now = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith("["):
            now = line.strip("[] \t\r")
            if not key and now == section:
                return number
        elif now == section and key and line.partition("=")[0].strip().strip("\"'") == key:
            return number
        elif now == section and key and line.startswith(f'"{key}"'):
            return number
    return None


def compile_head(table: dict[str, Any], dialect: Dialect) -> None:
    """Read what stands outside the merge rules."""
    for key, value in table.items():
        if key in TEXTS:
            if not isinstance(value, str):
                raise Fault("", key, "must be a string")
        elif key in LISTS:
            if not is_texts(value):
                raise Fault("", key, "must be a list of strings")
        elif key in TABLES:
            if not isinstance(value, dict):
                raise Fault("", key, "must be a table")
        else:
            raise Fault("", key, "unknown key")
    for key in ("name", "merge"):
        if key not in table:
            raise Fault("", key, "is missing")
    if not NAME.match(table["name"]):
        raise Fault("", "name", "must be lower-case words joined by hyphens")
    dialect.name = table["name"]
    dialect.done = table.get("done", "[DONE]")
    dialect.error = table.get("error", "error")
    dialect.ends = "done" in table
    dialect.items, dialect.reason = compile_complete(table.get("complete", ""))
    dialect.copy_rows = table.get("copy", {})
    for key in LISTS:
        signs = [compile_sign(key, sign) for sign in table.get(key, [])]
        setattr(dialect, key, signs)
    for key, value in table.get("message", {}).items():
        if not isinstance(value, (str, bool, int)) and value != []:
            raise Fault("message", key, "must be a string, an integer, a boolean or []")
        dialect.constants.append((key, value))


def compile_complete(text: str) -> tuple[Path, Path]:
    """Split the path of what every item needs for the end of the bytes to be the end of the message."""
    items, brackets, reason = text.rpartition("[].")
    return compile_path("", "complete", items + brackets[:2]), compile_path("", "complete", reason)


def is_texts(value: Any) -> bool:  # noqa: ANN401 - any TOML value
    """Tell whether ``value`` is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[Any]", value))


def compile_path(section: str, key: str, text: str) -> Path:
    """Compile a path of the message."""
    try:
        return Path(text)
    except ValueError:
        raise Fault(section, key, f"{text!r} is no path".replace("'", '"')) from None


def compile_sign(key: str, text: str) -> tuple[Path, str | None]:
    """Compile a sign of the dialect: ``path`` is there, or ``path=text`` says so."""
    path, equals, wanted = text.partition("=")
    return compile_path("", key, path), wanted if equals else None


def compile_merge(table: dict[str, Any], dialect: Dialect) -> None:
    """Compile the merge rules to a tree."""
    root = dialect.root = Rule("", "", "object", STRATEGIES["object"], "")
    for key, value in table.items():
        attributes: dict[str, Any] = {"op": value} if isinstance(value, str) else value
        if not isinstance(attributes, dict):
            raise Fault("merge", key, "must be a strategy or a table of one")
        rule = root
        segments = key.split(".")
        for number, segment in enumerate(segments):
            if not SEGMENT.match(segment) or (segment == "*" and number + 1 < len(segments)):
                raise Fault("merge", key, "is no path of the chunk")
            rule = child_of(rule, segment, key)
        set_attributes(rule, attributes, key)
    finish_rule(root)
    for to, source in table_of_copies(dialect, root):
        dialect.copies.append((to.to, *source, to))


def child_of(rule: Rule, segment: str, key: str) -> Rule:
    """Return the rule of a member, made where there is none; a parent that no row names is an object."""
    if segment == "*":
        if rule.other is None:
            rule.other = Rule("*", f"{rule.path}.*" if rule.path else "*", "", STRATEGIES["drop"], "*")
            rule.other.path = rule.path
        return rule.other
    name = segment.removesuffix("[]")
    child = rule.fields.get(name)
    if child is None:
        path = f"{rule.path}.{name}" if rule.path else name
        child = rule.fields[name] = Rule(name, path, "" if segment.endswith("[]") else "object", STRATEGIES["object"], name)
    if segment.endswith("[]"):
        if not child.op or child.op == "object":
            raise Fault("merge", key, "the list needs a rule of its own before")
        if not child.path.endswith("[]"):
            child.path += "[]"
    return child


def set_attributes(rule: Rule, attributes: dict[str, Any], key: str) -> None:
    """Set what a row says of its rule."""
    for name, value in attributes.items():
        if name in RULE_TEXTS:
            if not isinstance(value, str):
                raise Fault("merge", key, f"{name} must be a string")
        elif name in RULE_FLAGS:
            if not isinstance(value, bool):
                raise Fault("merge", key, f"{name} must be a boolean")
        elif name == "rank":
            if type(value) is not int or not 0 <= value <= 9:  # noqa: PLR2004 - one digit
                raise Fault("merge", key, "rank must be an integer from 0 to 9")
        else:
            raise Fault("merge", key, f"unknown attribute {name}")
    op = attributes.get("op", "")
    if op not in STRATEGIES:
        raise Fault("merge", key, f"unknown strategy {op}")
    kind = attributes.get("delta", "other")
    if kind not in KINDS:
        raise Fault("merge", key, f"unknown delta kind {kind}")
    if op == "by" and ("key" not in attributes or attributes.get("missing") not in ("position", "push")):
        raise Fault("merge", key, 'by needs a key, and missing = "position" or "push"')
    rule.op, rule.apply, rule.kind = op, STRATEGIES[op], kind
    for name, value in attributes.items():
        if name not in ("op", "delta"):
            setattr(rule, name, value)
    if rule.known is False and rule.name != "*":
        rule.known = True


def finish_rule(rule: Rule) -> None:
    """Link what rows say of each other, and lay out what an object of each rule starts with."""
    if rule.op == "by":
        for name in (rule.key, rule.group):
            if name:
                rule.fields[name] = Rule(name, f"{rule.path}.{name}", "slot", STRATEGIES["slot"], name)
    skeleton: list[tuple[Rule, Any]] = []
    for child in rule.fields.values():
        finish_rule(child)
        if child.always:
            skeleton.append((child, None))
        elif child.default is not None:
            skeleton.append((child, Default(child.default)))
        elif child.nullable:
            skeleton.append((child, None))
        if child.unless and child.unless in rule.fields:
            child.fields[child.unless] = rule.fields[child.unless]
            rule.fields[child.unless].marks = True
            rule.fields[child.unless].quirk = child.quirk
    rule.skeleton = tuple(skeleton)
    rule.watched = tuple(child for child in rule.fields.values() if child.absent)


def table_of_copies(dialect: Dialect, root: Rule) -> list[tuple[Rule, tuple[str, str]]]:
    """Resolve the rows of ``[copy]``: a field, and the ``object.member`` that serves as it."""
    out: list[tuple[Rule, tuple[str, str]]] = []
    for key, value in dialect.copy_rows.items():
        name, dot, inner = value.partition(".") if isinstance(value, str) else ("", "", "")
        if key not in root.fields or not dot or not name or not inner or "." in inner:
            raise Fault("copy", key, "must name a field of merge, and be an object's member")
        out.append((root.fields[key], (name, inner)))
    return out


def compile_view(table: dict[str, Any]) -> View:
    """Compile the normalised views."""
    view = View()
    for key, value in table.items():
        if key in VIEW_TEXTS:
            if not isinstance(value, str):
                raise Fault("view", key, "must be a path")
            setattr(view, key, compile_path("view", key, value))
        elif key in ("text", "reasoning"):
            texts = [compile_text(key, row) for row in (value if isinstance(value, list) else [value])]
            setattr(view, "texts" if key == "text" else key, texts)
        elif key == "tool_calls" and isinstance(value, dict):
            view.call = {name: compile_call(name, row) for name, row in cast("dict[str, Any]", value).items()}
        elif key == "usage" and isinstance(value, dict):
            for name, row in cast("dict[str, Any]", value).items():
                if name not in ("of", *USAGE) or not isinstance(row, str):
                    raise Fault("view.usage", name, "must be a count of the contract, and a path")
                view.usage[name] = compile_path("view.usage", name, row)
            view.of_usage = view.usage.pop("of", Path(""))
        else:
            raise Fault("view", key, "unknown view")
    return view


def compile_text(key: str, row: Any) -> TextView:  # noqa: ANN401 - any TOML value
    """Compile one alternative of a text view."""
    if isinstance(row, str):
        compile_path("view", key, row)
        return TextView(row, [], "")
    parts = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    each, text, join = parts.get("each"), parts.get("text", []), parts.get("join", "")
    if not isinstance(each, str) or not is_texts(text) or not isinstance(join, str) or parts.keys() - {"each", "text", "join"}:
        raise Fault("view", key, "must be a path, or each, text and join")
    for path in (each, *text):
        compile_path("view", key, path)
    return TextView(each, text, join)


def compile_call(name: str, row: Any) -> list[Path]:  # noqa: ANN401 - any TOML value
    """Compile one member of the view of tool calls."""
    rows = [row] if isinstance(row, str) else row
    if name not in CALL_TEXTS or not is_texts(rows):
        raise Fault("view.tool_calls", name, "must be a member of a tool call, and a path or a list of paths")
    return [compile_path("view.tool_calls", name, path) for path in rows]
