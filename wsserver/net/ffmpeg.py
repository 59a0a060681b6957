"""Have `ffmpeg` decode, in a process of its own, what libsndfile does not read.

Knows the program's options and how to keep it within limits; knows nothing of HTTP or of sessions.
"""

import asyncio
import os
import shutil
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Self

from wsserver.errors import BadAudio, TooLarge
from wsserver.net.whole_file import Blocks
from wsserver.speech import SAMPLE_RATE

SAMPLE_BYTES = 4
BLOCK_BYTES = SAMPLE_RATE * SAMPLE_BYTES
"""A second of mono f32le."""

FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,tta,voc,"
    "w64,wav,wv"
)
"""Containers by ffmpeg's names; none of them names other files, as playlists do."""

_BEFORE_INPUT = ("-nostdin", "-loglevel", "quiet", "-threads", "1")
_GUARDS = ("-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS)
_OUTPUT = ("-map", "0:a:0", "-ac", "1", "-ar", str(SAMPLE_RATE), "-f", "f32le", "pipe:1")


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """The program, and how much it may do for one file."""

    program: str
    longest_seconds: float = 6 * 3600.0
    """Of sound."""

    patience_seconds: float = 300.0
    """For which it is waited for, in all; while the sound is heard, it waits itself."""

    @classmethod
    def find(cls) -> Self | None:
        """Give the one on the path, if there is one."""
        program = shutil.which("ffmpeg")
        return cls(program) if program else None

    def decode(self, file: BinaryIO) -> Blocks:
        """Decode the first sound in *file*, which needs a descriptor, to mono at 16 kHz."""
        return Blocks(SAMPLE_RATE, self._stream(file))

    async def _stream(self, file: BinaryIO) -> AsyncGenerator[bytes, None]:
        """Give the sound in seconds; end the process whenever the generator is closed.

        Raises `BadAudio` if there is no sound or ffmpeg gives up, `TooLarge` for too much of it.
        """
        count = 0
        async with _running(self.program, file.fileno()) as process:
            async for block in self._blocks(process):
                count += len(block)
                if count > self.longest_seconds * BLOCK_BYTES:
                    hours = self.longest_seconds / 3600
                    raise TooLarge(f"found more sound, expected at most {hours:g} h")
                yield block
            code = await process.wait()
        if count == 0:
            raise BadAudio("the file holds no sound that libsndfile or ffmpeg can read")
        if code != 0:
            seconds = count / BLOCK_BYTES
            raise BadAudio(f"the file is damaged: ffmpeg gave up after {seconds:.2f} s of sound")

    async def _blocks(self, process: Process) -> AsyncIterator[bytes]:
        assert process.stdout is not None
        clock, patience = asyncio.get_running_loop().time, self.patience_seconds
        while True:
            began = clock()
            try:
                async with asyncio.timeout(patience):
                    block = await _read(process.stdout)
            except TimeoutError:
                message = f"ffmpeg was still at the file after {self.patience_seconds:g} s"
                raise BadAudio(message) from None
            patience -= clock() - began
            if not block:
                return
            yield block


async def _read(stream: asyncio.StreamReader) -> bytes:
    """Read a second, or what is left before the end."""
    try:
        return await stream.readexactly(BLOCK_BYTES)
    except asyncio.IncompleteReadError as end:
        return end.partial[: len(end.partial) // SAMPLE_BYTES * SAMPLE_BYTES]


@asynccontextmanager
async def _running(program: str, descriptor: int) -> AsyncIterator[Process]:
    """Run *program* on what is open as *descriptor*; afterwards it is gone."""
    process = await asyncio.create_subprocess_exec(
        program,
        *(*_BEFORE_INPUT, *_GUARDS, "-i", f"file:/dev/fd/{descriptor}", *_OUTPUT),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
        pass_fds=(descriptor,),
        env={},  # ours holds secrets
        # A Ctrl-C is for the server, which ends with what it has begun.  Not `process_group`, which
        # uvloop does not know.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:  # else its number may be another's by now
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        # Reads the rest too: before the pipe is empty it counts as running.
        await process.communicate()
