"""Fit one curve to measurements of several moments, between which a machine is not equally fast.

Knows batches that ran; knows nothing of what else the machine had to do.

What a batch costs beside another is fitted to all moments together, for one alone has few batches;
how fast the machine was is each moment's own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bench.capacity.curve import Batch, Cost, Curve, fit


def level(cost: Cost, batches: Iterable[Batch]) -> float:
    """Say how much longer than expected *batches*, all of one kind, took in sum; 1 if none ran."""
    pairs = [(batch.took_seconds, cost.at(batch.lengths)) for batch in batches]
    expected = sum(each for _, each in pairs)
    return sum(took for took, _ in pairs) / expected if expected else 1.0


def of_kind(batches: Iterable[Batch], exact: bool) -> list[Batch]:
    """Give those that are exact, or the others."""
    return [batch for batch in batches if batch.exact is exact]


def scaled(curve: Curve, batches: Sequence[Batch]) -> Curve:
    """Give the *curve* of a machine that takes for *batches* as long as they took."""
    exact = level(curve.exact, of_kind(batches, exact=True))
    others = level(curve.others, of_kind(batches, exact=False))
    return replace(curve, exact=curve.exact.times(exact), others=curve.others.times(others))


def fit_curve(name: str, moments: Sequence[Sequence[Batch]]) -> Curve:
    """Fit the curve of the average moment."""
    exact, others = (_fit([of_kind(m, kind) for m in moments]) for kind in (True, False))
    return Curve(name, exact, others)


def _fit(moments: Sequence[Sequence[Batch]]) -> Cost:
    together = fit([batch for moment in moments for batch in moment])
    levels = [level(together, moment) for moment in moments]
    return fit(
        [
            replace(batch, took_seconds=batch.took_seconds / each)
            for each, moment in zip(levels, moments, strict=True)
            for batch in moment
        ]
    )
