"""OpenAI Responses through others: no event lines and no output at the end; ids that change; an event lost."""

from __future__ import annotations

import json

from .responses import MODEL, PATH, Stream, asking, counts, spoken
from .scenario import Exchange, Expectation, Scenario, usage

SAID = "Drop| anchor| off| the| pier|."
TEXT = SAID.replace("|", "")


def _bare() -> Exchange:
    stream = Stream("resp_08Bare", 1790002070, named=False)
    used = counts(15, 7)
    return Exchange(
        request=asking("Where do I anchor?"),
        path=f"/backend{PATH}",
        pieces=(
            *stream.opened(),
            *stream.message(0, "msg_anchor", SAID),
            # The output that was streamed is not said again.
            stream.state("completed", "completed", output=[], usage=used),
        ),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_08Bare",
            model=MODEL,
            text=TEXT,
            finish_reason="completed",
            usage=usage(15, 7, 22, reasoning=0, cached=0),
            message=stream.answer("completed", [spoken("msg_anchor", TEXT)], usage=used),
        ),
    )


def _changed_ids(pieces: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Give the item another id in each event."""
    return tuple(piece.replace(b"msg_anchor", b"opaque-%d" % number) for number, piece in enumerate(pieces))


def _rotating() -> Exchange:
    stream = Stream("resp_09Rotating", 1790002080)
    used = counts(15, 7)
    pieces = (
        *stream.opened(),
        *stream.message(0, "msg_anchor", SAID),
        stream.state("completed", "completed", output=[spoken("msg_anchor", TEXT)], usage=used),
    )
    last = f"opaque-{len(pieces) - 1}"
    return Exchange(
        request=asking("Where do I anchor tonight?"),
        path=f"/copilot{PATH}",
        pieces=_changed_ids(pieces),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_09Rotating",
            model=MODEL,
            text=TEXT,
            finish_reason="completed",
            usage=usage(15, 7, 22, reasoning=0, cached=0),
            message=stream.answer("completed", [spoken(last, TEXT)], usage=used),
        ),
    )


def _lossy() -> Exchange:
    stream = Stream("resp_10Lossy", 1790002090)
    used = counts(15, 7)
    pieces = (
        *stream.opened(),
        *stream.message(0, "msg_anchor", SAID),
        stream.state("completed", "completed", output=[spoken("msg_anchor", TEXT)], usage=used),
    )
    # The last fragment never arrives, but the whole text does: nothing is missing but a number.
    lost = next(at for at, piece in enumerate(pieces) if json.dumps(".").encode() in piece)
    return Exchange(
        request=asking("Where do I anchor in a storm?"),
        path=PATH,
        pieces=(*pieces[:lost], *pieces[lost + 1 :]),
        expected=Expectation(
            dialect="openai-responses",
            id="resp_10Lossy",
            model=MODEL,
            text=TEXT,
            finish_reason="completed",
            usage=usage(15, 7, 22, reasoning=0, cached=0),
            quirks=("sequence_gap",),
            message=stream.answer("completed", [spoken("msg_anchor", TEXT)], usage=used),
        ),
    )


RESPONSES_GATEWAYS = Scenario("responses_gateways", "go-vcr", (_bare(), _rotating(), _lossy()))
