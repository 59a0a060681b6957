"""The simplest balancer there is: connections go to one port after the other, in turn.

Knows ports; knows nothing of who was where before, nor of who is well.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle

from tests.faults.proxy import Proxy


class Balancer(Proxy):
    """Stands before several gateways; passes over those where nobody listens."""

    def __init__(self, ports: Sequence[int]) -> None:
        super().__init__(0)
        self._count = len(ports)
        self._ports = cycle(ports)
        self.latest = 0
        """The port to which the latest connection went."""

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _ in range(self._count - 1):
            with suppress(OSError):
                return await self._next()
        return await self._next()

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = next(self._ports)
        streams = await asyncio.open_connection("127.0.0.1", port)
        self.latest = port
        return streams
