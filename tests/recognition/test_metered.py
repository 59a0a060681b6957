"""A runner that is measured does what it did before."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from wsserver.errors import EngineError
from wsserver.recognition.engines.fake import FakeEngine, Script
from wsserver.recognition.metered import Metered
from wsserver.recognition.process import EngineProcess
from wsserver.speech import Priority, Window

WINDOW = Window("s", 1, Priority.FINAL, 0, np.zeros(16_000, np.float32))


class Noted:
    """Takes note."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, bool]] = []
        self.errors: list[Exception] = []

    def decoded(self, windows: Sequence[Window], seconds: float) -> None:
        self.batches.append((len(windows), seconds > 0))

    def failed(self, windows: Sequence[Window], error: Exception, seconds: float) -> None:
        self.errors.append(error)


async def test_a_batch_is_decoded_and_told_of() -> None:
    noted = Noted()
    runner = Metered(EngineProcess(partial(FakeEngine, Script())), noted)
    changes: list[bool] = []
    runner.on_change(lambda: changes.append(runner.alive))
    await runner.start()
    try:
        heard = await runner.recognize([WINDOW, WINDOW], 30)
        alive, info = runner.alive, runner.info
    finally:
        await runner.stop()

    assert len(heard) == 2
    assert noted.batches == [(2, True)]
    assert (alive, info.model) == (True, "fake")
    assert changes


async def test_what_fails_is_told_of_and_raised() -> None:
    noted = Noted()
    runner = Metered(EngineProcess(partial(FakeEngine, Script())), noted)

    with pytest.raises(EngineError) as raised:
        await runner.recognize([WINDOW], 30)

    assert noted.errors == [raised.value]
    assert noted.batches == []
