import math
from dataclasses import replace

import pytest
from rich.console import Console, RenderableType

from bench.crowd_figures import AGAIN, ALONE, Case, Turn, lags_table, load_table
from bench.crowd_server import settings
from bench.lags import Lags
from bench.multiples import ratio
from bench.turns import verdict


def turn(*words: float) -> Turn:
    return Turn(
        lags=Lags(words=list(words), endpoints=[0.0], finishes=[0.2]),
        newcomers=[0.002],
        turned_away=1,
        beats_ms={"p50": 0.1, "p99": 3.0, "p100": 9.0},
        cores=0.3,
        crowd_cores=0.1,
        kb_each=25.4,
        crowd_came=2000,
        crowd_refused=7,
        crowd_lost=0,
        heard=0.0,
        left=0,
    )


def cases() -> list[Case]:
    return [
        Case(ALONE, [turn(0.2), turn(0.4)]),
        Case("2000 idle", [turn(0.3, 0.6), turn(0.6, 0.9)]),
        Case(AGAIN, [turn(0.3), turn(0.3)]),
    ]


def printed(table: RenderableType) -> list[str]:
    console = Console(width=130)
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()


def test_a_crowd_is_told_as_a_multiple_of_nobody() -> None:
    line = next(line for line in printed(lags_table(cases())) if "2000 idle" in line)

    assert "0.60 (2.00)" in line
    assert line.rstrip().endswith("2 of 4")


def test_what_the_server_bore_is_a_line() -> None:
    line = next(line for line in printed(load_table(cases())) if "2000 idle" in line)

    assert line.split() == ["2000", "idle", "3", "9", "0.30", "0.10", "25.4", "4000", "14"]


def test_sessions_that_were_cut_off_show() -> None:
    lags = Lags(words=[0.2], unfinished=1, lost_seconds=1.5)
    lost = Case("flood", [replace(turn(0.2), lags=lags)])

    assert any("flood failed 1 lost 1.5 s" in line for line in printed(load_table([lost])))


def test_the_verdict_names_every_case_beside_chance() -> None:
    assert "2000 idle: 2.00 and " in verdict(cases())
    assert "alone, again: 1.00 and " in verdict(cases())


@pytest.mark.parametrize("alone", [[], [0.0], [0.001]])
def test_there_is_no_multiple_of_nothing(alone: list[float]) -> None:
    assert math.isnan(ratio([0.5], alone, 50))


def test_the_server_lets_thousands_in_and_bounds_those_at_the_door_as_it_is_shipped() -> None:
    crowded = settings("practice", None)

    assert crowded.server.admission.max_sessions > 2_000
    assert crowded.server.http.waiting_limit == 1_000
