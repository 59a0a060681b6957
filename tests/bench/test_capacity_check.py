"""The comparison itself, on a reality that is a simulation with another draw."""

from functools import cache
from random import Random

import pytest
from rich.console import Console

from bench.capacity.check import MEASURES, Point, Seen, compare, mean_error
from bench.capacity.cluster import Machines
from bench.capacity.curve import Batch, Curve, load
from bench.capacity.engines import ASSUMED_CPU
from bench.capacity.shown import check_tables, verdict_table
from bench.capacity.simulation import Load, Simulation

CURVE = load(ASSUMED_CPU)


def drawn(curve: Curve, exact: bool, count: int = 60) -> list[Batch]:
    chance, cost = Random(3), curve.exact if exact else curve.others
    lengths = [
        tuple(chance.uniform(0.5, 7) for _ in range(chance.randint(1, 3))) for _ in range(count)
    ]
    return [Batch(exact, each, cost.draw(each, chance)) for each in lengths]


def seen(streams: int, slower: float = 1.0) -> Seen:
    """Look at a machine that is *slower* by a factor in the run than when it was measured."""
    curve = Curve("slower", CURVE.exact.times(slower), CURVE.others.times(slower))
    people = Load(streams=streams, warm_up_seconds=6.0, within_seconds=6.0, seconds=40.0)
    simulation = Simulation(curve, Machines(), people, draw=99)
    real = simulation.run()
    (engine,) = simulation.cluster.engines
    ran = tuple(Batch(each.exact, each.lengths, each.seconds) for each in engine.ran)
    probed = (*drawn(CURVE, exact=True), *drawn(CURVE, exact=False))
    return Seen(people, real, ran, probed)


@cache
def points(slower: float = 1.0) -> list[Point]:
    return compare([seen(4, slower), seen(8, slower)], "test")[1]


@pytest.mark.parametrize("measure", MEASURES[:4], ids=lambda measure: measure.name)
def test_a_reality_that_is_simulated_is_met(measure: object) -> None:
    found = next(each for each in MEASURES if each is measure)

    assert mean_error(points(), found) < 0.08


def test_a_machine_that_slows_down_in_the_run_is_told_by_its_drift() -> None:
    found = points(slower=1.4)
    busy = next(measure for measure in MEASURES if measure.name == "busy")

    assert [point.drift for point in found] == pytest.approx([1.4, 1.4], rel=0.05)
    assert mean_error(found, busy) > 0.15
    assert mean_error(found, busy, settled=True) < 0.05


def test_the_tables_show_each_number_of_streams_and_each_measure() -> None:
    console, found = Console(width=160, record=True), points()

    console.print(*check_tables(found), verdict_table(found))

    shown = console.export_text()
    assert all(measure.name in shown for measure in MEASURES)
    assert shown.count("simulated") >= 2 * len(found)
    assert "within" in shown
