"""Whom gateways let in that share two replicas, and what the lag is for those who are inside.

Simulated, as in recognition/test_overload.py: a replica carries 12 people with `two_cores`, and 30
with `busy_gpu`.
"""

from functools import cache

import pytest

from tests.cluster.rush import Crowd
from tests.recognition.rush import Engine, busy_gpu, p95, two_cores

SECONDS = 60.0
EVEN, UNEVEN, ONE = (1.0, 1.0), (1.7, 0.3), (2.0,)
"""What comes to which gateway, in the people that a replica carries."""

SPREADS = [EVEN, UNEVEN, ONE]
CARRIED = [(two_cores, 12), (busy_gpu, 30)]


@cache
def crowd(engine: Engine, carried: float, spread: tuple[float, ...]) -> Crowd:
    people = [round(share * carried) for share in spread]
    simulated = Crowd(engine, replicas=2, people=people)
    simulated.run(SECONDS)
    return simulated


def lags(simulated: Crowd) -> tuple[float, float]:
    """Give what 95 of 100 words waited at most, and what finals did."""
    words = [lag for each in simulated.heard for lag in each.words]
    return p95(words), p95([lag for each in simulated.heard for lag in each.finals])


@pytest.mark.parametrize(("engine", "carried"), CARRIED)
@pytest.mark.parametrize("spread", SPREADS)
def test_those_whom_the_replicas_carry_are_let_in_wherever_they_come(
    engine: Engine, carried: int, spread: tuple[float, ...]
) -> None:
    simulated = crowd(engine, carried, spread)

    words, finals = lags(simulated)
    assert simulated.refusals == []
    assert words <= 3.0
    assert finals < 2.0


@pytest.mark.parametrize("spread", SPREADS)
def test_others_are_refused_wherever_they_come(spread: tuple[float, ...]) -> None:
    simulated = crowd(two_cores, 36, spread)

    words, finals = lags(simulated)
    assert 24 < len(simulated.inside) < 48
    assert all("with one more session" in refusal for refusal in simulated.refusals)
    # What gateways know of each other is seconds old, and each puts its own batches together.
    patience = 1.0 if spread is ONE else 1.5
    assert words <= 3.0 * patience
    assert finals < 2.0 * patience


@pytest.mark.parametrize("spread", SPREADS)
def test_every_utterance_becomes_final(spread: tuple[float, ...]) -> None:
    for heard in crowd(two_cores, 36, spread).heard:
        assert len(heard.finals) == heard.finals_owed > 0
