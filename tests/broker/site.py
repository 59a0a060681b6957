"""Two gateways in processes of their own behind a balancer, with a Redis between them.

Knows servers, faults and Redis; knows nothing of sessions.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.broker.balancer import Balancer
from tests.broker.redis_server import RedisServer
from tests.faults.harness import Fault, Place
from tests.faults.kept_server import FAKE, TOKEN, KeptServer
from tests.faults.proxy import opened
from wsserver.net.tokens import hash_token

_HANGS_S = 1.5
_ONE_SESSION = f"[{{name: tests, hash: '{hash_token(TOKEN)}', sessions: 1}}]"


class Site(Place):
    """All of it; faults strike the gateway to which the latest connection went."""

    def __init__(self, servers: list[KeptServer], balancer: Balancer, redis: RedisServer) -> None:
        super().__init__(servers[0], balancer)
        self.balancer = balancer
        self.servers = servers
        self.redis = redis

    def strike(self, fault: Fault) -> None:
        match fault:
            case "redis hangs":
                self.redis.halt()
                self._later(_HANGS_S, self.redis.go_on)
            case "redis killed":
                self.redis.kill()
                self._later(_HANGS_S, self.redis.start)
            case _:
                latest = self.balancer.latest
                self.server = next(server for server in self.servers if server.port == latest)
                super().strike(fault)

    def socket_url(self, number: int) -> str:
        """Say where one of the gateways is."""
        return self.servers[number].url.replace("http", "ws", 1) + "v1/dictation"

    async def kill(self, number: int) -> None:
        """End a gateway at once, and start none in its stead."""
        await self.servers[number].end(signal.SIGKILL)


@asynccontextmanager
async def site(folder: Path, redis: RedisServer) -> AsyncIterator[Site]:
    """Run it, with a token that may have one session at a time."""
    environment = FAKE | {
        "WSSERVER_REDIS__URL": redis.url,
        "WSSERVER_SERVER__ADMISSION__TOKENS": _ONE_SESSION,
    }
    folders = [folder / name for name in ("one", "two")]
    for each in folders:
        each.mkdir()
    servers = [KeptServer(each, environment) for each in folders]
    number = signal.SIGKILL
    try:
        await asyncio.gather(*[server.start() for server in servers])
        async with opened(Balancer([server.port for server in servers])) as balancer:
            there = Site(servers, balancer, redis)
            yield there
            await asyncio.gather(*there.jobs)
        number = signal.SIGTERM
    finally:
        for server in servers:
            with suppress(ProcessLookupError):  # it was killed
                await server.end(number)
