"""The engine that all workers share is where they can reach it."""

from functools import partial
from pathlib import Path

import pytest

from wsserver.errors import ConfigError
from wsserver.recognition.engines.fake import FakeEngine, Script
from wsserver.recognition.process import EngineProcess
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.workers.recognition import Recognition


def at(folder: Path) -> Recognition:
    return Recognition(EngineProcess(partial(FakeEngine, Script())), SchedulerSettings(), folder)


def test_a_temporary_folder_too_deep_for_a_socket_is_named() -> None:
    longest = Path("/" + "t" * 77)
    assert at(longest / "wsserver-12345678").url

    deeper = longest.with_name(longest.name + "ttt")
    with pytest.raises(
        ConfigError, match=r"^TMPDIR: found a path of 81 bytes, expected at most 78"
    ):
        at(deeper / "wsserver-12345678")
