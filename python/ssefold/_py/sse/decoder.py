"""The public decoder: bytes in, events with decoded text out.

https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Literal, NoReturn, Self, final

from ssefold._py.delta import MAX_CHOICE, number_of, text_of
from ssefold._py.sse.event import Decoder, LimitError
from ssefold._py.sse.line import Input
from ssefold.integers import loads
from ssefold.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable

_NO_NUMBER = "can't convert negative int to unsigned", "int too big to convert"


@final
class Event:
    """An event as dispatched; immutable, hashable, picklable.

    ``event`` is the event type, "message" where the block names none. ``data`` is the data lines joined by LF, ``id``
    the last event ID in force when it was dispatched, ``retry`` the reconnection time set inside this event's own
    block, in milliseconds, or None.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#dispatchMessage

    >>> Event(data="hello", id="7")
    Event(event='message', data='hello', id='7', retry=None)
    """

    __slots__ = {  # noqa: RUF023 - the constructor's order
        "event": 'The event type, "message" where the block names none.',
        "data": "The data lines joined by LF.",
        "id": "The last event ID in force when the event was dispatched.",
        "retry": "The reconnection time set inside this event's block, in milliseconds, or None.",
    }

    event: str
    data: str
    id: str
    retry: int | None

    def __new__(cls, event: str = "message", data: str = "", id: str = "", retry: int | None = None) -> Self:  # noqa: A002 - the standard's word
        made = object.__new__(cls)
        texts = text_of(event), text_of(data), text_of(id)
        _fill(made, *texts, None if retry is None else number_of(retry, MAX_CHOICE, *_NO_NUMBER))
        return made

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("type 'ssefold.Event' is not an acceptable base type")

    def json(self) -> Any:
        """Parse ``data`` as ``json.loads`` does, with exact integers of any length.

        Raises json.JSONDecodeError (a ValueError) if it is not JSON.

        >>> Event(data='{"n": [1, 2.5]}').json()
        {'n': [1, 2.5]}
        """
        return loads(self.data)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Event):
            return NotImplemented
        return _values(self) == _values(other)

    def __hash__(self) -> int:
        return hash(_values(self))

    def __repr__(self) -> str:
        return f"Event(event={self.event!r}, data={self.data!r}, id={self.id!r}, retry={self.retry!r})"

    def __copy__(self) -> Event:
        return self

    def __deepcopy__(self, memo: object) -> Event:
        return self

    def __reduce__(self) -> tuple[type[Event], tuple[str, str, str, int | None]]:
        # The public class of the active backend, so that either backend's events load anywhere.
        from ssefold import Event as PublicEvent  # noqa: PLC0415 - ssefold imports this module

        return PublicEvent, _values(self)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"attribute {name!r} of 'ssefold.Event' objects is not writable")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"attribute {name!r} of 'ssefold.Event' objects is not writable")


Event.__module__ = "ssefold"

_values: Callable[[Event], tuple[str, str, str, int | None]] = operator.attrgetter("event", "data", "id", "retry")
_set_event, _set_data, _set_id, _set_retry = (getattr(Event, name).__set__ for name in ("event", "data", "id", "retry"))


def _fill(event: Event, event_type: str, data: str, last_event_id: str, retry: int | None) -> None:
    _set_event(event, event_type)
    _set_data(event, data)
    _set_id(event, last_event_id)
    _set_retry(event, retry)


@final
class EventDecoder:
    r"""Decodes an event stream by the rules of WHATWG HTML; does no I/O.

    ``max_event_size`` bounds the data of one event plus the line being read, in bytes; None is no bound. Raises
    ValueError if it is negative. A decoder may be used by several threads: calls wait for each other.

    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream

    >>> decoder = EventDecoder()
    >>> decoder.feed(b"event: greeting\ndata: hel")
    []
    >>> decoder.feed(b"lo\n\n")
    [Event(event='greeting', data='hello', id='', retry=None)]
    """

    __slots__ = ("_decoder", "_finished", "_turns")

    def __init__(self, *, max_event_size: int | None = 16777216) -> None:
        self._decoder = Decoder(as_limit(max_event_size), bare=False)
        self._finished = False
        self._turns = Turns()

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("type 'ssefold.EventDecoder' is not an acceptable base type")

    def __reduce__(self) -> NoReturn:
        raise TypeError("cannot pickle 'ssefold.EventDecoder' object")

    def feed(self, data: bytes | bytearray | memoryview) -> list[Event]:
        r"""Decode the next bytes of the stream, cut anywhere, and return the events that they complete.

        Bytes that are not UTF-8 become U+FFFD. A ``retry`` of more than 18 digits is ignored. Raises StreamLimitError
        once an event passes ``max_event_size``, with the events decoded in this call in ``.events``; later bytes are
        ignored. Raises ValueError after :meth:`finish`, TypeError for what is not bytes.

        >>> EventDecoder().feed(b"data: a\r\ndata: b\r\n\r\n")[0].data
        'a\nb'
        """
        fed = self._turns.advance(self._feed, as_bytes(data))
        if fed is None:
            raise ValueError("feed after finish: reset the decoder first")
        events, exceeded = fed
        if exceeded is not None:
            error = exceeded.error()
            error.events = events
            raise error
        return events

    def _feed(self, piece: bytes) -> tuple[list[Event], LimitError | None] | None:
        """Return the events, and the bound that was passed in this call; None where the stream is finished."""
        if self._finished:
            return None
        source, decoder = Input(piece), self._decoder
        ignored = decoder.exceeded is not None
        events: list[Event] = []
        while (raw := decoder.next(source)) is not None:
            event = object.__new__(Event)
            _fill(event, raw[0] or "message", raw[1], decoder.last_event_id, decoder.event_retry)
            events.append(event)
        return events, None if ignored else decoder.exceeded

    def finish(self, *, incomplete: Literal["discard", "dispatch"] = "discard") -> list[Event]:
        r"""End the stream. An event that lacks its blank line is discarded, as the standard says.

        With ``incomplete="dispatch"`` the unterminated last line is processed, and the event dispatched if it has data.
        Raises again, as a fresh exception, the StreamLimitError of :meth:`feed`; ValueError for another ``incomplete``.

        >>> decoder = EventDecoder()
        >>> decoder.feed(b"data: cut")
        []
        >>> decoder.finish(incomplete="dispatch")[0].data
        'cut'
        """
        if incomplete not in ("discard", "dispatch"):
            raise ValueError(f"incomplete is 'discard' or 'dispatch', not {incomplete!r}")
        events, exceeded = self._turns.advance(self._end, incomplete == "dispatch")
        if exceeded is not None:
            raise exceeded.error()
        return events

    def _end(self, dispatch: bool) -> tuple[list[Event], LimitError | None]:  # noqa: FBT001 - called by Turns alone
        self._finished = True
        decoder = self._decoder
        raw = decoder.finish(dispatch=dispatch)
        last = [] if raw is None else [Event(raw[0] or "message", raw[1], decoder.last_event_id, decoder.event_retry)]
        return last, decoder.exceeded

    def reset(self) -> None:
        r"""Make ready for another stream; keeps ``last_event_id`` and ``retry``, which a reconnecting client needs.

        >>> decoder = EventDecoder()
        >>> _ = decoder.feed(b"id: 7\ndata: a\n\ndata: cut off")
        >>> decoder.reset()
        >>> decoder.feed(b"data: b\n\n")
        [Event(event='message', data='b', id='7', retry=None)]
        """
        self._turns.renew(self._begin)

    def _begin(self) -> None:
        self._finished = False
        self._decoder.reset()

    @property
    def last_event_id(self) -> str:
        """The last event ID, which a reconnecting client sends; survives :meth:`reset`."""
        return self._turns.alone(lambda: self._decoder.last_event_id)

    @property
    def retry(self) -> int | None:
        """The last reconnection time seen, in milliseconds, or None; survives :meth:`reset`."""
        return self._turns.alone(lambda: self._decoder.retry)

    @property
    def comments(self) -> int:
        """Comment lines seen: keep-alives."""
        return self._turns.alone(lambda: self._decoder.comments)


EventDecoder.__module__ = "ssefold"


def as_bytes(data: object) -> bytes:
    """Return the bytes of a buffer of bytes; raises TypeError for anything else.

    >>> as_bytes(bytearray(b"ab"))
    b'ab'
    """
    if type(data) is bytes:
        return data
    try:
        view = memoryview(data)  # type: ignore[arg-type]
    except (TypeError, BufferError):
        view = None
    if view is None or view.itemsize != 1 or view.format[-1:] not in ("B", "c"):
        raise TypeError(f"a bytes-like object is required, not '{type(data).__name__}'")
    return view.tobytes()


def as_limit(value: int | None) -> int | None:
    """Check a bound in bytes: TypeError if it is no integer, ValueError if it is negative.

    >>> as_limit(-1)
    Traceback (most recent call last):
    ValueError: a bound in bytes is not negative
    """
    if value is None:
        return None
    limit = operator.index(value)
    if limit < 0:
        raise ValueError("a bound in bytes is not negative")
    return limit
