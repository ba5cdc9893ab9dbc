"""The repository's own recordings as a workload: short streams of many providers, with the answers stated of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from benches.workloads import Answer, Pieces, Stream

CASSETTES = Path(__file__).resolve().parent.parent / "tests" / "cassettes"
# What loops written by hand read right; the others are CRLF, several choices, calls without an index, lists as content.
PLAIN = (
    "azure_first_chunk.sse",
    "deepseek_eof.sse",
    "keepalive_reasoning.sse",
    "obfuscated.sse",
    "openrouter_reasoning.sse",
    "parallel_tools__0.sse",
    "parallel_tools__1.sse",
)


def recording(expected: dict[str, Any]) -> Stream:
    """The recording that ``expected`` is stated of."""
    body = (CASSETTES / expected["body"]).read_bytes()
    calls = tuple((call["id"], call["name"], call["arguments"]) for call in expected["tool_calls"])
    usage = expected["usage"] or {}
    answer = Answer(
        expected["text"], expected["reasoning"], calls, expected["finish_reason"], usage.get("output_tokens")
    )
    arguments = tuple(call[2] for call in calls if call[2])
    feeds = tuple(re.findall(rb"(?s).+?(?:\r\n\r\n|\n\n|\Z)", body))
    return Stream(feeds, answer, Pieces(answer.text, answer.reasoning, arguments))


def every() -> dict[str, Stream]:
    """File name → recording, of all that are complete."""
    found = {}
    for path in sorted(CASSETTES.glob("*.json")):
        for expected in json.loads(path.read_text(encoding="utf-8"))["interactions"]:
            if expected["complete"]:
                found[expected["body"]] = recording(expected)
    return found


def plain() -> tuple[Stream, ...]:
    streams = every()
    return tuple(streams[name] for name in PLAIN)
