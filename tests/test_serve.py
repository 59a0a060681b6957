"""Signals end the server, whatever it is about."""

import asyncio
import signal
import socket

import pytest

from wsserver.event_loop import runner
from wsserver.serve import _signals


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_it_even_while_something_is_read(
    first: signal.Signals, second: signal.Signals
) -> None:
    class Signaled(asyncio.Protocol):
        def data_received(self, _: bytes) -> None:
            signal.raise_signal(second)

    async def stop_slowly() -> None:
        near, far = socket.socketpair()
        with _signals() as stopped, near:
            signal.raise_signal(first)
            await stopped.wait()
            await asyncio.get_running_loop().create_connection(Signaled, sock=far)
            near.send(b"x")
            await asyncio.sleep(20)

    with runner() as loop, pytest.raises(KeyboardInterrupt):
        loop.run(stop_slowly())
