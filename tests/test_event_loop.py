import asyncio
import logging
import sys
from importlib.util import find_spec

import pytest

from wsserver.event_loop import runner


async def name_of_loop() -> str:
    return type(asyncio.get_running_loop()).__module__.partition(".")[0]


@pytest.mark.skipif(find_spec("uvloop") is None, reason="there is none for this system")
def test_the_server_runs_in_uvloop_where_there_is_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    with runner() as running:
        name = running.run(name_of_loop())

    assert name == "uvloop"
    assert "event loop: uvloop 0" in caplog.text


def test_without_it_asyncios_own_loop_does(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    monkeypatch.delitem(sys.modules, "uvloop", raising=False)

    with runner() as running:
        name = running.run(name_of_loop())

    assert name == "asyncio"
    assert "event loop: asyncio" in caplog.text
