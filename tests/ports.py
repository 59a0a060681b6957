"""Ports for servers that have to be told theirs before they start.

Knows what the kernel gives to whoever names no port; knows nothing of servers.
"""

import socket
from contextlib import suppress
from pathlib import Path
from random import SystemRandom

_HOST = "127.0.0.1"
_KERNELS = Path("/proc/sys/net/ipv4/ip_local_port_range")
_KERNELS_ELSEWHERE = "49152 65535"  # RFC 6335
_FIRST = 20_000
"""Below are those of many services, and those that Ray takes for its workers."""


def free_port() -> int:
    """Give a port that nobody has, nor gets before this process has ended.

    It is none of those that the kernel gives to connections, so it may be closed and opened again,
    and no test that runs beside is given it.
    """
    outside = _outside()
    for port in SystemRandom().sample(outside, len(outside)):
        with suppress(OSError), socket.socket(type=socket.SOCK_DGRAM) as guard:
            guard.bind((_HOST, port))  # of another kind, so that it is in no server's way
            socket.create_server((_HOST, port)).close()
            guard.detach()  # stays open
            return port
    raise AssertionError(f"found no free port among {len(outside)}")


def _outside() -> list[int]:
    text = _KERNELS.read_text() if _KERNELS.exists() else _KERNELS_ELSEWHERE
    first, last = map(int, text.split())
    return [*range(_FIRST, first), *range(last + 1, 65_536)]
