"""Read a sound file, or a pipe, as a stream of mono blocks; write a FLAC while somebody speaks.

Knows libsndfile and soxr; knows nothing of the wire, of sessions or of the command line.
"""

import asyncio
import os
import re
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from wsserver.errors import BadAudio
from wsserver.speech import SAMPLE_RATE

Block: TypeAlias = NDArray[np.float32]
"""Mono audio at the rate of its `SoundFile`, shape (n,)."""

BLOCK_MS = 100
SERVED_RATES = range(8_000, 48_001)
"""Samples per second that a session takes as they are."""

_READ_BYTES = SAMPLE_RATE * 2 * BLOCK_MS // 1000
LIVE_BLOCKS = 6_000
"""Ten minutes, 19 MB, that are kept of a live pipe while a server is slow to take them."""

_CREDIBLE_RATES = range(1_000, 768_001)
# Encoders that write to a pipe cannot know the length.  In FLAC they leave it out, for which
# libsndfile says 2**63 - 1 frames; in WAV they declare about 2 or 4 GiB.
_UNKNOWN_FRAMES = 1 << 60
_UNKNOWN_BYTES = 0x7FFF_0000
# libsndfile shortens a cut file to what is there and only notes the difference in its log.
_SHORTENED = re.compile(r"^ *(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", re.MULTILINE)


class NoSoundFile(BadAudio):
    """Bytes are in none of the formats that libsndfile reads."""


@dataclass(frozen=True, slots=True)
class SoundInfo:
    """What a sound file says of itself."""

    sample_rate: int
    channels: int
    seconds: float | None
    """None if the file does not say; an estimate for MP3."""


class _ForwardFile(soundfile.SoundFile):  # type: ignore[misc]  # it comes without types
    """A file that is only read from its start to its end.

    soundfile seeks to where it is after each read of a file that can seek.  In an MP3 that throws
    away the decoder's bit reservoir: in blocks of 100 ms it was wrong by up to 0.14 of full scale.
    In a FLAC without a declared length the last such seek fails.
    """

    def seekable(self) -> bool:
        return False


