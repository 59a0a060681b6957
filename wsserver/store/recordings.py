"""Write audio as it comes in: 16-bit FLAC, a file for each line of a session.

Knows folders, formats and one thread; knows nothing of sessions, of the event loop or of text.

The audio is kept at the client's rate and with its channels: what the engine heard can be made from
it again, but not the other way round.  16 bits hold s16le and both kinds of G.711 exactly.  Where
something is missing, the file ends and another begins, so that times stay true: every file's name
tells where in the session it begins.
"""

import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from wsserver.audio.pcm import Format, decode
from wsserver.sound_file import FlacWriter, to_s16le
from wsserver.store.lane import ignore
from wsserver.store.records import LineId

logger = logging.getLogger(__name__)

FOLDER_NAME = "audio"
SYNC_SECONDS = 1.0
"""Between two times at which what was encoded is put on the disk."""

RETRY_SECONDS = 10.0
"""Between two tries to write a line's audio."""

_SAFE = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Take:
    """Where the audio of a line begins, and what it is."""

    line: LineId
    format: Format
    first_frame: int = 0
    """Client samples (per channel) of the session before it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Audio on its way to a file."""

    take: Take
    data: bytes = field(repr=False)
    """Whole frames; empty at the end of the line."""

    missing_frames: int = 0
    """What had to be left out before it."""

    settled: Callable[[bool], None] = ignore
    """Told, in the writing thread, whether it was written."""


def audio_files(folder: Path, session: str) -> list[Path]:
    """Give the files with the audio of *session* below the store's *folder*, in their order."""
    if not _SAFE.fullmatch(session):
        return []
    return sorted((folder / FOLDER_NAME).glob(f"{session}.*.flac"))


class Recordings:
    """The files that are being written; everything here happens in one thread."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = folder / FOLDER_NAME
        self._clock = clock
        self._open: dict[LineId, _Recording] = {}
        self._synced_at = clock()

    def write(self, pieces: list[Piece]) -> float | None:
        """Write *pieces*; give the seconds after which to call again, or None."""
        for piece in pieces:
            self._write(piece)
        if self._clock() - self._synced_at >= SYNC_SECONDS:
            for recording in self._open.values():
                recording.sync()
            self._synced_at = self._clock()
        return SYNC_SECONDS if self._open else None

    def close(self) -> None:
        """End all files."""
        for recording in self._open.values():
            recording.close()
        self._open.clear()

    def _write(self, piece: Piece) -> None:
        line = piece.take.line
        if line not in self._open:
            self._open[line] = _Recording(self._folder, piece.take, self._clock)
        recording = self._open[line]
        recording.skip(piece.missing_frames)
        if not piece.data:
            self._open.pop(line).close()
        else:
            piece.settled(recording.write(piece.data))


class _Recording:
    """The audio of one line."""

    def __init__(self, folder: Path, take: Take, clock: Callable[[], float]) -> None:
        self._folder, self._take, self._clock = folder, take, clock
        self._position = take.first_frame
        self._file: FlacWriter | None = None
        self._is_unsynced = False
        self._retry_at = 0.0

    def write(self, data: bytes) -> bool:
        """Write *data*, or leave it out; say which."""
        audio_format = self._take.format
        # Told that there is one channel, `decode` does not mix them down.
        interleaved = decode(data, Format(audio_format.encoding, audio_format.sample_rate, 1))
        is_written = self._put(to_s16le(interleaved.samples))
        self._position += len(data) // audio_format.sample_bytes
        return is_written

    def skip(self, frames: int) -> None:
        """Leave a gap of *frames*."""
        if frames:
            self._position += frames
            self.close()

    def sync(self) -> None:
        """Put what was encoded on the disk."""
        if self._file and self._is_unsynced:
            self._is_unsynced = False
            self._tried(self._file.sync)

    def close(self) -> None:
        """End the file, if there is one."""
        if self._file:
            file, self._file = self._file, None
            self._tried(file.close)

    def _put(self, samples: bytes) -> bool:
        if self._file is None and self._clock() >= self._retry_at:
            self._tried(self._begin)
        if self._file is None:
            return False
        file = self._file
        self._is_unsynced = True
        return self._tried(lambda: file.write(samples))

    def _begin(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        rate, channels = self._take.format.sample_rate, self._take.format.channels
        line = self._take.line
        name = f"{line.session}.{line.generation:04}.{self._position:012}.flac"
        self._file = FlacWriter(self._folder / name, rate, channels)

    def _tried(self, attempt: Callable[[], None]) -> bool:
        try:
            attempt()
        except OSError as error:
            logger.error("audio cannot be written now: %s", error)
            self._retry_at = self._clock() + RETRY_SECONDS
            self.close()
            return False
        return True
