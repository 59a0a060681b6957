"""How many streams so many replicas carry, and how many replicas so many streams need.

Knows simulations and a target; knows nothing of tables.

Thousands of replicas are not simulated but a slice of them: so many replicas with their share of
the people, and of what gateways have on their way.  That is right because people speak
independently of each other, and all that a replica sees of the others is that each batch goes to
the less busy of two, drawn by lot: among many they are as good as independent (the mean-field
limit; Mitzenmacher 2001).  `slices` shows that the size of the slice does not matter.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bench.capacity.cluster import Machines
from bench.capacity.curve import Curve
from bench.capacity.figures import Figures
from bench.capacity.simulation import Load, Simulation
from wsserver.recognition.capacity import FINAL_SHARE_OF_LAG

SLICES = (2, 4, 8)
"""Replicas in the slices that are compared."""

SLICE = 4
"""Replicas in the one that stands for all clusters above it."""

_SMALL = 8
"""Replicas up to which a cluster is simulated whole."""

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

    def run(self, machines: Machines, streams: int) -> Figures:
        """Simulate it."""
        return Simulation(self.curve, machines, replace(self.load, streams=streams)).run()

    def run_whole(self, replicas: int, streams: int) -> Figures:
        """Simulate a cluster that small."""
        return self.run(self.machines(replicas, streams), streams)

    def run_slice(self, size: int, streams: int) -> Figures:
        """Simulate a slice of a cluster, with its share of gateways."""
        gateways = math.ceil(streams / self.gateway_streams)
        return self.run(Machines(size, gateways), streams)

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


def carried(site: Site, run: Callable[[int], Figures], guess: int = 1) -> Carried:
    """Find the most streams with which *run* is in time; 0 if it is not even one."""
    seen: dict[int, Figures] = {}

    def holds(streams: int) -> bool:
        seen[streams] = run(streams)
        return site.holds(seen[streams])

    most = _bisect(holds, max(1, guess))
    return Carried(most, seen[max(1, most)])


def one_process(site: Site) -> Carried:
    """Find what one process with its own engine carries."""
    return carried(site, partial(site.run, Machines()))


def slices(site: Site, sizes: Sequence[int] = SLICES) -> dict[int, Carried]:
    """Find what slices of several *sizes* carry; by replica it should be about the same."""
    found: dict[int, Carried] = {}
    guess = 1
    for size in sizes:
        found[size] = carried(site, partial(site.run_slice, size), guess)
        guess = 2 * found[size].streams
    return found


def row(site: Site, streams: int, a_slice: Carried) -> Row:
    """Say what *streams* take, if a slice of `SLICE` replicas carries so much.

    Raises ValueError if that is nobody.
    """
    if not a_slice.streams:
        raise ValueError(f"found no stream that {site.curve.name} carries within the target")
    replicas = math.ceil(streams * SLICE / a_slice.streams)
    if replicas <= _SMALL:
        return _small(site, streams, replicas)
    share = round(streams * SLICE / replicas)
    gateways = math.ceil(streams / site.gateway_streams)
    return Row(streams, replicas, gateways, site.run_slice(SLICE, share), SLICE)


def _small(site: Site, streams: int, guess: int) -> Row:
    """Simulate the whole of it, with as few replicas as hold."""

    def figures(replicas: int) -> Figures:
        return site.run_whole(replicas, streams)

    replicas = guess
    while not site.holds(found := figures(replicas)):
        replicas += 1
    while replicas > 1 and site.holds(fewer := figures(replicas - 1)):
        replicas, found = replicas - 1, fewer
    gateways = max(1, site.machines(replicas, streams).gateways)
    return Row(streams, replicas, gateways, found, 0)


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
