"""What an evaluation found, and the file it is kept in.

Knows nothing of models or of how it is shown.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.practice.evaluation.figures import Figure
from tools.practice.evaluation.trials import Way


@dataclass(frozen=True, slots=True)
class Answer:
    """What was heard in one item."""

    item: str
    voice: str
    said: str
    heard: str
    no_speech: float


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one set, heard in one way."""

    group: str
    name: str
    way: Way
    seen: bool
    items: int
    words: int
    seconds: float
    """Of all items together."""

    figures: tuple[Figure, ...]
    answers: tuple[Answer, ...] = ()

    def figure(self, name: str) -> Figure | None:
        """Give the figure of this name, if the row has it."""
        return next((figure for figure in self.figures if figure.name == name), None)


@dataclass(frozen=True, slots=True)
class Report:
    """All that an evaluation found."""

    checkpoint: str
    sha256: str
    bytes: int
    parameters: int
    dimensions: tuple[tuple[str, int], ...]
    quick: bool
    wall_s: float
    missing: tuple[str, ...]
    """Sets that could not be made on the machine."""

    rows: tuple[Row, ...]

    @property
    def groups(self) -> list[str]:
        """Name the groups in the order of their rows."""
        return list(dict.fromkeys(row.group for row in self.rows))

    def rows_of(self, group: str) -> list[Row]:
        """Give the rows of a group."""
        return [row for row in self.rows if row.group == group]


def columns_of(rows: Sequence[Row]) -> list[str]:
    """Name the figures that any of the rows has, in order."""
    return list(dict.fromkeys(figure.name for row in rows for figure in row.figures))


def write(path: Path, report: Report) -> None:
    """Write a report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(report), indent=1) + "\n")


def read(path: Path) -> Report:
    """Read what `write` wrote."""
    plain = json.loads(path.read_text())
    rows = [
        Row(
            **{
                **row,
                "way": Way(row["way"]),
                "figures": tuple(Figure(**figure) for figure in row["figures"]),
                "answers": tuple(Answer(**answer) for answer in row["answers"]),
            }
        )
        for row in plain["rows"]
    ]
    dimensions = tuple((name, value) for name, value in plain["dimensions"])
    missing = tuple(plain["missing"])
    return Report(**{**plain, "rows": tuple(rows), "dimensions": dimensions, "missing": missing})
