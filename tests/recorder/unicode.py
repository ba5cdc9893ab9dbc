"""Text that encodings trip over: pairs of surrogates in two fragments, line separators, escapes, marks that join."""

from __future__ import annotations

from .scenario import Exchange, Expectation, Scenario, asking, tool_call
from .wire import DONE, compact, escaped, event

ID = "chatcmpl-U7allTheAlphabets001"
MODEL = "babel-9b"


def raw(finish: str | None = None, **members: object) -> bytes:
    """Encode a chunk whose text is UTF-8."""
    return event(compact(_payload(members, finish)))


def ascii_only(**members: object) -> bytes:
    """Encode a chunk whose text is escaped, so that it can carry half a pair."""
    return event(escaped(_payload(members, None)))


def _payload(delta: dict[str, object], finish: str | None) -> dict[str, object]:
    head = {"id": ID, "object": "chat.completion.chunk", "created": 1790001500, "model": MODEL}
    return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _arguments(text: str, **opened: object) -> bytes:
    function = {"name": "label", "arguments": text} if opened else {"arguments": text}
    return ascii_only(tool_calls=[{"index": 0, **opened, "function": function}])


def _pieces() -> tuple[bytes, ...]:
    # JSON may escape the solidus, and hexadecimal digits in either case; no Python writer does.
    slash = raw(content="PATH").replace(b"PATH", rb" and\/or \u00C4\u00e4 \b\f")
    return (
        raw(role="assistant", content=""),
        raw(content="Grüße"),
        raw(content=", 世界"),
        raw(content=" — Здравствуй"),
        raw(content=", שלום"),
        raw(content=", नमस्ते"),
        raw(content=" e\u0301=é\n"),
        ascii_only(content="smile \ud83d"),
        ascii_only(content="\ude00 and rocket "),
        ascii_only(content="\ud83d"),
        ascii_only(content="\ude80"),
        raw(content=", family 👩\u200d"),
        raw(content="👧\u200d👦"),
        raw(content=", flag 🇵"),
        raw(content="🇹"),
        raw(content="\u2028next line\u2029next paragraph\u0085next"),
        raw(content='\ttab "quoted" back\\slash'),
        slash,
        ascii_only(content=" NUL \u0000 and \u001f"),
        ascii_only(content=" lone \ud83c"),
        ascii_only(content="! \udc4d"),
        raw(content=" \U0001d4bb\U0001d4be\U0001d4c3 \ufeff\ufffd"),
        _arguments("", id="call_label1", type="function"),
        _arguments('{"em'),
        _arguments('oji": "\ud83e'),
        _arguments('\udd89", "escaped": "\\ud83e'),
        _arguments('\\udd89"'),
        _arguments("}"),
        raw("tool_calls"),
        DONE,
    )


TEXT = (
    "Grüße, 世界 — Здравствуй, שלום, नमस्ते e\u0301=é\n"
    "smile 😀 and rocket 🚀, family 👩\u200d👧\u200d👦, flag 🇵🇹"
    "\u2028next line\u2029next paragraph\u0085next"
    '\ttab "quoted" back\\slash and/or Ää \b\f NUL \x00 and \x1f'
    " lone \ufffd! \ufffd \U0001d4bb\U0001d4be\U0001d4c3 \ufeff\ufffd"
)
ARGUMENTS = '{"emoji": "🦉", "escaped": "\\ud83e\\udd89"}'

UNICODE = Scenario(
    "unicode",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "Say hello to the world — 世界."),
            pieces=_pieces(),
            expected=Expectation(
                id=ID,
                model=MODEL,
                text=TEXT,
                finish_reason="tool_calls",
                tool_calls=[tool_call(0, "call_label1", "label", ARGUMENTS)],
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790001500,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": TEXT,
                                "tool_calls": [
                                    {
                                        "id": "call_label1",
                                        "type": "function",
                                        "function": {"name": "label", "arguments": ARGUMENTS},
                                    }
                                ],
                            },
                            "finish_reason": "tool_calls",
                        }
                    ],
                },
            ),
        ),
    ),
)
