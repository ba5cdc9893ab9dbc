"""Bytes in, events out: the event stream format of the WHATWG HTML standard, and bare JSON between its events.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

``line`` cuts lines and names fields, ``event`` collects fields to events, ``bare`` cuts JSON that came without fields,
``utf8`` repairs text, ``decoder`` is the public EventDecoder. Any cut of the bytes gives the same events, and each byte
is scanned once (here: at most once for each of LF and CR), however small the feeds.
"""

from ssefold._py.sse.decoder import Event, EventDecoder, as_bytes, as_limit
from ssefold._py.sse.event import Decoder, LimitError, RawEvent
from ssefold._py.sse.line import Input
from ssefold._py.sse.utf8 import decode_lossy

__all__ = [
    "Decoder",
    "Event",
    "EventDecoder",
    "Input",
    "LimitError",
    "RawEvent",
    "as_bytes",
    "as_limit",
    "decode_lossy",
]
