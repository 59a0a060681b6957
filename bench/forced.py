"""The real engine on weights that mean nothing, held to the pace of speech.

Knows our engine and how much one says in a second; knows nothing of servers or speakers.

A model of random weights never ends, so a row ends by its limit once 3.5 tokens for each second of
its audio are out, and one more that stands for the end of text.  All else is the product's: its
encoder, its passes, its filters, its way to verify a draft.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from wsserver.recognition.engines import EngineSpec
from wsserver.recognition.engines.whisper_.engine import WhisperEngine
from wsserver.recognition.engines.whisper_.load import load
from wsserver.recognition.engines.whisper_.sampling import Request
from wsserver.speech import SAMPLE_RATE, EngineInfo, Hypothesis, Window

TOKENS_PER_SECOND = 3.5
"""What people say, by the tokens of Whisper."""


def tokens_in(samples: int) -> int:
    """Say how many tokens are spoken in so much audio."""
    return math.floor(samples * TOKENS_PER_SECOND / SAMPLE_RATE)


def wrong_in_places(tokens: Sequence[int], share_right: float) -> tuple[int, ...]:
    """Give *tokens* with some of them, evenly spread, wrong."""
    count = round(len(tokens) * (1 - share_right))
    places = {math.floor((place + 0.5) * len(tokens) / count) for place in range(count)}
    return tuple(t + 1 if place in places else t for place, t in enumerate(tokens))


class ForcedEngine:
    """An engine whose windows hold 3.5 tokens a second, and whose drafts are partly wrong."""

    def __init__(self, engine: WhisperEngine, draft_share: float) -> None:
        """Take over *engine*; of each draft *draft_share* stays right."""
        self._engine = engine
        self._draft_share = draft_share
        ask = engine._request  # noqa: SLF001 - the one hook of the bench

        def paced(window: Window, language: str, limit: int) -> Request:
            end_of_text = 1
            spoken = tokens_in(len(window.audio)) + end_of_text
            return ask(window, language, min(limit, spoken))

        engine._request = paced  # type: ignore[method-assign]  # noqa: SLF001

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        return self._engine.info

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Decode *windows* with worse drafts; one hypothesis each."""
        spoiled = [
            replace(window, draft=wrong_in_places(window.draft, self._draft_share))
            for window in windows
        ]
        return [_without_end(heard) for heard in self._engine.recognize(spoiled)]


def build(spec: EngineSpec, draft_share: float) -> ForcedEngine:
    """Load the engine of *spec* and hold it to the pace of speech."""
    return ForcedEngine(load(spec), draft_share)


def _without_end(heard: Hypothesis) -> Hypothesis:
    """Leave out the token that stood for the end; each is a word."""
    words = heard.words[:-1]
    text = "".join(word.text for word in words).strip()
    return replace(heard, text=text, tokens=heard.tokens[:-1], words=words)
