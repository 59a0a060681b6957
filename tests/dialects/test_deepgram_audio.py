import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wsserver.dialects import deepgram_audio, wav_header
from wsserver.dialects.deepgram_audio import Stream
from wsserver.dialects.wav_header import Unfinished, WavHeader
from wsserver.errors import UnsupportedFormat
from wsserver.messages import Start

HEADER = (
    b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0" + struct.pack("<HHIIHH", 1, 2, 8_000, 32_000, 4, 16)
) + b"data\0\0\0\0"
SAMPLES = bytes(range(200))


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


@given(cuts=st.lists(st.integers(min_value=0)))
def test_raw_samples_come_whole_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    stream = Stream(Start(encoding="f32le", channels=2, sample_rate=8_000), is_contained=False)

    given_back = [stream.push(piece) for piece in pieces(SAMPLES[:-3], cuts)]

    assert b"".join(given_back) == SAMPLES[:192]
    assert all(len(samples) % 8 == 0 for samples in given_back)
    assert stream.samples == 24
    assert stream.seconds(stream.samples) == 24 / 8_000


@given(cuts=st.lists(st.integers(min_value=0)))
def test_a_header_tells_the_format_wherever_the_stream_is_cut(cuts: list[int]) -> None:
    stream = Stream(Start(words=True), is_contained=True)

    given_back = [stream.push(piece) for piece in pieces(HEADER + SAMPLES, cuts)]

    assert stream.is_open
    assert stream.start == Start(words=True, sample_rate=8_000, channels=2)
    assert b"".join(given_back) == SAMPLES
    assert stream.samples == 50


def test_a_header_is_not_read_from_its_start_for_every_byte(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    def parse(data: bytes) -> WavHeader | Unfinished:
        read.append(len(data))
        return wav_header.parse(data)

    monkeypatch.setattr(deepgram_audio, "parse", parse)
    tags = b"LIST" + struct.pack("<I", 60_000) + bytes(60_000)
    stream = Stream(Start(), is_contained=True)

    for byte in HEADER[:12] + tags + HEADER[12:] + SAMPLES:
        stream.push(bytes([byte]))

    assert stream.samples == 50
    assert len(read) < 20


def test_what_comes_behind_a_header_that_is_refused_is_not_kept() -> None:
    stream = Stream(Start(), is_contained=True)

    for _ in range(3):
        with pytest.raises(UnsupportedFormat):
            stream.push(bytes(1_000))

    assert len(stream._rest) == 0


def test_without_a_header_it_is_said_what_would_do_instead() -> None:
    stream = Stream(Start(), is_contained=True)

    with pytest.raises(
        UnsupportedFormat,
        match="found WebM, expected a WAV file, or encoding and sample_rate in the URL",
    ):
        stream.push(b"\x1a\x45\xdf\xa3")
    assert not stream.is_open
