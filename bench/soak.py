"""Let thousands of clients come and go, and find out whether the server holds more for it.

    python -m bench.soak --sessions 10000 --seed 1

Starts the real server with the scripted engine and the real voice detector, keeps all that can be
kept, and lets clients of all kinds (`bench/soak_kinds.py`) come, 32 at once, as fast as they can.
After every 500 everybody goes, and it is measured what the server's processes hold.  Exits with 1
unless all of it is flat and every client met with what it had to.
"""

import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

import click
from rich.progress import Progress
from rich.table import Table

from bench import processes
from bench.soak_clients import Place, Visit, speeches
from bench.soak_figures import WITHIN, Rest, Verdict, judge, rest
from bench.soak_kinds import choose
from bench.soak_plot import plot_soak
from bench.tables import console

_LONGEST_VISIT_S = 60.0
_SPEECHES = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """How many come, and how."""

    sessions: int
    seed: int
    at_once: int = 32
    every: int = 500
    """Sessions between two rests."""


@dataclass
class Outcome:
    """What became of the clients."""

    met: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


async def soak(server: processes.Server, plan: Plan, tick: Callable[[], None]) -> "Soaked":
    """Let everybody come and go; measure at every rest, the first before anybody came."""
    random = Random(plan.seed)  # noqa: S311 - no secret
    place = Place(server.socket_url, server.token, speeches(_SPEECHES, random))
    soaked, began = Soaked(plan), time.monotonic()
    soaked.rests.append(await rest(server, 0, 0.0))
    for first in range(0, plan.sessions, plan.every):
        numbers = iter(range(first, min(first + plan.every, plan.sessions)))
        clients = [
            _come(place, plan.seed, numbers, soaked.outcome, tick) for _ in range(plan.at_once)
        ]
        await asyncio.gather(*clients)
        so_far = min(first + plan.every, plan.sessions)
        soaked.rests.append(await rest(server, so_far, time.monotonic() - began))
    return soaked


async def _come(
    place: Place, seed: int, numbers: Iterator[int], outcome: Outcome, tick: Callable[[], None]
) -> None:
    for number in numbers:
        visit = Visit.of(place, f"{seed}, {number}")
        kind = choose(visit.random)
        try:
            async with asyncio.timeout(_LONGEST_VISIT_S):
                await kind(visit)
        except Exception as error:  # noqa: BLE001 - the table tells it
            outcome.failures.append(f"{number}: {kind.__name__}: {type(error).__name__}: {error}")
        outcome.met[kind.__name__] += 1
        tick()


@dataclass
class Soaked:
    """All that was found."""

    plan: Plan
    rests: list[Rest] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def verdicts(self) -> list[Verdict]:
        """Judge every figure, from the first rest after somebody came."""
        return judge(self.rests[1:])

    @property
    def is_good(self) -> bool:
        """Tell whether all is flat and nobody met with anything else than was right."""
        return all(each.is_flat for each in self.verdicts) and not self.outcome.failures

    def save(self, folder: Path) -> None:
        """Write all figures and the plot."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {
            "plan": asdict(self.plan),
            "rests": [asdict(rest) for rest in self.rests],
            "met": self.outcome.met,
            "failures": self.outcome.failures,
        }
        (folder / "soak.json").write_text(json.dumps(told, indent=1))
        plot_soak(self.rests[1:], folder / "soak.png")


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
    soaked, terminal = run(Plan(**plan), model), console()
    soaked.save(out)
    terminal.print(kinds_table(soaked.outcome), verdicts_table(soaked.verdicts))
    for failure in soaked.outcome.failures:
        terminal.print(failure, markup=False, highlight=False)
    last = soaked.rests[-1]
    verdict = "flat" if soaked.is_good else "NOT FLAT, or not right"
    terminal.print(f"{last.sessions} sessions in {last.seconds:.0f} s: {verdict}. Saved {out}")
    raise SystemExit(not soaked.is_good)


if __name__ == "__main__":
    main()
