"""Read what stands before the samples of a WAV file that comes in pieces.

Knows RIFF chunks; knows nothing of samples, files or sockets.
"""

import struct
from dataclasses import dataclass

from wsserver.errors import UnsupportedFormat

LONGEST_BYTES = 65_536
"""Header and all that may stand before the samples, as tags; no recorder writes more."""

MOST_CHUNKS = 64
"""Before the samples; no recorder writes more either."""

_FORMS = (b"RIFF", b"RF64")
_FIRST_CHUNK = 12
_CHUNK_HEAD = 8
_EXTENSIBLE = 0xFFFE
_SUBFORMAT = 24
_ENCODINGS = {(1, 16): "s16le", (3, 32): "f32le", (6, 8): "alaw", (7, 8): "mulaw"}
"""By format tag and bits of a sample (RFC 2361, appendix A)."""


@dataclass(frozen=True, slots=True)
class WavHeader:
    """The format of the samples and where they begin."""

    encoding: str
    """As in `Start`."""

    sample_rate: int
    channels: int
    size_bytes: int
    """Of everything before the first sample."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """The beginning of a header."""

    needs_bytes: int
    """With fewer from the beginning there is nothing new to see."""


def parse(data: bytes) -> WavHeader | Unfinished:
    """Read the header at the beginning of *data*, or see that it goes on behind its end.

    The size of the samples is not looked at: whoever streams does not know it, and writes anything.
    Raises `UnsupportedFormat` for what is no WAV, or holds samples that are not served.
    """
    if not _may_be_wav(data):
        raise UnsupportedFormat(f"found {_name(data)}, expected a WAV file")
    described: tuple[str, int, int] | None = None
    at, chunks = _FIRST_CHUNK, 0
    while at + _CHUNK_HEAD <= len(data) and chunks < MOST_CHUNKS:
        name, size = struct.unpack_from("<4sI", data, at)
        at += _CHUNK_HEAD
        if name == b"data":
            if described is None:
                raise UnsupportedFormat("found a WAV file that does not say its format")
            return WavHeader(*described, at)
        if name == b"fmt " and at + size <= len(data):
            described = _format(data[at : at + size])
        at, chunks = at + size + size % 2, chunks + 1
    _check_length(max(at, len(data)), chunks)
    return Unfinished(at + _CHUNK_HEAD)


def _check_length(size_bytes: int, chunks: int) -> None:
    found = "found no samples in the first"
    if size_bytes > LONGEST_BYTES:
        raise UnsupportedFormat(f"{found} {LONGEST_BYTES} bytes of a WAV file")
    if chunks == MOST_CHUNKS:
        raise UnsupportedFormat(f"{found} {MOST_CHUNKS} chunks of a WAV file")


def _may_be_wav(data: bytes) -> bool:
    is_form = any(form.startswith(data[:4]) for form in _FORMS)
    return is_form and b"WAVE".startswith(data[8:_FIRST_CHUNK])


def _format(chunk: bytes) -> tuple[str, int, int]:
    if len(chunk) < 16:
        raise UnsupportedFormat(f"found {len(chunk)} bytes of format in a WAV file, expected 16")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= _SUBFORMAT + 2:
        (tag,) = struct.unpack_from("<H", chunk, _SUBFORMAT)
    if not rate or not channels:
        raise UnsupportedFormat(f"found a WAV file with {channels} channels at {rate} Hz")
    if (tag, bits) not in _ENCODINGS:
        raise UnsupportedFormat(
            f"found a WAV file with {bits} bits of format {tag}, "
            "expected PCM of 16 bits, float of 32, A-law or mu-law"
        )
    return _ENCODINGS[tag, bits], rate, channels


def _name(data: bytes) -> str:
    """Call what begins like *data* by its name, for people."""
    beginnings = {
        b"\x1a\x45\xdf\xa3": "WebM",
        b"OggS": "Ogg",
        b"fLaC": "FLAC",
        b"ID3": "MP3",
    }
    names = (name for first, name in beginnings.items() if data.startswith(first))
    return next(names, "audio without a header")
