"""A runner that is measured does what it did before."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from tests.recognition.scripted import hypothesis
from wsserver.errors import EngineError, EngineLost, EngineUnavailable
from wsserver.recognition.engines.fake import FakeEngine, Script
from wsserver.recognition.metered import Metered
from wsserver.recognition.process import EngineProcess
from wsserver.recognition.runner import Result
from wsserver.speech import Priority, Window

WINDOW = Window("s", 1, Priority.FINAL, 0, np.zeros(16_000, np.float32))


class Noted:
    """Takes note."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, bool]] = []
        self.failures: list[tuple[int, Exception]] = []

    def decoded(self, windows: Sequence[Window], seconds: float) -> None:
        self.batches.append((len(windows), seconds > 0))

    def failed(self, windows: Sequence[Window], error: Exception, seconds: float) -> None:
        self.failures.append((len(windows), error))


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

    assert noted.failures == [(1, raised.value)]
    assert noted.batches == []


class Replying(EngineProcess):
    """Has an answer ready for every window, or an error for all of them."""

    def __init__(self, *results: Result, error: EngineError | None = None) -> None:
        super().__init__(partial(FakeEngine, Script()))
        self._results = results
        self._error = error

    async def recognize(  # type: ignore[override]
        self, windows: Sequence[Window], timeout_seconds: float
    ) -> Sequence[Result]:
        if self._error:
            raise self._error
        return self._results


async def test_what_fails_together_counts_once_and_what_nobody_took_not_at_all() -> None:
    noted = Noted()
    lost, raised = EngineLost("it died"), EngineError("it raised")
    untried = EngineUnavailable("nobody is there")
    runner = Metered(Replying(hypothesis("yes"), lost, lost, raised, untried), noted)

    await runner.recognize([WINDOW] * 5, 30)

    assert [count for count, _ in noted.batches] == [1]
    assert noted.failures == [(2, lost), (1, raised)]


async def test_a_batch_that_nobody_took_has_not_failed() -> None:
    noted = Noted()
    runner = Metered(Replying(error=EngineUnavailable("nobody is there")), noted)

    with pytest.raises(EngineUnavailable):
        await runner.recognize([WINDOW], 30)

    assert (noted.failures, noted.batches) == ([], [])
