"""What a message says, by what deltas are told of it: found by the rules of the table, for chat by hand."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ssefold._py.dialect import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssefold._py.rule import Rule


def spoken(dialect: str, message: dict[str, Any]) -> Iterator[tuple[str, int | None, list[Any]]]:
    """Yield each kind of text, its choice (None: all of them), and what its deltas may join to."""
    if "choices" in message or dialect in {"openai-chat", "openai-completions"}:
        yield from said_in_choices(message)
        return
    found: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
    collect(named(dialect).root, message, found)
    for kind in ("text", "reasoning", "refusal"):
        yield kind, None, [texts for (said, _), texts in found.items() if said == kind] or [[]]


def collect(rule: Rule, node: dict[str, Any], found: defaultdict[tuple[str, int], list[str]]) -> None:
    """Collect the texts of an object, by the kind and the rank of their rules."""
    rules = {child.to: child for child in rule.fields.values()}
    for name, member in node.items():
        child = rules.get(name) or rule.other
        if child is None:
            continue
        if isinstance(member, str):
            found[child.kind, child.rank].append(member)
        if isinstance(member, dict):
            collect(child, member, found)
        # A list of anything else is kept whole, and told as it is.
        elif isinstance(member, list) and all(isinstance(item, dict) for item in member):
            for item in member:
                collect(child.of_item(item), item, found)


def said_in_choices(message: dict[str, Any]) -> Iterator[tuple[str, int | None, list[Any]]]:
    """Yield what the choices of a chat, or of a completion, say."""
    for choice in message["choices"]:
        number, inner = choice["index"], choice.get("message")
        if inner is None:
            yield "text", number, [choice.get("text", "")]
            continue
        content = inner.get("content")
        blocks = content if isinstance(content, list) else []
        texts = [block["text"] for block in blocks if isinstance(block.get("text"), str)]
        yield "text", number, [texts if isinstance(content, list) else content or ""]
        details = [
            each[key] for each in inner.get("reasoning_details", []) for key in each if key in {"text", "summary"}
        ]
        thoughts = [
            part if isinstance(part, str) else part.get("text", "")
            for block in blocks
            for part in (block["thinking"] if isinstance(block.get("thinking"), list) else [block.get("thinking", "")])
        ]
        fields = [inner.get(name, "") for name in ("reasoning_content", "reasoning")]
        yield "reasoning", number, [*fields, details, thoughts]
        yield "refusal", number, [inner.get("refusal", "")]
