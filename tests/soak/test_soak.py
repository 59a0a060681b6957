"""A short soak: when everybody has gone, nothing of them is left."""

import asyncio
from collections.abc import Iterator

import pytest

from bench import processes
from bench.soak_run import Plan, Soaked, soak

PLAN = Plan(sessions=200, seed=1, every=100)
EXACT = (
    *("tasks", "threads but for asyncio's pool", "session objects", "server handles"),
    *("engine handles", "engine threads"),
)


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Soaked]:
    server = processes.start("bench.soak_server", "--folder", str(tmp_path_factory.mktemp("kept")))
    try:
        yield asyncio.run(soak(server, PLAN, lambda: None))
    finally:
        processes.stop(server)


def test_every_client_meets_with_what_it_has_to(soaked: Soaked) -> None:
    assert soaked.outcome.failures == []
    assert sum(soaked.outcome.met.values()) == PLAN.sessions


@pytest.mark.parametrize("figure", EXACT)
def test_nothing_of_a_client_is_left(soaked: Soaked, figure: str) -> None:
    _, half_way, end = (rest.figures[figure] for rest in soaked.rests)

    assert end == half_way, f"{PLAN}"


def test_memory_stays_roughly_what_it_was(soaked: Soaked) -> None:
    _, half_way, end = (rest.figures["server anonymous MB"] for rest in soaked.rests)

    assert end < 1.5 * half_way, f"{PLAN}"
