"""Let people say digits: recordings of single ones, strung together.

Knows the Free Spoken Digit Dataset's file names ("7_theo_12.wav", 8 kHz; CC BY-SA 4.0, by Zohar
Jackson and others); knows nothing of training.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import numpy as np
import soundfile
import soxr

from tools.practice.chance import Chance, pick
from tools.practice.speech import RATE, Phone, Samples, Utterance, Word
from tools.practice.voices import phones
from tools.practice.voices.voice import OWN, Manner, NothingSaid, NoVoice

FOLDER_VARIABLE = "PRACTICE_DIGITS"
"""Names the data set's folder, which has a folder "recordings" in it."""

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")

_SOUNDS = {
    "zero": "Z IH R OW",
    "one": "W AH N",
    "two": "T UW",
    "three": "TH R IY",
    "four": "F AO R",
    "five": "F AY V",
    "six": "S IH K S",
    "seven": "S EH V AX N",
    "eight": "EY T",
    "nine": "N AY N",
}
DIGITS = tuple(_SOUNDS)

_PEAK = 0.25
_AUDIBLE = 0.02
_GAPS_S = (0.02, 0.35)


@dataclass(frozen=True, slots=True)
class DigitsVoice:
    """Somebody of whom there are recordings; *folder* is where, else `FOLDER_VARIABLE` says it."""

    speaker: str
    folder: Path | None = None

    @property
    def name(self) -> str:
        """Name it for the roster: "digits-theo"."""
        return f"digits-{self.speaker}"

    def say(self, text: str, manner: Manner = OWN) -> Utterance:
        """Say digits; the same text always sounds the same.

        Phones are dealt out within each digit by rule, as nobody has measured them.  Raises
        `NothingSaid` for other words, `NoVoice` if there are no recordings.
        """
        rng = np.random.default_rng(crc32(f"{self.speaker} {text}".encode()))
        sounds: list[Samples] = [_rest(0.03)]
        words: list[Word] = []
        for written in text.split():
            start = sum(map(len, sounds)) / RATE
            sound = self._digit(written, manner.size, rng)
            words.append(_word(written, start, start + len(sound) / RATE))
            sounds += [sound, _rest(rng.uniform(*_GAPS_S) / manner.speed)]
        sounds[-1] = _rest(0.05)
        return Utterance(np.concatenate(sounds), tuple(words), self.name)

    def _digit(self, written: str, size: float, rng: Chance) -> Samples:
        if _plain(written) not in _SOUNDS:
            raise NothingSaid(f"{self.name} says digits only, not {written!r}")
        digit = DIGITS.index(_plain(written))
        recordings = _recordings(self._recorded(), self.speaker, digit)
        recording = pick(recordings, rng)
        return np.asarray(soxr.resample(recording, RATE / size, RATE), np.float32)

    def _recorded(self) -> Path:
        folder = self.folder or os.environ.get(FOLDER_VARIABLE)
        if not folder:
            raise NoVoice(f"no recordings of digits: {FOLDER_VARIABLE} names no folder")
        return Path(folder, "recordings")


@cache
def _recordings(folder: Path, speaker: str, digit: int) -> tuple[Samples, ...]:
    # Sorted by number, since the order in a folder is the file system's own.
    paths = sorted(folder.glob(f"{digit}_{speaker}_*.wav"), key=lambda path: (len(path.name), path))
    if not paths:
        raise NoVoice(f"no recordings of {speaker} saying {DIGITS[digit]} in {folder}")
    return tuple(map(_read, paths))


def _read(path: Path) -> Samples:
    sound, rate = soundfile.read(path, dtype="float32")
    loud = np.abs(sound)
    places = np.flatnonzero(loud > _AUDIBLE * loud.max())
    trimmed = sound[places[0] : places[-1] + 1] * (_PEAK / loud.max())
    return np.asarray(soxr.resample(trimmed, rate, RATE), np.float32)


def _word(written: str, start: float, end: float) -> Word:
    symbols = _SOUNDS[_plain(written)].split()
    shares = np.cumsum([0.0] + [phones.weight(symbol) for symbol in symbols])
    edges = (start + (end - start) * shares / shares[-1]).tolist()
    return Word(written, start, end, tuple(map(Phone, symbols, edges, edges[1:])))


def _rest(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def _plain(written: str) -> str:
    return written.lower().strip(".,?!")
