"""Commands that make, measure and ship the practice model.

Knows the stages; thin over them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import torch
from rich.console import Console

from tools.practice import stages
from tools.practice.corpus.synthesize import Plan
from tools.practice.evaluation import report, table
from tools.practice.training.settings import Settings
from tools.practice.work import SHIPPED, Work, unless_there
from wsserver.errors import OperatorError

_WORK = Path("build/practice")
_PATH = click.Path(path_type=Path)


class _Commands(click.Group):
    """Tells an operator's errors in one line, with exit code 2, as the server does."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except OperatorError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)


@click.group(cls=_Commands)
@click.option("--work", type=_PATH, default=_WORK, show_default=True, help="Where all is made.")
@click.pass_context
def main(context: click.Context, work: Path) -> None:
    """Make the practice model: synthesize speech, train, measure, write its card."""
    context.obj = Work(work)


def _there(_: click.Context, __: click.Parameter, device: str) -> str:
    """Tell at once of a device that is not there: it is used hours later."""
    if device == "cuda" and not torch.cuda.is_available():
        raise click.BadParameter("torch finds no CUDA device")
    return device


def _training(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a training."""
    steps = click.option("--steps", type=click.IntRange(1), default=Settings().steps)
    kinds = click.Choice(["cpu", "cuda"])
    device = click.option("--device", type=kinds, default="cpu", callback=_there)
    return steps(device(command))


@main.command()
@click.pass_obj
def synthesize(work: Work) -> None:
    """Make the corpora that are not there."""
    console = _console()
    stages.find_recordings(work, console)
    stages.synthesize_corpora(work, Plan(), console)


@main.command()
@_training
@click.pass_obj
def train(work: Work, steps: int, device: str) -> None:
    """Train on the corpora, going on where a training broke off."""
    stages.train_model(work, Settings(steps=steps), device, _console())


@main.command()
@click.argument("checkpoint", type=_PATH)
@click.option("--sets", type=_PATH, help="Folder of the sets; made if they are not there.")
@click.option("--out", type=_PATH, help="The report, as JSON.")
@click.option("--quick", is_flag=True, help="A minute: few items of the most telling sets.")
@click.pass_obj
def evaluate(
    work: Work, checkpoint: Path, sets: Path | None, out: Path | None, quick: bool
) -> None:
    """Measure a checkpoint on speech that it was never trained on."""
    _evaluate(work, checkpoint, sets or work.sets, out or work.report, quick)


@main.command()
@click.argument("found", metavar="REPORT", type=_PATH)
@click.option("--out", type=_PATH, default=SHIPPED / "CARD.md", show_default="the shipped card")
@click.pass_obj
def card(work: Work, found: Path, out: Path) -> None:
    """Write the card of the practice.pt beside it from a report."""
    stages.write_card(found, work, out)


@main.command(name="all")
@_training
@click.pass_obj
def make_all(work: Work, steps: int, device: str) -> None:
    """Do everything that is not done yet, but for shipping."""
    console = _console()
    stages.find_recordings(work, console)
    stages.synthesize_corpora(work, Plan(), console)
    settings = Settings(steps=steps)
    unless_there(work.model, lambda: stages.train_model(work, settings, device, console))
    if not stages.is_measured(work):
        _evaluate(work, work.model, work.sets, work.report, quick=False)
    stages.write_card(work.report, work, work.card)
    console.print(f"{work.model} is done; `python -m tools.practice ship` puts it in its place")


@main.command()
@click.pass_obj
def ship(work: Work) -> None:
    """Put the finished model and its card where the product takes them from."""
    stages.ship(work)


def _evaluate(work: Work, checkpoint: Path, sets: Path, out: Path, quick: bool) -> None:
    stages.expect_checkpoint(checkpoint)
    console = _console()
    stages.build_sets(work, sets, console)
    found = stages.measure(checkpoint, sets, quick, console)
    report.write(out, found)
    for one in table.tables(found):
        console.print(one)
    console.print(f"{found.wall_s:.0f} s; written to {out}")


def _console() -> Console:
    # Without a terminal rich assumes 80 columns, too few for the tables.
    console = Console()
    return console if console.is_terminal else Console(width=160)
