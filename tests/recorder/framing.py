"""A gateway that uses all of the event stream format: a BOM, CRLF, comments, ids, retry, JSON over two lines."""

from __future__ import annotations

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import compact

MODEL = "tramway-8b"
ID = "cmpl-gw-000731"


def chunk(text: str, finish: str | None = None, **more: object) -> str:
    """Write one delta as JSON; the lines around it are the caller's."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return compact({"id": ID, "object": "chat.completion.chunk", "created": 1790000700, "choices": [choice], **more})


def lines(*parts: str) -> bytes:
    """Encode a block of lines that end in CRLF, and the blank line after it."""
    return "".join(f"{part}\r\n" for part in (*parts, "")).encode()


def _pieces() -> tuple[bytes, ...]:
    text = fragments("Line| 12| turns| at| the| mill|,| crosses| the| river| and| climbs| to| the| old| observatory|.")
    # A line feed is white space between two JSON tokens, so a payload may stand on two data lines.
    before, after = chunk(" Change", model=MODEL).split('"choices"')
    return (
        b"\xef\xbb\xbf" + lines(": hello from the gateway", "retry: 2500"),
        lines("id: 0", "event: message", f"data: {chunk('', model=MODEL)}"),
        *(lines(f"id: {n}", f"data: {chunk(piece, model=MODEL)}") for n, piece in enumerate(text[:8], 1)),
        lines(":"),
        lines(": still here", "id: 9", f"data:{chunk(text[8], model=MODEL)}", ":and here"),
        lines("event: ping"),
        lines("event: ping", "data:"),
        *(lines(f"data: {chunk(piece, model=MODEL)}", "x-trace: 5d1c") for piece in text[9:]),
        lines("id: 20", f"data: {before}", f'data: "choices"{after}'),
        lines("data: " + chunk(" there.", model=MODEL)),
        lines("retry: soon", "id", "data: " + chunk("", "stop", model=MODEL)),
        lines(
            "data: "
            + compact(
                {
                    "id": ID,
                    "object": "chat.completion.chunk",
                    "created": 1790000700,
                    "model": MODEL,
                    "choices": [],
                    "usage": {"prompt_tokens": 9, "completion_tokens": 23, "total_tokens": 32},
                }
            )
        ),
        lines("data:  [DONE] "),
    )


ANSWER = "Line 12 turns at the mill, crosses the river and climbs to the old observatory. Change there."

CRLF_COMMENTS = Scenario(
    "crlf_comments",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "Where does the tram go?"),
            pieces=_pieces(),
            content_type="text/event-stream;charset=UTF-8",
            expected=Expectation(
                id=ID,
                model=MODEL,
                text=ANSWER,
                finish_reason="stop",
                usage=usage(9, 23, 32),
                quirks=("choices_empty",),
                comments=4,
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790000700,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {"role": "assistant", "content": ANSWER},
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": {"prompt_tokens": 9, "completion_tokens": 23, "total_tokens": 32},
                },
            ),
        ),
    ),
)
