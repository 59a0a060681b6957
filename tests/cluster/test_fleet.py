from dataclasses import replace

import pytest

from wsserver.cluster.fleet import LATELY_SECONDS, Demands, Fleet
from wsserver.cluster.wire import Asked, Report
from wsserver.recognition.costs import Prices
from wsserver.recognition.pool import NOBODY, Demand, Width
from wsserver.speech import EngineInfo

INFO = EngineInfo("m", ("en",), "cpu", "fp32")


def report(
    replica: str, *, ready: bool = True, replicas: int = 0, price: float = 1.0, **asked: Demand
) -> Report:
    prices = Prices(price, price, price, price)
    demands = {name: Asked(each, 0.0) for name, each in asked.items()}
    return Report(replica, INFO, ready, prices, price, replicas=replicas, demands=demands)


def demand(sessions: int) -> Demand:
    return Demand(sessions, 0.0, sessions / 6, float(sessions), float(sessions))


def test_replicas_count_while_they_answer_and_decode() -> None:
    fleet = Fleet()
    fleet.note("way", report("a"), 0.0)
    fleet.note("way", report("b"), 5.0)
    fleet.note("way", report("c", ready=False), 5.0)

    assert fleet.engines(5.0) == 2
    assert fleet.engines(1.0 + LATELY_SECONDS) == 1
    assert fleet.engines(6.0 + LATELY_SECONDS) == 0


def test_those_whom_a_balancer_hides_count_too() -> None:
    fleet = Fleet()
    fleet.note("way", report("a", replicas=8), 0.0)
    fleet.note("way", report("b", replicas=8, ready=False), 0.0)

    assert fleet.engines(0.0) == 7


def test_a_way_that_fails_takes_its_replicas_with_it_and_leaves_what_was_known() -> None:
    fleet = Fleet()
    fleet.note("one", report("a", price=2.0), 0.0)
    known = fleet.pool("me", NOBODY, 0.0)

    fleet.lose("one")

    assert fleet.engines(0.0) == 0
    assert fleet.pool("me", NOBODY, 0.0) == known
    assert known.prices == Prices(2.0, 2.0, 2.0, 2.0)


def test_prices_and_what_waits_are_those_of_all() -> None:
    fleet = Fleet()
    fleet.note("way", report("a", price=1.0), 0.0)
    fleet.note("way", report("b", price=3.0), 0.0)

    pool = fleet.pool("me", NOBODY, 0.0)

    assert (pool.engines, pool.waiting_seconds) == (2, 2.0)
    assert pool.prices == Prices(2.0, 2.0, 2.0, 2.0)


def test_replicas_are_as_busy_as_they_are_on_average_and_not_at_all_once_they_are_gone() -> None:
    fleet = Fleet()
    fleet.note("way", replace(report("a"), busy=0.9), 0.0)
    fleet.note("way", replace(report("b"), busy=0.3), 0.0)

    assert fleet.pool("me", NOBODY, 0.0).busy == pytest.approx(0.6)
    assert fleet.pool("me", NOBODY, 1.0 + LATELY_SECONDS).busy == 0


def test_what_other_gateways_ask_for_is_known_by_the_latest_word() -> None:
    fleet = Fleet()
    fleet.note("way", report("a", me=demand(9), other=demand(1), third=demand(2)), 0.0)
    fleet.note("way", report("b", other=demand(5)), 1.0)

    assert fleet.pool("me", NOBODY, 1.0).others.sessions == 7


def test_a_replica_that_heard_of_a_gateway_long_ago_does_not_have_the_last_word() -> None:
    fleet = Fleet()
    fleet.note("way", report("a", other=demand(5)), 1.0)
    before = replace(report("b"), demands={"other": Asked(demand(1), 0.5)})

    fleet.note("way", before, 1.2)

    assert fleet.pool("me", NOBODY, 1.2).others.sessions == 5


def test_as_many_are_taken_to_have_come_elsewhere_since_its_last_word_as_came_here() -> None:
    fleet = Fleet()
    fleet.pool("me", demand(10), 0.0)
    fleet.note("way", report("a", other=demand(5), third=demand(0)), 1.0)
    fleet.pool("me", demand(12), 1.5)

    rushed = fleet.pool("me", demand(13), 1.6).others
    fleet.note("way", report("a", other=demand(6)), 2.0)
    told = fleet.pool("me", demand(13), 2.0).others
    calm = fleet.pool("me", demand(9), 2.1).others

    assert (rushed.sessions, rushed.newcomers) == (5 + 3 + 3, 6)
    assert (told.sessions, told.newcomers) == (6 + 3, 3)
    assert (calm.sessions, calm.newcomers) == (6, 0)


def test_gateways_share_what_may_be_on_its_way_by_what_they_ask_for() -> None:
    fleet = Fleet()
    for name in "abcd":
        fleet.note("way", report(name, other=demand(3)), 0.0)

    assert fleet.width("me", demand(1), 0.0) == Width(1, 2)
    assert fleet.width("me", demand(9), 0.0) == Width(3, 6)
    assert fleet.width("me", NOBODY, 0.0) == Width(1, 1)
    assert fleet.width("other", demand(3), 0.0) == Width(4, 8)


def test_a_gateway_that_is_gone_asks_for_nothing() -> None:
    demands = Demands()
    demands.note("a", demand(1), 0.0)
    demands.note("b", demand(2), LATELY_SECONDS)

    assert demands.lately(LATELY_SECONDS + 1.0) == {"b": Asked(demand(2), 1.0)}
