import io

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from wsserver.audio.pcm import Encoding, Format, decode
from wsserver.errors import BadAudio, UnsupportedFormat

ALL_OCTETS = bytes(range(256))


def mono(encoding: str) -> Format:
    return Format.of(encoding, 16_000, 1)


def floats(*values: float) -> bytes:
    return np.array(values, "<f4").tobytes()


@pytest.mark.parametrize("encoding", ["s16le", "f32le", "mulaw", "alaw"])
@pytest.mark.parametrize("sample_rate", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_served_format_is_accepted(encoding: str, sample_rate: int, channels: int) -> None:
    parsed = Format.of(encoding, sample_rate, channels)

    assert parsed == Format(Encoding(encoding), sample_rate, channels)


@pytest.mark.parametrize(
    ("encoding", "sample_rate", "channels", "message"),
    [
        (
            "opus",
            16_000,
            1,
            "found encoding 'opus', expected one of s16le, f32le, mulaw, alaw",
        ),
        ("S16LE", 16_000, 1, "found encoding 'S16LE', expected one of"),
        ("s16le", 7_999, 1, "found sample rate 7999, expected 8000 to 48000"),
        ("s16le", 48_001, 1, "found sample rate 48001, expected 8000 to 48000"),
        ("s16le", 16_000, 0, "found 0 channels, expected 1 to 2"),
        ("s16le", 16_000, 3, "found 3 channels, expected 1 to 2"),
    ],
)
def test_another_format_is_refused_with_what_is_served(
    encoding: str, sample_rate: int, channels: int, message: str
) -> None:
    with pytest.raises(UnsupportedFormat, match=message):
        Format.of(encoding, sample_rate, channels)


def test_a_long_encoding_is_not_repeated_in_full() -> None:
    with pytest.raises(UnsupportedFormat) as caught:
        Format.of("x" * 10_000, 16_000, 1)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("encoding", "channels", "data", "message"),
    [
        ("s16le", 1, b"\0" * 3, "found 3 bytes, expected a multiple of 2"),
        ("s16le", 2, b"\0" * 6, "found 6 bytes, expected a multiple of 4"),
        ("f32le", 1, b"\0" * 2, "found 2 bytes, expected a multiple of 4"),
        ("f32le", 2, b"\0" * 4, "found 4 bytes, expected a multiple of 8"),
        ("mulaw", 2, b"\0", "found 1 bytes, expected a multiple of 2"),
    ],
)
def test_bytes_that_end_inside_a_sample_are_refused(
    encoding: str, channels: int, data: bytes, message: str
) -> None:
    with pytest.raises(BadAudio, match=message):
        decode(data, Format.of(encoding, 16_000, channels))


@pytest.mark.parametrize("encoding", list(Encoding))
@pytest.mark.parametrize("channels", [1, 2])
def test_no_bytes_are_no_samples(encoding: str, channels: int) -> None:
    decoded = decode(b"", Format.of(encoding, 16_000, channels))

    assert decoded.samples.shape == (0,)
    assert decoded.samples.dtype == np.float32
    assert decoded.replaced == 0


def test_sixteen_bits_span_minus_one_to_almost_one() -> None:
    decoded = decode(np.array([-32_768, 0, 16_384, 32_767], "<i2").tobytes(), mono("s16le"))

    assert decoded.samples.tolist() == [-1, 0, 0.5, 32_767 / 32_768]


def test_floats_beyond_one_are_clipped() -> None:
    decoded = decode(floats(-3, -1, 0.25, 1, 7), mono("f32le"))

    assert decoded.samples.tolist() == [-1, -1, 0.25, 1, 1]
    assert decoded.replaced == 0


def test_values_that_are_no_finite_number_become_silence_and_are_counted() -> None:
    decoded = decode(floats(0.5, np.nan, np.inf, -np.inf), mono("f32le"))

    assert decoded.samples.tolist() == [0.5, 0, 0, 0]
    assert decoded.replaced == 3


def test_two_channels_are_mixed_down_by_their_mean() -> None:
    decoded = decode(floats(1, 0, -0.5, -0.25), Format.of("f32le", 16_000, 2))

    assert decoded.samples.tolist() == [0.5, -0.375]


# Decoder output values of ITU-T G.711, tables 1a to 2b: 8031 is the largest of mu-law's 14 bits,
# 4032 the largest of A-law's 13 bits.
@pytest.mark.parametrize(
    ("encoding", "octet", "value"),
    [
        ("mulaw", 0xFF, 0),
        ("mulaw", 0x7F, 0),
        ("mulaw", 0xFE, 2 / 8_192),
        ("mulaw", 0xEF, 33 / 8_192),
        ("mulaw", 0x80, 8_031 / 8_192),
        ("mulaw", 0x00, -8_031 / 8_192),
        ("alaw", 0xD5, 1 / 4_096),
        ("alaw", 0x55, -1 / 4_096),
        ("alaw", 0xC5, 33 / 4_096),
        ("alaw", 0xAA, 4_032 / 4_096),
        ("alaw", 0x2A, -4_032 / 4_096),
    ],
)
def test_g711_octets_have_the_values_of_the_recommendation(
    encoding: str, octet: int, value: float
) -> None:
    decoded = decode(bytes([octet]), mono(encoding))

    assert decoded.samples.tolist() == [value]


@pytest.mark.parametrize(("encoding", "subtype"), [("mulaw", "ULAW"), ("alaw", "ALAW")])
def test_every_g711_octet_agrees_with_libsndfile(encoding: str, subtype: str) -> None:
    expected, _ = soundfile.read(
        io.BytesIO(ALL_OCTETS),
        samplerate=8_000,
        channels=1,
        format="RAW",
        subtype=subtype,
        dtype="float32",
    )

    decoded = decode(ALL_OCTETS, mono(encoding))

    assert decoded.samples.tolist() == expected.tolist()


@given(
    data=st.binary(max_size=400),
    encoding=st.sampled_from(list(Encoding)),
    channels=st.sampled_from([1, 2]),
)
def test_any_whole_samples_decode_to_finite_samples_within_bounds(
    data: bytes, encoding: str, channels: int
) -> None:
    declared = Format.of(encoding, 8_000, channels)
    whole = data[: len(data) - len(data) % declared.sample_bytes]

    decoded = decode(whole, declared)

    assert decoded.samples.shape == (len(whole) // declared.sample_bytes,)
    assert decoded.samples.dtype == np.float32
    assert np.all(np.abs(decoded.samples) <= 1)
