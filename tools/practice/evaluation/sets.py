"""Make the sets that are not there yet.

Knows the catalog and the folder; knows nothing of models.
"""

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tools.practice.evaluation import folder
from tools.practice.evaluation.catalog import CATALOG
from tools.practice.voices.voice import NoVoice

NAMES: tuple[str, ...] = tuple(plan.head.name for plan in CATALOG)
"""All sets, in the order in which they are told of."""


@dataclass(frozen=True, slots=True)
class Made:
    """A set that was made, or why it cannot be on this machine."""

    name: str
    lacks: str = ""
    """The voice that is not here."""


def lacking(path: Path, names: Sequence[str] = NAMES) -> list[str]:
    """Name the sets that *path* lacks."""
    return [name for name in names if not folder.is_there(path, name)]


def build(
    path: Path, names: Sequence[str] = NAMES, told: Callable[[Made], None] = lambda _: None
) -> None:
    """Make those of the sets that *path* lacks and this machine has the voices for.

    A set is the same on every machine that has the same voices; *told* gets each as it is made.
    """
    with ProcessPoolExecutor(
        os.cpu_count(),
        multiprocessing.get_context("forkserver"),
        # New processes have the environment of when the first of all was started.
        initializer=_settle_in,
        initargs=(dict(os.environ),),
        # Espeak keeps some state from text to text: only a new process says the same again.
        max_tasks_per_child=1,
    ) as pool:
        for future in as_completed(
            [pool.submit(_make, path, name) for name in lacking(path, names)]
        ):
            told(future.result())


def _settle_in(environment: dict[str, str]) -> None:
    os.environ.update(environment)


def _make(path: Path, name: str) -> Made:
    plan = CATALOG[NAMES.index(name)]
    try:
        folder.write(path, plan.made())
    except NoVoice as error:
        return Made(name, str(error))
    return Made(name)
