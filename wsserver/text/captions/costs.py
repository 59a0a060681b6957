"""The limits that every cue keeps, and what speaks against a layout within them.

Knows numbers and where they come from; knows nothing of words.
"""

from dataclasses import dataclass

from wsserver.text.captions.phrases import Joint

LINE_COLUMNS = 42
"""Netflix, "Character Limitation", for languages in Latin letters; a wide character takes two."""

CUE_LINES = 2
"""Netflix, "Line Treatment", and BBC 3.3, "Avoid 3 lines or more"."""

COLUMNS_PER_SECOND = 17
"""Netflix, English guides, "Reading Speed": 17 characters, 200 words a minute, for adults (later
editions allow 20).  BBC 4.1, "Target minimum timing", asks for 160 to 180 words a minute."""

SHORTEST_SECONDS = 5 / 6
LONGEST_SECONDS = 7.0
"""Netflix, "Duration"."""

END_COSTS = {
    Joint.SENTENCE: 0,
    Joint.CLAUSE: 4,
    Joint.CONJUNCTION: 8,
    Joint.PREPOSITION: 12,
    Joint.PLAIN: 24,
    Joint.CHARACTER: 30,
    Joint.PRONOUN: 40,
    Joint.NAME: 60,
    Joint.BOUND: 80,
    Joint.WORD: 200,
}
"""A line that ends there."""


@dataclass(frozen=True, slots=True)
class Costs:
    """What else speaks against a layout, in the units of `END_COSTS`."""

    cue: float = 30
    """Each cue: fewer changes are calmer to read."""

    cue_end: float = 1.5
    """Times the cost of the line's end: the rest comes only after the cue is gone."""

    second_line: float = 6
    """Netflix, "Line Treatment": one line if it holds all."""

    sentence: float = 6
    """Each sentence that ends within a line: BBC 3.2, "Subtitles should contain single sentences";
    BBC 3.8, "Short sentences", lets them stand together where that saves time."""

    top_heavy: float = 0.5
    bottom_heavy: float = 0.125
    """Each column by which the upper line is longer, or the lower one: Netflix, "Line Treatment",
    prefers the pyramid that stands on its longer line."""

    stub: float = 3
    """Each column that a cue has fewer than *stub_columns*, if the final has more than this cue."""

    stub_columns: int = 12

    silence: float = 40
    """Each second of silence, above *pause_seconds*, before words that stand there already: BBC
    5.2, "Match subtitle to pace of speaking", lets them anticipate speech by 1.5 s at most."""

    pause_seconds: float = 0.5
    paused: float = 0.5
    """Times the cost of an end after which the speaker pauses: DCMP Captioning Key, "Line
    Division", breaks where speech normally pauses."""

    hurry: float = 30
    """Each second that the cue lacks to be read, or to its shortest time, before the next one."""

    too_long: float = 300
    """Each second that it would have to stay above the longest time."""


COSTS = Costs()


def reading_seconds(columns: int) -> float:
    """Give the time that a cue of *columns* needs to be read."""
    return max(SHORTEST_SECONDS, columns / COLUMNS_PER_SECOND)
