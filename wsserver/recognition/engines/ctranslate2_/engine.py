"""The CTranslate2 engine: windows to hypotheses on models in faster-whisper's format.

Knows nothing of sessions, queues or processes, nor where a model comes from.
"""

import zlib
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor

from wsserver.recognition.engines.ctranslate2_.spectrogram import (
    FULL,
    SAMPLES,
    short_context,
    spectrogram,
)
from wsserver.recognition.engines.ctranslate2_.tokens import (
    CONTEXT,
    Vocabulary,
    opening,
    prompt_tokens,
    suppressed,
    text_of,
)
from wsserver.recognition.engines.ctranslate2_.words import Spoken, aligned, spread, words_of
from wsserver.speech import SAMPLE_RATE, EngineInfo, Hypothesis, Priority, Window

SHORTEST = 16 * SAMPLES
"""A shorter window is not aligned: of next to no positions CTranslate2 makes invalid times."""

LARGEST = 1280
"""Width of the large models; turbo is one of them with the most of its decoder taken away."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model, with what its files say of it."""

    weights: Any
    """CTranslate2's Whisper."""

    vocabulary: Vocabulary
    heads: tuple[tuple[int, int], ...]
    """Layer and head of those that tell when a word was spoken; none in some older folders."""


class CTranslate2Engine:
    """Whisper as CTranslate2 decodes it, without timestamps, greedily at temperature 0.

    What it says of an exact window at temperature 0 depends on that window alone: exact windows
    are decoded one at a time, in the full 30 s context.  Others go together and are heard in a
    context as long as themselves, where the model bears it.  Above temperature 0 it draws, each
    time anew: CTranslate2 takes a seed for the first draw of a process only.  Drafts are of no
    use to it, since CTranslate2 verifies nothing in parallel.
    """

    def __init__(self, model: Model, info: EngineInfo) -> None:
        """Take a model; *info* names the languages that may be detected."""
        self.model = model
        self._info = info
        self._extractor = FeatureExtractor(feature_size=model.weights.n_mels)
        self._suppressed = suppressed(model.vocabulary.tokenizer)
        self._bears_short_context = _bears_short_context(self._encode([_silence()], 2), model)

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        return self._info

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Decode *windows*; one hypothesis each, in the same order.

        Raises:
            UnsupportedFormat: a window asks for a language the model does not know.
        """
        alike: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place, window in enumerate(windows):
            alike[place if window.exact else self._kind(window)].append(place)
        heard: dict[int, Hypothesis] = {}
        for places in alike.values():
            bundle = [windows[place] for place in places]
            heard.update(zip(places, self._recognize(bundle, CONTEXT), strict=True))
        return [heard[place] for place in range(len(windows))]

    def warm_up(self) -> None:
        """Decode two tokens of silence, so that the first speaker does not wait for lazy set-up."""
        self._recognize([_silence()], limit=2)

    def _kind(self, window: Window) -> Hashable:
        """Give what windows must have in common to go into one call of CTranslate2."""
        # It wants the start of transcript at one place, so prompts must be of one length.
        prompt = prompt_tokens(self.model.vocabulary.tokenizer, window.options)
        return self._context(window), window.options.temperature, len(prompt)

    def _context(self, window: Window) -> int:
        if window.exact or not self._bears_short_context:
            return FULL
        return short_context(len(window.audio))

    def _recognize(self, windows: Sequence[Window], limit: int) -> list[Hypothesis]:
        features = self._encode(windows, self._context(windows[0]))
        languages = self._languages(features, windows)
        openings = [
            opening(self.model.vocabulary, window.options, language)
            for window, (language, _) in zip(windows, languages, strict=True)
        ]
        results = self._generate(features, openings, windows[0].options.temperature, limit)
        return [
            self._hypothesis(window, result, language, features)
            for window, result, language in zip(windows, results, languages, strict=True)
        ]

    def _encode(self, windows: Sequence[Window], positions: int) -> Any:
        """Give the features of windows, shape (n, positions, state), where the model is."""
        mels = [spectrogram(self._extractor, window.audio, positions) for window in windows]
        return self.model.weights.encode(ctranslate2.StorageView.from_array(np.stack(mels)))

    def _languages(self, features: Any, windows: Sequence[Window]) -> list[tuple[str, float]]:
        """Give each window's language, with its probability where it had to be detected."""
        given = [window.options.language for window in windows]
        if not self.model.vocabulary.multilingual:
            return [("en", 1.0)] * len(windows)
        guessed = self._detect(features) if None in given else [("", 0.0)] * len(given)
        return [(code, 1.0) if code else guess for code, guess in zip(given, guessed, strict=True)]

    def _detect(self, features: Any) -> list[tuple[str, float]]:
        found = []
        for ranking in self.model.weights.detect_language(features):
            codes = ((token.strip("<|>"), chance) for token, chance in ranking)
            likely = [(code, chance) for code, chance in codes if code in self._info.languages]
            (best, chance), total = likely[0], sum(chance for _, chance in likely)
            # All may be so unlikely beside the others that nothing is left of them.
            found.append((best, chance / total if total else 1 / len(likely)))
        return found

    def _generate(
        self, features: Any, openings: list[list[int]], temperature: float, limit: int
    ) -> list[Any]:
        drawn = {"sampling_topk": 0, "sampling_temperature": temperature} if temperature else {}
        results: list[Any] = self.model.weights.generate(
            features,
            openings,
            beam_size=1,
            # CTranslate2 keeps, as openai-whisper does, half of the context for what is sampled.
            max_length=min(len(openings[0]) + limit, CONTEXT),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
            **drawn,
        )
        return results

    def _hypothesis(
        self, window: Window, result: Any, language: tuple[str, float], features: Any
    ) -> Hypothesis:
        tokenizer = self.model.vocabulary.tokenizer_for(language[0], window.options.task)
        tokens = tuple(result.sequences_ids[0])
        text = text_of(tokenizer, tokens)
        # The score is a mean without the end of text; openai-whisper's counts it.
        avg_logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        if window.exact and self.model.heads and len(window.audio) >= SHORTEST:
            spoken = self._align(window, tokens, tokenizer, features)
        else:
            likely = (min(1.0, exp(avg_logprob)),) * len(tokens)
            spoken = Spoken(tokens, likely, spread(len(tokens), len(window.audio)))
        return Hypothesis(
            text,
            tokens,
            words_of(window, spoken, tokenizer),
            *language,
            avg_logprob=avg_logprob,
            no_speech_prob=result.no_speech_prob,
            compression_ratio=_compression_ratio(text),
            temperature=window.options.temperature,
        )

    def _align(
        self, window: Window, tokens: tuple[int, ...], tokenizer: Any, features: Any
    ) -> Spoken:
        samples = len(window.audio)
        frames = 2 * -(-samples // SAMPLES)
        (found,) = self.model.weights.align(
            features, tokenizer.sot_sequence, [list(tokens)], frames
        )
        edges = aligned(found.alignments, len(tokens), samples)
        return Spoken(tokens, tuple(found.text_token_probs), edges)


def _silence() -> Window:
    return Window("", 0, Priority.BULK, 0, np.zeros(SAMPLE_RATE, np.float32))


def _bears_short_context(features: Any, model: Model) -> bool:
    """Say whether a model is any good on less than the full context; turbo is not.

    CTranslate2 does not tell how many layers there are, but a whole large decoder has its
    listening heads far up.
    """
    highest = max((layer for layer, _ in model.heads), default=0)
    width: int = features.shape[-1]
    return width < LARGEST or highest >= 4


def _compression_ratio(text: str) -> float:
    data = text.encode()
    return len(data) / len(zlib.compress(data))
