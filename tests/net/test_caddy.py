"""The port behind a real proxy, which keeps its connections and gives them to whoever comes."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.net.doorway import BEARER, PATH, SUBPROTOCOLS, Doorway, open_doorway

CADDY = shutil.which("caddy")
ROUNDS = 60

pytestmark = pytest.mark.skipif(
    CADDY is None and "CI" not in os.environ, reason="caddy is not installed"
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@asynccontextmanager
async def caddy(doorway: Doorway, directory: Path) -> AsyncIterator[str]:
    """Run caddy before *doorway*; give the host and port it listens on."""
    assert CADDY is not None, "caddy is not installed, which CI does"
    port = free_port()
    config = directory / "Caddyfile"
    config.write_text(
        "{\n admin off\n auto_https off\n}\n"
        f"http://127.0.0.1:{port} {{\n reverse_proxy 127.0.0.1:{doorway.listener.port}\n}}\n"
    )
    with (directory / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(CADDY, "run", "--config", str(config), "--adapter", "caddyfile"),
            stderr=log,
            env={**os.environ, "XDG_DATA_HOME": str(directory), "XDG_CONFIG_HOME": str(directory)},
        )
    try:
        await listens(port, process)
        yield f"127.0.0.1:{port}"
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def listens(port: int, process: asyncio.subprocess.Process) -> None:
    while True:
        assert process.returncode is None, "caddy ended at once"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return await writer.wait_closed()


async def ping(browser: aiohttp.ClientSession) -> str:
    async with browser.get("/ping") as answer:
        return str((await answer.json())["text"])


async def speak(host: str, word: str) -> str:
    async with connect(f"ws://{host}{PATH}", additional_headers=BEARER, proxy=None) as connection:
        await connection.send(word)
        return str(await connection.recv())


async def test_upgrades_work_down_a_proxy_that_pools_its_connections(tmp_path: Path) -> None:
    async with (
        open_doorway() as doorway,
        caddy(doorway, tmp_path) as host,
        aiohttp.ClientSession(f"http://{host}") as browser,
    ):
        for number in range(ROUNDS):
            assert await ping(browser) == "pong"
            assert await speak(host, f"word {number}") == f"word {number}"


async def test_requests_and_upgrades_at_once_never_take_each_others_connection(
    tmp_path: Path,
) -> None:
    async with (
        open_doorway() as doorway,
        caddy(doorway, tmp_path) as host,
        aiohttp.ClientSession(f"http://{host}") as browser,
    ):
        pings = asyncio.gather(*(ping(browser) for _ in range(ROUNDS)))
        words = asyncio.gather(*(speak(host, f"word {n}") for n in range(ROUNDS // 4)))

        assert set(await pings) == {"pong"}
        assert await words == [f"word {n}" for n in range(ROUNDS // 4)]


async def test_a_page_behind_the_proxy_is_of_the_same_origin(tmp_path: Path) -> None:
    async with (
        open_doorway() as doorway,
        caddy(doorway, tmp_path) as host,
        connect(
            f"ws://{host}{PATH}",
            subprotocols=SUBPROTOCOLS,
            origin=Origin(f"http://{host}"),
            proxy=None,
        ) as connection,
    ):
        assert connection.subprotocol == "dictation.v1"
