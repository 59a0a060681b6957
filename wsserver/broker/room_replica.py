"""One gateway's copy of a room, kept in step with Redis by the events it hears.

Knows rooms and events; knows nothing of Redis, clocks or viewers.

It is whole once it has looked at all that Redis knows; from then on each event has to be the one
behind the latest.  If one is missing, or Redis has begun anew, it has to look again.
"""

from collections.abc import Collection

from wsserver.broker.room_events import Event, Heard, Left, Look, Opened, Said, Told
from wsserver.rooms.room import Room

MOST_LATER = 10_000
"""Events that may come while it looks."""

NOWHERE = "-"


class Replica:
    """The copy."""

    def __init__(self, room: Room, gateway: str) -> None:
        """Keep *room* for *gateway*, whose own partials it does not hear."""
        self.room = room
        self.is_whole = False
        self.born = ""
        """The birth of what Redis knew when this was whole the last time."""

        self.gateways: dict[str, str] = {}
        """Where each session is connected."""

        self._gateway = gateway
        self._seq = 0
        self._later: list[Told] = []

    def restart(self, room: Room) -> None:
        """Keep another room, of which nothing is known."""
        self.room, self.born = room, ""
        self.doubt()

    def doubt(self) -> None:
        """Be whole no more: something may have been missed."""
        self.is_whole = False
        self._later.clear()

    def hear(self, told: Told) -> bool:
        """Take an event; tell whether the copy is, or will be, in step."""
        if isinstance(told.event, Heard):
            self._apply(told.event)
            return True
        if not self.is_whole:
            if len(self._later) < MOST_LATER:
                self._later.append(told)
            return True
        return self._follow(told)

    def take(self, look: Look) -> None:
        """Take some of the finals that Redis knows."""
        for final in look.finals:
            self.room.put(final.session, final.utterance, final)

    def enter(self, look: Look, stay: Collection[str]) -> bool:
        """Be as Redis knows the room, all of whose finals are here; tell whether that is in step.

        Sessions that speak here and that Redis does not know are gone, but for those who *stay*.
        """
        self._take_sessions(look, stay)
        self.born, self._seq, self.is_whole = look.born, look.seq, True
        later, self._later = self._later, []
        return all(self._follow(told) for told in later)

    def _follow(self, told: Told) -> bool:
        if told.born == self.born and told.seq <= self._seq:
            return True
        is_next = told.born == self.born and told.seq == self._seq + 1
        if not (is_next and isinstance(told.event, Opened | Said | Left)):
            self.doubt()
            return False
        self._seq = told.seq
        self._apply(told.event)
        return True

    def _apply(self, event: Event) -> None:
        match event:
            case Opened():
                self._open(event)
            case Said(session, utterance, told):
                self.room.put(session, utterance, told)
            case Left(session, generation):
                self.gateways.pop(session, None)
                self.room.left(session, generation)
            case Heard(session, generation, gateway, partial) if gateway != self._gateway:
                self.room.partial(session, generation, partial)

    def _open(self, opened: Opened) -> None:
        self.room.place(opened.session, opened.generation, opened.offset, opened.utterance)
        self.gateways[opened.session] = opened.gateway

    def _take_sessions(self, look: Look, stay: Collection[str]) -> None:
        speakers = self.room.speakers()
        for known in look.sessions:
            if known.gateway != NOWHERE:
                self._open(known)
            else:
                self.gateways.pop(known.session, None)
                self.room.recall(known.session, known.generation, known.offset, known.utterance)
        here = {known.session for known in look.sessions if known.gateway != NOWHERE}
        for session, generation in speakers.items():
            if session not in here and session not in stay:
                self.room.left(session, generation)
        self.gateways = {key: at for key, at in self.gateways.items() if key in here}
