"""Dictations at gateways behind a balancer, through the loss of any of them and of Redis."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from time import monotonic

import pytest
import pytest_asyncio

from tests.broker.conftest import running_redis
from tests.broker.site import Site, site
from tests.end_to_end.test_resume import connected
from tests.faults.harness import Fault, Storm, Strike, check, explain
from tests.faults.kept_server import TOKEN
from tests.faults.speech import STARTS, long_speech
from tests.net.test_proxies import Proxy
from wsserver import client
from wsserver.messages import Error, Final, Start

CADDYFILE = """
{
    admin off
    auto_https off
}
http://127.0.0.1:%(port)d {
    reverse_proxy 127.0.0.1:%(one)d 127.0.0.1:%(two)d {
        lb_policy round_robin
    }
}
"""

pytestmark = pytest.mark.asyncio(loop_scope="module")

CADDY = Proxy("caddy", CADDYFILE, "run --config {0}/config --adapter caddyfile")
SPEECH = long_speech(STARTS[0], 20.0, Random(8))
FAULTS: tuple[Fault, ...] = (
    *("half-open", "lost ready", "kill", "half-open"),
    *("redis hangs", "half-open", "redis killed", "terminate"),
)
PLACES_ARE_FREE_WITHIN_S = 6.0 + 2.0
"""What a killed gateway had, and the time between two tries."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def where(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    with running_redis() as redis:
        async with site(tmp_path_factory.mktemp("site"), redis) as where:
            yield where


async def test_a_session_goes_on_at_whichever_gateway_its_client_comes_to(where: Site) -> None:
    """At the limit of its token, with and without Redis, every word comes once."""
    step = SPEECH.seconds / (len(FAULTS) + 1)
    strikes = [Strike(step * (n + 1), fault, alone=True) for n, fault in enumerate(FAULTS)]
    storm = Storm(where, SPEECH, strikes)

    heard = await storm.run()
    await asyncio.gather(*where.jobs)
    peace = await explain(where.url, SPEECH, heard, where.stops)

    check(SPEECH, heard, peace)
    assert sum(isinstance(m, Final) and bool(m.text) for m in heard.messages) > 3


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not installed")
async def test_a_session_moves_behind_a_balancer_of_the_trade_as_well(
    where: Site, tmp_path: Path
) -> None:
    one, two = (server.port for server in where.servers)
    async with CADDY.run(tmp_path, one=one, two=two) as host, AsyncExitStack() as left:
        url, secret, start = f"ws://{host}/v1/dictation", TOKEN, Start()
        readies, ended = [], []
        for _ in range(4):
            peer = await left.enter_async_context(connected(url, secret))
            readies.append(await peer.begin(start))
            ended.append(peer.hear())
            assert readies[-1].cursor
            secret, start = readies[-1].cursor, Start(resume=readies[-1].cursor)
        told = [await each for each in ended[:-1]]
        ended[-1].close()

    assert [ready.generation for ready in readies] == [1, 2, 3, 4]
    assert len({ready.session for ready in readies}) == 1
    assert [isinstance(each, Error) and each.code for each in told] == ["taken_over"] * 3


async def test_the_places_of_a_gateway_that_is_killed_are_free_within_seconds(where: Site) -> None:
    async with client.connect(where.socket_url(0), TOKEN, reconnect=client.NEVER):
        with pytest.raises(client.Refused) as refused:
            await come_in(where.socket_url(1))
        await where.kill(0)
        killed = monotonic()
        while not await comes_in(where.socket_url(1)):
            assert monotonic() - killed < 10 * PLACES_ARE_FREE_WITHIN_S
            await asyncio.sleep(0.1)

    assert (refused.value.status, refused.value.code) == (429, "too_many_sessions")


async def come_in(url: str) -> None:
    async with client.connect(url, TOKEN, reconnect=client.NEVER):
        pass


async def comes_in(url: str) -> bool:
    try:
        await come_in(url)
    except client.Refused:
        return False
    return True
