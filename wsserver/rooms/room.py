"""What a room shows now, and what of it a viewer still lacks.

Knows the story, the newest partials and who speaks; knows nothing of sockets, tokens or clocks.

No queue per viewer: a viewer is a position, and whoever falls behind gets the finals in between
from the story and of everything else only how it stands in the end.
"""

from dataclasses import dataclass

from wsserver import messages
from wsserver.rooms import captions
from wsserver.rooms.story import Story

MOST_SHOWN = 1_000
"""Sessions whose newest partial, or its end, is remembered."""


@dataclass(frozen=True, slots=True)
class Position:
    """How much of a room somebody has seen."""

    number: int = 0
    """The latest final."""

    moment: int = 0
    """The room's latest change that they know; 0 for those who know no partial yet."""

    live: bool = False
    """Whether they think that somebody speaks."""


@dataclass(frozen=True, slots=True)
class Due:
    """The next messages for a viewer, and where they then are."""

    messages: tuple[captions.Caption, ...]
    position: Position


@dataclass(frozen=True, slots=True)
class _Shown:
    """The newest partial of a session, and when it became the newest."""

    moment: int
    partial: captions.Partial


class Room:
    """One room, for as long as anybody remembers it."""

    def __init__(self, name: str, story: str, most: int) -> None:
        """Begin the *story* so called, which keeps the latest *most* finals."""
        self.name = name
        self.story_name = story
        self.story = Story(most)
        self.head = Position()
        """Where somebody is who lacks nothing."""

        self._began: float | None = None
        self._speakers: dict[str, int] = {}
        """The generation of every session that is connected."""

        self._shown: dict[str, _Shown] = {}

    @property
    def is_live(self) -> bool:
        """Tell whether anybody is connected to speak."""
        return bool(self._speakers)

    def opened(self, session: str, generation: int, now: float, position: float = 0.0) -> None:
        """Let a session begin, or go on at its second *position*.

        *now* is any clock's seconds; the first session sets where the story begins on it.
        """
        if self._began is None:
            self._began = now
        self.story.opened(session, generation, now - self._began - position)
        self._speak(session, generation)

    def place(self, session: str, generation: int, offset: float, utterance: int) -> None:
        """Let a session speak whose *offset* in the story, and latest final, are known."""
        self.story.place(session, generation, offset, utterance)
        self._speak(session, generation)

    def recall(self, session: str, generation: int, offset: float, utterance: int) -> None:
        """Remember a session that spoke elsewhere, and is connected no more."""
        self.story.place(session, generation, offset, utterance)
        if session not in self._speakers:
            self.story.left(session)

    def partial(self, session: str, generation: int, partial: messages.Partial) -> None:
        """Show *partial*, unless its utterance is final or a newer connection has the session."""
        if not self.story.is_news(session, generation, partial.utterance):
            return
        self._show(
            captions.Partial(
                session=session,
                utterance=partial.utterance,
                text=partial.text,
                committed=partial.committed,
                start=self.story.time(session, partial.start),
                end=self.story.time(session, partial.end),
            )
        )

    def final(self, session: str, generation: int, final: messages.Final) -> None:
        """Add *final* to the story, once, and take its partial away."""
        if not self.story.is_news(session, generation, final.utterance):
            return
        self.story.add(session, final)
        self._settle(session, final.utterance, bool(final.text))

    def put(self, session: str, utterance: int, told: captions.Final | None) -> None:
        """Add a final that was numbered elsewhere, or note that *utterance* has none."""
        if course := self.story.course(session):
            course.utterance = max(course.utterance, utterance)
        if told:
            self.story.put(told)
        self._settle(session, utterance, told is not None)

    def left(self, session: str, generation: int) -> None:
        """Note that a session's connection is gone, unless a newer one has taken over."""
        if self._speakers.get(session) == generation:
            del self._speakers[session]
            self.story.left(session)
            self._hide(session)
            self._move()

    def speakers(self) -> dict[str, int]:
        """Give every session that is connected, and its generation."""
        return dict(self._speakers)

    def welcome(self, title: str | None) -> captions.Room:
        """Give what a newcomer is told first."""
        return captions.Room(
            room=self.name,
            title=title,
            story=self.story_name,
            first=self.story.first,
            finals=self.story.last,
            live=self.is_live,
        )

    def entry(self, story: str, number: int) -> Position:
        """Give where somebody begins who was just welcomed.

        Whoever knows this *story* goes on behind *number*; everybody else begins at its beginning.
        """
        known = number if story == self.story_name else 0
        return Position(min(max(0, known), self.story.last), 0, self.is_live)

    def due(self, position: Position, most: int) -> Due:
        """Give what somebody at *position* lacks, at most that many finals at once.

        Who lacks more of them gets nothing else before they have come.
        """
        finals = self.story.after(position.number, most)
        if finals and finals[-1].number < self.story.last:
            latest = Position(finals[-1].number, position.moment, position.live)
            return Due(finals, latest)
        change: list[captions.Caption] = []
        if position.live != self.is_live:
            change.append(captions.Live(live=self.is_live))
        before, behind = (change, []) if self.is_live else ([], change)
        return Due((*before, *finals, *self._partials(position.moment), *behind), self.head)

    def _speak(self, session: str, generation: int) -> None:
        self._speakers[session] = max(generation, self._speakers.get(session, 0))
        self._move()

    def _settle(self, session: str, utterance: int, has_text: bool) -> None:
        shown = self._shown.get(session)
        if shown and shown.partial.utterance <= utterance:
            if has_text:
                del self._shown[session]  # the final itself replaces it
            else:
                self._hide(session)
        self._move()

    def _partials(self, moment: int) -> list[captions.Partial]:
        newer = [shown.partial for shown in self._shown.values() if shown.moment > moment]
        # Nothing has to be taken away from somebody who knows no partial.
        return newer if moment else [partial for partial in newer if partial.text]

    def _show(self, partial: captions.Partial) -> None:
        self._move()
        self._shown.pop(partial.session, None)  # so that the newest stand last
        self._shown[partial.session] = _Shown(self.head.moment, partial)
        if len(self._shown) > MOST_SHOWN:
            del self._shown[next(iter(self._shown))]

    def _hide(self, session: str) -> None:
        if shown := self._shown.get(session):
            last = shown.partial
            self._show(
                captions.Partial(
                    session=session,
                    utterance=last.utterance,
                    text="",
                    committed=0,
                    start=last.start,
                    end=last.end,
                )
            )

    def _move(self) -> None:
        self.head = Position(self.story.last, self.head.moment + 1, self.is_live)
