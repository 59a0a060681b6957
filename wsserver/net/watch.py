"""What counts a session's doings, as the conversation sees it.

Knows messages; knows nothing of counters or of who reads them.
"""

from typing import Protocol

from wsserver.messages import ServerMessage


class Watch(Protocol):
    """Follows one connection; no method waits or raises."""

    def heard(self, seconds: float) -> None:
        """Take note of audio that came in."""
        ...

    def said(self, message: ServerMessage) -> None:
        """Take note of what the client is told."""
        ...


class Nobody:
    """Takes note of nothing."""

    def heard(self, seconds: float) -> None:
        """Pass over it."""

    def said(self, message: ServerMessage) -> None:
        """Pass over it."""
