"""OpenAI: an answer in speech. Id, transcript and base64 data come in pieces of their own; the expiry comes last."""

from __future__ import annotations

import base64

from .scenario import Exchange, Expectation, Scenario, asking, fragments
from .wire import DONE, compact, event

ID = "chatcmpl-A5spokenAnswer000001"
MODEL = "folio-audio-2026-04"
# A triangle wave of 16-bit samples, in integers the same everywhere.
PCM = b"".join((abs(n % 64 - 32) * 900 - 14400).to_bytes(2, "little", signed=True) for n in range(700))


def chunk(finish: str | None = None, **members: object) -> bytes:
    """Encode one change of the only choice."""
    head = {"id": ID, "object": "chat.completion.chunk", "created": 1790001300, "model": MODEL}
    choice = {"index": 0, "delta": members, "finish_reason": finish}
    return event(compact({**head, "system_fingerprint": "fp_5eed0a4d10", "choices": [choice]}))


def _padded() -> list[str]:
    """Sound as OpenAI sends it: each piece is encoded, and padded, by itself."""
    return [base64.b64encode(PCM[start : start + 200]).decode() for start in range(0, len(PCM), 200)]


def _cut() -> list[str]:
    """One base64 text cut between any two of its characters, as a proxy with a buffer of its own forwards it."""
    whole = base64.b64encode(PCM).decode()
    return [whole[start : start + 202] for start in range(0, len(whole), 202)]


def _pieces(sound: list[str]) -> tuple[bytes, ...]:
    words = fragments("The| ferry| leaves| at| half| past| six|.")
    return (
        chunk(role="assistant", refusal=None, audio={"id": "audio_66f0ferry"}),
        *(chunk(audio={"transcript": word}) for word in words[:3]),
        *(chunk(audio={"data": piece}) for piece in sound[:4]),
        *(chunk(audio={"transcript": word}) for word in words[3:]),
        *(chunk(audio={"data": piece}) for piece in sound[4:]),
        chunk(audio={"expires_at": 1790004900}),
        chunk("stop"),
        DONE,
    )


EXPECTED = Expectation(
    id=ID,
    model=MODEL,
    text="",
    finish_reason="stop",
    message={
        "id": ID,
        "object": "chat.completion",
        "created": 1790001300,
        "model": MODEL,
        "system_fingerprint": "fp_5eed0a4d10",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": None,
                    "audio": {
                        "id": "audio_66f0ferry",
                        "transcript": "The ferry leaves at half past six.",
                        "data": base64.b64encode(PCM).decode(),
                        "expires_at": 1790004900,
                    },
                },
                "finish_reason": "stop",
            }
        ],
    },
)
ASKED = {"modalities": ["text", "audio"], "audio": {"voice": "alder", "format": "pcm16"}}

AUDIO = Scenario(
    "audio",
    "go-vcr",
    (
        Exchange(
            request=asking(MODEL, "When does the ferry leave?", **ASKED), pieces=_pieces(_padded()), expected=EXPECTED
        ),
    ),
)

AUDIO_CUT = Scenario(
    "audio_cut",
    "vcrpy",
    (
        Exchange(
            request=asking(MODEL, "And the last ferry, when does it leave?", **ASKED),
            pieces=_pieces(_cut()),
            expected=EXPECTED,
        ),
    ),
)
