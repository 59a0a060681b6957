import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
import soundfile

from wsserver.audio.pcm import Format, decode
from wsserver.sound_file import FlacWriter, open_sound, to_s16le
from wsserver.store.recordings import (
    RETRY_SECONDS,
    SYNC_SECONDS,
    Piece,
    Recordings,
    Take,
    audio_files,
)
from wsserver.store.records import LineId

ROOT = Path(__file__).parents[2]
LINE = LineId("a1", 1)
S16 = Format.of("s16le", 16_000, 1)
BLOCK = 4_096


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def noise(frames: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(-9000, 9000, frames, "<i2").tobytes()


def samples(path: Path) -> bytes:
    return bytes(soundfile.read(path, dtype="int16", always_2d=True)[0].tobytes())


def names(folder: Path) -> list[str]:
    return [path.name for path in audio_files(folder, "a1")]


def record(folder: Path, *pieces: Piece) -> None:
    recordings = Recordings(folder)
    recordings.write(list(pieces))
    recordings.close()


def test_what_came_in_is_in_the_file(tmp_path: Path) -> None:
    take = Take(LINE, S16)

    record(tmp_path, Piece(take, noise(5_000)), Piece(take, noise(3_000, 1)), Piece(take, b""))

    (path,) = audio_files(tmp_path, "a1")
    assert samples(path) == noise(5_000) + noise(3_000, 1)
    assert soundfile.info(path).samplerate == 16_000
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("encoding", ["s16le", "f32le", "mulaw", "alaw"])
def test_every_encoding_is_kept_with_its_channels(
    tmp_path: Path, encoding: str, channels: int
) -> None:
    audio_format = Format.of(encoding, 8_000, channels)
    data = np.random.default_rng(0).uniform(-0.9, 0.9, 8_000).astype("<f4").tobytes()
    data = data if encoding == "f32le" else data[: 4_000 * channels * audio_format.sample_bytes]

    record(tmp_path, Piece(Take(LINE, audio_format), data))

    (path,) = audio_files(tmp_path, "a1")
    kept, _ = soundfile.read(path, dtype="float32", always_2d=True)
    mono = decode(data, Format.of(encoding, 8_000, 1)).samples.reshape(-1, channels)
    # Sixteen bits hold all but floats exactly.
    assert np.abs(kept - mono).max() <= (2**-16 if encoding == "f32le" else 0)


def test_lines_have_files_of_their_own_that_say_where_they_begin(tmp_path: Path) -> None:
    record(
        tmp_path,
        Piece(Take(LINE, S16), noise(2_000)),
        Piece(Take(LineId("a1", 2), S16, first_frame=1_500), noise(500)),
        Piece(Take(LineId("b2", 1), S16), noise(100)),
    )

    assert names(tmp_path) == ["a1.0001.000000000000.flac", "a1.0002.000000001500.flac"]


def test_after_a_gap_another_file_begins(tmp_path: Path) -> None:
    take = Take(LINE, S16)

    record(
        tmp_path,
        Piece(take, noise(2_000)),
        Piece(take, noise(300), missing_frames=700),
        Piece(take, noise(300)),
    )

    assert names(tmp_path) == ["a1.0001.000000000000.flac", "a1.0001.000000002700.flac"]
    assert samples(audio_files(tmp_path, "a1")[1]) == noise(300) * 2


def test_a_disk_that_takes_nothing_is_told_tried_again_and_leaves_a_gap(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock, told = Clock(), list[bool]()
    recordings, take = Recordings(tmp_path, clock), Take(LINE, S16)
    in_the_way = tmp_path / "audio"
    in_the_way.touch()

    recordings.write([Piece(take, noise(1_000), settled=told.append)])
    in_the_way.unlink()
    recordings.write([Piece(take, noise(1_000), settled=told.append)])
    clock.now += RETRY_SECONDS
    recordings.write([Piece(take, noise(1_000), settled=told.append)])
    recordings.close()

    assert told == [False, False, True]
    assert names(tmp_path) == ["a1.0001.000000002000.flac"]
    assert caplog.text.count("audio cannot be written now") == 1


def test_what_was_encoded_is_synced_every_second_while_a_line_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, synced = Clock(), list[float]()
    monkeypatch.setattr(FlacWriter, "sync", lambda _: synced.append(clock.now))
    recordings, take = Recordings(tmp_path, clock), Take(LINE, S16)

    assert recordings.write([Piece(take, noise(100))]) == SYNC_SECONDS
    clock.now += SYNC_SECONDS
    recordings.write([Piece(take, noise(100))])
    clock.now += SYNC_SECONDS
    recordings.write([])  # nothing new
    assert synced == [101.0]

    assert recordings.write([Piece(take, b"")]) is None


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.store.test_recordings import LINE, S16, Piece, Recordings, Take, noise
recordings = Recordings(Path(sys.argv[1]))
for number in range(100):
    recordings.write([Piece(Take(LINE, S16), noise(1_600, number))])
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_loses_less_than_two_blocks(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)

    (path,) = audio_files(tmp_path, "a1")
    with path.open("rb") as file:
        kept = samples_of_open(file)
    whole = b"".join(noise(1_600, number) for number in range(100))
    assert len(whole) - 2 * 2 * BLOCK < len(kept) <= len(whole)
    assert whole.startswith(kept)


FULL = """
import resource, sys
from pathlib import Path
from tests.store.test_recordings import LINE, S16, Piece, Recordings, Take, noise
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
recordings, told = Recordings(Path(sys.argv[1])), []
for number in range(100):
    recordings.write([Piece(Take(LINE, S16), noise(1_600, number), settled=told.append)])
recordings.close()
sys.exit(0 if told[0] and not told[-1] else "the limit did nothing")
"""


def test_a_disk_that_gets_full_keeps_what_it_took(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], cwd=ROOT, check=True)

    (path,) = audio_files(tmp_path, "a1")
    with path.open("rb") as file:
        kept = samples_of_open(file)
    assert len(kept) > 2 * BLOCK
    assert b"".join(noise(1_600, number) for number in range(100)).startswith(kept)


def samples_of_open(file: BinaryIO) -> bytes:
    """Read a FLAC that was never closed, and so does not say its length."""
    with open_sound(file) as sound:
        return b"".join(to_s16le(block) for block in sound.blocks())
