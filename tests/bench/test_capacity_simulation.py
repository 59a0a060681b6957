from dataclasses import replace

import pytest

from bench.capacity.clock import Clock
from bench.capacity.cluster import Machines, build
from bench.capacity.curve import Curve, load
from bench.capacity.engines import ASSUMED_CPU, COSTS
from bench.capacity.figures import Figures
from bench.capacity.script import HOP_SECONDS
from bench.capacity.simulation import Load, Simulation
from bench.capacity.stream import SILENCE
from wsserver.speech import SAMPLE_RATE, Priority, Window

CPU = load(ASSUMED_CPU)
GPU = load(COSTS / "assumed-gpu.json")
ONE = Machines()
SHORT = Load(streams=8, seconds=25.0, warm_up_seconds=10.0)


def simulate(
    load: Load = SHORT, machines: Machines = ONE, curve: Curve = CPU, draw: int = 0
) -> Figures:
    return Simulation(curve, machines, load, draw).run()


@pytest.mark.parametrize("machines", [Machines(), Machines(1, 1), Machines(2, 3)])
@pytest.mark.parametrize("streams", [3, 40])
@pytest.mark.parametrize("curve", [CPU, GPU], ids=["cpu", "gpu"])
def test_every_final_that_is_asked_for_is_given_once(
    machines: Machines, streams: int, curve: Curve
) -> None:
    heard = simulate(replace(SHORT, streams=streams), machines, curve).heard

    assert heard.finals_given == heard.finals_wanted > streams


def test_nothing_is_lost_when_people_come_and_go() -> None:
    load = replace(SHORT, mean_seconds=20.0, streams=10)

    simulation = Simulation(CPU, Machines(2, 2), load)
    figures = simulation.run()

    assert figures.heard.finals_given == figures.heard.finals_wanted > 0
    for desk in simulation.cluster.desks:
        assert desk.tally.asked == desk.tally.ended
        assert desk.tally.area == pytest.approx(desk.tally.sojourn_seconds)


def test_as_many_are_there_as_come_times_how_long_they_stay() -> None:
    load = Load(streams=15, mean_seconds=10.0, seconds=100.0)

    assert simulate(load, Machines(4, 1)).inside == pytest.approx(15, rel=0.2)


def test_a_seed_gives_the_same_figures_and_another_gives_others() -> None:
    first, again = simulate(), simulate()
    other, scattered = simulate(replace(SHORT, seed=2)), simulate(draw=1)

    assert first == again
    assert first != other
    assert first != scattered
    assert first.heard.finals_wanted == scattered.heard.finals_wanted


def test_lags_grow_with_the_load() -> None:
    words = [simulate(replace(SHORT, streams=n)).word(95) for n in (2, 10, 18)]

    assert words == sorted(words)
    assert words[-1] > 2 * words[0]


def test_two_replicas_with_twice_the_people_lag_no_more_than_one() -> None:
    one = simulate(replace(SHORT, streams=12), Machines(1, 1))
    two = simulate(replace(SHORT, streams=24), Machines(2, 1))

    assert two.batches.busy == pytest.approx(one.batches.busy, rel=0.1)
    assert two.word(95) < 1.1 * one.word(95)


def test_gateways_know_of_replicas_that_have_had_nothing_to_do() -> None:
    clock = Clock()
    cluster = build(clock, CPU, Machines(2, 1), HOP_SECONDS, seed=1)
    (desk,), audio = cluster.desks, SILENCE.slice(0, SAMPLE_RATE)

    def come() -> None:
        for number in range(20):
            desk.recognize(Window(f"s{number}", 1, Priority.FINAL, 0, audio), lambda _: None)

    clock.at(60.0, come)
    clock.run()

    assert [engine.ran[0].began for engine in cluster.engines] == pytest.approx([60, 60], abs=0.01)


def test_a_gateway_elsewhere_changes_little_for_one_replica_at_half_load() -> None:
    here = simulate(replace(SHORT, streams=5))
    there = simulate(replace(SHORT, streams=5), Machines(1, 1))

    assert there.batches.busy == pytest.approx(here.batches.busy, rel=0.1)
    assert there.word(50) == pytest.approx(here.word(50), abs=0.05)


def test_those_are_refused_whom_the_server_would_refuse() -> None:
    load = replace(SHORT, streams=40, admit=True)

    refusing, open_to_all = simulate(load), simulate(replace(load, admit=False))

    assert refusing.refused > 10
    assert refusing.word(95) <= load.max_lag_seconds + load.hop_seconds < open_to_all.word(95)


def test_more_than_one_replica_needs_a_gateway() -> None:
    with pytest.raises(ValueError, match="found 2 replicas and 0 gateways"):
        Machines(2, 0)
