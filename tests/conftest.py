"""What tests of several rooms share: the samples, and a real server in a process of its own."""

import csv
import gc
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.arrangements import arranged, skip_what_is_not_for_several, without_model
from wsserver.sound_file import open_sound, to_s16le

# No timing decides whether a test passes.  CI looks longer, and at the same examples each time.
_quiet = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("developer", _quiet, max_examples=10, stateful_step_count=20)
settings.register_profile("ci", _quiet, max_examples=100, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "developer")

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "tests" / "samples"


@dataclass(frozen=True)
class Sample:
    """A sound file and what is said in it."""

    path: Path
    said: str


@dataclass(frozen=True)
class Server:
    """A running server."""

    url: str
    """Of the page, with a slash at the end."""

    token: str
    process: subprocess.Popen[str]

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "v1/dictation"


def read_samples() -> list[Sample]:
    with (SAMPLES / "transcripts.tsv").open(encoding="utf-8") as table:
        return [
            Sample(SAMPLES / row["file"], row["said"])
            for row in csv.DictReader(table, delimiter="\t")
        ]


def read_pcm(path: Path) -> tuple[int, bytes]:
    """Give the rate of a recording in Hz, and its samples as a client sends them by default."""
    with open_sound(path) as sound:
        return sound.block_rate, b"".join(map(to_s16le, sound.blocks()))


def start_server(directory: Path, *options: str, **environment: str) -> Server:
    """Start this checkout's server in *directory* and wait until it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wsserver", "serve", "--port", "0", *without_model(options)],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), **arranged(options, environment)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if ready := re.search(r"Ready +(\S+/)#token=(\S+)", line):
            return Server(ready[1], ready[2], process)
    raise AssertionError(f"the server ended with {process.wait()} after saying: {said}")


def stop_server(server: Server) -> int:
    """Ask the server to stop; give its exit code."""
    server.process.terminate()
    server.process.communicate(timeout=60)
    return server.process.returncode


def pytest_sessionstart(session: pytest.Session) -> None:
    """Leave out of the report of a failure, not out of `caplog`, what buries it."""
    logs = session.config.pluginmanager.get_plugin("logging-plugin")
    assert logs
    logs.report_handler.addFilter(_is_worth_reading)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what the arrangement of the run cannot be put to."""
    skip_what_is_not_for_several(items)


def pytest_collection_finish() -> None:
    """Keep all that was imported out of collections of garbage: many tests make sure of theirs."""
    gc.collect()
    gc.freeze()


def _is_worth_reading(record: logging.LogRecord) -> bool:
    """Tell whether this is more than a frame that passed."""
    is_of_sockets = record.name.startswith(("websockets", "wsserver.sockets", "asyncio"))
    return record.levelno > logging.DEBUG or not is_of_sockets


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let no server of a test keep its key in the home of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture(scope="session")
def samples() -> list[Sample]:
    return read_samples()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server on the practice model, shared by all tests of a run.

    It lets everybody in even on a machine that is busy with other things.
    """
    patience = {"WSSERVER_SESSIONS__MAX_LAG_SECONDS": "60"}
    server = start_server(tmp_path_factory.mktemp("server"), "--model", "practice", **patience)
    yield server
    assert stop_server(server) == 0


@pytest.fixture
def log_of_its_own() -> Iterator[None]:
    """Leave the log as it was, for tests of what sets it up for a whole process."""
    root = logging.getLogger()
    handlers = root.handlers[:]
    known = [logging.getLogger(name) for name in root.manager.loggerDict]
    levels = {logger: logger.level for logger in [root, *known]}
    yield
    root.handlers[:] = handlers
    for logger, level in levels.items():
        logger.setLevel(level)
