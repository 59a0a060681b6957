"""Speak with espeak-ng in this process, hundreds of times faster than people do.

Knows espeak-ng 1.51's C interface (`speak_lib.h`); knows nothing of who should speak.
"""

import ctypes
from dataclasses import dataclass
from functools import cache
from math import log2

import numpy as np

from tools.practice.speech import Phone, Utterance
from tools.practice.voices import libraries, phones
from tools.practice.voices.take import Take, align
from tools.practice.voices.voice import OWN, Manner, NothingSaid, NoVoice

_SYNCHRONOUS = 2
_PHONEME_EVENTS_IN_IPA = 0x3
_DONT_EXIT = 0x8000
_UTF8 = 1
_FULL_SCALE = np.float32(1 / 32768)
_RATE, _PITCH, _RANGE, _WORD_GAP = 1, 3, 4, 7
_END_OF_LIST, _WORD, _PHONEME = 0, 1, 7
_WORDS_PER_MINUTE = 175
_LONGEST_LIAISON_S = 0.05
"""A shorter gap between phones is no pause: espeak has sounds that it does not tell of."""


class _Identity(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Identity),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class EspeakVoice:
    """An accent, or an accent with a variant: "en-us", "en-us+f3"."""

    name: str

    def say(self, text: str, manner: Manner = OWN) -> Utterance:
        """Say *text*; raises `NothingSaid`, or `NoVoice` if espeak-ng lacks the voice."""
        return _engine().say(self.name, text, manner).utterance(self.name, manner.size)


@cache
def _engine() -> "_Engine":
    return _Engine()


class _Engine:
    """The library, which keeps one voice and one text for the whole process.

    What it said before shows a little: the same text differs by milliseconds.  To get the same
    samples again, say the same things in the same order in a new process.
    """

    def __init__(self) -> None:
        self._library = libraries.load("espeak-ng", 1, "sonic", "pcaudio")
        options = _PHONEME_EVENTS_IN_IPA | _DONT_EXIT
        self._rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, options)
        if self._rate <= 0:
            raise NoVoice("espeak-ng does not find its data")
        self._blocks: list[np.ndarray] = []
        self._words: list[tuple[int, float]] = []
        self._sounds: list[tuple[str, float]] = []
        # The library holds no reference to it.
        self._callback = _Callback(self._hear)
        self._library.espeak_SetSynthCallback(self._callback)

    def say(self, voice: str, text: str, manner: Manner) -> Take:
        self._set(voice, manner)
        for heard in (self._blocks, self._words, self._sounds):
            heard.clear()
        written = text.encode()
        size = ctypes.c_size_t(len(written) + 1)
        self._library.espeak_Synth(written, size, 0, 1, 0, _UTF8, None, None)
        if not self._blocks:
            raise NothingSaid(f"{voice} gave no sound for {text!r}")
        samples = np.concatenate(self._blocks).astype(np.float32) * _FULL_SCALE
        words = align(text.split(), self._starts(text), self._phones())
        return Take(samples, self._rate, words)

    def _set(self, voice: str, manner: Manner) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise NoVoice(f"espeak-ng has no voice {voice}")
        pitch = 50 + 50 * log2(manner.pitch * manner.size)
        for parameter, value in (
            (_RATE, _WORDS_PER_MINUTE * manner.speed * manner.size),
            (_PITCH, min(99, max(0, pitch))),
            (_RANGE, min(99, 50 * manner.liveliness)),
            (_WORD_GAP, manner.gap_ms / 10),
        ):
            self._library.espeak_SetParameter(parameter, round(value), 0)

    def _hear(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: object) -> int:
        if count > 0 and samples:
            self._blocks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        index = 0
        while (event := events[index]).type != _END_OF_LIST:  # type: ignore[index]
            if event.type == _WORD and event.length:
                self._words.append((event.text_position - 1, event.sample / self._rate))
            elif event.type == _PHONEME:
                self._sounds.append((event.id.string.decode(), event.sample / self._rate))
            index += 1
        return 0

    def _starts(self, text: str) -> list[float | None]:
        """Give when each word starts, None if it runs on from the one before it."""
        starts: list[float | None] = []
        end = 0
        for word in text.split():
            begin = text.index(word, end)
            end = begin + len(word)
            starts.append(next((at for place, at in self._words if begin <= place < end), None))
        return starts

    def _phones(self) -> list[Phone]:
        found: list[Phone] = []
        after = [at for _, at in self._sounds[1:]]
        for (sound, start), end in zip(self._sounds, after, strict=False):
            symbols = phones.from_ipa(sound)
            if symbols and found and start - found[-1].end < _LONGEST_LIAISON_S:
                found[-1] = Phone(found[-1].symbol, found[-1].start, start)
            edges = np.linspace(start, end, len(symbols) + 1).tolist()
            found += map(Phone, symbols, edges, edges[1:])
        return found
