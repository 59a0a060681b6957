from rich.console import Console, RenderableType

from bench.lags import Lags
from bench.processes import Memory, Usage
from bench.sweep import Run
from bench.tables import streams_table, update_table


def printed(table: RenderableType) -> str:
    console = Console(width=110)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def run() -> Run:
    usage = Usage(cores=1.25, before=Memory(100, 500), peak=Memory(106, 520))
    beats = {"p50": 0.1, "p99": 7.5, "p100": 9.0}
    return Run(2, 1, Lags(words=[0.25], lost_seconds=0.5), usage, beats, overload=True)


def test_a_run_is_a_line() -> None:
    line = next(
        line for line in printed(streams_table("ours", [run()])).splitlines() if "x2" in line
    )

    assert line.split("   ")[0].strip() == "2 x2 -1 lost 0.5 s"
    assert "0.25 0.25 0.25" in line
    assert line.split()[-4:] == ["1.25", "520", "3.0", "7.5"]


def test_ways_are_compared_with_the_first() -> None:
    lines = printed(update_table("tiny.en", [("stock", 500.0), ("ours", 50.0)])).splitlines()

    assert next(line for line in lines if "ours" in line).split() == ["ours", "50", "10.0"]
