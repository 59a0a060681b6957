"""What a batch costs: fitted to batches that ran, kept in a small file.

Knows windows by their number and length; knows nothing of where or how they were decoded.

A batch takes a price of its own, one for each window, and more for audio: for all of it, for the
longest window (all wait for its last token), and for the longest once for each window.  No part is
negative.  What this does not explain is drawn from what was left over in the measurement.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsserver.speech import Window, seconds

PARTS = ("batch", "window", "audio", "longest", "longest_by_windows")
"""What costs something: a batch, each window, a second of audio, a second of the longest one, and
that times the windows."""

QUANTILES = 21
_SWEEPS = 2_000


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that ran."""

    exact: bool
    lengths: tuple[float, ...]
    """Seconds of audio in its windows."""

    took_seconds: float


@dataclass(frozen=True, slots=True)
class Cost:
    """The price of batches of one kind."""

    parts: Mapping[str, float]
    """Seconds, by `PARTS`; what is left out is free."""

    spread: tuple[float, ...] = (1.0,)
    """Quantiles, evenly spread, of what batches took over what was expected; their mean is 1."""

    def at(self, lengths: Sequence[float]) -> float:
        """Give the seconds that windows of these *lengths* in seconds take on average."""
        features = _features(lengths)
        return sum(features[name] * price for name, price in self.parts.items())

    def times(self, factor: float) -> "Cost":
        """Give the price on a machine that is so much slower."""
        return replace(self, parts={name: price * factor for name, price in self.parts.items()})

    def draw(self, lengths: Sequence[float], chance: Random) -> float:
        """Give what one such batch takes."""
        place = chance.random() * (len(self.spread) - 1)
        low = int(place)
        high = min(low + 1, len(self.spread) - 1)
        factor = self.spread[low] + (place - low) * (self.spread[high] - self.spread[low])
        return self.at(lengths) * factor


@dataclass(frozen=True, slots=True)
class Curve:
    """What batches cost on one machine with one model."""

    name: str
    exact: Cost
    others: Cost
    told: Mapping[str, Any] = field(default_factory=dict)
    """When, on what and from how many batches; `assumed` if nobody measured it."""

    @property
    def is_assumed(self) -> bool:
        """True if nobody measured it."""
        return bool(self.told.get("assumed"))

    def expect(self, windows: Sequence[Window]) -> float:
        """Give the seconds that *windows* take on average; one kind goes after the other."""
        return sum(cost.at(lengths) for cost, lengths in self._kinds(windows))

    def draw(self, windows: Sequence[Window], chance: Random) -> float:
        """Give what *windows* take this time."""
        return sum(cost.draw(lengths, chance) for cost, lengths in self._kinds(windows))

    def _kinds(self, windows: Sequence[Window]) -> list[tuple[Cost, list[float]]]:
        kinds = ((self.exact, True), (self.others, False))
        lengths = [(c, [seconds(len(w.audio)) for w in windows if w.exact is e]) for c, e in kinds]
        return [(cost, each) for cost, each in lengths if each]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def load(path: Path) -> Curve:
    """Read what `Curve.save` wrote, or somebody by hand; raise ValueError for another document."""
    told = json.loads(path.read_text())
    try:
        exact, others = (_cost(told[kind]) for kind in ("exact", "others"))
        return Curve(told["name"], exact, others, told.get("told", {}))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: found no costs in it: {error}") from None


def _cost(told: Mapping[str, Any]) -> Cost:
    unknown = set(told["parts"]) - set(PARTS)
    if unknown:
        raise ValueError(f"found costs of {sorted(unknown)}, expected some of {PARTS}")
    return Cost(told["parts"], tuple(told.get("spread", (1.0,))))


def fit(batches: Sequence[Batch]) -> Cost:
    """Find the price of *batches*, all of one kind, that is least wrong relative to each.

    Raises ValueError if there are none.
    """
    if not batches:
        raise ValueError("found no batches to fit a cost to, expected some of each kind")
    took = np.array([batch.took_seconds for batch in batches])
    rows = np.array([list(_features(batch.lengths).values()) for batch in batches])
    prices = _least_squares(rows / took[:, None], np.ones(len(took)))
    # Least squares of ratios comes out too cheap where batches scatter: the sums have to agree.
    prices *= took.sum() / (rows @ prices).sum()
    ratios = took / (rows @ prices)
    spread = np.quantile(ratios, np.linspace(0, 1, QUANTILES))
    mean = float((spread[:-1] + spread[1:]).mean() / 2)
    parts = {name: float(price) for name, price in zip(PARTS, prices, strict=True)}
    return Cost(parts, tuple(float(each) / mean for each in spread))


def _features(lengths: Sequence[float]) -> dict[str, float]:
    count, longest = float(len(lengths)), max(lengths)
    return dict(zip(PARTS, (1.0, count, sum(lengths), longest, count * longest), strict=True))


def _least_squares(rows: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Solve for what is nowhere negative, by coordinate descent (Franc et al. 2005)."""
    gram, slope = rows.T @ rows, rows.T @ wanted
    found: NDArray[np.float64] = np.zeros(rows.shape[1])
    for _ in range(_SWEEPS):
        for place in range(len(found)):
            step = (slope[place] - gram[place] @ found) / gram[place, place]
            found[place] = max(0.0, found[place] + step)
    return found
