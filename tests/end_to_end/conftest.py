"""A server in this process on the scripted engine, for what needs no model; and stock Whisper."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import whisper
from whisper.model import Whisper

from tests.arrangements import build_app
from wsserver import config
from wsserver.app import App
from wsserver.net.tokens import hash_token

TOKEN = "a-token-for-tests"
PRACTICE = Path(__file__).parents[2] / "wsserver" / "practice" / "practice.pt"


@dataclass(frozen=True)
class Running:
    """A server in this process."""

    app: App
    token: str = TOKEN

    @property
    def url(self) -> str:
        return self.app.url

    @property
    def socket_url(self) -> str:
        return self.app.socket_url


Run = Callable[..., AbstractAsyncContextManager[Running]]


@asynccontextmanager
async def running(**sections: dict[str, Any]) -> AsyncIterator[Running]:
    """Run a server, by default on the scripted engine; sections go as in config.yaml."""
    server = {"port": 0, "admission": ADMISSION} | sections.pop("server", {})
    engine = {"kind": "fake"} | sections.pop("engine", {})
    above = {"server": server, "engine": engine, **sections}
    app = build_app(config.load(None, {}, above))
    try:
        await app.start()
        await app.check()
        yield Running(app)
    finally:
        await app.stop()


async def begin_to_stop(server: Running) -> asyncio.Task[None]:
    """Have the server stop; come back once everybody at all its gateways is told to go."""
    stopping = asyncio.create_task(server.app.stop())
    while not server.app._dictations._farewell:
        await asyncio.sleep(0)
    return stopping


@pytest.fixture
def run() -> Run:
    """Give what runs a server."""
    return running


ADMISSION = {"tokens": [{"name": "tests", "hash": hash_token(TOKEN)}]}


@pytest.fixture(scope="session")
def stock() -> Whisper:
    """The practice model as stock Whisper runs it."""
    torch.set_num_threads(1)
    return whisper.load_model(str(PRACTICE), device="cpu")
