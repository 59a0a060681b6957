import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.recognition import scripted
from tests.recognition.scripted import Scripted, hypothesis, window
from wsserver.errors import EngineError, EngineLost, ModelError
from wsserver.recognition.pool import ONE_BATCH, OWN_ENGINE, Demand
from wsserver.recognition.process import Backoff, EngineProcess
from wsserver.recognition.scheduler import Scheduler, SchedulerSettings
from wsserver.speech import SAMPLE_RATE, Engine, EngineInfo, Hypothesis, Priority, Window

LARGE_BATCHES = SchedulerSettings(max_batch=8, max_batch_ms=600_000)


@pytest.fixture(autouse=True)
def _child_finds_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(scripted.ROOT)


@asynccontextmanager
async def running(
    factory: Callable[[], Engine] = Scripted, settings: SchedulerSettings = LARGE_BATCHES
) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(EngineProcess(factory, Backoff(0.0, 0.0)), settings)
    await scheduler.start()
    try:
        yield scheduler
    finally:
        await scheduler.stop()


class Gate:
    """A window that holds the engine until the gate is opened."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "gate"
        self._pipe = -1
        os.mkfifo(self._path)
        self.prompt = f"wait {self._path}"

    async def reached(self) -> None:
        """Wait until the engine stands before the gate."""
        self._pipe = await asyncio.to_thread(os.open, self._path, os.O_WRONLY)

    def open(self) -> None:
        os.close(self._pipe)


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def ask(scheduler: Scheduler, asked: Window) -> asyncio.Task[str | None]:
    async def text() -> str | None:
        heard = await scheduler.recognize(asked)
        return heard.text if heard else None

    return asyncio.create_task(text())


async def hold(scheduler: Scheduler, gate: Gate, session: str = "gate") -> asyncio.Task[str | None]:
    """Keep the engine busy until the gate is opened."""
    task = ask(scheduler, window(gate.prompt, session))
    await gate.reached()
    return task


async def test_gives_every_session_its_own_hypothesis() -> None:
    async with running() as scheduler:
        asked = [ask(scheduler, window(f"words of {i}", f"session {i}")) for i in range(20)]

        assert await asyncio.gather(*asked) == [f"words of {i}" for i in range(20)]


async def test_windows_that_came_while_the_engine_was_busy_go_together(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)
        asked = [ask(scheduler, window("count", session)) for session in "abc"]
        await asyncio.sleep(0)

        gate.open()

        assert await asyncio.gather(*asked) == ["3", "3", "3"]
        await held


async def test_finals_go_before_partials_and_bulk(gate: Gate) -> None:
    order: list[Priority] = []

    def served(priority: Priority, _: object) -> None:
        order.append(priority)

    async with running(settings=SchedulerSettings(max_batch=1)) as scheduler:
        held = ask(scheduler, window(gate.prompt, "gate", Priority.BULK))
        await gate.reached()
        asked = []
        for priority in reversed(Priority):
            task = ask(scheduler, window(session=priority.name, priority=priority))
            task.add_done_callback(partial(served, priority))
            asked.append(task)
        await asyncio.sleep(0)

        gate.open()
        await asyncio.gather(held, *asked)

    assert order == list(Priority)


async def test_a_newer_partial_answers_the_older_one_with_none(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)
        older = ask(scheduler, window("older", priority=Priority.PARTIAL))
        newer = ask(scheduler, window("newer", priority=Priority.PARTIAL))

        assert await older is None
        gate.open()
        assert await newer == "newer"
        await held


async def test_an_early_final_under_way_answers_the_final(gate: Gate) -> None:
    async with running() as scheduler:
        early = ask(scheduler, window(gate.prompt, priority=Priority.EARLY_FINAL))
        await gate.reached()
        final = ask(scheduler, window(gate.prompt))
        await asyncio.sleep(0)

        gate.open()

        assert (await early, await final) == (gate.prompt, gate.prompt)


async def test_cancel_answers_what_waits_and_what_is_under_way_with_none(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate, session="a")
        waiting = ask(scheduler, window("more", session="a"))
        other = ask(scheduler, window("kept", session="b"))
        await asyncio.sleep(0)

        scheduler.cancel("a")

        assert (await held, await waiting) == (None, None)
        gate.open()
        assert await other == "kept"


async def test_a_window_is_withdrawn_when_its_caller_is_gone(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)
        gone, *stays = [ask(scheduler, window("count", session)) for session in "abc"]
        await asyncio.sleep(0)

        gone.cancel()
        await asyncio.wait([gone])

        assert scheduler.load.waiting == 2
        gate.open()
        assert await asyncio.gather(*stays) == ["2", "2"]
        await held


async def test_a_caller_that_goes_while_its_window_is_under_way_harms_nobody(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)

        held.cancel()
        await asyncio.wait([held])
        gate.open()

        assert await ask(scheduler, window("next", session="gate")) == "next"


async def test_one_bad_window_does_not_fail_its_neighbors(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)
        bad = ask(scheduler, window("raise", "bad"))
        good = [ask(scheduler, window("count", session)) for session in "ab"]
        await asyncio.sleep(0)

        gate.open()

        assert await asyncio.gather(*good) == ["1", "1"]
        with pytest.raises(EngineError, match="told to raise"):
            await bad
        await held


@pytest.mark.parametrize(
    ("priority", "answer"),
    [
        (Priority.FINAL, "again"),
        (Priority.BULK, "again"),
        (Priority.PARTIAL, None),
        (Priority.EARLY_FINAL, None),
    ],
)
async def test_only_what_cannot_be_replaced_goes_again_after_a_crash(
    tmp_path: Path, priority: Priority, answer: str | None
) -> None:
    async with running() as scheduler:
        crashing = window(f"once {tmp_path / 'crashed'} exit", priority=priority)

        assert await ask(scheduler, crashing) == answer
        assert await ask(scheduler, window("hello")) == "hello"


async def test_what_crashes_every_engine_fails_and_its_neighbors_do_not(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)
        bad = ask(scheduler, window("exit", "bad"))
        good = ask(scheduler, window("good", "good"))
        await asyncio.sleep(0)

        gate.open()

        assert await good == "good"
        with pytest.raises(EngineError, match="ended with code 3 while it held 1 window") as caught:
            await bad
        assert not isinstance(caught.value, EngineLost)  # nobody should try it again
        await held


async def test_what_raises_is_tried_a_last_time_on_a_new_engine_while_others_wait(
    tmp_path: Path,
) -> None:
    async with running(partial(scripted.deaf_at_first, tmp_path / "count")) as scheduler:
        asked = [ask(scheduler, window(f"words of {i}", f"session {i}")) for i in range(2)]

        assert await asyncio.gather(*asked) == ["words of 0", "words of 1"]
        assert (tmp_path / "count").read_text() == "xx"


async def test_an_engine_after_the_rehearsal_takes_windows_once_it_has_heard_that(
    tmp_path: Path,
) -> None:
    async with running(partial(scripted.deaf_at_second, tmp_path / "count")) as scheduler:
        await scheduler.rehearse(window().audio)

        assert await ask(scheduler, window(f"once {tmp_path / 'crashed'} exit")) == "again"

        assert (tmp_path / "count").read_text() == "xxx"


async def test_is_ready_between_start_and_stop() -> None:
    scheduler = Scheduler(EngineProcess(Scripted))
    before = scheduler.ready

    await scheduler.start()
    running = scheduler.ready
    await scheduler.stop()

    assert (before, running, scheduler.ready) == (False, True, False)


async def test_is_not_ready_once_its_engine_is_gone_and_windows_wait_for_the_next(
    tmp_path: Path,
) -> None:
    engine = EngineProcess(Scripted, Backoff(0.0, 0.0))
    states: list[bool] = []
    scheduler = Scheduler(engine)
    engine.on_change(lambda: states.append(scheduler.ready))
    await scheduler.start()

    answer = await ask(scheduler, window(f"once {tmp_path / 'crashed'} exit"))
    await scheduler.stop()

    assert answer == "again"
    assert states == [False, False, True, False]  # loaded but not started, lost, loaded, stopped


async def test_a_model_that_cannot_be_loaded_stops_the_start() -> None:
    scheduler = Scheduler(EngineProcess(scripted.without_model))

    with pytest.raises(ModelError):
        await scheduler.start()

    assert not scheduler.ready
    await scheduler.stop()


async def test_stop_fails_what_waits_and_what_is_under_way(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)
        waiting = ask(scheduler, window())
        await asyncio.sleep(0)

        await scheduler.stop()
        gate.open()

        for task in (held, waiting):
            with pytest.raises(EngineLost, match="was stopped"):
                await task
        with pytest.raises(EngineLost, match="not running"):
            await scheduler.recognize(window())


async def test_tells_its_model_and_its_load(gate: Gate) -> None:
    async with running() as scheduler:
        held = await hold(scheduler, gate)
        waiting = ask(scheduler, window())
        await asyncio.sleep(0)

        assert scheduler.info.device == "cpu"
        assert scheduler.load.waiting == 1
        assert scheduler.load.seconds > 0
        assert repr(scheduler) == "<Scheduler, ready: <Backlog: 1 final waiting, 1 in flight>>"
        gate.open()
        await asyncio.gather(held, waiting)


class Faulty:
    """A runner with a fault of its own in its first batches."""

    alive = True
    width = ONE_BATCH
    pool = OWN_ENGINE
    info = EngineInfo("faulty", ("en",), "cpu", "fp32")

    def __init__(self) -> None:
        self._batches = 0

    def on_change(self, listener: Callable[[], None]) -> None:
        """Never change."""

    async def start(self) -> None:
        """Be alive already."""

    async def stop(self) -> None:
        """Have nothing to stop."""

    def replace(self) -> None:
        """Have nothing to replace."""

    def speak_for(self, demand: Callable[[], Demand]) -> None:
        """Have nobody to tell."""

    def prove_with(self, proof: Window) -> None:
        """Have nothing to prove."""

    async def recognize(
        self, windows: Sequence[Window], timeout_seconds: float
    ) -> list[Hypothesis]:
        self._batches += 1
        if self._batches <= 3:
            raise KeyError("unforeseen")
        return [hypothesis("fine") for _ in windows]


async def test_the_loop_outlives_an_unforeseen_error() -> None:
    scheduler = Scheduler(Faulty())
    await scheduler.start()

    with pytest.raises(EngineError, match="a batch failed: KeyError: 'unforeseen'"):
        await scheduler.recognize(window())

    assert await ask(scheduler, window()) == "fine"
    await scheduler.stop()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("max_batch", 0),
        ("max_batch", 257),
        ("max_batch_ms", 0),
        ("timeout_seconds", 0),
        ("retries", -1),
    ],
)
def test_settings_out_of_range_are_refused(key: str, value: float) -> None:
    with pytest.raises(ValidationError, match=key):
        TypeAdapter(SchedulerSettings).validate_python({key: value})


async def test_a_rehearsal_teaches_what_one_final_costs_and_two_together(gate: Gate) -> None:
    async with running() as scheduler:
        scheduler.count_by(lambda: 1)
        before = scheduler.forecast()

        await scheduler.rehearse(window().audio)

        after = scheduler.forecast()
        assert after.finals_share < before.finals_share / 10


async def test_what_waits_counts_for_the_lag_that_is_foreseen(gate: Gate) -> None:
    async with running() as scheduler:
        scheduler.count_by(lambda: 1)
        held = await hold(scheduler, gate)
        calm = scheduler.forecast().lag_seconds
        asked = [ask(scheduler, window(session=str(number))) for number in range(40)]
        await asyncio.sleep(0)

        assert scheduler.forecast().lag_seconds == scheduler.load.seconds > calm
        gate.open()
        await asyncio.gather(held, *asked)


async def test_a_session_faster_than_speech_waits_for_those_who_speak(gate: Gate) -> None:
    later = 120 * SAMPLE_RATE
    order: list[str] = []

    def served(session: str, _: object) -> None:
        order.append(session)

    async with running(settings=SchedulerSettings(max_batch=1)) as scheduler:
        await scheduler.recognize(window(session="fast"))
        held = await hold(scheduler, gate)
        asked = []
        for session, start in (("fast", later), ("speaker", 0)):
            task = ask(scheduler, replace(window(session=session), start=start))
            task.add_done_callback(partial(served, session))
            asked.append(task)
        await asyncio.sleep(0)

        gate.open()
        await asyncio.gather(held, *asked)

    assert order == ["speaker", "fast"]


async def test_a_file_gets_its_turn_while_somebody_speaks() -> None:
    async with running() as scheduler:
        await scheduler.recognize(window(session="speaker", priority=Priority.PARTIAL))

        assert await scheduler.recognize(window(session="file", priority=Priority.BULK))
