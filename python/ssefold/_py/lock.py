"""One object's calls, one at a time: threads wait for each other, the same thread may not come in twice."""

import threading


class CallLock:
    """Held while a method runs; raises RuntimeError when the thread that holds it enters again.

    A ``__del__`` run by the garbage collector in the middle of a call can do that; waiting would never end.

    >>> lock = CallLock()
    >>> with lock, lock:
    ...     pass
    Traceback (most recent call last):
    RuntimeError: re-entered from its own thread
    """

    __slots__ = ("_busy", "_lock")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._busy = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._busy:
            self._lock.release()
            raise RuntimeError("re-entered from its own thread")
        self._busy = True

    def __exit__(self, *exc: object) -> None:
        self._busy = False
        self._lock.release()
