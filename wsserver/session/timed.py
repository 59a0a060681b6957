"""Tell a client the words of a text with their times.

Knows words as the engine gives them and as messages hold them; knows nothing else.
"""

from collections.abc import Iterable

from wsserver.messages import TimedWord
from wsserver.speech import Word, seconds


def timed(words: Iterable[Word]) -> tuple[TimedWord, ...]:
    """Give *words* with their times in seconds, and their probabilities."""
    return tuple(
        TimedWord(
            text=word.text,
            start=seconds(word.start),
            end=seconds(word.end),
            probability=round(word.probability, 3),
        )
        for word in words
    )
