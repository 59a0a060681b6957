"""Run the engine's process and exchange frames with it.

Knows one child and its end of the socket pair; knows nothing of what the frames ask for.
"""

import asyncio
import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from typing import Self

from wsserver.recognition.frames import LENGTH, Frame, pack, unpack

WORKER = "wsserver.recognition.worker"


class Child:
    """A child process and our end of the socket pair."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def spawn(cls) -> Self:
        """Start a child that finds the modules this process finds and shares its output."""
        ours, theirs = socket.socketpair()
        with theirs, ExitStack() as unless_spawned:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            unless_spawned.callback(writer.transport.abort)
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", WORKER, str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            unless_spawned.pop_all()
        return cls(process, reader, writer)

    async def ask(self, frame: Frame) -> Frame:
        """Send *frame* and read its answer; raise `EOFError` or `OSError` if the child is gone."""
        for chunk in pack(frame):  # not joined: that would copy all audio once more
            self._writer.write(chunk)
        await self._writer.drain()
        parts = range(await self._length())
        return unpack([await self._reader.readexactly(await self._length()) for _ in parts])

    async def _length(self) -> int:
        length: int = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))[0]
        return length

    def kill(self) -> None:
        """Kill the child, if it still lives."""
        # Not by `Process.kill`: that reaps a child that has just ended itself, behind the back of
        # asyncio's watcher, and how it ended is lost (seen on Python 3.11).
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def wait(self) -> str:
        """Wait until the child has ended; say how, to go after its name."""
        code = await self._process.wait()
        if code < 0:
            return f"was killed by {_name(-code)}"
        return f"ended with code {code}"

    async def end(self) -> str:
        """Kill the child, wait for it and close the socket; say how it ended."""
        self.kill()
        ended = await self.wait()
        self._writer.transport.abort()
        with suppress(OSError):
            await self._writer.wait_closed()
        return ended


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # of most of the real-time ones
        return f"signal {number}"
