"""Notice that a client has sent nothing for too long, with one timer and not one a frame.

Knows a clock; knows nothing of clients or what is done about it.
"""

import asyncio
from collections.abc import Callable


class Idleness:
    """Calls back when somebody has been waited for so long in one go, from `start` to `stop`."""

    def __init__(self, seconds: float, on_idle: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_idle = on_idle
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self._timer: asyncio.TimerHandle

    def start(self) -> None:
        """Call back from now on."""
        self._timer = self._loop.call_later(self._seconds, self._look)

    def begin(self) -> None:
        """Somebody is waited for from now on."""
        self._since = self._loop.time()

    def end(self) -> None:
        """Somebody came."""
        self._since = None

    def stop(self) -> None:
        """Call back no more."""
        self._timer.cancel()

    def _look(self) -> None:
        now = self._loop.time()
        since = now if self._since is None else self._since
        if since + self._seconds <= now:
            self._since = since = now
            self._on_idle()
        self._timer = self._loop.call_at(since + self._seconds, self._look)
