"""Responses: items and texts that are stated again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from benches.shapes.shape import Json, Shape, again, each, held, typed

CREATED = typed("response.created", response={"id": "r", "status": "in_progress", "output": []})
MESSAGE = {"type": "message", "id": "i", "content": []}


def growing(_size: int) -> Iterator[bytes]:
    """The whole response again and again, an item longer each time."""
    yield CREATED
    items: list[Json] = []
    for number in count():
        items.append({"type": "message", "id": f"{number}", "content": [{"type": "output_text", "text": "x"}]})
        yield typed("response.in_progress", response={"id": "r", "status": "in_progress", "output": items[-64:]})


def token(text: str, index: int = 0) -> bytes:
    return typed("response.output_text.delta", output_index=index, content_index=0, delta=text)


RESPONSES = {
    "tokens": Shape(again(token(" harbour"), first=CREATED)),
    "failures after a long reason": Shape(
        held(
            lambda size: [
                CREATED,
                typed("response.failed", response={"id": "r", "incomplete_details": {"reason": "x" * size}}),
            ],
            typed("response.failed"),
        )
    ),
    "numbered tokens": Shape(
        each(
            lambda number: typed(
                "response.output_text.delta",
                sequence_number=number,
                output_index=0,
                content_index=0,
                delta="x",
                obfuscation="abc",
            ),
            CREATED,
        )
    ),
    "a response stated again": Shape(growing),
    "a response stated again, deltas": Shape(growing, "deltas"),
    "responses": Shape(again(CREATED, typed("response.completed", response={"status": "completed"}), first=b"")),
    "items": Shape(
        each(lambda number: typed("response.output_item.added", output_index=number % 9999, item=MESSAGE), CREATED)
    ),
    "items of no index": Shape(
        each(lambda number: typed("response.output_item.done", item={**MESSAGE, "id": f"{number}"}), CREATED)
    ),
    "an item stated again": Shape(
        held(
            lambda size: [CREATED, token("x" * size)],
            typed("response.output_item.added", output_index=0, item=MESSAGE),
            token("x"),
        )
    ),
    "much text, then its end": Shape(
        held(
            lambda size: [CREATED, token("x" * size)],
            typed("response.output_text.done", output_index=0, content_index=0, text="y"),
            token("y"),
        )
    ),
    "much text, then its empty end": Shape(
        held(
            lambda size: [CREATED, *[token("x" * 1000)] * (size // 1000)],
            typed("response.output_text.done", output_index=0, content_index=0, text=""),
            token("y"),
        )
    ),
    "annotations": Shape(
        each(
            lambda number: typed(
                "response.output_text.annotation.added",
                output_index=0,
                content_index=0,
                annotation_index=number % 9999,
                annotation={"n": number},
            ),
            CREATED,
        )
    ),
    "gaps": Shape(
        each(
            lambda number: typed(
                "response.output_text.delta", sequence_number=number * 2, output_index=0, content_index=0, delta="x"
            ),
            CREATED,
        )
    ),
    "arguments that end again": Shape(
        held(
            lambda size: [CREATED, typed("response.function_call_arguments.delta", output_index=0, delta="x" * size)],
            typed("response.function_call_arguments.done", output_index=0, arguments="", name="f"),
            typed("response.function_call_arguments.delta", output_index=0, delta="x"),
        )
    ),
}
