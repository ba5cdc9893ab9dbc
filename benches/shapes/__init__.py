"""Streams made to hurt: each shape as a function of its size in bytes, so that what a byte takes can be compared."""

from __future__ import annotations

from benches.shapes.anthropic import ANTHROPIC
from benches.shapes.chat import CHAT
from benches.shapes.cohere import COHERE
from benches.shapes.framing import FRAMING
from benches.shapes.gemini import GEMINI
from benches.shapes.ollama import OLLAMA
from benches.shapes.responses import RESPONSES
from benches.shapes.shape import Shape
from benches.shapes.text import TEXT

__all__ = ["DENSE", "DIALECTS", "PLAIN", "RATIO", "SHAPES", "SMALL", "Shape"]

GROUPS = {
    "framing": FRAMING,
    "text": TEXT,
    "chat": CHAT,
    "anthropic": ANTHROPIC,
    "responses": RESPONSES,
    "gemini": GEMINI,
    "cohere": COHERE,
    "ollama": OLLAMA,
}
DIALECTS = {
    "anthropic": "anthropic-messages",
    "responses": "openai-responses",
    "gemini": "gemini",
    "cohere": "cohere-v2",
    "ollama": "ollama",
}
"""Of each group; chat completions where none is named."""
SHAPES = {f"{group}: {name}": shape for group, shapes in GROUPS.items() for name, shape in shapes.items()}
PLAIN = "framing: content"
"""What all are compared with: content, as it is sent, and in the smallest chunks. Each event of both is parsed."""
SMALL = "framing: smallest content"

RATIO = 4.0
"""Of a byte to one of the smallest plain chunks, at most, but for those below."""
DENSE = {
    "chat: small choices": 8.0,
    "framing: an array of lists of a chunk": 4.5,
    "framing: an array of new names": 7.0,
    "framing: an array of names twice": 5.5,
    "framing: an array of counts": 5.0,
}
"""Shapes of a value, an event or a line every few bytes, and what their ratio may be on the core."""
