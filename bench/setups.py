"""The servers that are compared, as commands.

Knows their options; knows nothing of how they are measured.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from wsserver.recognition.engines import EngineSpec


@dataclass(frozen=True, slots=True)
class Setup:
    """A server that is measured."""

    name: str
    command: tuple[str, ...]
    """A module and its options."""

    counts: tuple[int, ...]
    """Streams, up to more than it will carry."""

    paced: bool
    """Random weights: words come 3.5 a second."""


def knows_partials() -> bool:
    """Say whether the engine has a precision of its own for partials."""
    return "partials" in {field.name for field in fields(EngineSpec)}


def default_partials() -> tuple[str, ...]:
    """Give the precisions of partials that are compared, if there is a choice."""
    return ("fp32", "auto") if knows_partials() else ("fp32",)


def setups(
    what: Iterable[str], partials: Sequence[str], shares: Sequence[float], checkpoint: Path
) -> list[Setup]:
    """Give those of `ours`, `plain` and `practice` that are wanted, on *checkpoint*.

    Ours comes in each precision of *partials* and with each of the *shares* of drafts right.
    """
    ours = [_ours(each, share, checkpoint) for each in partials for share in shares]
    plain = Setup(
        "the plain design", ("bench.plain", "--model", str(checkpoint)), (1, 2, 4), paced=True
    )
    practice = Setup(
        "ours, the practice model", ("bench.server", "--model", "practice"), (1, 4, 8), paced=False
    )
    known = {"ours": ours, "plain": [plain], "practice": [practice]}
    return [setup for each in what for setup in known[each]]


def _ours(precision: str, share: float, checkpoint: Path) -> Setup:
    options = ("--model", str(checkpoint), "--draft-share", str(share))
    chosen = ("--partials", precision) if knows_partials() else ()
    name = f"ours, partials in {precision}, drafts {share:.0%} right"
    return Setup(name, ("bench.server", *options, *chosen), (1, 2, 4, 6, 8, 10, 12), paced=True)
