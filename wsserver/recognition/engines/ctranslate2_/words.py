"""Tokens and the positions where they were spoken to words with times.

Knows nothing of models.
"""

import inspect
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import merge_punctuations
from numpy.typing import NDArray

from wsserver.recognition.engines.ctranslate2_.spectrogram import SAMPLES
from wsserver.speech import Window, Word

_DEFAULTS = inspect.signature(WhisperModel.transcribe).parameters
_PUNCTUATION = tuple(_DEFAULTS[f"{side}_punctuations"].default for side in ("prepend", "append"))

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that openai-whisper takes letter by letter."""

_UNFINISHED = "\N{REPLACEMENT CHARACTER}"

Edges = NDArray[np.int64]
"""Where each token starts, and where the last one ends: samples of the window."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sampled tokens of a window, and what is known of each."""

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    edges: Edges


def spread(tokens: int, samples: int) -> Edges:
    """Spread so many tokens evenly over a window of so many samples."""
    return np.linspace(0, samples, tokens + 1).astype(np.int64)


def aligned(path: Sequence[tuple[int, int]], tokens: int, samples: int) -> Edges:
    """Read the edges off a *path* of tokens and the positions they looked at, both from 0.

    What the path does not reach is spoken at the end.
    """
    edges = np.full(tokens + 1, samples, np.int64)
    for token, position in reversed(path):
        edges[token] = min(position * SAMPLES, samples)
    return edges


def words_of(window: Window, spoken: Spoken, tokenizer: Any) -> tuple[Word, ...]:
    """Give the words of a hypothesis with sample indexes inside *window*, in order.

    The words joined and stripped are the decoded text.  Punctuation belongs to a neighbor and
    has no part in its times and probability.
    """
    pieces = list(_pieces(tokenizer, spoken.tokens))
    if not "".join(text for text, _ in pieces).strip():
        return ()
    bounds = np.cumsum([0, *(count for _, count in pieces)]).tolist()
    times = (window.start + spoken.edges[bounds]).tolist()
    timings = [
        {
            "word": text,
            "tokens": [],
            "start": start,
            "end": end,
            "probability": float(np.mean(spoken.probabilities[first:last])),
        }
        for (text, _), (start, end), (first, last) in zip(
            pieces, pairwise(times), pairwise(bounds), strict=True
        )
    ]
    merge_punctuations(timings, *_PUNCTUATION)
    return tuple(
        Word(timing["word"], timing["start"], timing["end"], timing["probability"])
        for timing in timings
        if timing["word"]
    )


def _pieces(tokenizer: Any, tokens: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Cut *tokens* into words, as text and a number of tokens; joined they are all the text."""
    word, counted = "", 0
    for text, count in _letters(tokenizer, tokens):
        if counted and _begins_word(tokenizer.language_code, text):
            yield word, counted
            word, counted = "", 0
        word, counted = word + text, counted + count
    if counted:
        yield word, counted


def _begins_word(language: str, text: str) -> bool:
    return language in _UNSPACED or text.startswith(" ") or text.strip() in string.punctuation


def _letters(tokenizer: Any, tokens: Sequence[int]) -> Iterator[tuple[str, int]]:
    """Cut *tokens* wherever no letter is left half finished."""
    first = 0
    for last in range(1, len(tokens) + 1):
        text = tokenizer.decode(list(tokens[first:last]))
        if last == len(tokens) or not text.endswith(_UNFINISHED):
            yield text, last - first
            first = last
