"""Let thousands of clients come and go, and find out whether the server holds more for it.

    python -m bench.soak --sessions 10000 --seed 1

Starts the real server with the scripted engine and the real voice detector, keeps all that can be
kept, and lets clients of all kinds (`bench/soak_kinds.py`) come, 32 at once, as fast as they can.
After every 500 everybody goes, and it is measured what the server's processes hold.  Exits with 1
unless all of it is flat and every client met with what it had to.
"""

import asyncio
import tempfile
from pathlib import Path

import click
from rich.progress import Progress
from rich.table import Table

from bench import processes, report
from bench.soak_figures import WITHIN, Verdict
from bench.soak_plot import plot_soak
from bench.soak_run import Outcome, Plan, Soaked, soak


def save(soaked: Soaked, folder: Path) -> None:
    """Write all figures and the plot."""
    told = {
        "plan": soaked.plan,
        "rests": soaked.rests,
        "met": soaked.outcome.met,
        "failures": soaked.outcome.failures,
    }
    report.save(told, folder / "soak.json")
    plot_soak(soaked.rests[1:], folder / "soak.png")


def kinds_table(outcome: Outcome) -> Table:
    """Tell how many of each kind came."""
    table = Table("kind", "came", title="Clients")
    for kind, count in outcome.met.most_common():
        table.add_row(kind.replace("_", " "), str(count))
    return table


def verdicts_table(verdicts: list[Verdict]) -> Table:
    """Tell how every figure went on."""
    title = f"At rest; flat is within {WITHIN:.0%}"
    table = Table("figure", "second quarter", "last quarter", "change", "flat", title=title)
    for each in verdicts:
        told = (f"{each.before:,.1f}", f"{each.after:,.1f}", f"{each.change:+.1%}")
        table.add_row(each.figure, *told, "yes" if each.is_flat else "[red]no")
    return table


def run(plan: Plan, model: str) -> Soaked:
    """Run a server and its clients to the end."""
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        server = processes.start("bench.soak_server", "--folder", folder, "--model", model)
        task = progress.add_task("sessions", total=plan.sessions)
        try:
            return asyncio.run(soak(server, plan, lambda: progress.advance(task)))
        finally:
            processes.stop(server)


@click.command()
@click.option("--sessions", default=10_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--at-once", default=32, show_default=True)
@click.option("--every", default=500, show_default=True, help="Sessions between two rests.")
@click.option("--model", default="fake", show_default=True, help="fake, or as in config.yaml.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("bench/out"))
def main(model: str, out: Path, **plan: int) -> None:
    """Soak; exit with 1 if anything grew."""
    soaked, terminal = run(Plan(**plan), model), report.console()
    save(soaked, out)
    terminal.print(kinds_table(soaked.outcome), verdicts_table(soaked.verdicts))
    for failure in soaked.outcome.failures:
        terminal.print(failure, markup=False, highlight=False)
    last = soaked.rests[-1]
    verdict = "flat" if soaked.is_good else "NOT FLAT, or not right"
    terminal.print(f"{last.sessions} sessions in {last.seconds:.0f} s: {verdict}. Saved {out}")
    raise SystemExit(not soaked.is_good)


if __name__ == "__main__":
    main()
