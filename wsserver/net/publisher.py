"""What shows a session to those who read along, as the conversation sees it.

Knows messages; knows nothing of rooms, viewers or whether anybody reads along at all.
"""

from typing import Protocol

from wsserver.messages import Final, Partial, Ready, Start, Warn
from wsserver.net.outbox import Leave


class Publisher(Protocol):
    """Shows one connection's part of a session; no method waits."""

    def check(self, start: Start) -> None:
        """Raise `UnknownRoom` if *start* names a room that is not the speaker's."""
        ...

    def opened(self, start: Start, ready: Ready) -> Warn | None:
        """Show the session that has begun, or goes on here, as *start* once opened it.

        Gives what the speaker is to be told if it cannot be shown.
        """
        ...

    def partial(self, partial: Partial) -> None:
        """Show *partial* in place of the one before."""
        ...

    def final(self, final: Final, leave: Leave | None) -> None:
        """Show *final* as soon as it has its *leave*, and after the finals before it."""
        ...

    def closed(self) -> None:
        """Take note that the connection has ended; nothing follows."""
        ...


def publish_nothing(_: str) -> Publisher | None:
    """Give no publisher, whatever the token's name."""
    return None
