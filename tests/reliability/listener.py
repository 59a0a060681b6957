"""An engine that recognizes the samples by their sound and invents wherever there are none.

Knows what real Whisper says over noise, with the figures that it shows there; knows no model.  It
lives in a module of its own because the engine's process has to import it.

Figures: faster-whisper's issue 621 for credits over silence (no speech 0.88 and 0.98 at a log
probability of -0.38 and -0.31), whisper.cpp's pull request 3945 for a tag over zeroes (0.91),
mlx-audio's pull request 919 for real speech with a high probability of no speech, and openai-
whisper's `transcribe` for loops (a compression ratio above 2.4).
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from tests.conftest import read_samples
from tests.reliability.corpus import Floats
from tests.reliability.spoken import SENTENCES, WORDS, sentence, word
from wsserver.recognition.engines import EngineSpec
from wsserver.speech import EngineInfo, Hypothesis, Samples, Window, Word

_ALIKE = 0.6
"""Correlation of a window with a sample from which on it is that sample; 5 dB above noise it is
0.87."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text, and how sure the model is of it."""

    text: str
    avg_logprob: float = -0.2
    no_speech_prob: float = 0.02
    tokens_per_word: int = 2
    """A word and the point or comma after it."""


Ladder = Mapping[float, Said]
"""What is said from each temperature on."""


def always(text: str, avg_logprob: float = -0.2, no_speech_prob: float = 0.02) -> Ladder:
    """Say the same at every temperature."""
    return {0.0: Said(text, avg_logprob, no_speech_prob)}


def loop(text: str, avg_logprob: float = -0.1, no_speech_prob: float = 0.3) -> Said:
    """Repeat *text* until the decoder runs out of its 224 tokens."""
    return Said(" ".join([text] * (224 // len(text.split()))), avg_logprob, no_speech_prob, 1)


INVENTED: Sequence[Ladder] = (
    always("Thank you.", -0.38, 0.88),
    always("Thanks for watching!", -0.31, 0.98),
    always("you", -0.62, 0.61),
    always("Sottotitoli creati dalla comunità Amara.org", -0.38, 0.88),
    always("Продолжение следует...", -0.4, 0.91),
    always("Okay. Okay. Okay.", -0.5, 0.7),
    always("Thank you. Thank you. Thank you. Thank you.", -0.3, 0.8),
    always("I'm going to go to the bathroom.", -1.2, 0.65),
    always("Well, there was a man in the war.", -1.3, 0.4),
    {0.0: loop("you"), 0.6: Said("And the sea, his, of.", -1.9, 0.3)},
    {0.0: loop("thank you, Mr. President,")},
    always(" ".join(str(n * 7919 % 9973) for n in range(100)), -0.3, 0.2),
)
"""What nobody said, and no final may say."""

STUMBLES: Mapping[str, Ladder] = {
    # Heard in a loop at first, and right once a die is thrown.
    "The artist used red and yellow paint.": {
        0.0: loop("the artist"),
        0.4: Said("The artist used red and yellow paint.", -0.4),
    },
    # Faint: Whisper doubts that there is speech, and is right in what it hears.
    "We lost the key to the kitchen door.": always(
        "We lost the key to the kitchen door.", -0.4, 0.7
    ),
    # A guess at first.
    "He put the hot plate on the table.": {
        0.0: Said("He would the hot play.", -1.3),
        0.2: Said("He put the hot plate on the table.", -0.6),
    },
}
"""What is said, and how it is heard before it is heard right."""


def hypothesis(said: Said, window: Window) -> Hypothesis:
    """Hear *said* in a window: its words one after the other from end to end."""
    texts = said.text.split()
    edges = np.linspace(window.start, window.end, len(texts) + 1).astype(int).tolist()
    spans = zip(texts, edges[:-1], edges[1:], strict=True)
    plain = said.text.encode()
    return Hypothesis(
        said.text,
        tuple(range(len(texts) * said.tokens_per_word)),
        tuple(Word(f" {text}", begin, end, 0.9) for text, begin, end in spans),
        language="en",
        language_probability=1.0,
        avg_logprob=said.avg_logprob,
        no_speech_prob=said.no_speech_prob,
        compression_ratio=len(plain) / len(zlib.compress(plain)),
        temperature=window.options.temperature,
    )


def answer(ladder: Ladder, window: Window) -> Hypothesis:
    """Hear what *ladder* says at the window's temperature."""
    step = max(step for step in ladder if step <= window.options.temperature)
    return hypothesis(ladder[step], window)


class Listener:
    """Hears what is spoken in the samples, and invents the next thing where nothing is."""

    info = EngineInfo("listener", ("en",), "cpu", "fp32")

    def recognize(self, windows: Sequence[Window]) -> list[Hypothesis]:
        """Give one hypothesis for each window."""
        return [answer(self._ladder(window), window) for window in windows]

    def _ladder(self, window: Window) -> Ladder:
        heard = " ".join(_found(window.audio))
        if not heard:
            return INVENTED[window.utterance % len(INVENTED)]
        return STUMBLES.get(heard) or always(heard)


def build(_: EngineSpec) -> Listener:
    """Give the server a listener instead of a model."""
    return Listener()


@cache
def _known() -> Sequence[tuple[str, Floats]]:
    """Give all that a listener knows by its sound: sentences, then words as if they were some."""
    said = {sample.path.name: sample.said for sample in read_samples()}
    sentences = [(said[name], sentence(name)) for name in SENTENCES]
    words = [(f"{each.capitalize()}.", word(each)) for each in WORDS]
    return [
        (text, _coarse(speech.sound[speech.begin : speech.end]))
        for text, speech in (*sentences, *words)
    ]


def _found(audio: Samples) -> list[str]:
    """Give the sentences in *audio* in their order; single words only where no sentence is."""
    coarse = _coarse(audio)
    places: list[tuple[int, str]] = []
    for said, sound in _known():
        if " " not in said and any(" " in found for _, found in places):
            break
        if len(sound) <= len(coarse):
            places += [(at, said) for at in _places(coarse, sound)]
    return [said for _, said in sorted(places)]


def _coarse(audio: Samples) -> Floats:
    """Give *audio* at a quarter of its rate, without a constant: enough to know it again."""
    fourth: Floats = audio[: len(audio) // 4 * 4].reshape(-1, 4).mean(axis=1, dtype=np.float64)
    centered: Floats = fourth - fourth.mean()
    return centered


def _places(audio: Floats, sound: Floats) -> list[int]:
    alike = _correlation(audio, sound)
    places: list[int] = []
    for at in np.flatnonzero(alike > _ALIKE).tolist():
        if not places or at - places[-1] >= len(sound):
            places.append(at)
        elif alike[at] > alike[places[-1]]:
            places[-1] = at
    return places


def _correlation(audio: Floats, sound: Floats) -> Floats:
    """Compare *sound* with each stretch of *audio*: 1 where they differ in volume alone."""
    count = len(audio) - len(sound) + 1
    size = 1 << (len(audio) - 1).bit_length()  # what wraps around lies beyond *count*
    product = np.fft.rfft(audio, size) * np.conj(np.fft.rfft(sound, size))
    energy = np.concatenate([[0.0], np.cumsum(np.square(audio))])
    around = np.maximum(energy[len(sound) :] - energy[:count], 1e-9)
    alike: Floats = np.fft.irfft(product, size)[:count] / np.sqrt(around * np.sum(sound**2))
    return alike
