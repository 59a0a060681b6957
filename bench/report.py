"""How a bench begins and ends: a console and a legend, and what was measured in a file.

Knows the console and files; knows nothing of what is measured.
"""

import json
import resource
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console

WIDTH = 120
"""Columns that the widest table takes in most benches; a pipe is taken to have 80."""


def console(width: int = WIDTH) -> Console:
    """Give a console that is wide enough."""
    usual = Console()
    return usual if usual.width >= width else Console(width=width)


def begin(legend: str) -> Console:
    """Allow as many connections as may be; give a console after the *legend*."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    terminal = console()
    terminal.print(legend, highlight=False)
    return terminal


def save(measured: Any, path: Path) -> None:
    """Write what was *measured* as JSON, dataclasses and all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(measured, indent=1, default=asdict))
