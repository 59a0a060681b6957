"""Turn the bytes a client sends into mono samples: 16-bit, 32-bit float and G.711 PCM.

Knows nothing of sample rates beyond their bounds, of sessions or of files.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wsserver.errors import BadAudio, UnsupportedFormat
from wsserver.speech import Samples

LOWEST_RATE = 8_000
HIGHEST_RATE = 48_000
MOST_CHANNELS = 2


class Encoding(StrEnum):
    """How one sample of one channel is written; all are little-endian."""

    S16LE = "s16le"
    F32LE = "f32le"
    MULAW = "mulaw"
    ALAW = "alaw"


_DTYPES: dict[Encoding, np.dtype[Any]] = {
    Encoding.S16LE: np.dtype("<i2"),
    Encoding.F32LE: np.dtype("<f4"),
    Encoding.MULAW: np.dtype("u1"),
    Encoding.ALAW: np.dtype("u1"),
}


@dataclass(frozen=True, slots=True)
class Format:
    """What a client declares its audio to be."""

    encoding: Encoding
    sample_rate: int
    """Samples per second and channel."""

    channels: int

    @classmethod
    def of(cls, encoding: str, sample_rate: int, channels: int) -> "Format":
        """Parse a declared format; raise `UnsupportedFormat` saying what is served."""
        if encoding not in tuple(Encoding):
            served = ", ".join(Encoding)
            raise UnsupportedFormat(f"found encoding {encoding!r:.60}, expected one of {served}")
        if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
            bounds = f"{LOWEST_RATE} to {HIGHEST_RATE}"
            raise UnsupportedFormat(f"found sample rate {sample_rate}, expected {bounds}")
        if not 1 <= channels <= MOST_CHANNELS:
            bounds = f"1 to {MOST_CHANNELS}"
            raise UnsupportedFormat(f"found {channels} channels, expected {bounds}")
        return cls(Encoding(encoding), sample_rate, channels)

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return _DTYPES[self.encoding].itemsize * self.channels


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A chunk of audio as samples."""

    samples: Samples = field(repr=False)
    """Mono, at the client's rate, shape (n,), within [-1, 1]."""

    replaced: int
    """Values that were no finite number and became 0; only floats can hold such."""


def decode(data: bytes, audio_format: Format) -> Decoded:
    """Decode a chunk and mix its channels down; raise `BadAudio` if it ends inside a sample."""
    if len(data) % audio_format.sample_bytes:
        multiple = audio_format.sample_bytes
        raise BadAudio(f"found {len(data)} bytes, expected a multiple of {multiple}")
    raw = np.frombuffer(data, _DTYPES[audio_format.encoding])
    values, replaced = _to_float(raw, audio_format.encoding)
    if audio_format.channels > 1:
        values = values.reshape(-1, audio_format.channels).mean(axis=1, dtype=np.float32)
    return Decoded(values, replaced)


def _to_float(raw: NDArray[np.generic], encoding: Encoding) -> tuple[Samples, int]:
    match encoding:
        case Encoding.S16LE:
            return raw.astype(np.float32) / np.float32(32_768), 0
        case Encoding.F32LE:
            return _tame(raw.astype(np.float32))
        case _:
            return _TABLES[encoding][raw], 0


def _tame(values: Samples) -> tuple[Samples, int]:
    finite = np.isfinite(values)
    replaced = int(values.size - np.count_nonzero(finite))
    if replaced:
        values = np.where(finite, values, np.float32(0))
    return np.clip(values, -1, 1), replaced


def _fields(octets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give the segment number and the step within it; see ITU-T G.711 (11/88), tables 1a to 2b."""
    return octets >> 4 & 7, octets & 15


def _mulaw_table() -> Samples:
    """Decode all octets by ITU-T G.711 (11/88), tables 2a, 2b: 14-bit, all bits inverted."""
    octets = np.arange(256) ^ 0xFF
    segment, step = _fields(octets)
    # Segment s has 16 steps of width 2^(s+1); 33 is the bias that makes the segments meet.
    magnitude = (2 * step + 33 << segment) - 33
    return _signed(magnitude / 8_192, negative=octets & 0x80 != 0)


def _alaw_table() -> Samples:
    """Decode all octets by ITU-T G.711 (11/88), tables 1a, 1b: 13-bit, even bits inverted."""
    octets = np.arange(256) ^ 0x55
    segment, step = _fields(octets)
    # Segments 0 and 1 share one step width, hence no leading one in segment 0.
    leading_one = np.where(segment > 0, 32, 0)
    magnitude = 2 * step + 1 + leading_one << np.maximum(segment - 1, 0)
    return _signed(magnitude / 4_096, negative=octets & 0x80 == 0)


def _signed(magnitude: NDArray[np.float64], negative: NDArray[np.bool_]) -> Samples:
    return np.where(negative, -magnitude, magnitude).astype(np.float32)


_TABLES = {Encoding.MULAW: _mulaw_table(), Encoding.ALAW: _alaw_table()}
