"""Read a dashboard's file: what each panel asks, and where it stands.

Knows the parts of Grafana's format that ours uses; knows nothing of numbers or of drawing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "deploy" / "grafana" / "wsserver.json"
_VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)\}")
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Target:
    """One question of a panel, and how its answers are called."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, in units of the dashboard's grid, which is 24 wide."""

    title: str
    unit: str
    x: int
    y: int
    width: int
    height: int
    targets: tuple[Target, ...]
    spans_gaps: bool
    """Whether a curve goes on where there is nothing in between."""


def read_panels(path: Path = FILE) -> tuple[Panel, ...]:
    """Read all panels; raise `ValueError` for one of a kind that cannot be drawn."""
    return tuple(map(_panel, json.loads(path.read_text(encoding="utf-8"))["panels"]))


def _panel(found: Mapping[str, Any]) -> Panel:
    if found["type"] != "timeseries":
        raise ValueError(f"found a panel of the type {found['type']!r}, expected 'timeseries'")
    place = found["gridPos"]
    targets = tuple(Target(each["expr"], each["legendFormat"]) for each in found["targets"])
    looks = found["fieldConfig"]["defaults"]
    return Panel(
        title=found["title"],
        unit=looks["unit"],
        x=place["x"],
        y=place["y"],
        width=place["w"],
        height=place["h"],
        targets=targets,
        spans_gaps=looks.get("custom", {}).get("spanNulls", False),
    )


def rate_interval(step_seconds: int, scrape_seconds: int) -> str:
    """Give Grafana's `$__rate_interval`: four scrapes at least (its documentation says so)."""
    return f"{max(step_seconds + scrape_seconds, 4 * scrape_seconds)}s"


def resolve(expression: str, variables: Mapping[str, str]) -> str:
    """Put in what each variable stands for; raise `ValueError` for one that is not known."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in variables:
            raise ValueError(f"found the variable {name!r}, expected {', '.join(variables)}")
        return variables[name]

    return _VARIABLE.sub(value, expression)


def name_of(legend: str, labels: Mapping[str, str]) -> str:
    """Call a series as the *legend* says."""
    return _LABEL.sub(lambda found: labels.get(found[1], ""), legend)
