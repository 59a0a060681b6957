"""Keep utterances as mel frames and a line of words each, and read them back.

Knows two files per corpus; knows nothing of how speech is made or used.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.lib.format as npy

from tools.practice.speech import FRAMES_PER_SECOND, Mel, Phone, Word

BANDS = 80

_ENDS = ("mel.npy", "words.jsonl")


@dataclass(frozen=True, slots=True)
class Entry:
    """One utterance: which frames are its own, and what is said in them; times from its start."""

    first_frame: int
    frames: int
    voice: str
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is in a corpus."""

    utterances: int
    hours: float


@dataclass(frozen=True, slots=True)
class Corpus:
    """Utterances; the mel frames of all of them lie in one array, read from disk when needed."""

    mel: Mel
    entries: tuple[Entry, ...]

    @property
    def hours(self) -> float:
        """How much there is to hear."""
        return _hours(self.mel)

    def frames(self, entry: Entry) -> Mel:
        """Give the mel of one utterance, shape (frames, 80)."""
        return self.mel[entry.first_frame : entry.first_frame + entry.frames]


def write(path: Path, spoken: Iterable[tuple[Mel, str, tuple[Word, ...]]]) -> int:
    """Write (mel, voice, words) to `path`.mel.npy and `path`.words.jsonl; give how many.

    The files appear under their names only once they are whole.
    """
    drafts = [_sibling(path, f"{end}.draft") for end in _ENDS]
    header = {"descr": npy.dtype_to_descr(np.dtype(np.float16)), "fortran_order": False}
    count = first = 0
    with drafts[0].open("wb") as frames, drafts[1].open("w") as lines:
        # The header has the same length whatever the number of frames, so it is written twice.
        npy.write_array_header_1_0(frames, {**header, "shape": (10**12, BANDS)})
        start = frames.tell()
        for mel, voice, words in spoken:
            frames.write(np.ascontiguousarray(mel, np.float16).tobytes())
            lines.write(json.dumps([first, len(mel), voice, _plain(words)]) + "\n")
            first += len(mel)
            count += 1
        frames.seek(0)
        npy.write_array_header_1_0(frames, {**header, "shape": (first, BANDS)})
        assert frames.tell() == start
    for draft in drafts:
        draft.replace(draft.with_suffix(""))
    return count


def read(path: Path) -> Corpus:
    """Read what `write` wrote; raises `FileNotFoundError` if there is none."""
    mel = _frames(path)
    with _sibling(path, "words.jsonl").open() as lines:
        return Corpus(mel, tuple(_entry(json.loads(line)) for line in lines))


def found(folder: Path) -> list[Path]:
    """Give the paths of all corpora in a folder, by name."""
    end = f".{_ENDS[1]}"
    paths = (each.with_name(each.name.removesuffix(end)) for each in folder.glob(f"*{end}"))
    return sorted(filter(exists, paths))


def size(path: Path) -> Size:
    """Tell how much `read` would read, without reading it."""
    with _sibling(path, "words.jsonl").open("rb") as lines:
        return Size(sum(1 for _ in lines), _hours(_frames(path)))


def exists(path: Path) -> bool:
    """Tell whether `read` would find a corpus."""
    return all(_sibling(path, end).is_file() for end in _ENDS)


def _sibling(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}.{end}")


def _frames(path: Path) -> Mel:
    mel: Mel = np.load(_sibling(path, "mel.npy"), mmap_mode="r")
    return mel


def _hours(mel: Mel) -> float:
    return len(mel) / FRAMES_PER_SECOND / 3600


def _plain(words: tuple[Word, ...]) -> list[Any]:
    return [
        [
            word.text,
            round(word.start, 4),
            round(word.end, 4),
            [[phone.symbol, round(phone.start, 4), round(phone.end, 4)] for phone in word.phones],
        ]
        for word in words
    ]


def _entry(plain: list[Any]) -> Entry:
    first, frames, voice, words = plain
    return Entry(
        first,
        frames,
        voice,
        tuple(
            Word(text, start, end, tuple(Phone(*phone) for phone in phones))
            for text, start, end, phones in words
        ),
    )
