"""A dialect's table, TOML 1.0, compiled to rules; a table that is not one is a DialectError with its line and key.

Every fault is found in the same order and told in the same words by both backends.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.route import Routes, names_of
from ssefold._py.tree import Fault, Tree, compile_copies, one_writer_each, telling_names
from ssefold._py.view import USAGE, Path, TextView, View
from ssefold.errors import DialectError

if TYPE_CHECKING:
    from ssefold._py.dialect import Compiled
    from ssefold._py.rule import Rule

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
NESTING = 32  # brackets open at once, and dots of a key
MAX_INTEGER = 80  # digits: no integer of 64 bits is spelled longer
# Strings and comments, brackets, ends of lines.
TOKEN = re.compile(
    r'''"""(?:\\.|[^\\])*?"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*|[\[\]{}\n]''', re.DOTALL
)
INTEGER = re.compile(r"(?<![\w.:+-])[+-]?(?:0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+|[1-9][0-9_]*)(?![\w.:+-]|[ \t]*=)")
# Each name of the language stands with what it means; docs/tables.md is made of these.
TEXTS = {
    "name": "The dialect's name, lower-case words joined by hyphens; it must be there.",
    "done": "Data of an event that ends the stream, as `[DONE]` does in every dialect; a stream that ends without it, "
    "though its message is complete, is the quirk `done_missing` where a table states it.",
    "complete": "`list[].member`: the end of the bytes completes the message where each item of the list, and there "
    "is one, has a string there that is not empty; `member`: where that is one.",
    "unwrap": "The member that a chunk may be wrapped in; detection, errors, `begins`, `restarts`, `fails` and "
    "`after_error` look at the chunk as it came.",
    "sequence": "The member that numbers the events of a dialect with routes; a gap is the quirk `sequence_gap`.",
}
LISTS = {
    "detect": "Signs of a chunk that tell the dialect, tried for those of the package alone.",
    "detect_last": "Signs that tell it where the chunks held so far show none of `detect`.",
    "end": "Signs of a chunk that the message ends with.",
    "complete_any": "Paths of the message: its end is that of the bytes where one leads to a string that is not empty.",
    "error": "Paths of members where a chunk states its error, an object or a string; a single one needs no list, and "
    "`error` is assumed.",
    "route": "Paths of members by which an event finds its route: its type, then what tells events of one type apart.",
    "begins": "Types of events that begin a new message after the end of one.",
    "restarts": "Types of events that begin the message anew wherever they come.",
    "fails": "Types of events that are errors, whether or not they state one.",
    "after_error": "Types of events that are merged though an error came before.",
    "ignore": "Members of events that are padding, in a dialect with routes.",
    "names": "Names of members that answers often have and no rule names: the core numbers them once for all messages, "
    "instead of once for each. They are merged as any other.",
}
TABLES = {
    "message": "What a message starts with: strings, integers, booleans and `[]`; a step that puts the message leaves "
    "them.",
    "merge": "What each field does to the message, one row a field; it must be there.",
    "on": "What each type of event does, one route a row; without it every chunk is merged into the message.",
    "copy": "Fields that a member of an object serves as where they are missing, merged as by `deep`; without routes.",
    "view": "Where the normalised views are found in the message.",
}
VIEW_TEXTS = {
    "id": "A path: the id.",
    "model": "A path: the model.",
    "role": "A path: the role, which the delta `start` tells.",
    "refusal": "A path: the refusal.",
}
VIEW_PATHS = {"finish_reason": "A path or a list of paths: the first that leads to a string is the finish reason."}
VIEW_BLOCKS = {
    "text": "A path, a table of blocks or a list of these: the first that leads to a text that is not empty.",
    "reasoning": "The same for the reasoning.",
}
BLOCKS = {
    "each": "The path of the blocks.",
    "text": "Paths within a block, whose strings are joined; without it the block is the string.",
    "join": "What stands between the texts of two blocks, nothing where it is not stated.",
}
VIEW_TABLES = {
    "tool_calls": "A table: the tool calls.",
    "usage": "A table: the counts of tokens.",
}
CALL_TEXTS = {
    "each": "The path of the calls, or a list of paths; all others are paths within a call.",
    "id": "The call's id.",
    "name": "The name of what is called.",
    "arguments": "Its arguments: `member~` is the text in the buffer beside a member, `path?` is `{}` where nothing "
    "is there.",
    "input": "Free text, of a call without JSON arguments.",
}
COUNTS = {"of": "The path of the object that states the usage; where none is there, the usage is None.", **USAGE}


