import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.dialects.wav_header import LONGEST_BYTES, Unfinished, WavHeader, parse
from wsserver.errors import UnsupportedFormat


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def form(tag: int, bits: int, rate: int = 16_000, channels: int = 1, rest: bytes = b"") -> bytes:
    step = channels * bits // 8
    return chunk(
        b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * step, step, bits) + rest
    )


def wav(*chunks: bytes, name: bytes = b"RIFF") -> bytes:
    return name + b"\xff\xff\xff\xffWAVE" + b"".join(chunks) + b"data\xff\xff\xff\xff"


# Of WAVE_FORMAT_EXTENSIBLE: its size, the valid bits, the speakers, then the format proper.
EXTENSION = struct.pack("<HHIH", 22, 16, 3, 1) + bytes(14)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (wav(form(1, 16)), ("s16le", 16_000, 1)),
        (wav(form(1, 16, 44_100, 2)), ("s16le", 44_100, 2)),
        (wav(form(3, 32, 48_000)), ("f32le", 48_000, 1)),
        (wav(form(6, 8, 8_000)), ("alaw", 8_000, 1)),
        (wav(form(7, 8, 8_000), chunk(b"fact", bytes(4))), ("mulaw", 8_000, 1)),
        (wav(chunk(b"LIST", b"odd"), form(1, 16)), ("s16le", 16_000, 1)),
        (wav(form(0xFFFE, 16, rest=EXTENSION)), ("s16le", 16_000, 1)),
        (wav(chunk(b"ds64", bytes(28)), form(1, 16), name=b"RF64"), ("s16le", 16_000, 1)),
    ],
)
def test_the_format_and_the_first_sample_are_found(
    data: bytes, expected: tuple[str, int, int]
) -> None:
    assert parse(data + b"samples") == WavHeader(*expected, len(data))


@given(end=st.integers(min_value=0))
def test_a_header_that_goes_on_is_waited_for(end: int) -> None:
    data = wav(chunk(b"LIST", b"odd"), form(1, 16))
    end %= len(data)

    found = parse(data[:end])

    assert isinstance(found, Unfinished)
    assert end < found.needs_bytes <= len(data)


def test_a_chunk_that_is_under_way_is_waited_for_whole() -> None:
    tags = wav(chunk(b"LIST", bytes(1_000)))[:20]

    assert parse(tags) == Unfinished(len(tags) + 1_000 + 8)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x1a\x45\xdf\xa3 and so on", "found WebM, expected a WAV file"),
        (b"OggS and so on", "found Ogg, expected"),
        (b"fLaC and so on", "found FLAC, expected"),
        (bytes(100), "found audio without a header, expected"),
        (b"RIFF\0\0\0\0AVI LIST", "found audio without a header, expected"),
        (wav(form(1, 24)), "found a WAV file with 24 bits of format 1, expected PCM of 16 bits"),
        (wav(form(2, 4)), "found a WAV file with 4 bits of format 2, expected"),
        (wav(form(1, 16, rate=0)), "found a WAV file with 1 channels at 0 Hz"),
        (wav(form(1, 16, channels=0)), "found a WAV file with 0 channels at 16000 Hz"),
        (wav(chunk(b"fmt ", bytes(14))), "found 14 bytes of format in a WAV file, expected 16"),
        (wav(), "found a WAV file that does not say its format"),
        (wav(chunk(b"LIST", bytes(LONGEST_BYTES)))[:-8], "found no samples in the first 65536"),
        (wav(*[chunk(b"LIST", b"")] * 64)[:-8], "found no samples in the first 64 chunks"),
    ],
)
def test_what_is_not_served_is_named(data: bytes, message: str) -> None:
    with pytest.raises(UnsupportedFormat, match=message):
        parse(data)


@given(data=st.binary(max_size=200), name=st.sampled_from([b"", wav()[:12], wav(form(1, 16))[:36]]))
def test_any_bytes_are_a_header_or_are_not(data: bytes, name: bytes) -> None:
    try:
        found = parse(name + data)
    except UnsupportedFormat:
        return
    assert isinstance(found, Unfinished) or found.size_bytes <= len(name + data)
