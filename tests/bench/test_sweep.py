from collections.abc import Callable, Mapping

import pytest

from bench.lags import Lags
from bench.processes import Memory, Usage
from bench.sweep import Plan, Run, sweep

_USAGE = Usage(cores=1.0, before=Memory(100, 500), peak=Memory(108, 520))


def run(streams: int, lag: float, refused: int = 0) -> Run:
    return Run(streams, refused, Lags(words=[lag]), _USAGE, {"p50": 0.0, "p99": 1.0, "p100": 2.0})


def server(lags: Mapping[int, float], carries: int = 99) -> Callable[[int], Run]:
    return lambda count: run(count, lags.get(count, 0.1), max(0, count - carries))


def plan(*counts: int, twice: bool = False) -> Plan:
    return Plan(counts, seconds=1.0, limit=1.0, twice=twice)


@pytest.mark.parametrize(
    ("lags", "carries", "measured"),
    [
        ({}, 99, [1, 2, 4, 8]),
        ({4: 1.2}, 99, [1, 2, 4]),
        ({}, 3, [1, 2, 4]),
        ({1: float("nan")}, 99, [1]),
    ],
)
def test_goes_on_until_words_are_late_or_somebody_is_refused(
    lags: dict[int, float], carries: int, measured: list[int]
) -> None:
    runs = sweep(plan(1, 2, 4, 8), server(lags, carries))

    assert [each.streams for each in runs] == measured


def test_measures_twice_what_was_carried_at_the_end() -> None:
    runs = list(sweep(plan(1, 3, 4, twice=True), server({4: 2.0})))

    assert [(each.streams, each.overload) for each in runs] == [
        (1, False),
        (3, False),
        (4, False),
        (6, True),
    ]


def test_twice_nothing_is_not_measured() -> None:
    runs = list(sweep(plan(1, 2, twice=True), server({1: 2.0})))

    assert [each.streams for each in runs] == [1]


def test_memory_is_told_by_what_came_on_top() -> None:
    assert _USAGE.session_mb == 8
    assert _USAGE.family_mb == 20
