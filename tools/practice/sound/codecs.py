"""Send speech through telephones, compressed files and bad converters, and give it back in step.

Knows libsndfile's formats and soxr; knows nothing of what is sent.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soundfile
import soxr

from tools.practice.chance import Chance, pick
from tools.practice.sound import filters, levels
from tools.practice.speech import RATE, Samples

_TELEPHONE_HZ = (300, 3_400)
_LARGEST_DELAY = RATE // 8
"""Codecs delay by up to 0.1 s; what they delay by is measured each time."""


@dataclass(frozen=True, slots=True)
class Coding:
    """A format of libsndfile's, and the rate at which it takes speech."""

    container: str
    subtype: str
    rate: int = RATE


_TELEPHONE = (
    Coding("WAV", "ULAW", 8_000),
    Coding("WAV", "ALAW", 8_000),
    Coding("WAV", "GSM610", 8_000),
    Coding("WAV", "IMA_ADPCM", 8_000),
    Coding("AU", "G721_32", 8_000),
    Coding("AU", "G723_24", 8_000),
)
_WIDE = (
    Coding("WAV", "IMA_ADPCM"),
    Coding("WAV", "MS_ADPCM"),
    Coding("WAV", "GSM610"),
    Coding("WAV", "ULAW"),
    Coding("WAV", "PCM_U8"),
)
_MUSIC = (
    Coding("MP3", "MPEG_LAYER_III"),
    Coding("MP3", "MPEG_LAYER_III", 8_000),
    Coding("OGG", "VORBIS"),
    Coding("OGG", "VORBIS", 8_000),
    Coding("OGG", "OPUS"),
    Coding("OGG", "OPUS", 8_000),
    Coding("OGG", "OPUS", 12_000),
)


def telephone(samples: Samples, rng: Chance) -> Samples:
    """Send it over a telephone line: a narrow band and one of the codings for it."""
    low, high = _TELEPHONE_HZ
    narrow = filters.band(samples, low * rng.uniform(0.3, 1.1), high * rng.uniform(0.9, 1.15))
    return coded(narrow, pick(_TELEPHONE, rng))


def telephone_band(samples: Samples, rng: Chance) -> Samples:
    """Keep what 8 kHz can hold, and no more; converters differ in how much that is."""
    quality = pick(("LQ", "MQ", "HQ", "VHQ"), rng)
    return _resampled(samples, RATE, 8_000, quality)


def wide(samples: Samples, rng: Chance) -> Samples:
    """Code it with few bits at its own rate."""
    return coded(samples, pick(_WIDE, rng))


def music(samples: Samples, rng: Chance) -> Samples:
    """Compress it as music and internet calls are compressed."""
    return coded(samples, pick(_MUSIC, rng), rng.uniform(0, 1))


def converted(samples: Samples, rng: Chance) -> Samples:
    """Resample there and back, with whatever quality; the quickest leaves images."""
    rate = pick((8_000, 11_025, 12_000, 22_050, 44_100, 48_000), rng)
    return _resampled(samples, RATE, rate, pick(("QQ", "LQ", "MQ", "HQ"), rng))


def repeated(samples: Samples, rng: Chance) -> Samples:
    """Keep every second sample, without a filter, and hold or join it: images of all there is."""
    kept = filters.band(samples, 0, 3_700)[::2]
    if rng.random() < 0.5:
        return np.repeat(kept, 2)[: len(samples)]
    places = np.arange(len(samples), dtype=np.float32) / 2
    return np.interp(places, np.arange(len(kept)), kept).astype(np.float32)


LINES: tuple[tuple[float, Callable[[Samples, Chance], Samples]], ...] = (
    (0.30, telephone),
    (0.20, telephone_band),
    (0.10, wide),
    (0.20, music),
    (0.12, converted),
    (0.08, repeated),
)
"""Ways for speech to go, and how often each is taken."""


def transmitted(samples: Samples, rng: Chance) -> Samples:
    """Send speech over one of `LINES`; the samples come back as many, and in step."""
    bounds = np.cumsum([share for share, _ in LINES])[:-1]
    _, line = LINES[int(np.searchsorted(bounds, rng.random(), side="right"))]
    return line(samples, rng)


def coded(samples: Samples, coding: Coding, compression: float = 0.5) -> Samples:
    """Write a file in memory and read it again; *compression* 1 is the worst a codec can.

    What a codec adds before and behind is taken away.
    """
    file = io.BytesIO()
    sent = levels.limited(_converted(samples, RATE, coding.rate, "HQ"))
    lossy = coding.container in ("MP3", "OGG")
    soundfile.write(
        file,
        sent,
        coding.rate,
        format=coding.container,
        subtype=coding.subtype,
        compression_level=compression if lossy else None,
    )
    file.seek(0)
    heard, rate = soundfile.read(file, dtype="float32")
    return _in_step(_converted(heard, rate, RATE, "HQ"), samples)


def _resampled(samples: Samples, rate: int, by: int, quality: str) -> Samples:
    there = _converted(samples, rate, by, quality)
    return _in_step(_converted(there, by, rate, quality), samples)


def _converted(samples: Samples, rate: int, to: int, quality: str) -> Samples:
    return np.asarray(soxr.resample(samples, rate, to, quality), np.float32)


def _in_step(heard: Samples, sent: Samples) -> Samples:
    """Shift what was heard to where it fits best what was sent."""
    size = filters.length_for(len(sent) + len(heard))
    likeness = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sent, size)), size)
    near = np.concatenate([likeness[-_LARGEST_DELAY:], likeness[:_LARGEST_DELAY]])
    delay = int(np.argmax(near)) - _LARGEST_DELAY
    shifted = heard[delay:] if delay >= 0 else np.pad(heard, (-delay, 0))
    return np.pad(shifted, (0, max(0, len(sent) - len(shifted))))[: len(sent)]
