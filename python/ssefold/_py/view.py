"""The normalised views: where a dialect's table says that text, reasoning, tool calls and usage stand in its message.

A path is names joined by dots; ``name[]`` is each item of a list, ``name[0]`` one of them, ``name[type=text]`` those
whose member says so. A view over a value of the wrong type is None.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from ssefold._py.json.check import judge
from ssefold.views import ToolCall, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = re.compile(r"([^.\[\]=]+)(?:\[(?:([0-9]{1,9})|([^.\[\]=]+)=([^.\[\]=]+))?(\]))?\Z")
USAGE = ("input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens")


class Path:
    """A compiled path; an empty one finds nothing."""

    __slots__ = ("steps",)

    def __init__(self, text: str) -> None:
        """Compile ``text``; ValueError if it is no path."""
        self.steps: list[tuple[str, bool, int | None, str, str]] = []
        for part in text.split(".") if text else ():
            match = STEP.match(part)
            if match is None:
                message = f"{text!r} is no path"
                raise ValueError(message)
            name, place, member, wanted, is_list = match.groups()
            self.steps.append((name, is_list is not None, int(place) if place else None, member or "", wanted or ""))

    def find(self, value: Any, depth: int = 0) -> Iterator[Any]:
        """Yield the values that the path leads to."""
        if depth == len(self.steps):
            if depth:
                yield value
            return
        name, is_list, place, member, wanted = self.steps[depth]
        inner = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
        if not is_list:
            if inner is not None:
                yield from self.find(inner, depth + 1)
            return
        items = inner if isinstance(inner, list) else []
        if place is not None:
            items = items[place : place + 1]
        for item in items:
            if not member or (isinstance(item, dict) and cast("dict[str, Any]", item).get(member) == wanted):
                yield from self.find(item, depth + 1)

    def string(self, value: Any) -> str | None:
        """Return the first value found if it is a string."""
        found = next(self.find(value), None)
        return found if isinstance(found, str) else None

    def integer(self, value: Any) -> int | None:
        """Return the first value found if it is an integer."""
        found = next(self.find(value), None)
        return found if type(found) is int else None


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

    __slots__ = ("call", "finish_reason", "id", "model", "of_usage", "reasoning", "refusal", "role", "texts", "usage")

    def __init__(self) -> None:
        """Make a view that finds nothing; the compiler of the table sets its paths."""
        self.id = self.model = self.role = self.refusal = self.finish_reason = self.of_usage = Path("")
        self.texts: list[TextView] = []
        self.reasoning: list[TextView] = []
        self.usage: dict[str, Path] = {}
        self.call: dict[str, list[Path]] = {}

    def usage_of(self, message: Any) -> Usage | None:
        """Return the counts, None where the message states no usage."""
        if not isinstance(next(self.of_usage.find(message), None), dict):
            return None
        return Usage(**{name: self.usage[name].integer(message) for name in USAGE if name in self.usage})

    def tool_calls_of(self, message: Any) -> list[ToolCall]:
        """Return the tool calls with the status of their arguments, judged on the text."""
        out: list[ToolCall] = []
        for call in (call for each in self.call.get("each", ()) for call in each.find(message)):
            id_, name, json, free = (
                first_string(self.call.get(key, []), call) for key in ("id", "name", "arguments", "input")
            )
            # A custom tool's free text is no JSON.
            status = "complete" if free and not json else judge(json or "").status
            out.append(ToolCall(id_, name, json or free or "", status, len(out)))
        return out


def first_string(paths: list[Path], value: Any) -> str | None:
    """Return the first string that one of the paths leads to."""
    return next((text for path in paths if (text := path.string(value)) is not None), None)


def first_text(views: list[TextView], message: Any) -> str:
    """Return the first text that is not empty, "" where there is none."""
    return next((text for view in views if (text := view.text(message))), "")