class SoundFile:
    """An open sound file."""

    def __init__(self, file: _ForwardFile, name: str) -> None:
        self._file = file
        self._name = name
        frames = file.frames if file.frames < _UNKNOWN_FRAMES else None
        seconds = None if frames is None else frames / file.samplerate
        self.info = SoundInfo(file.samplerate, file.channels, seconds)
        self.block_rate = file.samplerate if file.samplerate in SERVED_RATES else SAMPLE_RATE
        """Samples per second of the blocks: the file's own, or 16 kHz if no session takes that."""

    def blocks(self, block_ms: int = BLOCK_MS) -> Iterator[Block]:
        """Give what is left of the file, mixed down to mono.

        Raises `BadAudio` if the file ends early or is damaged, but only after everything that
        could be read has been given.
        """
        mono = (frames.mean(axis=1, dtype=np.float32) for frames in self._frames(block_ms))
        if self.block_rate == self._file.samplerate:
            return mono
        return _resample(mono, self._file.samplerate)

    def _frames(self, block_ms: int) -> Iterator[Block]:
        """Give blocks of shape (n, channels)."""
        count = max(1, self._file.samplerate * block_ms // 1000)
        read = 0
        while len(frames := self._read(count)):
            read += len(frames)
            yield frames
        self._check_length(read)

    def _read(self, count: int) -> Block:
        # After an error soundfile keeps back what it had decoded, so mark what was not written.
        frames: Block = np.full((count, self._file.channels), np.nan, np.float32)
        try:
            return frames[: len(self._file.read(out=frames))]
        except soundfile.LibsndfileError:
            written = np.flatnonzero(~np.isnan(frames[:, 0]))
            return frames[: written[-1] + 1] if len(written) else frames[:0]

    def _check_length(self, read: int) -> None:
        expected = self._declared_frames()
        if expected is not None and read < expected:
            rate = self._file.samplerate
            raise BadAudio(
                f"{self._name} is cut off or damaged: found {read / rate:.2f} s of audio,"
                f" expected the {expected / rate:.2f} s that it declares"
            )

    def _declared_frames(self) -> int | None:
        """Give the length that the file declares, if that can be relied on."""
        # An MP3 has no declared length; without a Xing header it is guessed from the bit rate.
        if self.info.seconds is None or self._file.format == "MP3":
            return None
        if shortened := _SHORTENED.search(self._file.extra_info):
            declared, found = (int(number) for number in shortened.groups())
            if found < declared < _UNKNOWN_BYTES:
                return int(self._file.frames * declared / found)
        return int(self._file.frames)


class FlacWriter:
    """A 16-bit FLAC file that grows while somebody speaks.

    The file can be read all along, and after its writer was killed: what is missing then is less
    than two FLAC blocks of 4,096 samples, and its declared length, which FLAC leaves open.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int) -> None:
        """Create *path* for its owner alone; raise `OSError` if that cannot be done."""
        # libsndfile would create it for everybody.
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        self._channels = channels
        with self._closing_on_error(), _as_os_error(path):
            self._file = soundfile.SoundFile(
                self._descriptor, "w", sample_rate, channels, "PCM_16", format="FLAC", closefd=False
            )

    def write(self, samples: bytes) -> None:
        """Add s16le *samples*, interleaved; after an `OSError` the file takes nothing more."""
        with _as_os_error():
            self._file.write(np.frombuffer(samples, "<i2").reshape(-1, self._channels))

    def sync(self) -> None:
        """Have what has been encoded on the disk; raise `OSError` if it cannot be."""
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Write the last block and the length; raise `OSError` if that cannot be done."""
        try:
            with _as_os_error():
                self._file.close()
            self.sync()
        finally:
            os.close(self._descriptor)

    @contextmanager
    def _closing_on_error(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            os.close(self._descriptor)
            raise


@contextmanager
def _as_os_error(path: Path | None = None) -> Iterator[None]:
    try:
        yield
    except soundfile.LibsndfileError as error:
        raise OSError(f"cannot write {path or 'the FLAC file'}: {error}") from None


@contextmanager
def open_sound(source: Path | BinaryIO, name: str | None = None) -> Iterator[SoundFile]:
    """Open a sound file by its path, or a binary file object that holds one.

    *name* stands for the file in messages.  A file object that cannot seek, such as a pipe, is
    first read to its end into a temporary file.  Raises `BadAudio` saying which file and what was
    found in it, if it is no sound file or holds no audio.
    """
    with ExitStack() as stack:
        if isinstance(source, Path):
            stream, name = stack.enter_context(_open_path(source)), name or str(source)
        else:
            stream, name = source, name or "the sound file"
        if not stream.seekable():
            stream = stack.enter_context(_spool(stream))
        file = stack.enter_context(_open_stream(stream, name))
        _check_content(file, name)
        yield SoundFile(file, name)


@contextmanager
def open_raw(path: Path) -> Iterator[Iterator[bytes]]:
    """Open a file of s16le samples without a header, as blocks of 100 ms at 16 kHz."""
    with _open_path(path) as file:
        yield (block[: len(block) & ~1] for block in iter(partial(file.read, _READ_BYTES), b""))


async def live_blocks(descriptor: int, most: int = LIVE_BLOCKS) -> AsyncIterator[bytes]:
    """Give s16le samples as they come in through a pipe, until it is closed.

    Reads at most *most* blocks ahead of who takes them; then the pipe has to wait.
    """
    half = b""
    async for chunk in _chunks(descriptor, most):
        samples = half + chunk
        whole = len(samples) & ~1
        half = samples[whole:]
        yield samples[:whole]


def to_s16le(block: Block) -> bytes:
    """Translate a block to 16-bit samples; exact for audio that had 16 bits."""
    scaled: Block = np.rint(np.nan_to_num(block) * 32768.0)
    return np.clip(scaled, -32768, 32767).astype("<i2").tobytes()


async def _chunks(descriptor: int, most: int) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    chunks: asyncio.Queue[bytes] = asyncio.Queue()
    room = threading.Semaphore(most)

    def read() -> None:
        with suppress(OSError, RuntimeError):  # the pipe or the event loop is closed
            while chunk := os.read(descriptor, _READ_BYTES):
                room.acquire()
                loop.call_soon_threadsafe(chunks.put_nowait, chunk)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(chunks.put_nowait, b"")

    # A read from a pipe cannot be broken off, so nobody waits for this thread.
    threading.Thread(target=read, daemon=True).start()
    while chunk := await chunks.get():
        room.release()
        yield chunk


def _open_path(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise BadAudio(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None


@contextmanager
def _spool(stream: BinaryIO) -> Iterator[BinaryIO]:
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(stream, copy)
        copy.seek(0)
        yield copy


def _open_stream(stream: BinaryIO, name: str) -> _ForwardFile:
    first = stream.read(1)
    stream.seek(-len(first), 1)
    if not first:
        raise BadAudio(f"{name} is empty: found 0 bytes, expected a sound file")
    try:
        return _ForwardFile(stream)
    except soundfile.LibsndfileError as error:
        found = error.error_string.rstrip(".")
        found = found[0].lower() + found[1:]
    except TypeError:
        # soundfile goes by the name's ending and then wants to be told the format.
        found = "raw samples without a header"
    raise NoSoundFile(f"{name} is no sound file: expected WAV, FLAC, OGG or MP3, found: {found}")


def _check_content(file: _ForwardFile, name: str) -> None:
    if not file.frames:
        raise BadAudio(f"{name} holds no audio: found a {file.format} header and 0 samples")
    if file.samplerate not in _CREDIBLE_RATES:
        raise BadAudio(
            f"{name} declares {file.samplerate} samples per second,"
            f" expected {_CREDIBLE_RATES[0]} to {_CREDIBLE_RATES[-1]}"
        )


def _resample(blocks: Iterator[Block], rate: int) -> Iterator[Block]:
    stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32")
    for block in blocks:
        if len(resampled := stream.resample_chunk(block)):
            yield resampled
    if len(tail := stream.resample_chunk(np.zeros(0, np.float32), last=True)):
        yield tail
