"""Tokens, and what the alignment heads looked at meanwhile, to words with times.

Knows nothing of models.  The attention is that of the decoding pass itself, where stock runs
encoder and decoder a second time.
"""

import inspect
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from whisper.audio import N_SAMPLES_PER_TOKEN
from whisper.timing import WordTiming, add_word_timestamps, merge_punctuations

from wsserver.recognition.engines.whisper_.spelling import split
from wsserver.recognition.engines.whisper_.timing import Attention, token_positions
from wsserver.speech import Window, Word

_DEFAULTS = inspect.signature(add_word_timestamps).parameters
_PUNCTUATION = tuple(_DEFAULTS[f"{side}_punctuations"].default for side in ("prepend", "append"))


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sampled tokens of a row and what is known of each."""

    tokens: tuple[int, ...]
    probabilities: tuple[float, ...]
    attention: Attention
    first_line: int
    """The line that looked for the first sampled token."""

    language: str


def words_of(window: Window, spoken: Spoken, tokenizer: Any) -> tuple[Word, ...]:
    """Give the words of a hypothesis with sample indexes inside *window*, in order.

    The words joined and stripped are the decoded text.  Punctuation belongs to a neighbor and
    has no part in its times and probability, as in stock.
    """
    pieces = split(tokenizer, spoken.tokens, spoken.language)
    if not "".join(text for text, _ in pieces).strip():
        return ()
    edges = np.cumsum([0, *(count for _, count in pieces)])
    positions = token_positions(spoken.attention, spoken.first_line, len(spoken.tokens))
    samples = window.start + positions[edges] * N_SAMPLES_PER_TOKEN
    times = np.minimum(samples, window.end).tolist()
    chances = [float(np.mean(spoken.probabilities[first:end])) for first, end in pairwise(edges)]
    timings = [
        WordTiming(text, [], start, end, chance)
        for (text, _), start, end, chance in zip(
            pieces, times[:-1], times[1:], chances, strict=True
        )
    ]
    merge_punctuations(timings, *_PUNCTUATION)
    return tuple(Word(t.word, t.start, t.end, t.probability) for t in timings if t.word)
