"""What the gateways of one service ask and tell each other, as one of them sees it.

Knows names of tokens, sessions and generations; knows nothing of how the others are reached.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody who asks for a place."""

    token: str
    """The name of the one on whose account."""

    most: int | None = None
    """Sessions that it may have at a time, everywhere."""

    counts_audio: bool = False
    """Whether its audio of a day is limited, so that what was heard elsewhere has to be known."""

    session: str | None = None
    """The one that the cursor in the handshake goes on with; it takes over the place of whoever
    has it still."""

    generation: int = 0
    """That of the cursor."""

    single: str | None = None
    """What names the token that serves for one session, and is used up by coming in."""

    single_until: float = 0.0
    """Unix time at which nobody can present it any more."""


class Objection(StrEnum):
    """Why somebody has no place here, because of what happened elsewhere."""

    TOO_MANY = "too many sessions"
    USED = "token used"


class Ticket(Protocol):
    """One connection, in the eyes of all gateways, until it is released.

    Of all tickets that claim or hold a session one has it: that of the highest generation, and of
    several such the latest to claim it.
    """

    def on_lost(self, tell: Callable[[], None]) -> None:
        """Have *tell* called once another ticket has the session; at once if one has it already."""
        ...

    async def claim(self, session: str, generation: int) -> bool:
        """Take *session* by a cursor of *generation*; tell whether it is to be had by that one."""
        ...

    def hold(self, session: str, generation: int) -> None:
        """Have *session*, which was opened here and is of *generation* now."""
        ...

    def hear(self) -> None:
        """Note that the client has spoken on its session: an older cursor cannot have it now."""
        ...

    def release(self) -> None:
        """Give up place and session; again does nothing."""
        ...


class Peers(Protocol):
    """All other gateways."""

    async def enter(self, entry: Entry) -> Ticket | Objection:
        """Take a place that counts everywhere; what takes too long is decided without the others.

        Whoever is canceled meanwhile has none.
        """
        ...

    async def look(self, entry: Entry) -> Objection | None:
        """Say what `enter` would object to, without a place; then `spent` is up to date."""
        ...

    def spend(self, token: str, seconds: float) -> None:
        """Tell of audio that was heard here just now."""
        ...

    def spent(self, token: str) -> float:
        """Give the seconds of audio that all others were heard today, as far as is known here."""
        ...


class _Unseen:
    """A ticket that nobody else asks for."""

    def on_lost(self, tell: Callable[[], None]) -> None:
        pass

    async def claim(self, session: str, generation: int) -> bool:  # noqa: ARG002 - as every ticket
        return True

    def hold(self, session: str, generation: int) -> None:
        pass

    def hear(self) -> None:
        pass

    def release(self) -> None:
        pass


UNSEEN: Ticket = _Unseen()
"""The ticket where there is one gateway."""


class Alone:
    """No other gateway: what one process knows of itself is all there is.  Nothing here waits."""

    async def enter(self, entry: Entry) -> Ticket | Objection:  # noqa: ARG002 - as all peers
        """Let in whoever this gateway does."""
        return UNSEEN

    async def look(self, entry: Entry) -> Objection | None:  # noqa: ARG002 - as above
        """Object to nobody."""
        return None

    def spend(self, token: str, seconds: float) -> None:
        """Tell nobody."""

    def spent(self, token: str) -> float:  # noqa: ARG002 - as above
        """Give nothing."""
        return 0.0
