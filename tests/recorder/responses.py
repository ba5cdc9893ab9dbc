"""OpenAI Responses: numbered events that name items and parts by their indexes; padding; texts said again when done."""

from __future__ import annotations

from typing import Any

from .scenario import Exchange, Expectation, Scenario, fragments, usage
from .wire import compact, event

MODEL = "harbourmaster-5"
PATH = "/v1/responses"
PADDING = "q7Zp0Xw3Lk9Vb2Nt"


class Stream:
    """Encodes the events of one response, and numbers them."""

    def __init__(self, response_id: str, created_at: int, *, named: bool = True, **settings: object) -> None:
        """Take what the response says of itself in every event that carries it."""
        self.base = {"id": response_id, "object": "response", "created_at": created_at, "model": MODEL, **settings}
        self.named = named
        self.number = 0

    def said(self, kind: str, **members: object) -> bytes:
        """Encode an event of that type."""
        payload = {"type": kind, **members, "sequence_number": self.number}
        self.number += 1
        return event(compact(payload), name=kind if self.named else "")

    def state(self, kind: str, status: str, **members: object) -> bytes:
        """Encode an event that carries the response."""
        blank = {"error": None, "incomplete_details": None, "output": [], "usage": None}
        return self.said(f"response.{kind}", response={**self.base, "status": status, **blank, **members})

    def opened(self) -> tuple[bytes, ...]:
        """Encode how every response begins."""
        return self.state("created", "in_progress"), self.state("in_progress", "in_progress")

    def item(self, when: str, place: int, **item: object) -> bytes:
        """Encode the start or the end of an item."""
        return self.said(f"response.output_item.{when}", output_index=place, item=item)

    def deltas(self, kind: str, text: str, done: str = "text", **where: object) -> tuple[bytes, ...]:
        """Encode a text in fragments, cut at the bars, and then whole, as the member ``done``."""
        pieces = fragments(text)
        return (
            *(
                self.said(f"response.{kind}.delta", **where, delta=piece, obfuscation=PADDING[len(piece) % 16 :])
                for piece in pieces
            ),
            self.said(f"response.{kind}.done", **where, **{done: "".join(pieces)}),
        )

    def message(self, place: int, item_id: str, text: str, *annotations: object) -> tuple[bytes, ...]:
        """Encode a message of one part, with its annotations behind the text."""
        where = {"item_id": item_id, "output_index": place, "content_index": 0}
        head = {"id": item_id, "type": "message", "role": "assistant"}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        whole = {**part, "text": text.replace("|", ""), "annotations": list(annotations)}
        return (
            self.item("added", place, **head, status="in_progress", content=[]),
            self.said("response.content_part.added", **where, part=part),
            *self.deltas("output_text", text, **where),
            *(
                self.said("response.output_text.annotation.added", **where, annotation_index=number, annotation=each)
                for number, each in enumerate(annotations)
            ),
            self.said("response.content_part.done", **where, part=whole),
            self.item("done", place, **head, status="completed", content=[whole]),
        )

    def answer(self, status: str, output: list[dict[str, Any]], **members: object) -> dict[str, Any]:
        """Build the response that is expected."""
        return {**self.base, "status": status, "output": output, **members}


def spoken(item_id: str, text: str, *annotations: object) -> dict[str, Any]:
    """Build the message item that is expected."""
    part = {"type": "output_text", "text": text, "annotations": list(annotations)}
    return {"id": item_id, "type": "message", "role": "assistant", "status": "completed", "content": [part]}


def asking(prompt: str, **more: object) -> dict[str, Any]:
    """Body of a request with one input text."""
    return {"model": MODEL, "input": prompt, "stream": True, **more}


def counts(given: int, said: int, *, thought: int = 0, cached: int = 0) -> dict[str, Any]:
    """Build the usage of a response."""
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": given + said,
    }


CITATION = {
    "type": "url_citation",
    "start_index": 4,
    "end_index": 10,
    "url": "https://charts.example.com/7",
    "title": "Chart 7",
}
FILE = {"type": "file_citation", "file_id": "file-chart7", "filename": "chart7.pdf", "index": 18}


def _text() -> Exchange:
    stream = Stream("resp_01Shoal", 1790002000, parallel_tool_calls=True, metadata={})
    used = counts(38, 11, cached=32)
    shoal = "The| shoal| is| on| chart| 7|."
    whole = spoken("msg_shoal", "The shoal is on chart 7.", CITATION, FILE)
    return Exchange(
        request=asking("Where is the shoal?"),
        path=PATH,
        pieces=(
            *stream.opened(),
            *stream.message(0, "msg_shoal", shoal, CITATION, FILE),
            stream.state("completed", "completed", output=[whole], usage=used),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_01Shoal",
            model=MODEL,
            text="The shoal is on chart 7.",
            finish_reason="completed",
            usage=usage(38, 11, 49, reasoning=0, cached=32),
            message=stream.answer("completed", [whole], usage=used),
        ),
    )


SEALED = "gAAAAABzZWFsZWQgd2l0aCB3YXg="
ARGUMENTS = '{"chart":7,"scale":"1:50000"}'


def _reasoning() -> Exchange:
    stream = Stream("resp_02Chart", 1790002010, reasoning={"effort": "low", "summary": "auto"})
    used = counts(52, 71, thought=48)
    head = {"id": "rs_chart", "type": "reasoning"}
    thoughts = ["**Looking for the chart**", "It must be chart 7, at a large scale."]
    summary = [{"type": "summary_text", "text": text} for text in thoughts]
    said = ("**Looking| for| the| chart**", "It| must| be| chart| 7|,| at| a| large| scale|.")

    def part(number: int) -> tuple[bytes, ...]:
        where = {"item_id": "rs_chart", "output_index": 0, "summary_index": number}
        return (
            stream.said("response.reasoning_summary_part.added", **where, part={"type": "summary_text", "text": ""}),
            *stream.deltas("reasoning_summary_text", said[number], **where),
            stream.said("response.reasoning_summary_part.done", **where, part=summary[number]),
        )

    tool = {"id": "fc_chart", "type": "function_call", "call_id": "call_chart7", "name": "open_chart"}
    output = [
        {**head, "encrypted_content": SEALED, "summary": summary},
        {**tool, "status": "completed", "arguments": ARGUMENTS},
    ]
    return Exchange(
        request=asking("Open the chart of the shoal.", include=["reasoning.encrypted_content"]),
        path=PATH,
        pieces=(
            *stream.opened(),
            stream.item("added", 0, **head, encrypted_content="gAAAAABzZQ==", summary=[]),
            *part(0),
            *part(1),
            stream.item("done", 0, **output[0]),
            stream.item("added", 1, **tool, status="in_progress", arguments=""),
            *stream.deltas(
                "function_call_arguments",
                '{"|chart|":7|,"scale":"1|:50000"}',
                "arguments",
                item_id="fc_chart",
                output_index=1,
            ),
            stream.item("done", 1, **output[1]),
            stream.state("completed", "completed", output=output, usage=used),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_02Chart",
            model=MODEL,
            text="",
            reasoning="\n\n".join(thoughts),
            finish_reason="completed",
            usage=usage(52, 71, 123, reasoning=48, cached=0),
            tool_calls=[
                {"id": "call_chart7", "name": "open_chart", "arguments": ARGUMENTS, "status": "complete", "index": 1}
            ],
            message=stream.answer("completed", output, usage=used),
        ),
    )


RESPONSES_TEXT = Scenario("responses_text", "go-vcr", (_text(),))
RESPONSES_REASONING = Scenario("responses_reasoning", "vcrpy", (_reasoning(),))
