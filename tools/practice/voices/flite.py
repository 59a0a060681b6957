"""Speak with flite in this process: its voices awb, rms, slt, kal and kal16.

Knows flite 2.2's C interface (`flite.h`); knows nothing of who should speak.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from tools.practice.speech import Phone, Utterance
from tools.practice.voices import libraries, phones
from tools.practice.voices.take import Take, align
from tools.practice.voices.voice import OWN, Manner, NothingSaid

_POINTER, _TEXT, _FLOAT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float
_FULL_SCALE = np.float32(1 / 32768)
_WORD_START = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"

# What each voice has for these where nobody asks for another; kal's stretch is its makers'.
_STRETCH = {"kal": 1.1, "kal16": 1.1}
_PITCH_RANGE_HZ = {"kal": 11.0, "kal16": 11.0}


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", _TEXT),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


_SIGNATURES = {
    "flite_synth_text": (_POINTER, _TEXT, _POINTER),
    "utt_wave": (ctypes.POINTER(_Wave), _POINTER),
    "utt_relation": (_POINTER, _POINTER, _TEXT),
    "relation_head": (_POINTER, _POINTER),
    "item_next": (_POINTER, _POINTER),
    "ffeature_string": (_TEXT, _POINTER, _TEXT),
    "ffeature_float": (_FLOAT, _POINTER, _TEXT),
    "delete_utterance": (None, _POINTER),
    "feat_set_float": (None, _POINTER, _TEXT, _FLOAT),
}


@dataclass(frozen=True, slots=True)
class FliteVoice:
    """One of flite's own voices; *speaker* as flite calls them."""

    speaker: str

    @property
    def name(self) -> str:
        """Name it for the roster: "flite-slt"."""
        return f"flite-{self.speaker}"

    def say(self, text: str, manner: Manner = OWN) -> Utterance:
        """Say *text*; raises `NothingSaid`, or `NoVoice` if the library is not here."""
        return _engine().say(self.speaker, text, manner).utterance(self.name, manner.size)


@cache
def _engine() -> "_Engine":
    return _Engine()


class _Engine:
    def __init__(self) -> None:
        self._flite = libraries.load("flite", 1)
        for name in ("flite_usenglish", "flite_cmulex"):
            libraries.load(name, 1)
        for name, (result, *arguments) in _SIGNATURES.items():
            function = getattr(self._flite, name)
            function.restype, function.argtypes = result, arguments
        self._flite.flite_init()
        self._voices: dict[str, int] = {}

    def say(self, speaker: str, text: str, manner: Manner) -> Take:
        voice = self._voice(speaker)
        self._set(voice, speaker, manner)
        utterance = self._flite.flite_synth_text(text.encode(), voice)
        try:
            wave = self._flite.utt_wave(utterance).contents
            heard = np.ctypeslib.as_array(wave.samples, shape=(wave.num_samples,))
            words = align(text.split(), self._starts(utterance, text), self._phones(utterance))
            return Take(heard.astype(np.float32) * _FULL_SCALE, wave.sample_rate, words)
        finally:
            self._flite.delete_utterance(utterance)

    def _voice(self, speaker: str) -> int:
        if speaker not in self._voices:
            library = libraries.load(f"flite_cmu_us_{speaker}", 1)
            register = getattr(library, f"register_cmu_us_{speaker}")
            register.restype, register.argtypes = _POINTER, [_POINTER]
            self._voices[speaker] = register(None)
        return self._voices[speaker]

    def _set(self, voice: int, speaker: str, manner: Manner) -> None:
        # cst_voice is {name, features, ...}.
        features = ctypes.cast(voice, ctypes.POINTER(_POINTER))[1]
        tempo = manner.speed * manner.size
        asked = {
            b"duration_stretch": _STRETCH.get(speaker, 1.0) / tempo,
            b"f0_shift": manner.pitch * manner.size,
        }
        if speaker in _PITCH_RANGE_HZ:
            asked[b"int_f0_target_stddev"] = _PITCH_RANGE_HZ[speaker] * manner.liveliness
        for feature, value in asked.items():
            self._flite.feat_set_float(features, feature, value)

    def _items(self, utterance: int, relation: bytes) -> Iterator[int]:
        item = self._flite.relation_head(self._flite.utt_relation(utterance, relation))
        while item:
            yield item
            item = self._flite.item_next(item)

    def _starts(self, utterance: int, text: str) -> list[float | None]:
        """Give when each word starts; flite makes two of "it's", so letters are counted."""
        said = [
            (self._written(item), self._flite.ffeature_float(item, _WORD_START))
            for item in self._items(utterance, b"Word")
        ]
        places = np.cumsum([0] + [letters for letters, _ in said])
        starts = dict(zip(places.tolist(), (at for _, at in said), strict=False))
        ends = np.cumsum([0] + [len(_letters(word)) for word in text.split()]).tolist()
        if ends[-1] != places[-1]:
            raise NothingSaid(f"{ends[-1]} letters of {text!r}, and flite said {places[-1]}")
        return [starts.get(place) for place in ends[:-1]]

    def _written(self, item: int) -> int:
        """Count the letters that a word has in the text: flite writes "red" where it reads so."""
        said, token = (
            _letters(self._flite.ffeature_string(item, feature).decode()).lower()
            for feature in (b"name", b"R:Token.parent.name")
        )
        return len(said if said in token else token)

    def _phones(self, utterance: int) -> list[Phone]:
        found: list[Phone] = []
        start = 0.0
        for item in self._items(utterance, b"Segment"):
            end = self._flite.ffeature_float(item, b"end")
            sound = self._flite.ffeature_string(item, b"name").decode()
            found += (Phone(symbol, start, end) for symbol in phones.from_flite(sound))
            start = end
        return found


def _letters(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())
