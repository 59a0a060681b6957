"""Give cues their times: with the speech, and for as long as they take to read.

Knows pages and their words' times; knows nothing of languages or formats.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wsserver.messages import Final
from wsserver.text.captions.costs import (
    LINE_COLUMNS,
    LONGEST_SECONDS,
    SHORTEST_SECONDS,
    reading_seconds,
)
from wsserver.text.captions.layout import Page, lay_out
from wsserver.text.captions.tokens import tokens

LATEST_MS = 500
"""How much later than its words a cue may begin, so that the one before can be read."""

SHORTEST_GAP_MS = 1000
"""BBC 4.5, "Gaps": shorter ones flicker, so the earlier cue stays until the next one."""

_LONGEST_MS = round(LONGEST_SECONDS * 1000)
_SHORTEST_MS = round(SHORTEST_SECONDS * 1000)


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines that stand on the screen together."""

    start_ms: int
    end_ms: int
    """Always after the start, never after the next cue's start."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The lines of a cue, and when they are spoken."""

    lines: tuple[str, ...]
    start_ms: int
    end_ms: int
    reading_ms: int
    """How long they have to stay to be read."""


def cues(finals: Iterable[Final]) -> list[Cue]:
    """Cut finals, in their order, into cues of at most two lines of 42 columns, and time them."""
    return timed(spoken for final in finals for spoken in cut(final))


def cut(final: Final) -> tuple[Spoken, ...]:
    """Choose the lines of a final, which is most of the work and depends on nothing else."""
    pages = lay_out(tokens(final, LINE_COLUMNS), final.language)
    return tuple(_spoken(page) for page in pages)


def timed(cut_finals: Iterable[Spoken]) -> list[Cue]:
    """Give what was cut, in its order, its times on the screen."""
    screen = Screen()
    before = [cue for spoken in cut_finals if (cue := screen.show(spoken))]
    return before if screen.last is None else [*before, screen.last]


class Screen:
    """Where cues come and go.

    A cue begins with its words, or up to half a second later if the one before is not read yet,
    and lingers in the silence behind it until it can be read; if speech is faster than the limit
    it stays until the next one comes.  More words change none of the cues but the end of the last
    one.  What was spoken before words that are shown already, because somebody else became final
    sooner, follows them quickly, until the screen is with the speech again.
    """

    def __init__(self) -> None:
        self.last: Cue | None = None
        """The latest cue, which ends so if nothing follows."""

        self._spoken: Spoken | None = None
        """What the latest cue shows."""

    def show(self, spoken: Spoken) -> Cue | None:
        """Show what is spoken; give the cue before, whose end is known now."""
        start_ms, before = spoken.start_ms, self.last
        if before and self._spoken:
            start_ms = _start_ms(before.start_ms, self._spoken, spoken.start_ms)
            before = replace(before, end_ms=_end_ms(before, start_ms))
        self._spoken = spoken
        end_ms = max(spoken.end_ms, start_ms + spoken.reading_ms)
        self.last = Cue(start_ms, min(end_ms, start_ms + _LONGEST_MS), spoken.lines)
        return before


def _spoken(page: Page) -> Spoken:
    widths = (sum(token.width + token.is_spaced for token in line) for line in page)
    columns = sum(widths) - page[0][0].is_spaced
    return Spoken(
        lines=tuple("".join(token.text for token in line).strip() for line in page),
        start_ms=_ms(page[0][0].start),
        end_ms=_ms(page[-1][-1].end),
        reading_ms=round(reading_seconds(columns) * 1000),
    )


def _start_ms(before_ms: int, before: Spoken, spoken_ms: int) -> int:
    """Begin with the words, unless the cue that began *before_ms* is still to be read."""
    patient_ms = min(before_ms + before.reading_ms, spoken_ms + LATEST_MS)
    is_behind = before_ms > min(before.start_ms, spoken_ms) + LATEST_MS
    return max(spoken_ms, patient_ms, before_ms + (_SHORTEST_MS if is_behind else 1))


def _end_ms(cue: Cue, next_ms: int) -> int:
    """End before the next cue, and at it rather than a moment before."""
    is_close = next_ms - cue.end_ms < SHORTEST_GAP_MS
    return min(next_ms if is_close else cue.end_ms, cue.start_ms + _LONGEST_MS)


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))
