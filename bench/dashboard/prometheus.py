"""Run Prometheus beside a server, and ask it what it has seen.

Knows Prometheus' command line and its HTTP API; knows nothing of panels.
"""

import asyncio
import math
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import yaml

from tests.ports import free_port
from wsserver.errors import ConfigError

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules.yml"
JOB = "wsserver"
SCRAPE_SECONDS = 1
_COMES_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Series:
    """What one question found under one set of labels."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]
    """Seconds since the epoch and the value then; without those that are no numbers."""


class Prometheus:
    """One that runs."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def is_ready(self) -> bool:
        """Tell whether it answers."""
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self._url}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def ask(self, expression: str, begin: float, end: float, step: int) -> list[Series]:
        """Evaluate *expression* at every *step*; raise `ValueError` for one that is none."""
        question = {"query": expression, "start": str(begin), "end": str(end), "step": str(step)}
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self._url}/api/v1/query_range", params=question) as answer,
        ):
            body = await answer.json()
        if body["status"] != "success":
            raise ValueError(f"found {body['error']} in {expression}")
        return [_series(found["metric"], found["values"]) for found in body["data"]["result"]]


def _series(labels: Mapping[str, str], values: list[tuple[float, str]]) -> Series:
    points = ((moment, float(value)) for moment, value in values)
    return Series(labels, tuple(point for point in points if math.isfinite(point[1])))


@asynccontextmanager
async def prometheus(folder: Path, port: int, token: str) -> AsyncIterator[Prometheus]:
    """Have the server at *port* looked at every second, with *token*."""
    found = shutil.which("prometheus")
    if found is None:
        raise ConfigError("found no prometheus on the path; Debian's package of that name has it")
    own_port = free_port()
    _configure(folder, port, token)
    with (folder / "prometheus.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            found,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{own_port}",
            stderr=log,
        )
    running = Prometheus(f"http://127.0.0.1:{own_port}")
    try:
        async with asyncio.timeout(_COMES_WITHIN_S):
            while not await running.is_ready():
                await asyncio.sleep(0.2)
        yield running
    finally:
        process.terminate()
        await process.wait()


def _configure(folder: Path, port: int, token: str) -> None:
    (folder / "token").write_text(token)
    seconds = f"{SCRAPE_SECONDS}s"
    scrape = {
        "job_name": JOB,
        "authorization": {"type": "Bearer", "credentials_file": str(folder / "token")},
        "static_configs": [{"targets": [f"localhost:{port}"]}],
    }
    whole = {
        "global": {"scrape_interval": seconds, "evaluation_interval": seconds},
        "rule_files": [str(RULES)],
        "scrape_configs": [scrape],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(whole))
