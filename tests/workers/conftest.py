"""A Redis, servers of several processes that use it, and what their tests share."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.broker.redis_server import COMMAND, RedisServer
from tests.conftest import Server
from wsserver.recognition.child import WORKER as ENGINE
from wsserver.workers.process import PROGRAM

TWO = {"WSSERVER_SERVER__WORKERS": "2", "WSSERVER_SESSIONS__MAX_LAG_SECONDS": "60"}
FAKE = TWO | {"WSSERVER_ENGINE__KIND": "fake"}


@pytest.fixture(scope="package")
def redis_url() -> Iterator[str]:
    """Where a Redis runs."""
    if COMMAND is None:
        pytest.skip("redis-server is not installed")
    # Not in tmp_path, whose names may be longer than the 107 bytes of a Unix socket's.
    with tempfile.TemporaryDirectory(prefix="redis") as folder:
        redis = RedisServer(Path(folder))
        redis.start()
        yield redis.url
        redis.kill()


@dataclass(frozen=True)
class Family:
    """A server's processes."""

    server: Server

    @property
    def workers(self) -> set[int]:
        return {pid for pid in self.all if PROGRAM in _command(pid)}

    @property
    def engine(self) -> int:
        (engine,) = (pid for pid in self.all if ENGINE in _command(pid))
        return engine

    @property
    def all(self) -> set[int]:
        """Everybody but the first one."""
        return children(self.server.process.pid)


def children(pid: int) -> set[int]:
    """Give the processes that this one started."""
    texts = (path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children"))
    return {int(child) for text in texts for child in text.split()}


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def is_gone(pid: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


async def nothing(asked: Any) -> Any:
    """Answer that."""


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


async def numbers(server: Server) -> dict[tuple[str, str], float]:
    """Give what is counted, by name and worker; without one it is the engine's."""
    headers = {"Authorization": f"Bearer {server.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.get(f"{server.url}metrics") as answer,
    ):
        assert answer.status == 200
        text = await answer.text()
    return {
        (sample.name, sample.labels.get("worker", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def status(server: Server, route: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(f"{server.url}{route}") as answer:
        return answer.status
