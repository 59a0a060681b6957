"""How a server is reached, for a new session or for one that goes on.

Knows lines and credentials; knows nothing of what is sent.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from wsserver.client.failures import ConnectionLost, Refused, SessionFailed, Unanswered
from wsserver.client.line import Line, Tls, open_line
from wsserver.messages import Ready, Start

_UNAUTHORIZED = (401, 403)


@dataclass(frozen=True, slots=True)
class Way:
    """A server and what is presented to it."""

    url: str
    token: str | None = field(repr=False)
    start: Start
    tls: Tls
    within_seconds: float
    """For a connection, and again for the session in it."""

    async def open(self) -> tuple[Line, Ready]:
        """Open a session, the first time or where another program left off."""
        return await self._greet(self.token, self.start)

    async def resume(self, cursor: str) -> tuple[Line, Ready]:
        """Go on where *cursor* says; it is its own credential, whatever became of the token."""
        try:
            return await self._greet(cursor, Start(resume=cursor))
        except Refused as refused:
            if self.token is None or refused.status not in _UNAUTHORIZED:
                raise
        return await self._greet(self.token, Start(resume=cursor))

    async def _greet(self, credential: str | None, start: Start) -> tuple[Line, Ready]:
        line = await open_line(self.url, credential, self.tls, self.within_seconds)
        try:
            async with asyncio.timeout(self.within_seconds):
                return line, await _ready(line, start)
        except TimeoutError:
            line.give_up()
            late = f"{line.where} did not open a session within {self.within_seconds:g} s"
            raise Unanswered(late) from None
        except ConnectionLost as lost:
            await line.close()
            raise Unanswered(str(lost)) from None
        except BaseException:
            await line.close()
            raise


async def _ready(line: Line, start: Start) -> Ready:
    with suppress(ConnectionLost):  # what the server said before it left comes first
        await line.send(start)
    first = await line.receive()
    if not isinstance(first, Ready):
        raise SessionFailed("bad_order", f"expected ready, found {first}")
    return first
