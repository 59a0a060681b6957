"""Hear items by stock Whisper: greedy `decode` at temperature 0, in batches.

Knows nothing of sets or of what is counted.  No engine of the product is used, so that the figures
are the checkpoint's own; only the length of the short context is the product's.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import numpy as np
import torch
import whisper
from torch import Tensor
from whisper.audio import N_SAMPLES_PER_TOKEN, log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions, DecodingResult
from whisper.model import Whisper

from tools.practice.evaluation.trials import Heard, Item, Way
from tools.practice.speech import Word
from wsserver.recognition.engines.whisper_.encoder import short_context

_BATCH = 16

Progress = Callable[[int], None]
"""Told after each batch how many items it had."""


def _untold(_: int) -> None:
    pass


class Listener:
    """A checkpoint, loaded by stock."""

    def __init__(self, checkpoint: Path, threads: int | None = None) -> None:
        if threads:
            torch.set_num_threads(threads)
        self.model: Whisper = whisper.load_model(str(checkpoint), device="cpu").float().eval()

    def hear(self, items: Sequence[Item], way: Way, told: Progress = _untold) -> list[Heard]:
        """Decode every item in this way; gives as many answers, in order."""
        answers: dict[int, Heard] = {}
        for places, positions in self._batches(items, way):
            batch = [items[place] for place in places]
            results = self._decode(batch, positions, way)
            answers.update(zip(places, map(_heard, results), strict=True))
            told(len(batch))
        return [answers[place] for place in range(len(items))]

    def time(self, items: Sequence[Item], told: Progress = _untold) -> list[Heard]:
        """Transcribe every item by stock with a time for each word."""
        answers = []
        for item in items:
            answers.append(self._timed(item))
            told(1)
        return answers

    def _batches(self, items: Sequence[Item], way: Way) -> Iterator[tuple[list[int], int]]:
        """Give the places of items that are decoded together, and the positions they get."""

        def alike(place: int) -> tuple[int, str]:
            return self._positions(items[place], way), items[place].prompt

        for (positions, _), group in groupby(sorted(range(len(items)), key=alike), alike):
            places = list(group)
            for first in range(0, len(places), _BATCH):
                yield places[first : first + _BATCH], positions

    def _positions(self, item: Item, way: Way) -> int:
        whole: int = self.model.dims.n_audio_ctx
        return short_context(len(item.samples), whole, "cpu") if way is Way.SHORT else whole

    @torch.no_grad()
    def _decode(self, batch: Sequence[Item], positions: int, way: Way) -> list[DecodingResult]:
        options = DecodingOptions(
            language="en",
            prompt=batch[0].prompt or None,
            without_timestamps=way is not Way.TIMESTAMPS,
            fp16=False,
        )
        mels = torch.stack([_mel(item, positions) for item in batch])
        with _context(self.model, positions):
            results: list[DecodingResult] = self.model.decode(mels, options)
        return results

    def _timed(self, item: Item) -> Heard:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            told = self.model.transcribe(
                item.samples,
                language="en",
                temperature=0.0,
                word_timestamps=True,
                without_timestamps=True,
                condition_on_previous_text=False,
                fp16=False,
            )
        segments = told["segments"]
        words = tuple(
            Word(word["word"].strip(), float(word["start"]), float(word["end"]))
            for segment in segments
            for word in segment["words"]
        )
        first = segments[0] if segments else {"no_speech_prob": 1.0, "avg_logprob": 0.0}
        return Heard(told["text"].strip(), first["no_speech_prob"], first["avg_logprob"], words)


def _heard(result: DecodingResult) -> Heard:
    return Heard(result.text, result.no_speech_prob, result.avg_logprob)


def _mel(item: Item, positions: int) -> Tensor:
    padded = pad_or_trim(np.ascontiguousarray(item.samples), positions * N_SAMPLES_PER_TOKEN)
    mel: Tensor = log_mel_spectrogram(padded)
    return mel


@contextmanager
def _context(model: Whisper, positions: int) -> Iterator[None]:
    """Let stock's encoder take so many positions, which is not foreseen in it."""
    table, whole = model.encoder.positional_embedding, model.dims.n_audio_ctx
    model.encoder.positional_embedding = table[:positions]
    model.dims.n_audio_ctx = positions
    try:
        yield
    finally:
        model.encoder.positional_embedding = table
        model.dims.n_audio_ctx = whole
