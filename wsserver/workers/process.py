"""Start a worker, and know how it ended.

Knows one process and its two sockets; knows nothing of what goes through them.
"""

import asyncio
import os
import signal
import socket
import sys
from contextlib import ExitStack, suppress
from typing import Self

from wsserver.workers.wire import Answer, Wire

PROGRAM = "wsserver.workers.worker"


class WorkerProcess:
    """A child process, the wire to it, and the channel for its connections."""

    def __init__(
        self, process: asyncio.subprocess.Process, wire: Wire, channel: socket.socket
    ) -> None:
        self.wire = wire
        self.channel = channel
        self._process = process

    @classmethod
    async def spawn(cls, answer: Answer) -> Self:
        """Start a process that finds the modules this one finds; *answer* what it asks."""
        ours, theirs = socket.socketpair()
        channel, their_channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, their_channel, ExitStack() as unless_spawned:
            unless_spawned.callback(ours.close)
            unless_spawned.callback(channel.close)
            descriptors = [theirs.fileno(), their_channel.fileno()]
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", PROGRAM, *map(str, descriptors)),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=descriptors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            wire = await Wire.open(ours, answer)
            unless_spawned.pop_all()
        return cls(process, wire, channel)

    async def wait(self) -> str:
        """Wait until it has ended; say how, to go after its name."""
        code = await self._process.wait()
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with code {code}"

    def kill(self) -> None:
        """End it at once, if it still lives."""
        if self._process.returncode is None:
            # Not `Process.kill`, which may reap behind the back of asyncio's watcher.
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def end(self) -> str:
        """Kill it, if it still lives, and close the wire; say how it ended."""
        self.kill()
        ended = await self.wait()
        await self.wire.close()
        return ended
