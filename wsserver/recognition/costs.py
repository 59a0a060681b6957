"""Learn from the batches that ran what the next one will cost.

Knows windows and seconds; knows nothing of clocks, hardware or models.
"""

from collections.abc import Sequence
from typing import TypeAlias

from wsserver.speech import Window, seconds

LEARNING_RATE = 0.3
"""How much of an error the next prediction makes good: 0 learns nothing, 1 forgets all before."""


class Costs:
    """Seconds per batch, per exact window, and per second of audio in the other windows.

    Exact windows always take the full 30 s context; the others pay for their length.  The three
    prices are learned by normalized least mean squares (Widrow and Hoff 1960; Nagumo and Noda
    1967) and never fall below zero, so that a larger batch is never predicted to be cheaper.
    """

    def __init__(self) -> None:
        # Measured with base.en on two cores; high enough that the first batches stay small.
        self._prices = (0.05, 0.8, 0.02)

    def predict(self, windows: Sequence[Window]) -> float:
        """Give the seconds that *windows* will take as one batch."""
        return _dot(self._prices, _features(windows))

    def observe(self, windows: Sequence[Window], took_seconds: float) -> None:
        """Learn that *windows* took that long as one batch."""
        features = _features(windows)
        error = took_seconds - _dot(self._prices, features)
        step = LEARNING_RATE * error / _dot(features, features)
        batch, exact, audio = (
            max(0.0, price + step * feature)
            for price, feature in zip(self._prices, features, strict=True)
        )
        self._prices = (batch, exact, audio)


Features: TypeAlias = tuple[float, float, float]


def _features(windows: Sequence[Window]) -> Features:
    exact = sum(window.exact for window in windows)
    audio = sum(seconds(len(window.audio)) for window in windows if not window.exact)
    return (1.0, float(exact), audio)


def _dot(left: Features, right: Features) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))
