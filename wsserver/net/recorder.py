"""What keeps a session's words and audio, as the conversation sees it.

Knows messages; knows nothing of files, databases or whether anything is kept at all.
"""

from asyncio import Future
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
