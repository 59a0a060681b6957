"""Make the corpora: shards in processes of their own, then one corpus of each kind.

Knows plans, processes and files; knows nothing of what is said.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import TypeAlias

from tools.practice.corpus import shard, store
from tools.practice.corpus.shard import CORPORA, Shard
from tools.practice.speech import Mel, Word
from wsserver.errors import OperatorError

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told of a corpus, how many of its shards there are, and how many there will be."""


_SHARDS = "shards"


class ShardLost(OperatorError):
    """A process that made speech broke off; what it said of that stands above."""

    code = "shard_lost"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much there shall be of what; a corpus of no hours is left out."""

    espeak_hours: float = 60.0
    flite_hours: float = 26.0
    digits_hours: float = 2.0
    noise_hours: float = 0.75
    shard_minutes: float = 15.0

    def hours(self, corpus: str) -> float:
        """Give the hours of one of `CORPORA`."""
        return float(getattr(self, f"{corpus}_hours"))

    def shards(self, corpus: str, folder: Path, seed: int) -> list[Shard]:
        """Part a corpus into shards; the last one is as long as the others."""
        count = ceil(self.hours(corpus) * 60 / self.shard_minutes)
        path = folder / _SHARDS
        return [
            Shard(corpus, number, self.shard_minutes, seed, path / f"{corpus}-{number:04d}")
            for number in range(count)
        ]


TINY = Plan(0.005, 0.005, 0.0, 0.005, shard_minutes=0.3)
"""Some seconds of each, for tests."""


def _untold(_: str, __: int, ___: int) -> None:
    """Take no notice."""


def synthesize(
    folder: Path, plan: Plan, seed: int = 1, workers: int = 2, progress: Progress = _untold
) -> None:
    """Make what *plan* asks for and is not in *folder*: a corpus of each kind, named after it.

    A run that broke off goes on where it was, shard by shard; a corpus that is there stays as it
    is, whatever the plan.  The same seed gives the same corpora where the engines are the same,
    with any number of workers.  Raises `ShardLost`.
    """
    for corpus in CORPORA:
        if plan.hours(corpus) > 0 and not store.exists(folder / corpus):
            shards = plan.shards(corpus, folder, seed)
            _make(shards, workers, progress)
            store.write(folder / corpus, (spoken for part in shards for spoken in _read(part)))
        if store.exists(folder / corpus):
            _remove_shards(folder, corpus)


def _make(shards: list[Shard], workers: int, progress: Progress) -> None:
    missing = [part for part in shards if not part.is_made]
    done = len(shards) - len(missing)
    progress(shards[0].corpus, done, len(shards))
    with ThreadPoolExecutor(workers) as pool:
        try:
            for future in as_completed([pool.submit(_in_own_process, part) for part in missing]):
                future.result()
                done += 1
                progress(shards[0].corpus, done, len(shards))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_own_process(part: Shard) -> None:
    # Espeak keeps some state from text to text: only a new process says the same again.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([shard.__name__])
    process = context.Process(target=_here, args=(part, dict(os.environ)), daemon=True)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise ShardLost(f"{part.path.name} ended with {process.exitcode}, expected 0")


def _here(part: Shard, variables: dict[str, str]) -> None:
    # The fork server knows the variables of its own start, not what was set since.
    os.environ.update(variables)
    shard.make(part)


def _remove_shards(folder: Path, corpus: str) -> None:
    """Remove what the corpus was joined from, also if a run broke off before that was done."""
    parts = folder / _SHARDS
    for path in parts.glob(f"{corpus}-*"):
        path.unlink()
    if parts.is_dir() and not any(parts.iterdir()):
        parts.rmdir()


def _read(part: Shard) -> Iterator[tuple[Mel, str, tuple[Word, ...]]]:
    corpus = store.read(part.path)
    for entry in corpus.entries:
        yield corpus.frames(entry), entry.voice, entry.words