def compile_table(text: str, dialect: Compiled) -> None:
    """Fill ``dialect`` from the TOML of its table; DialectError with line and key if it is none."""
    table = read_toml(text)
    try:
        compile_head(table, dialect)
        dialect.root = compile_merge(table["merge"])
        # An end that looks like a chunk could fit a template.
        dialect.learns = one_writer_each(dialect.root) and not dialect.done.startswith("{")
        ends = {path.steps[-1][0] for path, _ in dialect.end if path.steps}
        dialect.steering = telling_names(dialect.root) | dialect.routes.names() | ends
        dialect.copies = compile_copies(table.get("copy", {}), dialect.root)
        dialect.view = compile_view(table.get("view", {}))
    except Fault as fault:
        line = locate(text, fault.section, fault.key)
        where = ".".join(part for part in (fault.section, fault.key) if part)
        message = f"line {line}: {where}: {fault.reason}" if line else f"{where}: {fault.reason}"
        raise DialectError(message, line=line, key=where) from None


def read_toml(text: str) -> dict[str, Any]:
    """Read the TOML of a table; DialectError with its line if it is none."""
    text.encode("utf-8")  # a lone surrogate is no text: UnicodeEncodeError, as the core raises
    fault = refused(text)
    table: dict[str, Any] = {}
    if fault is None:
        number = too_large(text)
        try:
            table = tomllib.loads(text.removeprefix("\ufeff"))
            fault = number if has_large(table) else None
        except tomllib.TOMLDecodeError as error:
            line = line_of(text, str(error))
            fault = line if number is None else min(line, number)
        except ValueError:  # an integer beyond sys.set_int_max_str_digits
            fault = number or 1
    if fault is not None:
        message = f"line {fault}: not TOML 1.0"
        raise DialectError(message, line=fault)
    return table


def line_of(text: str, error: str) -> int:
    """Find the line of a fault that tomllib tells, which points behind the value of a key that is there twice.

    The core's parser points at where that key's table is opened, or the line of the key where none is.
    """
    match = re.search(r"at line (\d+), column (\d+)", error)
    source = text.removeprefix("\ufeff").replace("\r\n", "\n")
    line, column = (int(match.group(1)), int(match.group(2))) if match else (source.count("\n") + 1, 1)
    if not error.startswith(("Cannot", "Duplicate")):
        return line
    end = sum(len(each) + 1 for each in source.split("\n")[: line - 1]) + column - 1 if match else len(source)
    line = start = 1
    opened: list[int] = []
    for token in TOKEN.finditer(source, 0, end):
        symbol = token.group()
        line += symbol.count("\n")
        if symbol in "[{":
            opened.append(line)
        elif symbol in "]}":
            opened.pop()
        elif symbol == "\n" and not opened:
            start = line
    return opened[-1] if opened else start


