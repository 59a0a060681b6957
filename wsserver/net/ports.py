"""Bind a port for others to serve.

Knows sockets; knows nothing of who serves them.
"""

import asyncio
import os
import socket

from wsserver.errors import ConfigError

UNSENT_BYTES = 16_384
"""What waits below a session for a peer that reads slowly, here and again in the system.

Little, because only what still waits in the session is replaced by what is newer; Linux alone would
take four megabytes: an hour of partials.
"""

BACKLOG = 1024
"""Connections that wait to be accepted: all of a process that died come again at once."""


def keep_little_unsent(listening: socket.socket) -> None:
    """Let the system take no more than it can send soon; accepted connections inherit it."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # Linux and macOS
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


async def bind(host: str, port: int) -> list[socket.socket]:
    """Listen at all addresses of *host*, as asyncio does; raise `ConfigError` if that fails.

    Nobody is accepted yet; they wait.
    """
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(asyncio.Protocol, host, port, start_serving=False)
        # Of our own: asyncio closes its ones.
        bound = [socket.socket(fileno=os.dup(each.fileno())) for each in server.sockets]
        server.close()
        for each in bound:
            each.setblocking(False)
            keep_little_unsent(each)
            each.listen(BACKLOG)
    except OSError as error:
        raise ConfigError(f"cannot listen on {host}, port {port}: {error.strerror}") from error
    return bound
