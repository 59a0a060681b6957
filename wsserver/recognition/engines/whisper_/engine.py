"""The Whisper engine: windows to hypotheses, in batches, on stock weights.

Knows nothing of sessions, queues or processes, nor where a model comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
import torch
from whisper.audio import N_SAMPLES_PER_TOKEN
from whisper.model import Whisper
from whisper.utils import compression_ratio

from wsserver.recognition.engines.whisper_.alignment import heads_of
from wsserver.recognition.engines.whisper_.decoder import Cache, Heads
from wsserver.recognition.engines.whisper_.encoder import (
    bears_short_context,
    encode_all,
    short_context,
    spectrogram,
)
from wsserver.recognition.engines.whisper_.loop import Decoder, Marks, Trace
from wsserver.recognition.engines.whisper_.sampling import Request, filters
from wsserver.recognition.engines.whisper_.screening import Screen, screen_of
from wsserver.recognition.engines.whisper_.tokens import (
    Vocabulary,
    blank,
    drafted,
    opening,
    suppressed,
    text_of,
    vocabulary_of,
)
from wsserver.recognition.engines.whisper_.weights import Weights, weights_of
from wsserver.recognition.engines.whisper_.words import Spoken, words_of
from wsserver.speech import SAMPLE_RATE, EngineInfo, Hypothesis, Priority, Window


@dataclass(frozen=True, slots=True)
class Model:
    """A stock model taken apart, with what follows from its dimensions."""

    weights: Weights
    """In the precision of finals."""

    vocabulary: Vocabulary
    heads: Heads
    mels: int
    positions: int
    """Positions of audio in the 30 s context."""

    bears_short_context: bool

    def context(self, window: Window) -> int:
        """Give the positions to encode for *window*."""
        if window.exact or not self.bears_short_context:
            return self.positions
        device = self.weights.decoder.device.type
        return short_context(len(window.audio), self.positions, device)


def model_of(stock: Whisper, dtype: torch.dtype) -> Model:
    """Take *stock* apart, casting its weights once."""
    parts, dims = (weights_of(stock, dtype), vocabulary_of(stock), heads_of(stock)), stock.dims
    return Model(*parts, dims.n_mels, dims.n_audio_ctx, bears_short_context(dims))


@dataclass(frozen=True, slots=True)
class Way:
    """Weights and the decoder that runs on them."""

    weights: Weights
    decoder: Decoder


def _way(model: Model, weights: Weights, screen: Screen | None) -> Way:
    tokenizer = model.vocabulary.tokenizer
    rules = filters(suppressed(tokenizer), blank(tokenizer), weights.decoder.device)
    marks = Marks(tokenizer.sot, tokenizer.eot, tokenizer.no_speech)
    return Way(weights, Decoder(weights.decoder, rules, marks, screen))


class WhisperEngine:
    """Stock Whisper's hypotheses, many windows at a time.

    Of an exact window tokens and text are those of stock's `decode` with the prompt of
    `prompt_tokens`, without timestamps and in float32, whatever else is in the batch.  Any other
    is heard in a context as long as itself, where the model bears it; a draft makes it cheaper,
    and in float32 no different.
    """

    def __init__(self, model: Model, info: EngineInfo, partials: Weights | None = None) -> None:
        """Take a model; *info* names the languages that may be detected.

        Windows that need not be exact are heard with the weights for *partials*.
        """
        self.model = model
        self._info = info
        self._limit = model.vocabulary.context // 2
        self._exact = _way(model, model.weights, None)
        screen = screen_of(model.weights.decoder.embedding)
        self._quick = _way(model, partials or model.weights, screen)
        tokens = dict(
            zip(model.vocabulary.languages, model.vocabulary.language_tokens, strict=False)
        )
        self._detectable = [tokens[code] for code in info.languages if code in tokens]

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        return self._info

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Decode *windows*, many at a time; one hypothesis each, in the same order.

        Raises:
            UnsupportedFormat: a window asks for a language the model does not know.
        """
        heard: dict[int, Hypothesis] = {}
        for kind in sorted(set(kinds := [self._kind(window) for window in windows])):
            # Apart, because steps over rows of the full context are dear and partials need few.
            places = [place for place, of_kind in enumerate(kinds) if of_kind == kind]
            batch = [windows[place] for place in places]
            heard.update(zip(places, self._recognize(batch, self._limit), strict=True))
        return [heard[place] for place in range(len(windows))]

    def _kind(self, window: Window) -> tuple[bool, bool]:
        """Say what sets a window apart: the way it is heard, and if its context is short."""
        return not _is_exact(window), self.model.context(window) < self.model.positions

    def warm_up(self) -> None:
        """Decode two tokens of silence, so that the first speaker does not wait for lazy set-up."""
        silence = np.zeros(SAMPLE_RATE, np.float32)
        for exact in (True, False):
            window = Window("", 0, Priority.BULK, 0, silence, exact=exact)
            self._recognize([window], limit=2)

    def _recognize(self, windows: Sequence[Window], limit: int) -> list[Hypothesis]:
        way = self._exact if any(map(_is_exact, windows)) else self._quick
        with torch.inference_mode():
            cache = self._listen(way, windows)
            languages = self._languages(way, cache, windows)
            requests = [
                self._request(window, language, limit)
                for window, (language, _) in zip(windows, languages, strict=True)
            ]
            traces = way.decoder.decode(cache, requests)
            return [
                self._hypothesis(*heard)
                for heard in zip(windows, requests, traces, languages, strict=True)
            ]

    def _listen(self, way: Way, windows: Sequence[Window]) -> Cache:
        mels = [
            spectrogram(window.audio, self.model.mels, self.model.context(window))
            for window in windows
        ]
        features = encode_all(way.weights.encoder, mels)
        return Cache(way.weights.decoder, features, self.model.heads)

    def _languages(
        self, way: Way, cache: Cache, windows: Sequence[Window]
    ) -> list[tuple[str, float]]:
        """Give each window's language, with its probability where it had to be detected."""
        given = [window.options.language for window in windows]
        if not self.model.vocabulary.multilingual:
            return [("en", 1.0)] * len(windows)
        guessed = self._detect(way, cache) if None in given else [("", 0.0)] * len(given)
        return [(code, 1.0) if code else guess for code, guess in zip(given, guessed, strict=True)]

    def _detect(self, way: Way, cache: Cache) -> list[tuple[str, float]]:
        logits = way.decoder.language_logits(cache)[:, self._detectable]
        best, places = logits.softmax(dim=-1).max(dim=-1)
        codes = [self._info.languages[place] for place in places.tolist()]
        return list(zip(codes, best.tolist(), strict=True))

    def _request(self, window: Window, language: str, limit: int) -> Request:
        vocabulary, options = self.model.vocabulary, window.options
        begin = opening(vocabulary, options, language)
        return Request(
            begin,
            # One more than fits, because the last token need not be fed: stock's rule.
            min(limit, vocabulary.context + 1 - len(begin.tokens)),
            max(1, min(len(window.audio) // N_SAMPLES_PER_TOKEN, self.model.positions)),
            options.temperature,
            options.seed,
            # Verified tokens may differ from stepwise ones where two are equally likely, by a
            # rounding: an exact window is never to depend on what was heard before.
            () if window.exact else drafted(vocabulary, window.draft),
        )

    def _hypothesis(
        self, window: Window, request: Request, trace: Trace, language: tuple[str, float]
    ) -> Hypothesis:
        tokenizer = self.model.vocabulary.tokenizer
        text = text_of(tokenizer, trace.tokens)
        spoken = Spoken(
            trace.tokens,
            tuple(map(exp, trace.logprobs)),
            trace.attention,
            len(request.opening.tokens) - request.opening.start - 1,
            language[0],
        )
        return Hypothesis(
            text,
            trace.tokens,
            words_of(window, spoken, tokenizer),
            *language,
            avg_logprob=sum(trace.logprobs) / (len(trace.tokens) + 1),
            no_speech_prob=trace.no_speech_prob,
            compression_ratio=compression_ratio(text),
            temperature=window.options.temperature,
        )


def _is_exact(window: Window) -> bool:
    """Say whether a window is heard in the precision of finals; what is drawn always is."""
    return window.exact or window.options.temperature > 0
