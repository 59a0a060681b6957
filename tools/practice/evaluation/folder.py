"""Keep evaluation sets as FLAC files with a list of what is said in them.

Knows files; knows nothing of how sets are made or heard.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import soundfile

from tools.practice.evaluation.trials import Item, Kind, Way
from tools.practice.speech import RATE, Word

_LIST = "set.json"


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a set without its items."""

    name: str
    group: str
    """Sets of one group have the same figures and stand in one table."""

    kind: Kind
    ways: tuple[Way, ...]
    seen: bool = False
    """True if training has the voice or spoils speech in this way; the sentences it never has."""

    quick: bool = False
    """True if the set is heard in a quick evaluation as well."""


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Items that give one row of a table for each way of hearing them."""

    head: Head
    items: tuple[Item, ...]


def path_of(folder: Path, name: str) -> Path:
    """Say where the set of this name lies."""
    return folder / re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def is_there(folder: Path, name: str) -> bool:
    """Say whether the set was written wholly."""
    return (path_of(folder, name) / _LIST).exists()


def write(folder: Path, one: EvaluationSet) -> None:
    """Write a set; it is there only once it is whole."""
    path = path_of(folder, one.head.name)
    path.mkdir(parents=True, exist_ok=True)
    for item in one.items:
        soundfile.write(path / f"{item.name}.flac", item.samples, RATE, "PCM_16")
    head = one.head
    plain = {
        "name": head.name,
        "group": head.group,
        "kind": head.kind,
        "ways": head.ways,
        "seen": head.seen,
        "quick": head.quick,
        "items": [_plain(item) for item in one.items],
    }
    draft = path / f"{_LIST}.draft"
    draft.write_text(json.dumps(plain, indent=1) + "\n")
    draft.replace(path / _LIST)


def read(folder: Path, name: str) -> EvaluationSet:
    """Read what `write` wrote; raises `FileNotFoundError` if there is none."""
    path = path_of(folder, name)
    plain = json.loads((path / _LIST).read_text())
    head = Head(
        plain["name"],
        plain["group"],
        Kind(plain["kind"]),
        tuple(map(Way, plain["ways"])),
        plain["seen"],
        plain["quick"],
    )
    return EvaluationSet(head, tuple(_items(path, plain["items"])))


def _plain(item: Item) -> dict[str, Any]:
    words = [[word.text, round(word.start, 4), round(word.end, 4)] for word in item.words]
    return {
        "name": item.name,
        "said": item.said,
        "sentence": item.sentence,
        "voice": item.voice,
        "words": words,
        "unfinished": item.unfinished,
        "prompt": item.prompt,
    }


def _items(path: Path, plain: Iterable[dict[str, Any]]) -> Iterable[Item]:
    for values in plain:
        samples, rate = soundfile.read(path / f"{values['name']}.flac", dtype="float32")
        assert rate == RATE
        words = tuple(Word(*word) for word in values.pop("words"))
        yield Item(samples=samples, words=words, **values)
