"""One object's calls, one at a time: threads wait for each other, the same thread may not come in twice.

The twin's share of what the extension does in Rust, and the streams' of both backends.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable

Arguments = TypeVarTuple("Arguments")
Done = TypeVar("Done")


class Turns:
    """Runs calls alone; raises RuntimeError when the thread that is in one comes in again.

    A ``__del__`` run by the garbage collector in the middle of a call can do that, and so can the handler of a signal;
    waiting would never end.

    >>> turns = Turns()
    >>> turns.alone(turns.alone, int)
    Traceback (most recent call last):
    RuntimeError: re-entered from its own thread
    """

    # An interrupt may come between any two instructions that end a call. So the lock is taken by `with` itself, which a
    # Python-level `__enter__` isn't, and what is kept beside it changes by plain stores.
    __slots__ = ("_busy", "_lock", "_torn")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._busy = self._torn = False

    def alone(self, act: Callable[[*Arguments], Done], *arguments: *Arguments) -> Done:
        """Do what leaves the state whole wherever it is interrupted."""
        with self._lock:
            if self._busy:
                raise RuntimeError("re-entered from its own thread")
            try:
                self._busy = True
                return act(*arguments)
            finally:
                self._busy = False

    def renew(self, act: Callable[[], None]) -> None:
        """Begin anew."""
        with self._lock:
            self.alone(act)
            self._torn = False

    def advance(self, act: Callable[[*Arguments], Done], *arguments: *Arguments) -> Done:
        """Take a stream further. RuntimeError after an exception in the middle of that: bytes were lost.

        >>> turns = Turns()
        >>> turns.advance(int, "x")
        Traceback (most recent call last):
        ValueError: invalid literal for int() with base 10: 'x'
        >>> turns.advance(int, "1")
        Traceback (most recent call last):
        RuntimeError: interrupted in the middle of a call: reset it first
        """
        with self._lock:
            if self._busy:
                raise RuntimeError("re-entered from its own thread")
            if self._torn:
                raise RuntimeError("interrupted in the middle of a call: reset it first")
            try:
                self._busy = self._torn = True
                done = act(*arguments)
                self._torn = False
                return done
            finally:
                self._busy = False
