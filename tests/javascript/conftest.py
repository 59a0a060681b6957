"""Programs in Node that use the JavaScript client, before a server that says what a test says."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import playwright
import pytest
import pytest_asyncio

from tests.page.stage import Curtain, Stage, open_stage


@pytest.fixture(scope="session")
def node() -> Path:
    """The Node that Playwright brings along: new enough, and on every machine the same."""
    return Path(playwright.__file__).parent / "driver" / ("node.exe" if os.name == "nt" else "node")


@pytest_asyncio.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(Curtain()) as stage:
        yield stage
