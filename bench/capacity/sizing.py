"""How many streams so many replicas carry, and how many replicas so many streams need.

Knows simulations and a target; knows nothing of tables.

Thousands of replicas are not simulated: people speak independently of each other, and a gateway has
no use for a replica that is not its own, so a cluster is many small ones side by side, each with
its share of people, gateways and replicas.  What a larger one gains is that fewer of its replicas
are idle while others have a queue, so a slice never promises too much; `slices` shows how little
that is.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bench.capacity.cluster import Machines
from bench.capacity.curve import Curve
from bench.capacity.figures import Figures
from bench.capacity.simulation import Load, Simulation
from wsserver.recognition.capacity import FINAL_SHARE_OF_LAG

SLICES = (1, 2, 4)
"""Replicas in the slices that are compared; the largest one stands for all clusters above it."""

_PRECISION = 0.02
"""Within which a number of streams is found, or one stream."""

_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """When streams are carried: 95 of 100 words are shown in time, and as many finals."""

    lag_seconds: float
    """From a word to its text, beside the hop (`sessions.max_lag_seconds`); two thirds of it from
    an endpoint to its final, as in the server's own admission."""

    def holds(self, figures: Figures, hop_seconds: float) -> bool:
        """Tell whether all was in time."""
        words = figures.word(95) <= self.lag_seconds + hop_seconds
        return words and figures.final(95) <= self.lag_seconds * FINAL_SHARE_OF_LAG


@dataclass(frozen=True, slots=True)
class Carried:
    """The most that are carried."""

    streams: int
    figures: Figures
    """With so many."""


@dataclass(frozen=True, slots=True)
class Site:
    """Machines of a kind and who comes."""

    curve: Curve
    load: Load
    """Its number of streams is left open."""

    target: Target
    gateway_streams: int = 250
    """That a gateway process holds; 0: one process holds sessions and engine, so one replica."""

    def machines(self, replicas: int, streams: int) -> Machines:
        """Give so many replicas, and the gateways for so many streams."""
        if replicas == 1 and streams <= self.gateway_streams:
            return Machines()
        return Machines(replicas, math.ceil(streams / self.gateway_streams))

    def run(self, replicas: int, streams: int) -> Figures:
        """Simulate it."""
        load = replace(self.load, streams=streams)
        return Simulation(self.curve, self.machines(replicas, streams), load).run()

    def holds(self, figures: Figures) -> bool:
        """Tell whether all was in time."""
        return self.target.holds(figures, self.load.hop_seconds)


@dataclass(frozen=True, slots=True)
class Row:
    """A number of streams and what it takes."""

    streams: int
    replicas: int
    gateways: int
    figures: Figures
    """Of all, or of a slice."""

    slice_replicas: int

    def cost_per_stream_hour(self, replica_price: float, gateway_price: float) -> float:
        """Give what an hour of one stream costs, from the prices of an hour of the machines."""
        gateways = self.gateways * gateway_price
        return (self.replicas * replica_price + gateways) / self.streams


def carried(site: Site, replicas: int, guess: int = 1) -> Carried:
    """Find the most streams that *replicas* carry; 0 if it is not even one."""
    seen: dict[int, Figures] = {}

    def holds(streams: int) -> bool:
        seen[streams] = site.run(replicas, streams)
        return site.holds(seen[streams])

    most = _bisect(holds, max(1, guess))
    return Carried(most, seen[max(1, most)])


def slices(site: Site, sizes: Sequence[int] = SLICES) -> dict[int, Carried]:
    """Find what slices of several *sizes* carry; by replica it should be about the same."""
    found: dict[int, Carried] = {}
    guess = 1
    for size in sizes:
        found[size] = carried(site, size, guess)
        guess = 2 * found[size].streams
    return found


def row(site: Site, streams: int, known: dict[int, Carried]) -> Row:
    """Say what *streams* take, from what slices carry; raise ValueError if not even one fits."""
    size, most = max((size, each.streams) for size, each in known.items())
    if not most:
        raise ValueError(f"found no stream that {site.curve.name} carries within the target")
    if streams <= most:
        return _small(site, streams, known)
    replicas = math.ceil(streams * size / most)
    share = round(streams * size / replicas)
    gateways = math.ceil(streams / site.gateway_streams)
    return Row(streams, replicas, gateways, site.run(size, share), size)


def _small(site: Site, streams: int, known: dict[int, Carried]) -> Row:
    """Simulate the whole of it: with one replica more and more until it holds."""
    size, most = max((size, each.streams) for size, each in known.items())
    replicas = max(1, math.floor(streams * size / most))
    while not site.holds(figures := site.run(replicas, streams)):
        replicas += 1
    return Row(streams, replicas, max(1, site.machines(replicas, streams).gateways), figures, 0)


def _bisect(holds: Callable[[int], bool], guess: int) -> int:
    """Find the largest number that holds, from a *guess*."""
    low, high = 0, guess
    while holds(high):
        low, high = high, min(_MOST, max(high + 1, math.ceil(high * 1.5)))
        if low == _MOST:
            return low
    while high - low > max(1, _PRECISION * low):
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
