"""Compare what was heard with what was said, word for word.

Knows words; knows nothing of audio or models.  Case and punctuation do not count.
"""

from dataclasses import dataclass

import jiwer

from wsserver.text.stabilizer import normalize

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How what was heard differs from what was said."""

    said: int
    """Words that were to be written."""

    edits: int
    """Words that are wrong, missing or too many."""

    after_end: Words
    """Words that were written behind the last one that was said, however that one was heard."""

    same: tuple[tuple[int, int], ...]
    """Pairs of places, in what was said and in what was heard, of the same word."""


def words_of(text: str) -> Words:
    """Part *text* into the words that are compared."""
    return tuple(word for word in map(normalize, text.split()) if word)


def compare(said: Words, heard: Words) -> Comparison:
    """Find the fewest edits that make *heard* of *said*."""
    if not said or not heard:
        return Comparison(len(said), len(said) + len(heard), heard if not said else (), ())
    found = jiwer.process_words(" ".join(said), " ".join(heard))
    edits = _edits(found)
    chunks = found.alignments[0]
    same = tuple(
        pair
        for chunk in chunks
        if chunk.type == "equal"
        for pair in zip(
            range(chunk.ref_start_idx, chunk.ref_end_idx),
            range(chunk.hyp_start_idx, chunk.hyp_end_idx),
            strict=True,
        )
    )
    return Comparison(len(said), edits, _after_end(said, heard, edits), same)


def _after_end(said: Words, heard: Words, edits: int) -> Words:
    """Give the longest end of *heard* that some way of the fewest *edits* takes away.

    One such way is not enough: it may take words away before a last one that was misheard, and
    exchange the very last for that.
    """
    for end in range(1, len(heard)):
        left = jiwer.process_words(" ".join(said), " ".join(heard[:end]))
        if _edits(left) + len(heard) - end == edits:
            return heard[end:]
    return ()


def _edits(found: jiwer.WordOutput) -> int:
    return found.substitutions + found.deletions + found.insertions
