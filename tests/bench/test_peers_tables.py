from dataclasses import replace
from io import StringIO

from rich.console import Console

from bench.peers.processes import Usage
from bench.peers.runs import Run
from bench.peers.tables import peers_table
from bench.peers.timing import Delays

DELAYS = Delays((0.5, 0.5), (0.25,), (0.75, 0.75), said=20, missing=3, cut_off=2)


def rows(*runs: Run) -> list[list[str]]:
    told = StringIO()
    Console(file=told, width=80).print(peers_table(list(runs), practice=False))
    lines = told.getvalue().splitlines()
    return [line.split() for line in lines if line.lstrip().startswith(("ours", "theirs"))]


def test_a_run_is_a_row_of_80_columns() -> None:
    delays = replace(DELAYS, words=(10.5, 10.5), last_words=(10.25,), overs=(10.75, 10.75))

    shown = rows(Run("theirs-in-full-len", 12, delays, Usage(0.5, 3000.0), ("wait",) * 10))

    figures = ["10.50", "10.50", "10.25", "-1", "10.75", "15.0", "1.0", "0.50", "3000"]
    assert shown == [["theirs-in-full-len", "12", *figures]]


def test_a_server_that_did_not_start_has_no_figures() -> None:
    shown = rows(Run("theirs", 1, None, None, ("did not start: no model",)))

    assert shown == [["theirs", "1", *["-"] * 7]]


def test_a_server_that_let_nobody_in_has_no_figures() -> None:
    nothing = Delays((), (), (), said=0, missing=0, cut_off=0)

    shown = rows(Run("theirs", 1, nothing, Usage(0.1, 10.0), ("wait: 3.5",)))

    assert shown == [["theirs", "1", *["-"] * 7]]


def test_servers_of_one_crowd_stand_together() -> None:
    runs = [Run(name, count, None, None, ()) for name in ("ours", "theirs") for count in (1, 2)]

    assert [row[:2] for row in rows(*runs)] == [
        ["ours", "1"],
        ["theirs", "1"],
        ["ours", "2"],
        ["theirs", "2"],
    ]
