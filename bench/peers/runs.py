"""Let people speak to one server after the other, and add up what came of it.

Knows servers, speakers and what they use; knows nothing of tables or the command line.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.peers.processes import Start, Usage, Watch, running
from bench.peers.speaker import Address, PeerError, speak
from bench.peers.speech import Speech, sentences, speech
from bench.peers.timing import Course, Delays, delays
from bench.peers.wires import Dictation, Wire
from tests.conftest import start_server, stop_server
from wsserver.dialects.native import SUBPROTOCOL

_WITHIN_S = 2.0
"""Speakers do not begin in step, but all of them within so long."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that listens."""

    pid: int
    address: Address
    wire: Callable[[], Wire]


Serving = Callable[[], AbstractContextManager[Served]]
"""Runs a server for as long as its block."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who speaks, for how long, and how long they hide from the server that they stopped."""

    streams: int
    seconds: float
    patience_s: float


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one server and one crowd."""

    server: str
    streams: int
    delays: Delays | None
    usage: Usage | None
    failures: tuple[str, ...]
    """Why speakers were not heard, one each; or once why the server did not start."""


def run(name: str, serving: Serving, crowd: Crowd) -> Run:
    """Start a server, let a crowd speak to it, stop it."""
    try:
        with serving() as served:
            return asyncio.run(_speak_all(name, served, crowd))
    except PeerError as error:
        return Run(name, crowd.streams, None, None, (str(error),))


async def _speak_all(name: str, served: Served, crowd: Crowd) -> Run:
    # The first sentence warms the server up; some load their model for it.
    await _speak(served, speech(sentences(), -1, 0.0), crowd, 0.0)
    said = [speech(sentences(), seed, crowd.seconds) for seed in range(crowd.streams)]
    apart_s = _WITHIN_S / crowd.streams
    watch = Watch(served.pid)
    looking = asyncio.create_task(watch.look())
    told = await asyncio.gather(
        *(_speak(served, each, crowd, seed * apart_s) for seed, each in enumerate(said))
    )
    looking.cancel()
    courses = [result for result in told if isinstance(result, Course)]
    failures = tuple(result for result in told if isinstance(result, str))
    return Run(name, crowd.streams, delays(courses), watch.usage(), failures)


async def _speak(served: Served, said: Speech, crowd: Crowd, delay_s: float) -> Course | str:
    await asyncio.sleep(delay_s)
    try:
        return await speak(served.address, served.wire(), said, crowd.patience_s)
    except PeerError as error:
        return str(error)


def ours(model: str) -> Serving:
    """Give our own server, as `wsserver serve` runs it."""

    @contextmanager
    def serving() -> Iterator[Served]:
        with tempfile.TemporaryDirectory() as folder:
            server = start_server(Path(folder), "--model", model, WSSERVER_LOG__LEVEL="warning")
            address = Address(server.socket_url, server.token, SUBPROTOCOL)
            try:
                yield Served(server.process.pid, address, Dictation)
            finally:
                stop_server(server)

    return serving


def theirs(start: Start, streams: int) -> Serving:
    """Give a peer that is to be spoken to by so many."""

    @contextmanager
    def serving() -> Iterator[Served]:
        with running(start, streams) as (pid, address):
            yield Served(pid, address, start.peer.wire)

    return serving
