r"""Event templates: an event like an earlier one skips lines, JSON and rules.

Neighbouring events of a stream differ in one or two string bodies and nothing else. So an event that went the full
path is remembered: its bytes, cut at *holes*. A hole is the inside of a JSON string, or an integer, whose only effect
was to append to one known text, or nothing at all. The next event is compared literal by literal; where all match and
each hole holds what its kind allows, the effects are applied and the event is done.

It is sound, not a guess:

1. *Same tokens.* Framing and JSON are decided left to right. With equal bytes outside the holes, and in a hole only
   bytes that continue the same token (a string body: no unescaped quote, nothing below 0x20, valid escapes, UTF-8; a
   number: an integer token of at most 18 digits; spaces and tabs where the event learned from ended a token), the event
   parses to the same tokens but for the holes'.
2. *Same effects.* Learned only from an event that changed nothing but texts by its holes: ``Message.epoch`` counts
   every other change, and a template is void once it moved on. What a strategy reads beside the document is either set
   by the hit (``Calls.last``), counted by that epoch (which reasoning field is the reasoning, the last item of a
   group), or blocks learning (``Trace.blocked``). An event that only made its holes' texts is learned from too: done
   again it would only append (``Trace.settled``). Texts that depend on the whole text held (``guess``) are no holes,
   nor is what decides what becomes of the event or of an item: its type, a sign of the end (``Compiled.steering``);
   and a table in which two rules write one member has no templates (``tree.one_writer_each``).
3. *A hole carries its strategy's condition.* An append hole goes through the strategy's own ``extend_text``: halves of
   characters, deltas, sizes. A dropped string or a FIRST number is a hole only once it was seen to differ. What a run
   of events adds to texts of its own, without a half, is added at once where no delta is told and no bound is near.
4. *Same start.* A template applies only at an event's start with nothing pending in the decoder, and is learned only
   from an event that ends in LF and consists of a data line, with or without an event line before it; or from a line
   of bare JSON (NDJSON), which begins with the end of the line before and ends with its own bracket; or from an
   element of an array of chunks, which begins with the comma. Those of lines are void in an array, and vice versa.
5. Counts of quirks, unknown fields, events and chunks are replayed; limits are looked at as for a parsed event.

The core knows where each value stood; ``json`` tells nothing of that, so a hole is found again by its name: the bytes
``"name"`` and a colon must occur once in the payload, and no key may have an escape. What follows is then the value of
the only member of that name. The payload is JSON, and no backslash precedes the second quote, so that one opens or
closes a string. If it opened one, the name would stand outside of strings, behind the quote that closes one, where no
letter follows. So it closes one, which the colon makes a key; and it is the whole key, as in a longer one the first
quote would be escaped. A member of that name elsewhere would have the same bytes or a key with an escape. Texts that
were added to in another order than they stand in (of duplicate keys the last value stands in the first's place) are
not learned; what adds to no text may stand anywhere.

The index of a tool call is part of the literals here, so that interleaved calls have a template each; an event that
extends a list or changes a count of the usage goes the full path.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from ssefold._py.limits import MAX_TEMPLATE, MAX_TEMPLATES
from ssefold._py.merge.trace import Append, Hole

if TYPE_CHECKING:
    from ssefold._py.merge.trace import Effect, HoleKind, Trace

    Hit = tuple["Template", list[tuple[Effect, str]], int]
    Run = tuple[list[list[str]], int, int]

NUMBERS = ("number", "sequence")
OTHERS = (*NUMBERS, "space")
HOLES = 6
"""Holes of one template."""

# The inside of a string (RFC 8259 §7).
_BODY = re.compile(rb'[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]{0,17}+)")
_SPACES = re.compile(rb"[ \t]*+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_ESCAPED_KEY = re.compile(rb'\\.[^"\\]*+"[ \t]*+:')  # from the last escape of a key on
_DECODER = json.JSONDecoder()
_BARE = re.compile(rb"[\r\n]*+(\{[^\r\n]*+(?<=\}))")
_ELEMENT = re.compile(rb"[ \t\r\n,]*+(\{[^\r\n]*+(?<=\}))")
_EVENT = re.compile(rb"(?:event:[^\r\n]*+\r?\n)?data: ?([^\r\n]*+)[\r\n]*+")


class Template:
    """An event learned from."""

    __slots__ = ("around", "counts", "effects", "gaps", "head", "last", "quirks", "runs", "size", "unknown")

    def __init__(self, raw: bytes, found: list[tuple[tuple[int, int], Hole]], trace: Trace, around: int) -> None:
        """Cut an event at its holes; ``around`` are its bytes around the payload."""
        self.around = around
        self.head = raw[: found[0][0][0]] if found else raw
        self.size = len(self.head)
        # Of each hole its kind, None for a string, what it changes, the literal that follows and its length.
        self.gaps: list[tuple[HoleKind | None, Effect, bytes, int]] = []
        for at, (span, hole) in enumerate(found, 1):
            literal = raw[span[1] : found[at][0][0]] if at < len(found) else raw[span[1] :]
            other = hole.kind if hole.kind in OTHERS else None
            self.gaps.append((other, hole.effect, literal, len(literal)))
        self.effects = [effect for _, effect, _, _ in self.gaps if effect is not None]
        texts = {id(effect[0]) for effect in self.effects if isinstance(effect, Append)}
        # Such events do nothing but add to their texts: what many add to each may be added at once.
        self.runs = len(texts) == len(self.effects) and all(other != "sequence" for other, _, _, _ in self.gaps)
        self.quirks, self.unknown, self.last = trace.quirks, trace.unknown, trace.last
        self.counts = bool(trace.quirks or trace.unknown)

    def fit(self, data: bytes, at: int) -> Hit | None:
        """Return what is appended, and the end of the event that begins at ``at``, if it fits; its head does."""
        at += self.size
        fillings: list[tuple[Effect, str]] = []
        try:
            for other, effect, literal, size in self.gaps:
                text = ""
                if other is not None:
                    end = spaces_end(data, at) if other == "space" else number_end(data, at)
                    if other == "sequence":
                        fillings.append((None, data[at:end].decode()))
                elif (end := data.find(b'"', at)) >= 0:
                    text = data[at:end].decode()
                    # Printable text has no control character; that is found out in less time than the pattern takes.
                    if "\\" in text or not text.isprintable():
                        end = body_end(data, at)
                        text = unescape(data[at:end].decode())
                at = end + size
                if end < 0 or data[end:at] != literal:
                    return None
                if effect is not None:
                    fillings.append((effect, text))
        except UnicodeDecodeError:
            return None
        return self, fillings, at

    def run(self, data: bytes, at: int, bound: int) -> Run:
        """Return what the effects of each event from ``at`` on get, where the last one ends, and its size.

        They are those that fit one after the other, none above the ``bound`` and none with half a character. As
        :meth:`fit`, but for them all in one loop: a fifth of what a recorded stream takes.
        """
        rows: list[list[str]] = []
        starts, find, head, size, gaps, last = data.startswith, data.find, self.head, self.size, self.gaps, 0
        try:
            while starts(head, at):
                end = at + size
                row: list[str] = []
                for other, effect, literal, length in gaps:
                    begin = end
                    if other is not None:
                        end = spaces_end(data, begin) if other == "space" else number_end(data, begin)
                    elif (end := find(b'"', begin)) >= 0:
                        text = data[begin:end].decode()
                        if "\\" in text or not text.isprintable():
                            end = body_end(data, begin)
                            text = unescape(data[begin:end].decode())
                            text.encode()
                        if effect is not None:
                            row.append(text)
                    if end < 0 or data[end : end + length] != literal:
                        break
                    end += length
                else:
                    if end - at > bound:
                        break
                    rows.append(row)
                    last, at = end - at, end
                    continue
                break
        except UnicodeError:
            pass
        return rows, at, last


class Templates:
    """The templates of a stream."""

    __slots__ = ("array", "enabled", "epoch", "kept", "padded")

    def __init__(self) -> None:
        """Begin with none."""
        self.kept: list[Template] = []  # the last used first
        self.epoch = 0
        self.enabled = True
        self.padded = False  # an event had spaces before its last bracket
        self.array = False  # they are of elements of an array, not of lines

    def turn(self) -> None:
        """Begin anew, as lines follow elements of an array, or these follow lines."""
        self.array = not self.array
        self.kept.clear()

    def find(self, data: bytes, at: int, epoch: int) -> Hit | None:
        """Return the template that fits the event at ``at``, what it appends, and where the event ends."""
        kept = self.kept
        if self.epoch != epoch:
            kept.clear()
        for template in kept:
            if data.startswith(template.head, at) and (hit := template.fit(data, at)) is not None:
                if template is not kept[0]:
                    kept.remove(template)
                    kept.insert(0, template)
                return hit
        return None

    def learn(self, raw: bytes, trace: Trace, epoch: int) -> None:
        """Remember an event that went the full path, and what it did."""
        if len(raw) > MAX_TEMPLATE:
            return
        bare = _ELEMENT if self.array else _BARE
        event = _EVENT.fullmatch(raw) if raw.endswith(b"\n") else bare.fullmatch(raw)
        if event is None or len(trace.holes) > HOLES:
            return
        start, end = event.span(1)
        if raw[end - 1 : end] == b"}":
            inner = raw[start : end - 1]
            padding = (start + len(inner.rstrip(b" \t")), end - 1)
            self.padded = self.padded or padding[0] < padding[1]
            if self.padded:
                trace.holes.append(Hole("space", "", padding, None))
        found = spans_of(raw, start, trace.holes)
        if found is None:
            return
        if self.epoch != epoch:
            self.epoch = epoch
            self.kept.clear()
        del self.kept[MAX_TEMPLATES - 1 :]
        self.kept.insert(0, Template(raw, found, trace, len(raw) - (end - start)))


def spans_of(raw: bytes, start: int, holes: list[Hole]) -> list[tuple[tuple[int, int], Hole]] | None:
    """Find the holes in the payload that begins at ``start``, in the order in which they stand.

    None where one of them may be elsewhere, or texts were added to in another order.
    """
    try:
        raw.decode()
    except UnicodeDecodeError:
        return None
    if b"\\" in raw and _ESCAPED_KEY.search(raw, start):
        return None
    found: list[tuple[tuple[int, int], Hole]] = []
    for hole in holes:
        span = span_of(raw, start, hole)
        if span is None:
            return None
        found.append((span, hole))
    texts = [span for span, hole in found if hole.effect is not None]
    found.sort(key=lambda each: each[0])
    apart = all(one[1] <= other[0] for (one, _), (other, _) in pairwise(found))
    return found if apart and texts == sorted(texts) else None


def span_of(raw: bytes, start: int, hole: Hole) -> tuple[int, int] | None:
    """Find the value of the only member of a hole's name: an integer, or the inside of a string; or known spaces."""
    if hole.kind == "space":
        return cast("tuple[int, int]", hole.value)
    if not _NAME.fullmatch(hole.name):
        return None
    key = key_pattern(hole.name)
    found = key.search(raw, start)
    if found is None or key.search(raw, found.end()):
        return None
    at = found.end()
    if hole.kind in NUMBERS:
        number = _NUMBER.match(raw, at)
        return number.span() if number and int(number[0]) == hole.value else None
    body = _BODY.match(raw, at + 1)
    quoted = raw[at : at + 1] == b'"' and body is not None and raw[body.end() : body.end() + 1] == b'"'
    return body.span() if body and quoted and unescape(body[0].decode()) == hole.value else None


def number_end(data: bytes, at: int) -> int:
    """Return the end of the integer token at ``at``, -1 where there is none."""
    found = _NUMBER.match(data, at)
    return found.end() if found else -1


def spaces_end(data: bytes, at: int) -> int:
    """Return the end of the spaces and tabs at ``at``."""
    found = _SPACES.match(data, at)
    return found.end() if found else at


def body_end(data: bytes, at: int) -> int:
    """Return the end of the inside of a string: where it is none, a byte that no quote stands at."""
    found = _BODY.match(data, at)
    return found.end() if found else at


@lru_cache(maxsize=256)
def key_pattern(name: str) -> re.Pattern[bytes]:
    """Return a pattern of the key of a member, up to its value."""
    return re.compile(b'"%b"[ \\t]*+:[ \\t]*+' % name.encode("ascii"))


def unescape(body: str) -> str:
    """Return the text of a string, given what stands between its quotes."""
    text: str = _DECODER.raw_decode(f'"{body}"')[0]
    return text
