"""Write a caption file that grows: what stands in it was cut, timed and written once.

Knows finals and formats; knows nothing of who asks for the file, or when.
"""

from collections import deque
from collections.abc import Iterable

from wsserver.messages import Final
from wsserver.text.captions.cues import Screen, cut
from wsserver.text.captions.formats import Format


class GrowingFile:
    """A caption file of one format; what it held once stays as it is, save the end of its last cue.

    Finals stand in it in the order in which they are added, and are told apart by `utterance`,
    which has to rise.
    """

    def __init__(self, form: Format) -> None:
        self._form = form
        self._screen = Screen()
        self._bodies: deque[tuple[int, str]] = deque()
        """Of each cue but the last, with the number of its final."""

        self._number = 0
        """Of the final of the last cue."""

    def add(self, news: Iterable[Final]) -> None:
        """Add finals, which takes most of the time."""
        for final in news:
            for spoken in cut(final):
                if before := self._screen.show(spoken):
                    self._bodies.append((self._number, self._form.body(before)))
                self._number = final.utterance

    def write(self, first: int = 0) -> str:
        """Leave out finals before number *first*, and give the whole file."""
        while self._bodies and self._bodies[0][0] < first:
            self._bodies.popleft()
        bodies = [body for _, body in self._bodies]
        if self._screen.last and self._number >= first:
            bodies.append(self._form.body(self._screen.last))
        return self._form.join(bodies)