def refused(text: str) -> int | None:
    """Find the line where brackets nest deeper than `NESTING`, or a key has more dots: the parsers' bounds differ.

    And that of a string without an end: they tell it where it begins, or where the text ends.
    """
    depth = dots = at = 0
    line = opened = 1
    quote = ""  # what ends the string at hand; a line feed, a comment
    while at < len(text):
        symbol = text[at]
        if symbol == "\n":
            if quote in ("'", '"'):
                return line
            line, dots, quote = line + 1, 0, quote if len(quote) > 1 else ""
        elif quote:
            if symbol == "\\" and quote[0] == '"':
                at += text[at + 1 : at + 2] in ('"', "\\")
            elif text.startswith(quote, at):
                at += len(quote) - 1
                # Three quotes that end a string may have two of its own before them.
                own = text[at + 1 : at + 3] if len(quote) > 1 else ""
                at, quote = at + len(own) - len(own.lstrip(symbol)), ""
        elif symbol in "\"'":
            quote, opened = symbol * 3 if text.startswith(symbol * 3, at) else symbol, line
            at += len(quote) - 1
        else:
            quote = "\n" if symbol == "#" else ""
            depth = max(0, depth + (symbol in "[{") - (symbol in "]}"))
            dots = 0 if symbol in "[{=," else dots + (symbol == ".")
            if max(depth, dots) > NESTING:
                return line
        at += 1
    return opened if quote not in ("", "\n") else None


def too_large(text: str) -> int | None:
    """Find the first line with an integer beyond 64 bits, which the core's parser refuses."""
    # Of strings and comments the ends of lines alone.
    bare = TOKEN.sub(
        lambda token: token.group() if token.group() in "[]{}\n" else '"' + "\n" * token.group().count("\n"), text
    )
    for number, line in enumerate(bare.split("\n"), 1):
        for token in INTEGER.findall(line):
            if len(token) > MAX_INTEGER or not is_small(int(token.replace("_", ""), 0)):
                return number
    return None


def is_small(value: int) -> bool:
    """Tell whether an integer has at most 64 bits."""
    return -(2**63) <= value < 2**63


def has_large(value: Any) -> bool:
    """Tell whether an integer within has more than 64 bits."""
    if isinstance(value, (dict, list)):
        inner = cast("dict[str, Any]", value).values() if isinstance(value, dict) else value
        return any(map(has_large, inner))
    return isinstance(value, int) and not is_small(value)


def locate(text: str, section: str, key: str) -> int | None:
    """Find the line that sets ``key`` in ``[section]``, or begins a table of that name there.

    A table has one key a line.
    """
    table = ".".join(part for part in (section, key) if part)
    now = ""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\r")
        if line.startswith("["):
            now = line.strip("[] \t\r")
            if now == section if not key else f"{now}.".startswith(f"{table}."):
                return number
        elif now == section and key:
            name = line.partition("=")[0].strip(" \t")
            if name.strip("\"'") == key or line.startswith(f'"{key}"') or f"{name}.".startswith(f"{key}."):
                return number
    return None


def compile_head(table: dict[str, Any], dialect: Compiled) -> None:
    """Read what stands outside the merge rules."""
    for key, value in table.items():
        if key in TEXTS:
            if not isinstance(value, str):
                raise Fault("", key, "must be a string")
        elif key in LISTS:
            if not is_texts(value) and not (key == "error" and isinstance(value, str)):
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
    error = table.get("error", "error")
    dialect.errors = {path: names_of("error", path) for path in ([error] if isinstance(error, str) else error)}
    dialect.unwrap = table.get("unwrap", "")
    dialect.routes = Routes(table)
    if dialect.routes.by_name and not dialect.routes.members:
        raise Fault("", "on", "needs route, the members that name an event's route")
    dialect.ends = "done" in table
    dialect.items, dialect.reason = compile_complete(table.get("complete", ""))
    dialect.any_reason = [compile_path("", "complete_any", path) for path in table.get("complete_any", ())]
    for key in ("detect", "detect_last", "end"):
        signs = [compile_sign(key, sign) for sign in table.get(key, [])]
        setattr(dialect, key, signs)
    dialect.constants = []
    for key, value in table.get("message", {}).items():
        if not isinstance(value, (str, bool, int)) and value != []:
            raise Fault("message", key, "must be a string, an integer, a boolean or []")
        dialect.constants.append((key, value))


