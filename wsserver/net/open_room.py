"""One room that is open here, its audience, and the places in it.

Knows a room, its audience and its relay; knows nothing of other rooms or of limits.
"""

import asyncio
import secrets
from collections.abc import Callable

from wsserver.net.audience import Audience
from wsserver.net.story_file import StoryFile
from wsserver.rooms.relay import Relay, Relays
from wsserver.rooms.room import Room


class OpenRoom:
    """One room with its audience."""

    def __init__(self, begin: Callable[[str], Audience], owner: str, relays: Relays) -> None:
        """Have *begin* begin a story of a new name; *relays* lead to it from elsewhere."""
        self.owner = owner
        """The name of the token with which it was opened."""

        self.audience = begin(secrets.token_urlsafe(9))
        self.seats = 0
        """Viewers who were let in."""

        self.held = 0
        """Viewers and speakers."""

        self.is_ended = False
        self.files: dict[str, StoryFile] = {}
        """By name, those that somebody has asked for."""

        self._begin = begin
        self._leaving: set[asyncio.Task[None]] = set()
        self.relay: Relay = relays.relay(self)

    @property
    def room(self) -> Room:
        """Give what is shown."""
        return self.audience.room

    @property
    def is_held(self) -> bool:
        """Tell whether anybody is here."""
        return self.held > 0

    def tell(self) -> None:
        """Note that there is news."""
        self.audience.tell()

    def restart(self, story: str) -> None:
        """Begin the *story* so called; who reads another one comes back to its beginning."""
        former, self.audience = self.audience, self._begin(story)
        self.files = {}
        task = asyncio.create_task(former.end(1001, "the story begins anew"))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


class Seat:
    """The place of one viewer, or of one speaker, in a room."""

    def __init__(self, opened: OpenRoom, leave: Callable[[], None]) -> None:
        """Call *leave* once it is free again."""
        self._opened = opened
        self._leave = leave
        self._is_free = False

    @property
    def room(self) -> Room:
        """Give what is shown."""
        return self._opened.room

    @property
    def audience(self) -> Audience:
        """Give those who read along."""
        return self._opened.audience

    @property
    def relay(self) -> Relay:
        """Give what takes to the room whatever is said."""
        return self._opened.relay

    @property
    def is_ended(self) -> bool:
        """Tell whether the owner has ended the room."""
        return self._opened.is_ended

    def release(self) -> None:
        """Free the place; again does nothing."""
        if not self._is_free:
            self._is_free = True
            self._leave()
