"""What the lag is when more people speak than the machine can carry.

Simulated: seeded speakers, a clock that jumps, an engine that only takes time.  What `two cores`
carry is 12 people, and a GPU 30: their finals, and about every hop.
"""

from functools import cache

import pytest

from bench.capacity.cluster import Machines
from bench.capacity.curve import Curve, load
from bench.capacity.engines import ASSUMED_CPU, COSTS
from bench.capacity.script import HOP_SECONDS
from bench.capacity.simulation import Load, Simulation
from bench.capacity.stream import Heard
from wsserver.speech import Priority

MAX_LAG_SECONDS = 3.0
TWO_CORES, GPU = load(ASSUMED_CPU), load(COSTS / "assumed-gpu.json")
CURVES = {
    "two cores": TWO_CORES,
    "two cores with base": Curve("base", TWO_CORES.exact.times(2), TWO_CORES.others.times(2)),
    "gpu": GPU,
}
MACHINES = [("two cores", 12), ("two cores with base", 5), ("gpu", 30)]
LOADS = [0.5, 1, 2, 4]


@cache
def rush(machine: str, people: int, *, admit: bool) -> Simulation:
    """Let *people* come within seconds, and those who are refused again and again."""
    load = Load(
        streams=people,
        talk="hesitation",
        seconds=90.0,
        warm_up_seconds=0.0,
        within_seconds=0.05 * people,
        admit=admit,
        max_lag_seconds=MAX_LAG_SECONDS,
        seed=4,
    )
    simulation = Simulation(CURVES[machine], Machines(), load)
    simulation.run()
    return simulation


def all_heard(simulation: Simulation) -> list[Heard]:
    return [person.stream.heard for person in simulation.people]


def batches(simulation: Simulation) -> list[tuple[Priority, ...]]:
    (engine,) = simulation.cluster.engines
    return [batch.priorities for batch in engine.ran]


@pytest.mark.parametrize(("machine", "carried"), MACHINES)
@pytest.mark.parametrize("load", LOADS)
def test_the_lag_stays_within_the_limit_whoever_comes(
    machine: str, carried: int, load: float
) -> None:
    figures = rush(machine, int(load * carried), admit=True).figures

    assert figures.word(95) <= MAX_LAG_SECONDS
    assert figures.final(95) < 2.0


@pytest.mark.parametrize(("machine", "carried"), MACHINES)
def test_nobody_is_refused_whom_the_machine_carries(machine: str, carried: int) -> None:
    simulation = rush(machine, carried, admit=True)

    assert simulation.refusals == []
    assert len(simulation.people) == carried


@pytest.mark.parametrize(("machine", "carried"), MACHINES)
def test_the_others_are_refused_with_a_reason(machine: str, carried: int) -> None:
    simulation = rush(machine, 4 * carried, admit=True)

    assert carried < len(simulation.people) < 3 * carried
    assert all("with one more session" in refusal for refusal in simulation.refusals)


@pytest.mark.parametrize("admit", [True, False])
@pytest.mark.parametrize("load", LOADS)
def test_every_utterance_becomes_final_whatever_the_load(load: float, admit: bool) -> None:
    for heard in all_heard(rush("two cores", int(load * 12), admit=admit)):
        assert len(heard.finals) == heard.finals_wanted > 0


@pytest.mark.parametrize("load", LOADS)
def test_partials_get_rarer_for_everybody_alike(load: float) -> None:
    heard = all_heard(rush("two cores", int(load * 12), admit=True))

    a_second = [len(h.partials) / h.spoken_seconds for h in heard if h.spoken_seconds > 20]
    assert max(a_second) < 1.5 * min(a_second)


def test_partials_come_at_every_hop_while_there_is_room() -> None:
    heard = all_heard(rush("two cores", 6, admit=True))

    # An utterance's last half second has no hop of its own, on average a quarter.
    assert min(len(each.partials) / each.spoken_seconds for each in heard) > 0.85 / HOP_SECONDS


@pytest.mark.parametrize("load", LOADS)
def test_no_queue_holds_more_than_one_window_of_a_kind_for_each_session(load: float) -> None:
    people = int(load * 12)

    (desk,) = rush("two cores", people, admit=False).cluster.desks

    assert desk.tally.most <= 3 * people


def test_without_admission_finals_still_go_first_and_partials_still_go() -> None:
    served = [batch[0] for batch in batches(rush("two cores", 24, admit=False))]

    finals, partials = (served.count(p) for p in (Priority.FINAL, Priority.PARTIAL))
    assert finals > 2 * partials > 0


def test_early_finals_give_way_to_what_people_wait_for() -> None:
    calm, full = rush("two cores", 3, admit=True), rush("two cores", 24, admit=True)

    def early_share(simulation: Simulation) -> float:
        exact = [p for batch in batches(simulation) for p in batch if p is not Priority.PARTIAL]
        return exact.count(Priority.EARLY_FINAL) / len(exact)

    assert early_share(calm) > 0.7
    assert early_share(full) < 0.1
