"""What the lag is when more people speak than the machine can carry.

Simulated: seeded speakers, a clock that jumps, an engine that only takes time.  What `two_cores`
carries is 12 people, and `busy_gpu` 30: their finals, and about every hop.
"""

from collections.abc import Sequence
from functools import cache

import pytest

from tests.recognition.rush import HOP_SECONDS, Engine, Heard, Rush, busy_gpu, p95, two_cores
from wsserver.speech import Priority, Window

MAX_LAG_SECONDS = 3.0
SECONDS = 90.0


def on_base(windows: Sequence[Window]) -> float:
    """Take as long as base did on two cores."""
    return 2 * two_cores(windows)


MACHINES = [(two_cores, 12), (on_base, 5), (busy_gpu, 30)]
LOADS = [0.5, 1, 2, 4]


@cache
def rush(engine: Engine, people: int, *, admit: bool) -> Rush:
    simulated = Rush(engine, people=people, admit=admit)
    simulated.run(SECONDS)
    return simulated


def all_heard(simulated: Rush) -> list[Heard]:
    return [speaker.heard for speaker in simulated.inside]


@pytest.mark.parametrize(("engine", "carried"), MACHINES)
@pytest.mark.parametrize("load", LOADS)
def test_the_lag_stays_within_the_limit_whoever_comes(
    engine: Engine, carried: int, load: float
) -> None:
    heard = all_heard(rush(engine, int(load * carried), admit=True))

    words = [lag for each in heard for lag in each.words]
    finals = [lag for each in heard for lag in each.finals]
    assert p95(words) <= MAX_LAG_SECONDS
    assert p95(finals) < 2.0


@pytest.mark.parametrize(("engine", "carried"), MACHINES)
def test_nobody_is_refused_whom_the_machine_carries(engine: Engine, carried: int) -> None:
    simulated = rush(engine, carried, admit=True)

    assert simulated.refusals == []
    assert len(simulated.inside) == carried


@pytest.mark.parametrize(("engine", "carried"), MACHINES)
def test_the_others_are_refused_with_a_reason(engine: Engine, carried: int) -> None:
    simulated = rush(engine, 4 * carried, admit=True)

    assert carried < len(simulated.inside) < 3 * carried
    assert all("with one more session" in refusal for refusal in simulated.refusals)


@pytest.mark.parametrize("admit", [True, False])
@pytest.mark.parametrize("load", LOADS)
def test_every_utterance_becomes_final_whatever_the_load(load: float, admit: bool) -> None:
    for heard in all_heard(rush(two_cores, int(load * 12), admit=admit)):
        assert len(heard.finals) == heard.finals_owed > 0


@pytest.mark.parametrize("load", LOADS)
def test_partials_get_rarer_for_everybody_alike(load: float) -> None:
    heard = all_heard(rush(two_cores, int(load * 12), admit=True))

    a_second = [each.partials / each.spoken_seconds for each in heard if each.spoken_seconds > 20]
    assert max(a_second) < 1.5 * min(a_second)


def test_partials_come_at_every_hop_while_there_is_room() -> None:
    heard = all_heard(rush(two_cores, 6, admit=True))

    # An utterance's last half second has no hop of its own, on average a quarter.
    assert min(each.partials / each.spoken_seconds for each in heard) > 0.85 / HOP_SECONDS


@pytest.mark.parametrize("load", LOADS)
def test_no_queue_holds_more_than_one_window_of_a_kind_for_each_session(load: float) -> None:
    people = int(load * 12)

    assert rush(two_cores, people, admit=False).most_waiting <= 3 * people


def test_without_admission_finals_still_go_first_and_partials_still_go() -> None:
    simulated = rush(two_cores, 24, admit=False)

    served = [batch[0] for batch in simulated.order]
    finals, partials = (served.count(p) for p in (Priority.FINAL, Priority.PARTIAL))
    assert finals > 2 * partials > 0


def test_early_finals_give_way_to_what_people_wait_for() -> None:
    calm, full = rush(two_cores, 3, admit=True), rush(two_cores, 24, admit=True)

    def early_share(simulated: Rush) -> float:
        exact = [p for batch in simulated.order for p in batch if p is not Priority.PARTIAL]
        return exact.count(Priority.EARLY_FINAL) / len(exact)

    assert early_share(calm) > 0.7
    assert early_share(full) < 0.1
