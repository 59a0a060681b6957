"""Run many inputs of one target, each from a seed of its own, and tell what came of them.

Knows targets and seeds; knows no processes and no terminal.
"""

import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random

from bench.fuzzing.dialog import LeakedSession
from bench.fuzzing.targets import Target, target_named

_TOLD = 5
"""Failures of one batch that are told with their input."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Inputs to be tried in a row."""

    target: str
    seed: int
    """Of the whole run."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that was not taken as it should be."""

    target: str
    seed: str
    """`Random(seed)` makes the input."""

    error: str
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Outcome:
    """What came of inputs of one target."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    """That one core worked on them."""

    unhandled: int = 0
    leaked: int = 0
    failures: list[Failure] = field(default_factory=list)
    """Some of them."""

    def add(self, other: "Outcome") -> None:
        """Take in another outcome of the same target."""
        self.inputs += other.inputs
        self.seconds += other.seconds
        self.unhandled += other.unhandled
        self.leaked += other.leaked
        self.failures += other.failures


def input_seed(batch: Batch, number: int) -> str:
    """Name the seed of an input; every one has its own, so any can be made again alone."""
    return f"{batch.seed}/{batch.target}/{number}"


def run_batch(batch: Batch) -> Outcome:
    """Try all inputs of *batch*."""
    target, outcome = target_named(batch.target), Outcome(batch.target, batch.count)
    kinds: Counter[str] = Counter()
    began = time.perf_counter()
    for number in range(batch.first, batch.first + batch.count):
        failure = try_one(target, input_seed(batch, number), outcome)
        if failure and not kinds[failure.error] and len(kinds) < _TOLD:
            outcome.failures.append(failure)
        if failure:
            kinds[failure.error] += 1
    outcome.seconds = time.perf_counter() - began
    return outcome


def try_one(target: Target, seed: str, outcome: Outcome) -> Failure | None:
    """Make the input of *seed* and try it; count in *outcome* what it should not have done."""
    data = target.make(Random(seed))  # noqa: S311 - no secret
    try:
        target.run(data)
    except LeakedSession as error:
        outcome.leaked += 1
        return Failure(target.name, seed, repr(error), data)
    except Exception as error:  # noqa: BLE001 - every one is a finding
        outcome.unhandled += 1
        return Failure(target.name, seed, f"{type(error).__name__}: {error}"[:200], data)
    return None
