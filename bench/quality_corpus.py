"""Find recordings and what is said in them.

Knows files; knows nothing of how they are heard.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr

from wsserver.errors import ConfigError
from wsserver.self_check import SAID, SAMPLE
from wsserver.sound_file import SoundFile, open_sound, to_s16le
from wsserver.speech import SAMPLE_RATE, Samples

SAMPLES = Path(__file__).parent.parent / "tests" / "samples"
_SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aiff")


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound file and, if it is known, what is said in it."""

    path: Path
    said: str | None


def own_recordings() -> list[Recording]:
    """Give the samples that come with the project."""
    return [Recording(SAMPLE, SAID), *recordings_in(SAMPLES)]


def recordings_in(folder: Path) -> list[Recording]:
    """Give every sound file below *folder*, in order of their names.

    What is said stands in a .txt of the same name, or in a transcripts.tsv beside the file with
    the columns `file` and `said`.  Raises `ConfigError` if there is no sound file.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SOUNDS)
    if not files:
        raise ConfigError(f"found no sound file in {folder}, expected {', '.join(_SOUNDS)}")
    tables = {folder: _table(folder) for folder in {path.parent for path in files}}
    return [Recording(path, _said(path, tables[path.parent])) for path in files]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A recording's audio, as a client sends it and as stock Whisper takes it."""

    blocks: tuple[bytes, ...]
    """s16le, mono, 100 ms each."""

    sample_rate: int
    samples: Samples

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE


def read(path: Path) -> Sound:
    """Read a whole sound file; raise `BadAudio` if it cannot be."""
    with open_sound(path) as sound:
        return _whole(sound)


def _whole(sound: SoundFile) -> Sound:
    blocks, rate = list(sound.blocks()), sound.block_rate
    joined = np.concatenate(blocks)
    if rate != SAMPLE_RATE:
        joined = soxr.resample(joined, rate, SAMPLE_RATE)
    return Sound(_bytes_of(blocks), rate, joined.astype(np.float32))


def _bytes_of(blocks: Iterable[Samples]) -> tuple[bytes, ...]:
    return tuple(map(to_s16le, blocks))


def _table(folder: Path) -> dict[str, str]:
    path = folder / "transcripts.tsv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as table:
        rows = csv.DictReader(table, delimiter="\t")
        if not {"file", "said"} <= set(rows.fieldnames or ()):
            raise ConfigError(f"{path}: expected the columns file and said")
        return {row["file"]: row["said"] for row in rows}


def _said(path: Path, table: dict[str, str]) -> str | None:
    text = path.with_suffix(".txt")
    if text.exists():
        return text.read_text(encoding="utf-8").strip()
    return table.get(path.name)
