"""Show a training on a terminal, or line by line where there is none.

Knows reports; knows nothing of what is trained.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tools.practice.training.loop import Report, Watch

_LINES_APART = 100


@contextmanager
def bar(console: Console) -> Iterator[Watch]:
    """Give what shows each report; every hundred steps also as a line that stays."""
    told = 0
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("training", total=None)

        def show(report: Report) -> None:
            nonlocal told
            said = summary(report)
            progress.update(task, total=report.steps, completed=report.step, description=said)
            if report.step - told >= _LINES_APART or report.step == report.steps:
                told = report.step
                console.print(f"step {report.step} of {report.steps}: {said}")

        yield show


def summary(report: Report) -> str:
    """Say how far a training is and how well it does."""
    losses = " ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
    return f"{report.audio_h:.1f} h heard, {report.step_s:.2f} s a step, {losses}"
