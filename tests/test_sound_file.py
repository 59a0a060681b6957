import io
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path
from select import select
from typing import BinaryIO, cast

import numpy as np
import pytest
import soundfile

from wsserver.errors import BadAudio
from wsserver.sound_file import (
    Block,
    FlacWriter,
    SoundInfo,
    live_blocks,
    open_raw,
    open_sound,
    to_s16le,
)

SAMPLES = Path(__file__).parent / "samples"
LONG = SAMPLES / "en-us-long-48k-stereo.flac"
SPOKEN = SAMPLES / "en-us-my-uncle-sold.wav"


def tone(seconds: float, rate: int) -> Block:
    return (0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)).astype("f4")


def encoded(audio: Block, rate: int, kind: str = "WAV") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, audio, rate, format=kind)
    return file.getvalue()


def read_all(source: Path | BinaryIO) -> Block:
    with open_sound(source) as sound:
        return np.concatenate(list(sound.blocks()))


def test_a_file_says_its_rate_channels_and_length() -> None:
    with open_sound(LONG) as sound:
        info = sound.info

    assert info == SoundInfo(sample_rate=48_000, channels=2, seconds=991_532 / 48_000)


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.[wf]*")), ids=lambda path: path.name)
def test_the_blocks_joined_are_the_file_mixed_down(path: Path) -> None:
    whole, rate = soundfile.read(path, dtype="float32", always_2d=True)

    with open_sound(path) as sound:
        blocks = list(sound.blocks(block_ms=20))

    assert {len(block) for block in blocks[:-1]} == {rate // 50}
    assert np.array_equal(np.concatenate(blocks), whole.mean(axis=1, dtype=np.float32))


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3", "AIFF", "CAF", "AU", "W64"])
def test_every_format_of_libsndfile_is_read_from_a_file_object(kind: str) -> None:
    audio = tone(1.5, 16_000)

    heard = read_all(io.BytesIO(encoded(audio, 16_000, kind)))

    assert len(heard) == len(audio)
    assert np.abs(heard - audio)[:-200].max() < 0.03


@pytest.mark.parametrize("kind", ["MP3", "OGG"])
def test_a_compressed_file_says_the_same_in_blocks_and_at_once(kind: str) -> None:
    file = encoded(soundfile.read(SPOKEN, dtype="float32")[0], 16_000, kind)
    whole = soundfile.read(io.BytesIO(file), dtype="float32")[0]

    heard = read_all(io.BytesIO(file))

    assert np.abs(heard - whole).max() < 1e-6


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_channels_are_averaged(channels: int) -> None:
    loudness = np.linspace(0.0, 0.5, channels, dtype=np.float32)
    audio = np.tile(loudness, (8_000, 1))

    heard = read_all(io.BytesIO(encoded(audio, 8_000)))

    assert heard.shape == (8_000,)
    assert np.allclose(heard, loudness.mean(), atol=1e-4)


@pytest.mark.parametrize(
    ("rate", "block_rate"),
    [
        (7_999, 16_000),
        (8_000, 8_000),
        (44_100, 44_100),
        (48_000, 48_000),
        (48_001, 16_000),
        (96_000, 16_000),
    ],
)
def test_only_a_rate_that_no_session_takes_is_resampled(rate: int, block_rate: int) -> None:
    with open_sound(io.BytesIO(encoded(tone(2.0, rate), rate))) as sound:
        heard = np.concatenate(list(sound.blocks()))

    assert sound.block_rate == block_rate
    assert len(heard) == 2 * block_rate
    inner = slice(block_rate // 10, -block_rate // 10)
    assert np.abs(heard - tone(2.0, block_rate))[inner].max() < 0.01


def test_a_pipe_is_read_although_it_cannot_seek() -> None:
    reading, writing = os.pipe()
    with open(writing, "wb") as inlet, open(reading, "rb") as outlet:  # noqa: PTH123 - a descriptor
        inlet.write(SPOKEN.read_bytes()[:40_000])
        inlet.close()

        with (
            open_sound(outlet, "stdin") as sound,
            pytest.raises(BadAudio, match="stdin is cut off"),
        ):
            list(sound.blocks())


@pytest.mark.parametrize("declared", [0x7FFF_FFFF, 0x7FFF_F000, 0xFFFF_FFFF])
def test_a_wav_written_to_a_pipe_may_declare_any_huge_length(declared: int) -> None:
    wav = bytearray(encoded(tone(1.0, 16_000), 16_000))
    struct.pack_into("<I", wav, 40, declared)

    heard = read_all(io.BytesIO(wav))

    assert len(heard) == 16_000


def test_a_flac_written_to_a_pipe_may_declare_no_length() -> None:
    flac = bytearray(encoded(tone(1.25, 16_000), 16_000, "FLAC"))
    flac[21] &= 0xF0  # the 36 bits of "total samples", RFC 9639, section 8.2
    flac[22:26] = bytes(4)

    with open_sound(io.BytesIO(flac)) as sound:
        heard = np.concatenate(list(sound.blocks()))

    assert sound.info.seconds is None
    assert len(heard) == 20_000


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("empty.wav", b"", "is empty: found 0 bytes, expected a sound file"),
        (
            "letter.wav",
            b"Dear sir or madam,\n" * 9,
            "is no sound file: expected WAV, FLAC, OGG or MP3, found: format not recognised",
        ),
        (
            "letter.raw",
            bytes(99),
            "is no sound file: expected WAV, FLAC, OGG or MP3, found: raw samples without a header",
        ),
        (
            "header.wav",
            encoded(tone(1.0, 16_000), 16_000)[:44],
            "holds no audio: found a WAV header and 0 samples",
        ),
        (
            "slow.wav",
            encoded(tone(50, 20), 20),
            "declares 20 samples per second, expected 1000 to 768000",
        ),
    ],
)
def test_a_file_without_sound_is_refused_by_name(
    name: str, content: bytes, found: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(BadAudio) as refusal, open_sound(path):
        pass

    assert str(refusal.value) == f"{path} {found}"


@pytest.mark.parametrize(
    ("name", "why"), [("nowhere.wav", "no such file or directory"), (".", "is a directory")]
)
def test_a_path_that_cannot_be_read_is_refused_by_name(name: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / name

    with pytest.raises(BadAudio) as refusal, open_sound(path):
        pass

    assert str(refusal.value) == f"cannot read {path}: {why}"


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "AIFF", "AU"])
def test_a_cut_file_gives_what_it_has_and_then_says_so(kind: str) -> None:
    audio = np.random.default_rng(1).normal(0, 0.1, 64_000).astype(np.float32)
    whole = encoded(audio, 16_000, kind)
    heard: list[Block] = []

    half = io.BytesIO(whole[: len(whole) // 2])
    with open_sound(half, "talk") as sound, pytest.raises(BadAudio) as failure:
        heard.extend(sound.blocks())

    count = sum(len(block) for block in heard)
    assert str(failure.value) == (
        f"talk is cut off or damaged: found {count / 16_000:.2f} s of audio,"
        " expected the 4.00 s that it declares"
    )
    assert 24_000 < count < 32_001
    assert np.abs(np.concatenate(heard) - audio[:count]).max() < 1e-4


def test_a_file_is_not_read_ahead() -> None:
    class Counting(io.BytesIO):
        read_bytes = 0

        def readinto(self, buffer: object) -> int:
            count = super().readinto(cast(bytearray, buffer))
            self.read_bytes += count
            return count

    file = Counting(encoded(tone(60.0, 16_000), 16_000))

    with open_sound(file) as sound:
        next(sound.blocks())

    assert file.read_bytes < 100_000


def test_sixteen_bit_audio_comes_back_bit_for_bit() -> None:
    whole = soundfile.read(SPOKEN, dtype="int16")[0]

    with open_sound(SPOKEN) as sound:
        sent = b"".join(to_s16le(block) for block in sound.blocks())

    assert sent == whole.astype("<i2").tobytes()


def test_samples_beyond_the_range_are_clipped_and_non_numbers_are_silence() -> None:
    block = np.array([1.5, -1.5, np.nan, 1.0, -1.0], np.float32)

    sent = to_s16le(block)

    assert struct.unpack("<5h", sent) == (32767, -32768, 0, 32767, -32768)


def test_raw_samples_are_read_in_whole_samples(tmp_path: Path) -> None:
    path = tmp_path / "talk.raw"
    path.write_bytes(bytes(range(250)) * 20 + b"x")

    with open_raw(path) as blocks:
        read = list(blocks)

    assert [len(block) for block in read] == [3200, 1800]
    assert b"".join(read) == bytes(range(250)) * 20


def test_raw_samples_that_are_not_there_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.raw"

    with pytest.raises(BadAudio, match=r"nowhere\.raw: no such file"), open_raw(path):
        pass


async def test_a_live_pipe_is_read_as_it_comes_in_whole_samples() -> None:
    reading, writing = os.pipe()
    blocks = live_blocks(reading)

    os.write(writing, b"abc")
    first = await anext(blocks)
    os.write(writing, b"d")
    second = await anext(blocks)
    os.write(writing, b"e")
    os.close(writing)
    rest = [block async for block in blocks]

    os.close(reading)
    assert (first, second, b"".join(rest)) == (b"ab", b"cd", b"")


async def test_a_live_pipe_is_not_read_far_ahead_of_who_takes_it() -> None:
    reading, writing = os.pipe()
    blocks = live_blocks(reading, 20)

    written = os.write(writing, bytes(3200))
    first = await anext(blocks)
    while written < 5_000_000 and select([], [writing], [], 0.1)[1]:
        written += os.write(writing, bytes(3200))
    os.close(writing)
    rest = [block async for block in blocks]

    os.close(reading)
    assert len(first) + sum(map(len, rest)) == written < 5_000_000


async def test_a_pipe_that_breaks_has_ended() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    os.close(reading)

    assert [block async for block in live_blocks(reading)] == []


def noise(frames: int, channels: int = 1) -> bytes:
    return np.random.default_rng(0).integers(-9000, 9000, frames * channels, "<i2").tobytes()


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (16_000, 1), (44_100, 2), (48_000, 2)])
def test_a_flac_holds_what_was_written_to_it_bit_by_bit(
    tmp_path: Path, rate: int, channels: int
) -> None:
    path, audio = tmp_path / "a.flac", noise(10_000, channels)

    writer = FlacWriter(path, rate, channels)
    for at in range(0, len(audio), 4_000):
        writer.write(audio[at : at + 4_000])
    writer.close()

    samples, found_rate = soundfile.read(path, dtype="int16", always_2d=True)
    assert (samples.tobytes(), samples.shape, found_rate) == (audio, (10_000, channels), rate)


