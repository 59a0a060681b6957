from dataclasses import replace
from functools import cache, partial

import pytest

from bench.capacity import sizing
from bench.capacity.curve import load
from bench.capacity.engines import ASSUMED_CPU
from bench.capacity.simulation import Load
from bench.capacity.sizing import Carried, Site, Target

LOAD = Load(streams=1, seconds=25.0, warm_up_seconds=10.0)
SITE = Site(load(ASSUMED_CPU), LOAD, Target(lag_seconds=3.0))


@cache
def one() -> Carried:
    return sizing.one_process(SITE)


@cache
def slices() -> dict[int, Carried]:
    return sizing.slices(SITE, (2, 4))


def test_what_is_carried_holds_and_clearly_more_does_not() -> None:
    assert SITE.holds(one().figures)
    assert not SITE.holds(SITE.run_whole(1, round(one().streams * 1.5)))


def test_two_replicas_carry_about_twice_as_much_as_one() -> None:
    two = sizing.carried(SITE, partial(SITE.run_whole, 2), one().streams)

    assert 1.7 * one().streams <= two.streams <= 2.6 * one().streams


def test_what_a_replica_carries_does_not_depend_on_the_slice() -> None:
    two, four = (slices()[size].streams / size for size in (2, 4))

    assert four == pytest.approx(two, rel=0.15)


def test_a_wider_target_carries_more() -> None:
    wide = replace(SITE, target=Target(lag_seconds=5.0))

    assert sizing.one_process(wide).streams > one().streams


@pytest.mark.parametrize("streams", [1_000, 100_000])
def test_large_clusters_are_as_many_slices_as_their_streams_fill(streams: int) -> None:
    row = sizing.row(SITE, streams, slices()[4])

    assert row.slice_replicas == 4
    assert row.replicas == -(-streams * 4 // slices()[4].streams)
    assert row.gateways == streams // 250
    assert row.figures.word(95) <= 1.1 * (SITE.target.lag_seconds + LOAD.hop_seconds)


def test_small_numbers_are_simulated_whole_with_as_few_replicas_as_hold() -> None:
    row = sizing.row(SITE, one().streams + 4, slices()[4])

    assert (row.replicas, row.slice_replicas) == (2, 0)
    assert SITE.holds(row.figures)


def test_a_stream_hour_costs_its_share_of_the_machines() -> None:
    row = sizing.row(SITE, 1_000, slices()[4])

    wanted = (row.replicas * 0.5 + row.gateways * 0.1) / 1_000
    assert row.cost_per_stream_hour(0.5, 0.1) == pytest.approx(wanted)


def test_machines_that_carry_nobody_are_no_machines() -> None:
    with pytest.raises(ValueError, match="found no stream"):
        sizing.row(SITE, 10, Carried(0, one().figures))
