"""Mistral: content as lists of typed blocks, plain strings between them, references, and `p` as padding."""

from __future__ import annotations

from .scenario import Exchange, Expectation, Scenario, asking, fragments, usage
from .wire import DONE, compact, event

ID = "e81f5a0c77b24d1f9c36ab40d2e95c18"
MODEL = "levante-small-2026"
USED = {
    "prompt_tokens": 57,
    "total_tokens": 118,
    "completion_tokens": 61,
    "prompt_tokens_details": {"cached_tokens": 48},
    "service_tier": "standard",
}
PADDING = "abcdefghijklmnopqrstuvwxyz0123456789"


def chunk(content: object, padding: int, finish: str | None = None, **more: object) -> bytes:
    """Encode one delta; the padding hides the length of the text."""
    head = {"id": ID, "object": "chat.completion.chunk", "created": 1790000500, "model": MODEL}
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": finish}
    return event(compact({**head, "choices": [choice], **more, "p": PADDING[:padding]}))


def thinking(text: str, *, closed: bool = True) -> dict[str, object]:
    """Build a block of reasoning, which is itself a list of text blocks."""
    block: dict[str, object] = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
    return {**block, "closed": True} if closed else block


def _pieces() -> tuple[bytes, ...]:
    head = {"id": ID, "object": "chat.completion.chunk", "created": 1790000500, "model": MODEL}
    role = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}
    thought = fragments("The| lamp| was| lit in 1611|, says source| 2|.| Source| 5 agrees|;| nothing| contradicts")
    answer = fragments(" lighthouse| has| been| burning| since| 1611")
    rest = fragments("; before| that|,| monks| kept| a fire| on| the| tower")
    return (
        event(compact({**head, "choices": [role]})),
        chunk("", 23),
        chunk([thinking("", closed=False)], 9),
        chunk([thinking(thought[0], closed=False)], 17),
        *(chunk([thinking(piece)], 5 + len(piece)) for piece in thought[1:]),
        # One list may end the reasoning and begin the answer.
        chunk([thinking(" it."), {"type": "text", "text": "The"}], 30),
        *(chunk(piece, 31 - len(piece)) for piece in answer),
        chunk([{"type": "reference", "reference_ids": [2]}], 3),
        chunk([{"type": "reference", "reference_ids": [5]}], 12),
        *(chunk(piece, 20 - len(piece)) for piece in rest),
        chunk([{"type": "text", "text": "."}], 8),
        chunk("", 14, "stop", usage=USED),
        DONE,
    )


REASONING = "The lamp was lit in 1611, says source 2. Source 5 agrees; nothing contradicts it."

MISTRAL_CONTENT_LIST = Scenario(
    "mistral_content_list",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "How old is the lighthouse?", prompt_mode="reasoning"),
            pieces=_pieces(),
            expected=Expectation(
                id=ID,
                model=MODEL,
                text="The lighthouse has been burning since 1611; before that, monks kept a fire on the tower.",
                reasoning=REASONING,
                finish_reason="stop",
                usage=usage(57, 61, 118, cached=48),
                quirks=("content_list",),
                message={
                    "id": ID,
                    "object": "chat.completion",
                    "created": 1790000500,
                    "model": MODEL,
                    "choices": [
                        {
                            "index": 0,
                            "message": {
                                "role": "assistant",
                                "content": [
                                    {
                                        "type": "thinking",
                                        "thinking": [{"type": "text", "text": REASONING}],
                                        "closed": True,
                                    },
                                    {"type": "text", "text": "The lighthouse has been burning since 1611"},
                                    {"type": "reference", "reference_ids": [2, 5]},
                                    {"type": "text", "text": "; before that, monks kept a fire on the tower."},
                                ],
                            },
                            "finish_reason": "stop",
                        }
                    ],
                    "usage": USED,
                },
            ),
        ),
    ),
)