def compile_complete(text: str) -> tuple[Path, Path]:
    """Split the path of what every item needs for the end of the bytes to be the end of the message."""
    items, brackets, reason = text.rpartition("[].")
    return compile_path("", "complete", items + brackets[:2]), compile_path("", "complete", reason)


def is_texts(value: Any) -> bool:
    """Tell whether ``value`` is a list of strings."""
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def compile_path(section: str, key: str, text: str) -> Path:
    """Compile a path of the message."""
    try:
        return Path(text)
    except ValueError:
        raise Fault(section, key, "must be a path") from None


def compile_sign(key: str, text: str) -> tuple[Path, str | None]:
    """Compile a sign of the dialect: ``path`` is there, or ``path=text`` says so."""
    path, equals, wanted = text.partition("=")
    return compile_path("", key, path), wanted if equals else None


def compile_merge(rows: dict[str, Any]) -> Rule:
    """Compile the merge rules; return that of the message."""
    tree = Tree()
    for key, row in rows.items():
        tree.row(key, row)
    return tree.finish()


def compile_view(table: dict[str, Any]) -> View:
    """Compile the normalised views."""
    view = View()
    for key, value in table.items():
        if key in VIEW_PATHS:
            view.finish_reasons = compile_paths("view", key, value)
        elif key in VIEW_TEXTS:
            if not isinstance(value, str):
                raise Fault("view", key, "must be a path")
            setattr(view, key, compile_path("view", key, value))
        elif key in VIEW_BLOCKS:
            texts = [compile_text(key, row) for row in (value if isinstance(value, list) else [value])]
            setattr(view, "texts" if key == "text" else key, texts)
        elif key == "tool_calls" and isinstance(value, dict):
            for name, row in cast("dict[str, Any]", value).items():
                compile_call(view, name, row)
        elif key == "usage" and isinstance(value, dict):
            for name, row in cast("dict[str, Any]", value).items():
                if name not in COUNTS or not isinstance(row, str):
                    raise Fault("view.usage", name, "must be a count of the usage, and a path")
                view.usage[name] = compile_path("view.usage", name, row)
            view.of_usage = view.usage.pop("of", Path(""))
        else:
            raise Fault("view", key, "unknown view")
    return view


def compile_paths(section: str, key: str, value: Any) -> list[Path]:
    """Compile a path, or a list of them."""
    rows = [value] if isinstance(value, str) else value
    if not is_texts(rows):
        raise Fault(section, key, "must be a path or a list of paths")
    return [compile_path(section, key, path) for path in rows]


def compile_text(key: str, row: Any) -> TextView:
    """Compile one alternative of a text view."""
    if isinstance(row, str):
        compile_path("view", key, row)
        return TextView(row, [], "")
    parts = cast("dict[str, Any]", row) if isinstance(row, dict) else {}
    each, text, join = parts.get("each"), parts.get("text", []), parts.get("join", "")
    if not isinstance(each, str) or not is_texts(text) or not isinstance(join, str) or parts.keys() - BLOCKS.keys():
        raise Fault("view", key, "must be a path, or each, text and join")
    for path in (each, *text):
        compile_path("view", key, path)
    return TextView(each, text, join)


def compile_call(view: View, name: str, row: Any) -> None:
    """Compile one member of the view of tool calls."""
    rows = [row] if isinstance(row, str) else row
    if name not in CALL_TEXTS or not is_texts(rows):
        raise Fault("view.tool_calls", name, "must be a member of a tool call, and a path or a list of paths")
    if name != "arguments":
        view.call[name] = [compile_path("view.tool_calls", name, path) for path in rows]
        return
    for path in rows:
        suffix = path[-1:] if path.endswith(("~", "?")) else ""
        compiled = compile_path("view.tool_calls", name, path.removesuffix(suffix))
        if suffix == "~" and len(compiled.steps) != 1:
            raise Fault("view.tool_calls", name, "must be a path")
        view.arguments.append((compiled, suffix))
