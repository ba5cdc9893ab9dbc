"""What blocks, called in the worker threads of asyncio; and turns for the other tasks of its loop.

asyncio is imported here and late: that takes half of this package's import time, and who comes here has it loaded.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable


class Worker:
    """Takes the pieces of a source that blocks, one at a time, and closes it.

    ``take`` and ``close`` are called in a thread. Each method raises TypeError where no loop of asyncio runs (trio).
    """

    __slots__ = ("_busy", "_close", "_closed", "_left", "_reading", "_state", "_take")

    def __init__(self, take: Callable[[], Any], close: Callable[[], Any]) -> None:
        self._take = take
        self._close = close
        self._reading = threading.Lock()
        self._state = threading.Lock()  # of the two below
        self._busy = 0
        self._closed = False
        self._left: deque[asyncio.Task[Any]] = deque()  # reads whose caller was cancelled

    async def take(self) -> Any:
        """Return what ``take`` returned. What a cancelled caller waited for is kept for the next one."""
        asyncio = _asyncio()
        if self._left:
            read = self._left.popleft()
        else:
            with self._state:
                self._busy += 1
            read = asyncio.ensure_future(asyncio.to_thread(self._alone))
            # Where nobody asks for it any more, asyncio would complain of its exception.
            read.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await asyncio.shield(read)
        except asyncio.CancelledError:
            self._left.append(read)
            raise

    async def close(self) -> None:
        """Close the source.

        A read that is under way, as its caller was cancelled, can't be broken off, and a file can't be closed below
        its reader: that thread closes the source when the read returns, and nobody waits for it.
        """
        asyncio = _asyncio()
        with self._state:
            self._closed = True
            busy = self._busy
        if not busy:
            await asyncio.to_thread(self._close)

    def _alone(self) -> Any:
        with self._reading:
            try:
                return self._take()
            finally:
                with self._state:
                    self._busy -= 1
                    left_to_close = self._closed and not self._busy
                if left_to_close:
                    # Nobody is there to be told.
                    with suppress(Exception):
                        self._close()


async def turn() -> None:
    """Let the other tasks of asyncio run; nothing elsewhere."""
    try:
        asyncio = _asyncio()
    except TypeError:
        return
    await asyncio.sleep(0)


def _asyncio() -> Any:
    """Return the module, if a loop of it runs."""
    import asyncio  # noqa: PLC0415 - see above

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        message = "a source that blocks is read in a thread of asyncio: give an asynchronous one to another loop"
        raise TypeError(message) from None
    return asyncio
