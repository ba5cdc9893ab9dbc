"""The normalised views: where a dialect's table says that text, reasoning, tool calls and usage stand in its message.

A path is names joined by dots; ``name[]`` is each item of a list, ``name[0]`` one of them, ``name[type=text]`` those
whose member says so (``type=a|b``: one of these; ``type!=text``: anything else). A view over a value of the wrong type
is None.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.check import judge
from ssefold._py.json.text import compact
from ssefold.views import ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = re.compile(r"([^.\[\]=!]+)(?:\[(?:([0-9]{1,9})|([^.\[\]=!]+)(!?=)([^.\[\]=!]+))?(\]))?\Z")
USAGE = {
    "input_tokens": "The path of the tokens of the request.",
    "output_tokens": "The path of the tokens of the answer.",
    "total_tokens": "The path of the total that the provider states.",
    "reasoning_tokens": "The path of the tokens spent on reasoning.",
    "cached_tokens": "The path of the tokens of the request that were read from a cache.",
}


class Path:
    """A compiled path; an empty one finds nothing."""

    __slots__ = ("steps",)

    def __init__(self, text: str) -> None:
        """Compile ``text``; ValueError if it is no path."""
        self.steps: list[tuple[str, bool, int | None, str, bool, tuple[str, ...]]] = []
        for part in text.split(".") if text else ():
            match = STEP.match(part)
            if match is None:
                message = f"{text!r} is no path"
                raise ValueError(message)
            name, place, member, equals, wanted, is_list = match.groups()
            at = int(place) if place else None
            wanted = tuple((wanted or "").split("|"))
            self.steps.append((name, is_list is not None, at, member or "", equals != "!=", wanted))

    def find(self, value: Any) -> Iterator[Any]:
        """Yield the values that the path leads to."""
        for found, _ in self.find_placed(value):
            yield found

    def find_placed(self, value: Any, depth: int = 0, at: int = 0) -> Iterator[tuple[Any, int]]:
        """Yield the values that the path leads to, each with its place in the innermost list."""
        if depth == len(self.steps):
            if depth:
                yield value, at
            return
        name, is_list, place, member, is_equal, wanted = self.steps[depth]
        inner = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
        if not is_list:
            if inner is not None:
                yield from self.find_placed(inner, depth + 1, at)
            return
        items: list[Any] = inner if isinstance(inner, list) else []
        for number, item in enumerate(items):
            if place is not None and number != place:
                continue
            said = said_by(item, member) if member else ""
            if not member or (said in wanted) is is_equal:
                yield from self.find_placed(item, depth + 1, number)

    def string(self, value: Any) -> str | None:
        """Return the first value found if it is a string."""
        found = next(self.find(value), None)
        return found if isinstance(found, str) else None

    def integer(self, value: Any) -> int | None:
        """Return the first value found if it is an integer."""
        found = next(self.find(value), None)
        return found if type(found) is int else None


def said_by(item: Any, member: str) -> str | None:
    """Return what an item says by a member: a string, or a bool spelled."""
    said = cast("dict[str, Any]", item).get(member) if isinstance(item, dict) else None
    if isinstance(said, bool):
        return "true" if said else "false"
    return said if isinstance(said, str) else None


class TextView:
    """One alternative of a text view: the strings of ``parts`` of each block, blocks joined by ``separator``."""

    __slots__ = ("each", "parts", "separator")

    def __init__(self, each: str, parts: list[str], separator: str) -> None:
        """Compile the paths; ValueError if one is none."""
        self.each = Path(each)
        self.parts = [Path(part) for part in parts]
        self.separator = separator

    def text(self, message: Any) -> str:
        """Return the text, "" where there is none."""
        blocks: list[str] = []
        for block in self.each.find(message):
            found = [block] if not self.parts else [value for part in self.parts for value in part.find(block)]
            blocks.append("".join(value for value in found if isinstance(value, str)))
        return self.separator.join(block for block in blocks if block)


class View:
    """All views of a dialect."""

    __slots__ = (
        "arguments", "call", "finish_reasons", "id", "model", "of_usage", "reasoning", "refusal", "role", "texts",
        "usage",
    )  # fmt: skip

    def __init__(self) -> None:
        """Make a view that finds nothing; the compiler of the table sets its paths."""
        self.id = self.model = self.role = self.refusal = self.of_usage = Path("")
        self.finish_reasons: list[Path] = []
        self.texts: list[TextView] = []
        self.reasoning: list[TextView] = []
        self.usage: dict[str, Path] = {}
        self.call: dict[str, list[Path]] = {}
        self.arguments: list[tuple[Path, str]] = []  # each with ~ for the text that came, ? for {} where there is none

    def usage_of(self, message: Any) -> Usage | None:
        """Return the counts, None where the message states no usage."""
        whole = bool(self.of_usage.steps)
        if whole and not isinstance(next(self.of_usage.find(message), None), dict):
            return None
        counts = {name: self.usage[name].integer(message) for name in USAGE if name in self.usage}
        # Counts that stand in no object of their own are stated by being there.
        return Usage(**counts) if whole or any(count is not None for count in counts.values()) else None

    def tool_calls_of(self, message: Any, shadows: dict[int, dict[str, str]]) -> list[ToolCall]:
        """Return the tool calls with the status of their arguments, judged on the text; ``shadows`` see ``render``."""
        out: list[ToolCall] = []
        for call, place in (found for each in self.call.get("each", ()) for found in each.find_placed(message)):
            # A call that is no object is none.
            if not isinstance(call, dict):
                continue
            id_, name, free = (first_string(self.call.get(key, []), call) for key in ("id", "name", "input"))
            json = arguments_of(self.arguments, call, shadows.get(id(call), {}))
            # A custom tool's free text is no JSON.
            status = "complete" if free and not json else judge(json).status
            out.append(ToolCall(id_, name, json or free or "", status, place))
        return out

    def finish_of(self, message: Any) -> tuple[str, str] | None:
        """Return the finish reason, and the member of the message where it stands; None where there is none."""
        for path in self.finish_reasons:
            reason = path.string(message)
            if reason is not None:
                return reason, path.steps[0][0]
        return None


def arguments_of(paths: list[tuple[Path, str]], call: Any, buffers: dict[str, str]) -> str:
    """Return the arguments of a call: the text that came, else a whole value as compact JSON; "" for none."""
    for path, suffix in paths:
        value: Any
        if suffix == "~":
            value = buffers.get(path.steps[-1][0]) or None
        else:
            value = next(path.find(call), {} if suffix else None)
        if isinstance(value, str):
            return value
        if value is not None:
            return compact(value)
    return ""


def first_string(paths: list[Path], value: Any) -> str | None:
    """Return the first string that one of the paths leads to."""
    return next((text for path in paths if (text := path.string(value)) is not None), None)


def first_text(views: list[TextView], message: Any) -> str:
    """Return the first text that is not empty, "" where there is none."""
    return next((text for view in views if (text := view.text(message))), "")
