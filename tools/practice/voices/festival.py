"""Speak with festival's text2wave: an engine that is never trained on, for evaluation alone.

Knows festival 2.5's command line; gives no phones, and times of words by their letters only.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from tools.practice.speech import Utterance, Word
from tools.practice.voices.take import Take
from tools.practice.voices.voice import OWN, Manner, NothingSaid, NoVoice

_LIMIT_S = 120
_AUDIBLE = 0.02
"""Part of the peak; what is fainter at the ends is no speech."""


@dataclass(frozen=True, slots=True)
class FestivalVoice:
    """One of festival's voices; *speaker* as festival calls them."""

    speaker: str

    @property
    def name(self) -> str:
        """Name it for the roster: "festival-kal_diphone"."""
        return f"festival-{self.speaker}"

    def say(self, text: str, manner: Manner = OWN) -> Utterance:
        """Say *text*, varying only its size; raises `NothingSaid`, or `NoVoice` without festival.

        Slow: a process for each call.
        """
        with tempfile.TemporaryDirectory() as folder:
            sound = Path(folder, "said.wav")
            complaint = self._write(text, sound)
            if not sound.exists():
                raise NoVoice(f"festival has no voice {self.speaker}: {complaint.strip()}")
            samples, rate = soundfile.read(sound, dtype="float32")
        words = _spread(text.split(), *_audible_s(samples, rate))
        return Take(samples, rate, words).utterance(self.name, manner.size)

    def _write(self, text: str, sound: Path) -> str:
        command = ["text2wave", "-o", str(sound), "-eval", f"(voice_{self.speaker})"]
        try:
            done = subprocess.run(  # noqa: S603 (no shell, and the text goes by stdin)
                command, input=text, text=True, capture_output=True, timeout=_LIMIT_S, check=False
            )
        except FileNotFoundError as error:
            raise NoVoice("no text2wave here; on Debian: apt install festival") from error
        return done.stderr


def _audible_s(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]", rate: int) -> list[float]:
    loud = np.abs(samples)
    places = np.flatnonzero(loud > _AUDIBLE * loud.max(initial=0))
    if not len(places):
        raise NothingSaid("festival gave no sound")
    return [float(places[0] / rate), float(places[-1] / rate)]


def _spread(texts: list[str], start: float, end: float) -> tuple[Word, ...]:
    letters = np.cumsum([0] + [len(text) for text in texts])
    edges = (start + (end - start) * letters / letters[-1]).tolist()
    return tuple(map(Word, texts, edges, edges[1:]))
