"""Hear all sets with a checkpoint, and sum up.

Knows nothing of how sets are made or of how figures are shown.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path

from tools.practice.evaluation import folder, measures
from tools.practice.evaluation.folder import EvaluationSet
from tools.practice.evaluation.listener import Listener
from tools.practice.evaluation.report import Answer, Report, Row
from tools.practice.evaluation.trials import Item, Kind, Trial, Way
from tools.practice.work import sha256

QUICK_ITEMS = 24
"""Items of a set that are heard in a quick evaluation, in one way."""


def evaluate(
    checkpoint: Path,
    sets: Path,
    names: Sequence[str],
    quick: bool = False,
    told: Callable[[Row], None] = lambda _: None,
) -> Report:
    """Measure a checkpoint on the sets of these names in the folder *sets*.

    Sets that are not there are named in the report.  *told* gets each row as it is found.
    """
    began = time.perf_counter()
    listener = Listener(checkpoint)
    there = [name for name in names if folder.is_there(sets, name)]
    rows = []
    for name in there:
        for row in rows_of(listener, folder.read(sets, name), quick):
            rows.append(row)
            told(row)
    return Report(
        checkpoint=checkpoint.name,
        sha256=sha256(checkpoint),
        bytes=checkpoint.stat().st_size,
        parameters=sum(tensor.numel() for tensor in listener.model.parameters()),
        dimensions=tuple(asdict(listener.model.dims).items()),
        quick=quick,
        wall_s=time.perf_counter() - began,
        missing=tuple(name for name in names if name not in there),
        rows=tuple(rows),
    )


def rows_of(listener: Listener, one: EvaluationSet, quick: bool = False) -> Iterator[Row]:
    """Hear a set in each of its ways; quickly, its first items in its first way."""
    if quick and not one.head.quick:
        return
    items = one.items[:QUICK_ITEMS] if quick else one.items
    for way in islice(one.head.ways, 1 if quick else None):
        yield _row(listener, one, items, way)


def _row(listener: Listener, one: EvaluationSet, items: Sequence[Item], way: Way) -> Row:
    head = one.head
    heard = listener.time(items) if head.kind is Kind.TIMED else listener.hear(items, way)
    trials = [Trial(*pair) for pair in zip(items, heard, strict=True)]
    return Row(
        group=head.group,
        name=head.name,
        way=way,
        seen=head.seen,
        items=len(items),
        words=sum(len(item.said.split()) for item in items),
        seconds=sum(item.seconds for item in items),
        figures=measures.figures(head.kind, trials),
        answers=tuple(map(_answer, trials)),
    )


def _answer(trial: Trial) -> Answer:
    item, heard = trial.item, trial.heard
    return Answer(item.name, item.voice, item.said, heard.text, round(heard.no_speech, 5))
