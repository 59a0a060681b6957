"""Make the sets that are not there yet.

Knows the catalog and the folder; knows nothing of models.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.practice.evaluation import folder
from tools.practice.evaluation.catalog import CATALOG
from tools.practice.voices.voice import NoVoice

NAMES: tuple[str, ...] = tuple(plan.head.name for plan in CATALOG)
"""All sets, in the order in which they are told of."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A set that cannot be made on this machine, and why."""

    name: str
    reason: str


def build(path: Path, told: Callable[[str], None] = lambda _: None) -> list[Missing]:
    """Make the sets that *path* lacks; *told* gets the name of each before it is made.

    A set is the same on every machine that has the same voices.  Gives the sets that cannot be
    made because a voice is not here.
    """
    return list(_build(path, told))


def _build(path: Path, told: Callable[[str], None]) -> Iterator[Missing]:
    for plan in CATALOG:
        if folder.is_there(path, plan.head.name):
            continue
        told(plan.head.name)
        try:
            folder.write(path, plan.made())
        except NoVoice as error:
            yield Missing(plan.head.name, str(error))
