"""Debian's Firefox, and speakers that nobody hears, without which it opens no microphone."""

import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.firefox.driver import Firefox, running
from tests.page.stage import Curtain, Stage, open_stage


def _found(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"found no {name} on the path; `make test-firefox` installs it")
    return found


@pytest.fixture(scope="session")
def executable() -> str:
    return _found("firefox-esr")


@pytest.fixture(scope="session")
def speakers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let programs that are started from here on play into nothing."""
    folder = tmp_path_factory.mktemp("pulse")
    native = f"module-native-protocol-unix socket={folder}/native auth-anonymous=1"
    options = ("-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no")
    command = (_found("pulseaudio"), *options, "--load=module-null-sink", f"--load={native}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULSE_RUNTIME_PATH", str(folder))
        patch.setenv("HOME", str(folder))
        patch.setenv("PULSE_SERVER", f"unix:{folder}/native")
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        yield
        process.terminate()
        process.wait()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def firefox(
    executable: str, speakers: None, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Firefox]:
    """A browser whose microphone hums; at the end no page threw anything."""
    async with running(executable, tmp_path_factory.mktemp("firefox")) as firefox:
        yield firefox
    assert firefox.wrongs == []


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(Curtain()) as stage:
        yield stage
