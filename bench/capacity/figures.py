"""What a run amounts to, simulated or real: lags, batches and how busy the engines were.

Knows lags and batches; knows nothing of where they come from.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.capacity.stream import Heard
from bench.lags import percentile
from wsserver.speech import Priority, Window, seconds


@dataclass(frozen=True, slots=True)
class Ran:
    """A batch that ran; times in seconds since the run began."""

    began: float
    ended: float
    lengths: tuple[float, ...]
    """Seconds of audio in its windows."""

    exact: bool
    priorities: tuple[Priority, ...] = ()

    @classmethod
    def of(cls, windows: Sequence[Window], began: float, ended: float) -> "Ran":
        """Write down *windows*, which ran together."""
        lengths = tuple(seconds(len(window.audio)) for window in windows)
        priorities = tuple(window.priority for window in windows)
        return cls(began, ended, lengths, windows[0].exact, priorities)

    @property
    def seconds(self) -> float:
        """Say how long it took."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a run is judged by."""

    heard: Heard
    batches: "Batches"
    refused: int = 0
    """How often somebody was."""

    inside: float = 0.0
    """People who were there on average."""

    def word(self, q: float) -> float:
        """Give a percentile of the seconds from a word to its text."""
        return percentile(self.heard.words, q)

    def partial(self, q: float) -> float:
        """Give a percentile of the partials' lag."""
        return percentile(self.heard.partials, q)

    def final(self, q: float) -> float:
        """Give a percentile of the finals' lag."""
        return percentile(self.heard.finals, q)


@dataclass(frozen=True, slots=True)
class Span:
    """The time that counts."""

    begin: float
    end: float

    def overlap(self, begin: float, end: float) -> float:
        """Give the seconds of a stretch that lie within."""
        return max(0.0, min(end, self.end) - max(begin, self.begin))


@dataclass(frozen=True, slots=True)
class Batches:
    """What the engines did."""

    busy: float
    """Share of their time."""

    per_second: float
    windows: float
    """In a batch, on average."""

    finals: float
    """In a batch of finals, on average."""


def batch_figures(ran: Iterable[Ran], span: Span, engines: int) -> Batches:
    """Count what so many *engines* did in *span*."""
    length = span.end - span.begin
    ran = list(ran)
    busy = sum(span.overlap(each.began, each.ended) for each in ran) / length / engines
    counted = [each for each in ran if span.begin <= each.began < span.end]
    exact = [each for each in counted if each.exact]
    return Batches(busy, len(counted) / length, _size(counted), _size(exact))


def _size(ran: Sequence[Ran]) -> float:
    return float(np.mean([len(each.lengths) for each in ran])) if ran else 0.0
