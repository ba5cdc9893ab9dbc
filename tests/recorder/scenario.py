"""What a scenario is: requests, the pieces of each response body as the network delivers them, what they merge to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Termination: TypeAlias = Literal["done", "finish_reason", "eof", "error", "malformed", "limit", "open"]
CassetteFormat: TypeAlias = Literal["go-vcr", "vcrpy"]


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """The answer, stated by hand: the normalised views, the message, and what else is certain about the report.

    In ``message`` null, ``{}`` and ``[]`` count as absent. ``quirks`` names oddities that must be reported (others may
    be), ``comments`` is the exact number of comment lines.
    """

    message: dict[str, Any]
    id: str | None
    model: str | None
    text: str
    finish_reason: str | None
    usage: dict[str, int | None] | None = None
    reasoning: str = ""
    refusal: str | None = None
    tool_calls: list[dict[str, Any]] = field(default_factory=list)
    dialect: str = "openai-chat"
    termination: Termination = "done"
    complete: bool = True
    error: dict[str, Any] | None = None
    quirks: tuple[str, ...] = ()
    comments: int = 0


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its response, ``pieces`` being the body as the server sends it, one HTTP chunk a piece.

    With ``dropped`` the server closes the connection after the last piece without ending the chunked body, as a
    provider does whose worker died.
    """

    request: dict[str, Any]
    pieces: tuple[bytes, ...]
    expected: Expectation
    path: str = "/v1/chat/completions"
    content_type: str = "text/event-stream; charset=utf-8"
    dropped: bool = False


@dataclass(frozen=True)
class Scenario:
    """A named recording of one or more exchanges, written as a cassette of the given format."""

    name: str
    format: CassetteFormat
    exchanges: tuple[Exchange, ...]

    def body_name(self, position: int) -> str:
        """File name of the body of the exchange at ``position``; numbered only where there are several."""
        return f"{self.name}.sse" if len(self.exchanges) == 1 else f"{self.name}__{position}.sse"


def asking(model: str, prompt: str, **more: object) -> dict[str, Any]:
    """Body of a chat request with one user message."""
    return {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": True, **more}


def fragments(text: str) -> list[str]:
    """Split at ``|``: how a provider cut the text into deltas.

    >>> fragments("Low| water")
    ['Low', ' water']
    """
    return text.split("|")


def usage(
    prompt: int, completion: int, total: int | None, *, reasoning: int | None = None, cached: int | None = None
) -> dict[str, int | None]:
    """Token counts as the normalised view spells them."""
    return {
        "input_tokens": prompt,
        "output_tokens": completion,
        "total_tokens": total,
        "reasoning_tokens": reasoning,
        "cached_tokens": cached,
    }


def tool_call(index: int, call_id: str | None, name: str, arguments: str, status: str = "complete") -> dict[str, Any]:
    """Build one entry of the ``tool_calls`` view."""
    return {"id": call_id, "name": name, "arguments": arguments, "status": status, "index": index}
