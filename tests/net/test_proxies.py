"""The port behind real proxies, which keep their connections and give them to whoever comes.

Caddy keeps connections for upgrades apart from others; nginx, with `keepalive`, does not: when
answers did not close their connections, 50 of 50 upgrades through it failed.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.net.doorway import BEARER, PATH, SUBPROTOCOLS, Doorway, open_doorway
from tests.ports import free_port

ROUNDS = 60

CADDYFILE = """
{
    admin off
    auto_https off
}
http://127.0.0.1:%(port)d {
    reverse_proxy 127.0.0.1:%(behind)d
}
"""

NGINX_CONF = """
daemon off;
master_process off;
pid pid;
error_log log;
events {}
http {
    access_log off;
    client_body_temp_path temporary;
    proxy_temp_path temporary;
    fastcgi_temp_path temporary;
    uwsgi_temp_path temporary;
    scgi_temp_path temporary;
    map $http_upgrade $wanted { default upgrade; "" ""; }
    upstream behind { server 127.0.0.1:%(behind)d; keepalive 8; }
    server {
        listen 127.0.0.1:%(port)d;
        location / {
            proxy_pass http://behind;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $wanted;
        }
    }
}
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    name: str
    config: str
    arguments: str

    @asynccontextmanager
    async def before(self, doorway: Doorway, directory: Path) -> AsyncIterator[str]:
        """Run the proxy before *doorway*; give the host and port it listens on."""
        async with self.run(directory, behind=doorway.listener.port) as host:
            yield host

    @asynccontextmanager
    async def run(self, directory: Path, **behind: int) -> AsyncIterator[str]:
        """Run it before the ports that its configuration names."""
        port = free_port()
        values = {"port": port, **behind}
        (directory / "config").write_text(self.config % values)
        with (directory / "output").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                self.name,
                *self.arguments.format(directory).split(),
                stderr=output,
                env={**os.environ, "XDG_DATA_HOME": str(directory)},
            )
        try:
            await listens(port, process)
            yield f"127.0.0.1:{port}"
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()


PROXIES = {
    "caddy": Proxy("caddy", CADDYFILE, "run --config {0}/config --adapter caddyfile"),
    "nginx": Proxy("nginx", NGINX_CONF, "-p {0} -c {0}/config -e {0}/log"),
}


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest) -> Proxy:
    name = str(request.param)
    if shutil.which(name) is None and not (name == "caddy" and "CI" in os.environ):
        pytest.skip(f"{name} is not installed")
    return PROXIES[name]


async def listens(port: int, process: asyncio.subprocess.Process) -> None:
    while True:
        assert process.returncode is None, "the proxy ended at once"
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


async def test_upgrades_work_down_a_proxy_that_pools_its_connections(
    proxy: Proxy, tmp_path: Path
) -> None:
    async with (
        open_doorway() as doorway,
        proxy.before(doorway, tmp_path) as host,
        aiohttp.ClientSession(f"http://{host}") as browser,
    ):
        for number in range(ROUNDS):
            assert await ping(browser) == "pong"
            assert await speak(host, f"word {number}") == f"word {number}"


async def test_requests_and_upgrades_at_once_never_take_each_others_connection(
    proxy: Proxy, tmp_path: Path
) -> None:
    async with (
        open_doorway() as doorway,
        proxy.before(doorway, tmp_path) as host,
        aiohttp.ClientSession(f"http://{host}") as browser,
    ):
        pings = asyncio.gather(*(ping(browser) for _ in range(ROUNDS)))
        words = asyncio.gather(*(speak(host, f"word {n}") for n in range(ROUNDS // 4)))

        assert set(await pings) == {"pong"}
        assert await words == [f"word {n}" for n in range(ROUNDS // 4)]


async def test_a_page_behind_the_proxy_is_of_the_same_origin(proxy: Proxy, tmp_path: Path) -> None:
    async with (
        open_doorway() as doorway,
        proxy.before(doorway, tmp_path) as host,
        connect(
            f"ws://{host}{PATH}",
            subprotocols=SUBPROTOCOLS,
            origin=Origin(f"http://{host}"),
            proxy=None,
        ) as connection,
    ):
        assert connection.subprotocol == "dictation.v1"
