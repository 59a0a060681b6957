"""What keeps a session's words and audio, as the conversation sees it.

Knows messages; knows nothing of files, databases or whether anything is kept at all.
"""

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from wsserver.messages import Final, Ready, Start, Warn


class Recorder(Protocol):
    """Keeps one connection's part of a session; no method waits."""

    def opened(self, start: Start, ready: Ready) -> None:
        """Take note that the session has begun, or goes on here, as *start* once opened it."""
        ...

    def audio(self, data: bytes) -> None:
        """Keep audio that the session took."""
        ...

    def final(self, final: Final) -> Future[Warn | None]:
        """Keep *final*; the future is done once it may be sent.

        That is when it is on the disk, or when that has to be given up for now; the future then
        holds what the speaker is to be told of it.
        """
        ...

    def closed(self) -> None:
        """Take note that the connection has ended; nothing follows."""
        ...


def keep_nothing(_: str) -> Recorder | None:
    """Give no recorder, whatever the token's name."""
    return None


class Together:
    """Several recorders as one."""

    def __init__(self, recorders: Sequence[Recorder]) -> None:
        self._recorders = recorders
        self._warnings: deque[Warn] = deque()
        """What the speaker is still to be told."""

    def opened(self, start: Start, ready: Ready) -> None:
        """Tell each."""
        for recorder in self._recorders:
            recorder.opened(start, ready)

    def audio(self, data: bytes) -> None:
        """Tell each."""
        for recorder in self._recorders:
            recorder.audio(data)

    def final(self, final: Final) -> Future[Warn | None]:
        """Have *final* kept by each; it may be sent once the last of them says so.

        Of two warnings the second goes with the next final.
        """
        waiting = asyncio.gather(*(recorder.final(final) for recorder in self._recorders))
        told: Future[Warn | None] = asyncio.get_running_loop().create_future()

        def tell(done: Future[list[Warn | None]]) -> None:
            self._warnings += (warning for warning in done.result() if warning)
            told.set_result(self._warnings.popleft() if self._warnings else None)

        waiting.add_done_callback(tell)
        return told

    def closed(self) -> None:
        """Tell each."""
        for recorder in self._recorders:
            recorder.closed()


def together(*recorders: Recorder | None) -> Recorder | None:
    """Join those that there are."""
    present = [recorder for recorder in recorders if recorder]
    return present[0] if len(present) == 1 else Together(present) if present else None
