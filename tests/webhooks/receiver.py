"""A receiver of webhooks, as somebody else might write one."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()


@dataclass(frozen=True)
class Request:
    """What came."""

    event: str
    session: str
    text: str


@dataclass
class Receiver:
    """Answers as it is told to, and checks every signature."""

    statuses: list[int] = field(default_factory=list)
    """Of the next answers; then 204."""

    answer: Callable[[Request], int | None] = lambda _: None
    """A status for a certain request, before the others."""

    signatures: int = 1
    """How many there are on each request, the last of them with `SECRET`."""

    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    taken: list[Request] = field(default_factory=list)
    port: int = 0
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?key=in-the-url"

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        found = _checked(request, body, self.signatures)
        self.requests.append(found)
        status = self.answer(found) or (self.statuses.pop(0) if self.statuses else 204)
        if 200 <= status < 300:
            self.taken.append(found)
        self._changed.set()
        return web.Response(status=status, headers=self.headers)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def has_taken(self, count: int) -> list[str]:
        """Wait for so many; give their texts."""
        await self.until(lambda: len(self.taken) >= count)
        return [request.text for request in self.taken]


def _checked(request: web.Request, body: bytes, signatures: int) -> Request:
    event, moment = request.headers["webhook-id"], request.headers["webhook-timestamp"]
    digest = hmac.digest(KEY, b".".join([event.encode(), moment.encode(), body]), hashlib.sha256)
    expected = "v1," + base64.b64encode(digest).decode()
    *others, last = request.headers["webhook-signature"].split(" ")
    assert (len(others) + 1, last) == (signatures, expected)
    assert request.content_type == "application/json"
    told: dict[str, Any] = json.loads(body)
    assert told["type"] == "transcript.final"
    data = told["data"]
    assert event == f"{data['session']}-{data['generation']}-{data['utterance']}"
    return Request(event, data["session"], data["text"])


@asynccontextmanager
async def receiving(receiver: Receiver, port: int = 0) -> AsyncIterator[Receiver]:
    """Run *receiver* on a free port, or on *port*."""
    app = web.Application()
    app.add_routes([web.post("/hook", receiver.take)])
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        receiver.port = runner.addresses[0][1]
        yield receiver
    finally:
        await runner.cleanup()
