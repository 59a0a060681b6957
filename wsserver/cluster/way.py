"""Carry requests to replicas by one URL, and say what it means when that fails.

Knows HTTP and aiohttp's client; knows nothing of what is carried, and of no other URL.
"""

import asyncio
from enum import Enum, auto
from time import monotonic

import aiohttp

from wsserver.cluster.wire import CONTENT_TYPE
from wsserver.errors import EngineLost, EngineUnavailable

UNIX = "unix:"
"""How the address of a socket in the file system begins: unix:/run/wsserver.sock."""

CONNECT_SECONDS = 5.0
"""For a connection; on the network of a cluster it takes milliseconds."""

KEPT_SECONDS = 4.0
"""For which an idle connection is used again: less than servers keep them, so that none is closed
from the other end just as a batch goes out."""


class Busy(EngineUnavailable):
    """Somebody answered that there is no room now."""


class State(Enum):
    """How it goes by a URL."""

    OPEN = auto()
    """The last request was answered."""

    SUSPECT = auto()
    """The last one was not; whether the next one is will be known in a moment."""

    CLOSED = auto()


class Way:
    """One URL: of a balancer before any number of replicas, or of a single replica."""

    def __init__(self, url: str) -> None:
        """Go to http://host:port/path, or to unix:/path/to/socket."""
        self.url = url
        self.state = State.SUSPECT
        self.is_ready = False
        """Whether whoever answered last has an engine."""

        self.refusals = 0
        """Batches in a row that were not taken."""

        self.answered_at = -float("inf")
        self.heard_at = -float("inf")
        """When there was any answer, be it that there is no room."""

        self.poked = asyncio.Event()
        """Set when a request failed, so that somebody tries again."""

        self._target = "http://replica/" if url.startswith(UNIX) else url
        self._client: aiohttp.ClientSession | None = None
        self._limits: set[asyncio.Timeout] = set()
        """Of what is on its way."""

    @property
    def in_flight(self) -> int:
        """Say how much is on its way."""
        return len(self._limits)

    async def ask(self, body: bytes, timeout_seconds: float) -> bytes:
        """Carry *body* there, and the answer back.

        Raises `EngineUnavailable` if nobody took it, `Busy` if somebody had no room, and
        `EngineLost` if it was taken and nothing came of it.
        """
        began = monotonic()
        limit = asyncio.timeout(timeout_seconds)
        self._limits.add(limit)
        try:
            async with limit:
                return await self._post(body)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise EngineUnavailable(f"{self.url} cannot be reached: {error}") from None
        except TimeoutError:
            raise EngineLost(f"{self.url} took longer than {monotonic() - began:.3g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise EngineLost(f"{self.url} hung up: {error or type(error).__name__}") from None
        finally:
            self._limits.discard(limit)

    def give_up(self) -> None:
        """Wait no longer for what is on its way: it is lost."""
        now = asyncio.get_running_loop().time()
        for limit in self._limits:
            if not limit.expired():
                limit.reschedule(now)

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.close()

    async def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": CONTENT_TYPE}
        client = self._client = self._client or self._open()
        async with client.post(self._target, data=body, headers=headers) as answer:
            content = await answer.read()
            self.heard_at = monotonic()
            if answer.status != 200:
                raise self._failure(answer.status, content)
        self.answered_at = self.heard_at
        return content

    def _open(self) -> aiohttp.ClientSession:
        connector: aiohttp.BaseConnector
        if self.url.startswith(UNIX):
            path = self.url.removeprefix(UNIX)
            connector = aiohttp.UnixConnector(path, limit=0, keepalive_timeout=KEPT_SECONDS)
        else:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS)
        limits = aiohttp.ClientTimeout(total=None, connect=CONNECT_SECONDS)
        return aiohttp.ClientSession(connector=connector, timeout=limits)

    def _failure(self, status: int, content: bytes) -> EngineLost:
        said = content[:200].decode(errors="replace").strip()
        what = f"{self.url} answered {status}: {said}"
        if status == 503:
            return Busy(what)
        # Nobody decodes what he refuses for its form, or because he is somebody else.
        return EngineUnavailable(what) if 300 <= status < 500 else EngineLost(what)
