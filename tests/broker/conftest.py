"""A real Redis for each test."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.broker.redis_server import COMMAND, RedisServer


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """Give a Redis that runs; skip where there is none."""
    with running_redis() as server:
        yield server


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run one; skip where there is none."""
    if COMMAND is None:
        pytest.skip("redis-server is not installed")
    # Not in tmp_path, whose names may be longer than the 107 bytes of a Unix socket's.
    with tempfile.TemporaryDirectory(prefix="redis") as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.kill()
