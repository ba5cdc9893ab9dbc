"""Strategy for base64 in pieces (RFC 4648): each may be padded, and the whole must decode.

A padded last quad is held back, as the next piece continues its bytes; what is no base64 is appended as it comes.
"""

from __future__ import annotations

import base64 as codec
import re
from typing import TYPE_CHECKING, Any

from ssefold._py.json.parse import clean
from ssefold._py.merge.document import Text
from ssefold._py.merge.document import held as held_in
from ssefold._py.merge.text import extend_text
from ssefold._py.merge.trace import Append

if TYPE_CHECKING:
    from ssefold._py.merge.document import Obj
    from ssefold._py.merge.message import Message
    from ssefold._py.rule import Rule

QUAD = 4
DIGITS = re.compile(r"[A-Za-z0-9+/]*\Z")


def base64(m: Message, rule: Rule, obj: Obj, key: str, value: Any) -> None:
    """Append a piece of base64 such that all pieces decode together."""
    held = held_in(obj, key)
    if not isinstance(value, str) or (held is not None and not isinstance(held, Text)):
        m.quirk("wrong_type")
        return
    if held is None:
        held = Text()
        m.put(obj, key, held)
    value = clean(value)
    if not value:
        return
    if held.tail:
        m.grow(-len(held.tail))
        value, held.tail = rejoin(held.tail, value), ""
        del m.tails[id(held)]
    if value.endswith("=") and value.isascii() and (held.length + len(value)) % QUAD == 0:
        value, held.tail = value[:-QUAD], value[-QUAD:]
        m.tails[id(held)] = Append(held, rule, obj, key, m.choice, m.index)
        m.grow(len(held.tail))
    extend_text(m, rule, obj, key, held, value)
    m.epoch += 1


def rejoin(tail: str, value: str) -> str:
    """Return the base64 of the bytes of ``tail`` and ``value``; the plain concatenation where either is none."""
    left, right = tail.rstrip("="), value.rstrip("=")
    if not DIGITS.match(left) or not DIGITS.match(right) or len(left) % QUAD == 1 or len(right) % QUAD == 1:
        return tail + value
    return codec.b64encode(decode(left) + decode(right)).decode("ascii")


def decode(digits: str) -> bytes:
    """Decode base64 without its padding; bits left over are dropped."""
    return codec.b64decode(digits + "=" * (-len(digits) % QUAD))
