"""Signals end the server, whatever it is about."""

import asyncio
import signal
import socket

import pytest

from wsserver.event_loop import runner
from wsserver.recognition.engines import EngineSpec
from wsserver.serve import _signals, _tell_model
from wsserver.speech import EngineInfo


@pytest.mark.parametrize(
    ("engine", "told"),
    [
        (EngineSpec(), "set engine.model in config.yaml"),
        (EngineSpec("ray", urls=("http://ray:8000/",)), "where the replicas are deployed"),
    ],
)
def test_the_practice_model_is_replaced_where_it_is_set(engine: EngineSpec, told: str) -> None:
    assert told in _tell_model(EngineInfo("practice", ("en",), "cpu", "fp32", True), engine)


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
