"""Whom gateways let in that share two replicas, and what the lag is for those who are inside.

Simulated, as in recognition/test_overload.py: a replica carries 12 people on two cores, and 30 on a
GPU.
"""

from functools import cache
from itertools import accumulate

import pytest

from bench.capacity.cluster import Machines
from bench.capacity.curve import load
from bench.capacity.desk import Desk
from bench.capacity.engines import ASSUMED_CPU, COSTS
from bench.capacity.simulation import Load, Simulation

CURVES = {"two cores": load(ASSUMED_CPU), "gpu": load(COSTS / "assumed-gpu.json")}
EVEN, UNEVEN, ONE = (1.0, 1.0), (1.7, 0.3), (2.0,)
"""What comes to which gateway, in the people that a replica carries."""

SPREADS = [EVEN, UNEVEN, ONE]
CARRIED = [("two cores", 12), ("gpu", 30)]


class Crowd(Simulation):
    """People who do not come to all gateways alike."""

    def __init__(
        self, machine: str, carried: int, spread: tuple[float, ...], every_seconds: float = 0.5
    ) -> None:
        """Have somebody come *every_seconds* to that gateway to which most come."""
        self._people = [round(share * carried) for share in spread]
        people = Load(
            streams=sum(self._people),
            talk="hesitation",
            seconds=60.0,
            warm_up_seconds=0.0,
            # What gateways know of each other is some seconds old.
            within_seconds=every_seconds * max(self._people),
            admit=True,
        )
        super().__init__(CURVES[machine], Machines(replicas=2, gateways=len(spread)), people)

    def desk_of(self, number: int) -> Desk:
        ends = accumulate(self._people)
        return self.cluster.desks[next(at for at, end in enumerate(ends) if number < end)]


@cache
def crowd(machine: str, carried: int, spread: tuple[float, ...]) -> Crowd:
    simulated = Crowd(machine, carried, spread)
    simulated.run()
    return simulated


@pytest.mark.parametrize(("machine", "carried"), CARRIED)
@pytest.mark.parametrize("spread", SPREADS)
def test_those_whom_the_replicas_carry_are_let_in_wherever_they_come(
    machine: str, carried: int, spread: tuple[float, ...]
) -> None:
    simulated = crowd(machine, carried, spread)

    assert simulated.refusals == []
    assert simulated.figures.word(95) <= 3.0
    assert simulated.figures.final(95) < 2.0


@pytest.mark.parametrize("spread", SPREADS)
def test_others_are_refused_wherever_they_come(spread: tuple[float, ...]) -> None:
    simulated = crowd("two cores", 36, spread)

    assert 24 < len(simulated.people) < 48
    assert all("with one more session" in refusal for refusal in simulated.refusals)
    # What gateways know of each other is seconds old, and each puts its own batches together.
    patience = 1.0 if spread is ONE else 1.5
    assert simulated.figures.word(95) <= 3.0 * patience
    assert simulated.figures.final(95) < 2.0 * patience


@pytest.mark.parametrize("gateways", [2, 6])
def test_a_rush_does_not_come_past_gateways_before_they_hear_of_each_other(gateways: int) -> None:
    spread, every_seconds = (2 / gateways,) * gateways, gateways / 12
    simulated = Crowd("two cores", 36, spread, every_seconds)

    simulated.run()

    assert 24 < len(simulated.people) < 38


@pytest.mark.parametrize("spread", SPREADS)
def test_every_utterance_becomes_final(spread: tuple[float, ...]) -> None:
    for person in crowd("two cores", 36, spread).people:
        heard = person.stream.heard
        assert len(heard.finals) == heard.finals_wanted > 0
