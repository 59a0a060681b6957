"""Show a training on a terminal, or line by line where there is none.

Knows reports; knows nothing of what is trained.
"""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tools.practice.training.loop import Report

_LINES_APART = 100


class Bar:
    """A bar with the losses; call it with each report, inside of `with`."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("training", total=None)
        self._told = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, report: Report) -> None:
        """Show a report; every hundred steps also as a line that stays."""
        said = summary(report)
        self._progress.update(
            self._task, total=report.steps, completed=report.step, description=said
        )
        if report.step - self._told >= _LINES_APART or report.step == report.steps:
            self._told = report.step
            self._console.print(f"step {report.step} of {report.steps}: {said}")


def summary(report: Report) -> str:
    """Say how far a training is and how well it does."""
    losses = " ".join(f"{name} {value:.3f}" for name, value in report.losses.items())
    return f"{report.audio_h:.1f} h heard, {report.step_s:.2f} s a step, {losses}"
