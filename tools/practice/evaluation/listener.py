"""Hear items by stock Whisper: greedy `decode` at temperature 0, in batches.

Knows nothing of sets or of what is counted.  No engine of the product is used, so that the figures
are the checkpoint's own; only the length of the short context is the product's.
"""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
import whisper
from torch import Tensor
from whisper.audio import HOP_LENGTH, N_SAMPLES_PER_TOKEN, log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions, DecodingResult
from whisper.model import Whisper
from whisper.timing import add_word_timestamps
from whisper.tokenizer import get_tokenizer

from tools.practice.evaluation.trials import Heard, Item, Way
from tools.practice.speech import Word
from wsserver.recognition.engines.whisper_.encoder import short_context

_BATCH = 16


class Listener:
    """A checkpoint, loaded by stock."""

    def __init__(self, checkpoint: Path, threads: int | None = None) -> None:
        if threads:
            torch.set_num_threads(threads)
        self.model: Whisper = whisper.load_model(str(checkpoint), device="cpu").float().eval()
        self._tokenizer = get_tokenizer(self.model.is_multilingual, language="en")

    def hear(self, items: Sequence[Item], way: Way) -> list[Heard]:
        """Decode every item in this way; gives as many answers, in order."""
        answers: dict[int, Heard] = {}
        for places, positions in self._batches(items, way):
            batch = [items[place] for place in places]
            results = self._decode(batch, positions, way)
            answers.update(zip(places, map(_heard, results), strict=True))
        return [answers[place] for place in range(len(items))]

    def time(self, items: Sequence[Item]) -> list[Heard]:
        """Decode every item in the full context, with stock's time for each word."""
        heard = self.hear(items, Way.FULL)
        return [
            replace(one, words=self._words(item, one.text))
            for item, one in zip(items, heard, strict=True)
        ]

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

    @torch.no_grad()
    def _words(self, item: Item, text: str) -> tuple[Word, ...]:
        """Align a text with what was said, as `transcribe` does with one window."""
        tokens = self._tokenizer.encode(f" {text}")
        segment = {"seek": 0, "start": 0.0, "end": item.seconds, "tokens": tokens}
        with warnings.catch_warnings():
            # Without a GPU's kernels it says that its own median filter is slow.
            warnings.simplefilter("ignore", UserWarning)
            add_word_timestamps(
                segments=[segment],
                model=self.model,
                tokenizer=self._tokenizer,
                mel=_mel(item, self.model.dims.n_audio_ctx),
                num_frames=len(item.samples) // HOP_LENGTH,
                last_speech_timestamp=0.0,
            )
        timed: Any = segment["words"]
        return tuple(Word(word["word"].strip(), word["start"], word["end"]) for word in timed)


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
