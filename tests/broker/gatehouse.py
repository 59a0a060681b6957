"""A gateway without sockets: its gate and its lines, and Redis between it and the others.

Knows gates, lines and Redis; knows nothing of audio.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.broker.redis_server import RedisServer
from tests.net.test_cursor_admission import bearing
from tests.waiting import until
from wsserver.broker.connection import Connection
from wsserver.broker.gateway import Gateway
from wsserver.broker.settings import RedisSettings
from wsserver.broker.subscriptions import Subscriptions
from wsserver.messages import Start
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.cursors import Cursors
from wsserver.net.lines import Line, Lines
from wsserver.net.places import Lease
from wsserver.net.refusal import Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import Grant, SignedTokens
from wsserver.net.tokens import Token, hash_token
from wsserver.session.actions import Hold
from wsserver.session.cursor import Cursor

NOON = 20_000 * 86_400 + 43_200.0
PLAIN = "a-token-for-gateways"
ANN = Token(name="ann", hash=hash_token(PLAIN), sessions=1, audio_seconds_per_day=60.0)


@dataclass
class Caller:
    """Somebody who was let in."""

    lease: Lease
    line: Line
    errors: list[str] = field(default_factory=list)
    """What their session was ended for."""

    def hold(self, session: str, generation: int, *, heard: bool = True) -> None:
        """Have a session, and speak on it."""
        self.line.hold(Hold(session, generation), lambda error: self.errors.append(error.code))
        if heard:
            self.line.hear()

    async def resume(self, sealed: str) -> None:
        """Go on by a cursor; raise `TakenOver` if somebody else has the session."""
        await self.line.prepare(Start(resume=sealed))
        cursor = self.line.resumption.unseal(sealed)
        self.hold(cursor.session, cursor.generation + 1, heard=False)

    def leave(self) -> None:
        """Go."""
        self.line.close()
        self.lease.release()


class Gatehouse:
    """One gateway."""

    def __init__(self, url: str, token: Token = ANN) -> None:
        self.connection = Connection(RedisSettings(url=url))
        self.subscriptions = Subscriptions(self.connection)
        self.gateway = Gateway(self.connection, self.subscriptions, lambda: NOON)
        self.lines = Lines(Cursors(bytes(32), 3_600, lambda: NOON))
        self.signed = SignedTokens(bytes(32), (), 3_600, lambda: NOON)
        settings, conditions = AdmissionSettings(tokens=(token,)), Conditions(peers=self.gateway)
        self.gate = Gate(settings, conditions, lambda: NOON, self.lines, self.signed)

    async def start(self) -> None:
        for each in (self.connection, self.subscriptions, self.gateway):
            await each.start()
        await until(lambda: self.is_listening)

    async def stop(self) -> None:
        for each in (self.gateway, self.subscriptions, self.connection):
            await each.stop()

    @property
    def is_listening(self) -> bool:
        """Tell whether it hears what others tell it (it asks everything anew when that begins)."""
        return self.connection.is_up and self.subscriptions._running is not None

    def sign(self) -> str:
        """Make a token for one session."""
        return self.signed.sign(Grant(subject="ann", scope=("speak",), seconds=60))[0]

    def cursor(self, session: str, generation: int) -> str:
        cursor = Cursor(session=session, generation=generation, start=Start(), model="base")
        return self.lines.cursors.seal(cursor, "ann")

    async def enter(self, secret: str = PLAIN) -> Caller:
        """Let somebody in; raise `Refused`."""
        lease = await self.gate.admit(bearing(secret), resumes=True)
        return Caller(lease, self.lines.line(lease.guest, lease.release, lease.ticket))

    async def code(self, secret: str = PLAIN) -> str:
        """Say what somebody is told who comes in, and leaves at once."""
        try:
            (await self.enter(secret)).leave()
        except Refused as refused:
            return refused.refusal.code
        return "admitted"

    async def judged(self, secret: str = PLAIN) -> str:
        """Say what somebody would be told."""
        refusal = await self.gate.judge(bearing(secret), resumes=True)
        return refusal.code if refusal else "admitted"


async def becomes(expected: str, gatehouse: Gatehouse, secret: str = PLAIN) -> None:
    """Wait until somebody would be told *expected*."""
    async with asyncio.timeout(30):
        while await gatehouse.judged(secret) != expected:
            await asyncio.sleep(0.02)


@asynccontextmanager
async def gatehouses(
    redis_server: RedisServer, token: Token = ANN
) -> AsyncIterator[tuple[Gatehouse, Gatehouse]]:
    """Run two gateways."""
    two = Gatehouse(redis_server.url, token), Gatehouse(redis_server.url, token)
    for one in two:
        await one.start()
    try:
        yield two
    finally:
        for one in two:
            await one.stop()
