"""A real server on a port of its own, that is killed, stopped and started again at will.

Knows processes; knows nothing of sessions.
"""

import asyncio
import os
import resource
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import aiohttp

from tests.arrangements import arranged
from tests.ports import free_port
from wsserver.net.tokens import hash_token
from wsserver.recognition.child import WORKER
from wsserver.workers.process import PROGRAM

TOKEN = "a-token-for-faults"
KEY = "a2V5IGZvciB0ZXN0cyBvZiBmYXVsdHMsIDMyIGJ5dGVz"
_LEAVES_WITHIN_S = 40.0
_COMES_WITHIN_S = 180.0
_SHOWN_LINES = 20

FAKE = {
    "WSSERVER_SERVER__KEY": KEY,
    "WSSERVER_SERVER__ADMISSION__TOKENS": f"[{{name: tests, hash: '{hash_token(TOKEN)}'}}]",
    "WSSERVER_SERVER__ADMISSION__RETRY_AFTER_SECONDS": "1",
    "WSSERVER_SERVER__SOCKET__CLOSE_TIMEOUT_SECONDS": "1",
    "WSSERVER_SESSIONS__IDLE_SECONDS": "6",
    "WSSERVER_SESSIONS__DRAIN_SECONDS": "3",
    "WSSERVER_SCHEDULER__TIMEOUT_SECONDS": "2",
    "WSSERVER_SCHEDULER__RELOAD_SECONDS": "5",
    "WSSERVER_ENGINE__KIND": "fake",
    "OMP_NUM_THREADS": "1",
}


class KeptServer:
    """One server after the other, all on the same port."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.log = folder / "log"
        self._folder = folder
        state = {"XDG_STATE_HOME": str(folder)}
        self._environment = {**os.environ, **state, **arranged((), environment)}
        self._process: Process
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Start a server and wait until it is ready."""
        said = self._folder / "said"
        with self.log.open("ab") as stderr, said.open("wb") as stdout:
            # No pipe: an engine that hangs would keep it open after the end of its server.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "wsserver", "serve", "--port", str(self.port)),
                cwd=self._folder,
                env=self._environment,
                stdout=stdout,
                stderr=stderr,
            )
        began = monotonic()
        while b"Ready" not in said.read_bytes():
            assert self._process.returncode is None, f"the server ended: {self._last_words}"
            is_late = monotonic() - began > _COMES_WITHIN_S
            assert not is_late, f"not ready within {_COMES_WITHIN_S:g} s: {self._last_words}"
            await asyncio.sleep(0.01)

    async def end(self, number: signal.Signals) -> int:
        """Have the server end by a signal; give its exit code."""
        engine = self.engine
        self._process.send_signal(number)
        async with asyncio.timeout(_LEAVES_WITHIN_S):
            code = await self._process.wait()
        if engine:
            with suppress(ProcessLookupError):
                os.kill(engine, signal.SIGCONT)  # what was stopped cannot see that it is alone
        return code

    async def replace(self, number: signal.Signals) -> None:
        """Have it end, and start another one; once at a time."""
        async with self._turn:
            await self.end(number)
            await self.start()

    @property
    def _last_words(self) -> str:
        if not self.log.is_file():  # a full device has no end
            return "(no log)"
        return "\n".join(self.log.read_text().splitlines()[-_SHOWN_LINES:])

    @property
    def engine(self) -> int | None:
        """The process that the engine runs in, if there is one."""
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        found = children.read_text().split() if children.exists() else []
        return next((int(child) for child in found if not _is_gateway(int(child))), None)

    def signal_engine(self, number: signal.Signals) -> None:
        """Kill or stop the process that the engine runs in, unless its server is just starting.

        The first load that hangs is waited for without a limit, because it may be a download; later
        ones are given `RELOAD_SECONDS`.
        """
        if not self._turn.locked() and (engine := self.engine):
            os.kill(engine, number)

    async def next_engine(self, former: int | None) -> int:
        """Wait for the process of the engine that comes after *former*; it loads still.

        Until it is a program of its own its server waits for it, and for nothing else.
        """
        async with asyncio.timeout(_COMES_WITHIN_S):
            while (engine := self.engine) is None or engine == former or not _is_worker(engine):
                await asyncio.sleep(0.005)
        return engine

    def starve_engine(self) -> None:
        """Let the engine have no memory beyond what it has."""
        if engine := self.engine:
            resource.prlimit(engine, resource.RLIMIT_DATA, (0, 0))

    async def is_ready(self) -> bool:
        """Ask `/readyz`."""
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}readyz") as answer:
            return answer.status == 200

    async def becomes_ready(self, *, ready: bool) -> None:
        """Wait until `/readyz` says so."""
        async with asyncio.timeout(30):
            while await self.is_ready() is not ready:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def kept_server(folder: Path, **environment: str) -> AsyncIterator[KeptServer]:
    """Run a server on the scripted engine, whatever happens to it; it has to end in order."""
    server = KeptServer(folder, FAKE | environment)
    await server.start()
    try:
        yield server
    except BaseException:
        with suppress(ProcessLookupError):
            await server.end(signal.SIGKILL)
        raise
    assert await server.end(signal.SIGTERM) == 0


def _is_worker(pid: int) -> bool:
    return WORKER in _command(pid)


def _is_gateway(pid: int) -> bool:
    return PROGRAM in _command(pid)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:  # it is gone already
        return ""
