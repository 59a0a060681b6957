"""What the tests of every engine hear."""

from collections.abc import Callable

import pytest
import soundfile

from tests.conftest import SAMPLES
from wsserver.speech import Samples


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Samples]:
    """Read a sample by its file's name, as 16 kHz mono."""

    def read(name: str) -> Samples:
        audio: Samples
        audio, rate = soundfile.read(SAMPLES / f"{name}.wav", dtype="float32")
        assert rate == 16_000
        return audio

    return read
