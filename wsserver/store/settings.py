"""The knobs of keeping: whether, where and for how long.

Knows no file and no environment; whoever reads `config.yaml` fills these in.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from annotated_types import Gt


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """What is kept of dictations."""

    folder: Path | None = None
    """Where transcripts are kept; None keeps nothing."""

    audio: bool = False
    """Keep the audio as well."""

    keep_days: Annotated[float, Gt(0)] | None = None
    """Days from the end of a session to its deletion; None keeps it until somebody deletes it."""
