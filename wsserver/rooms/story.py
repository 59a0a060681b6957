"""Keep the finals of a room: each once, in order, on one line of time.

Knows sessions, their generations and their finals; knows nothing of viewers, sockets or clocks.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from wsserver import messages
from wsserver.rooms import captions

MOST_SESSIONS = 1_000
"""Sessions remembered; of more, those that ended longest ago are forgotten."""

_PLACES = 3
"""Of a time on the line: milliseconds."""


@dataclass(slots=True)
class Course:
    """How far one session has come."""

    generation: int
    offset: float
    """The story's seconds at the session's second 0."""

    utterance: int = 0
    """The latest that is final."""

    is_open: bool = True


class Story:
    """What has been said in a room."""

    def __init__(self, most: int) -> None:
        """Keep the latest *most* finals."""
        self._finals: deque[captions.Final] = deque(maxlen=most)
        self._courses: dict[str, Course] = {}
        self.last = 0
        """The number of the latest final; 0 if there was none."""

    @property
    def first(self) -> int:
        """The number of the oldest final that is kept; one more than the last if none is."""
        return self.last - len(self._finals) + 1

    def opened(self, session: str, generation: int, offset: float) -> None:
        """Take the highest generation of *session*; its *offset* stays that of the first one."""
        course = self._courses.get(session)
        if course is None:
            self._courses[session] = Course(generation, round(offset, _PLACES))
            self._forget_one()
        else:
            course.generation = max(course.generation, generation)
            course.is_open = True

    def left(self, session: str) -> None:
        """Note that *session* is connected no more; it may be opened again, or forgotten."""
        if course := self._courses.pop(session, None):
            course.is_open = False
            self._courses[session] = course

    def is_news(self, session: str, generation: int, utterance: int) -> bool:
        """Tell whether *utterance* is still to become final, and *generation* may say so."""
        course = self._courses.get(session)
        return (
            course is not None and generation == course.generation and utterance > course.utterance
        )

    def add(self, session: str, final: messages.Final) -> None:
        """Add a final that is news; an empty one has no place in the story, but it is final."""
        course = self._courses[session]
        course.utterance = final.utterance
        if final.text:
            self.put(as_told(final, session, self.last + 1, course.offset))

    def place(self, session: str, generation: int, offset: float, utterance: int) -> None:
        """Take over what is known elsewhere of *session*, and its *offset* for good."""
        self.opened(session, generation, offset)
        course = self._courses[session]
        course.offset = round(offset, _PLACES)
        course.utterance = max(course.utterance, utterance)

    def put(self, told: captions.Final) -> None:
        """Add a final that has its number; if some are missing before it, forget all of them."""
        if told.number <= self.last:
            return
        if told.number > self.last + 1:
            self._finals.clear()
        self.last = told.number
        self._finals.append(told)

    def course(self, session: str) -> Course | None:
        """Say how far *session* has come."""
        return self._courses.get(session)

    def courses(self) -> Iterator[tuple[str, Course]]:
        """Give all sessions that are remembered."""
        return iter(self._courses.items())

    def time(self, session: str, seconds: float) -> float:
        """Give the story's time of a session's second."""
        return _moved(seconds, self._courses[session].offset)

    def after(self, number: int, most: int | None = None) -> tuple[captions.Final, ...]:
        """Give the oldest *most*, or all, of the finals behind *number* that are kept."""
        begin = max(0, number - self.first + 1)
        return tuple(islice(self._finals, begin, None if most is None else begin + most))

    def _forget_one(self) -> None:
        if len(self._courses) > MOST_SESSIONS:
            ended = (session for session, course in self._courses.items() if not course.is_open)
            if (oldest := next(ended, None)) is not None:
                del self._courses[oldest]


def as_said(finals: Iterable[captions.Final]) -> list[messages.Final]:
    """Give finals of several sessions as those of one, whose utterances are their numbers.

    Their order stays: who speaks long becomes final late, and what others have said meanwhile was
    read before.
    """
    return [
        messages.Final(
            utterance=final.number,
            text=final.text,
            start=final.start,
            end=final.end,
            language=final.language,
            words=final.words,
            through=0,
        )
        for final in finals
    ]


def as_told(final: messages.Final, session: str, number: int, offset: float) -> captions.Final:
    """Give what *session* said, whose second 0 is the story's second *offset*."""
    words = final.words
    if words is not None:
        words = tuple(
            replace(word, start=_moved(word.start, offset), end=_moved(word.end, offset))
            for word in words
        )
    return captions.Final(
        number=number,
        session=session,
        utterance=final.utterance,
        text=final.text,
        start=_moved(final.start, offset),
        end=_moved(final.end, offset),
        language=final.language,
        words=words,
    )


def _moved(seconds: float, offset: float) -> float:
    return round(seconds + offset, _PLACES)