def run_child(script: str, path: Path) -> int:
    """Run *script*, which finds *path* and the writer's names, in a process of its own."""
    names = "import os, resource, signal, sys; from pathlib import Path\n"
    names += "from wsserver.sound_file import FlacWriter\npath = Path(sys.argv[1])\n"
    return subprocess.run([sys.executable, "-c", names + script, str(path)], check=False).returncode


KILLED = """
FlacWriter(path, 16_000, 1).write(path.with_suffix(".raw").read_bytes())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_flac_whose_writer_was_killed_holds_all_but_the_last_blocks(tmp_path: Path) -> None:
    path, audio = tmp_path / "a.flac", noise(100_000)
    path.with_suffix(".raw").write_bytes(audio)

    assert run_child(KILLED, path) == -signal.SIGKILL

    heard = read_all(path)
    assert len(heard) > 100_000 - 2 * 4_096
    assert to_s16le(heard) == audio[: 2 * len(heard)]


def test_a_flac_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"

    FlacWriter(path, 16_000, 1).close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_flac_takes_the_place_of_no_other_file(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    path.write_text("mine")

    with pytest.raises(FileExistsError):
        FlacWriter(path, 16_000, 1)

    assert path.read_text() == "mine"


def test_a_flac_of_an_impossible_format_is_an_error_and_leaves_nothing_open(tmp_path: Path) -> None:
    before = set(Path("/proc/self/fd").iterdir())

    with pytest.raises(OSError, match="cannot write"):
        FlacWriter(tmp_path / "a.flac", 16_000, 9)

    assert set(Path("/proc/self/fd").iterdir()) == before


FULL = """
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
writer = FlacWriter(path, 16_000, 1)
try:
    for _ in range(100):
        writer.write(os.urandom(3_200))
except OSError:
    writer.close()
else:
    sys.exit("the limit did nothing")
"""


def test_a_disk_that_takes_no_more_flac_is_an_error_and_what_it_took_is_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.flac"

    assert run_child(FULL, path) == 0

    assert len(read_all(path)) > 4_096
