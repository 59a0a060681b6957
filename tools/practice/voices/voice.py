"""What every voice can do, and how it may be asked to speak.

Knows no engine.
"""

from dataclasses import dataclass
from typing import Protocol

from tools.practice.speech import Utterance
from wsserver.errors import OperatorError


class NoVoice(OperatorError):
    """A voice, its engine or its recordings are not on this machine."""

    code = "no_voice"


class NothingSaid(OperatorError):
    """A voice gave no sound for a text, or not all of its words."""

    code = "nothing_said"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a voice speaks, in parts of its own way; a voice ignores what it cannot vary."""

    speed: float = 1.0
    pitch: float = 1.0

    liveliness: float = 1.0
    """The range of the pitch; 0 is a monotone."""

    size: float = 1.0
    """Length of the throat: 1.1 lowers all resonances by a tenth, as in a taller person."""

    gap_ms: float = 0.0
    """A rest after every word, as of somebody who dictates."""


OWN = Manner()
"""A voice's own manner."""


class Voice(Protocol):
    """Somebody who can speak."""

    @property
    def name(self) -> str:
        """Name it as `roster.voice` knows it; it becomes `Utterance.voice`."""
        ...

    def say(self, text: str, manner: Manner = OWN) -> Utterance:
        """Say *text*; there are as many words as *text* has between spaces, in its writing.

        The sound begins and ends within 60 ms of speech, at the engine's own level.  Raises
        `NothingSaid`.
        """
        ...
