import asyncio
import logging
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.recognition import scripted
from tests.recognition.scripted import Scripted, window
from wsserver.errors import EngineError, EngineLost, ModelError
from wsserver.recognition.child import Child
from wsserver.recognition.process import MAX_RAISED_IN_A_ROW, Backoff, EngineProcess, Patience
from wsserver.speech import Engine

PATIENCE = 60.0
"""Seconds that no batch of these takes, even on a machine under load."""

CALM = Patience()


@pytest.fixture(autouse=True)
def _child_finds_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(scripted.ROOT)


@asynccontextmanager
async def running(
    factory: Callable[[], Engine] = Scripted, patience: Patience = CALM
) -> AsyncIterator[EngineProcess]:
    process = EngineProcess(factory, Backoff(0.0, 0.0), patience)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


async def say(
    process: EngineProcess, *prompts: str, timeout_seconds: float = PATIENCE
) -> list[str]:
    results = await process.recognize([window(prompt) for prompt in prompts], timeout_seconds)
    return [result.text for result in results]


async def becomes(process: EngineProcess, *, alive: bool) -> None:
    changed = asyncio.Event()
    process.on_change(changed.set)
    while process.alive is not alive:
        await changed.wait()
        changed.clear()


def pid(process: EngineProcess) -> int:
    return int(process.info.model)


async def test_gives_a_hypothesis_per_window_in_order() -> None:
    async with running() as process:
        assert await say(process, "one", "two") == ["one", "two"]
        assert await say(process, "three") == ["three"]


async def test_the_engine_is_in_another_process() -> None:
    async with running() as process:
        assert pid(process) != os.getpid()


async def test_no_info_before_the_start() -> None:
    with pytest.raises(EngineLost, match="not been loaded yet"):
        _ = EngineProcess(Scripted).info


async def test_recognizes_nothing_before_the_start() -> None:
    with pytest.raises(EngineLost, match="is not running"):
        await say(EngineProcess(Scripted), "hello")


async def test_a_model_error_travels_from_the_child() -> None:
    process = EngineProcess(scripted.without_model)

    with pytest.raises(ModelError, match="no such model: 'nonesuch'"):
        await process.start()

    assert not process.alive


async def test_a_crash_while_loading_is_told_with_its_code() -> None:
    process = EngineProcess(scripted.crash_while_loading)

    with pytest.raises(EngineLost, match="ended with code 4 while loading"):
        await process.start()

    assert not process.alive


async def test_a_start_that_is_canceled_leaves_nothing_behind(tmp_path: Path) -> None:
    flag = tmp_path / "loading"
    process = EngineProcess(partial(scripted.hang_while_loading, flag))
    start = asyncio.create_task(process.start())
    while not flag.exists():
        await asyncio.sleep(0.01)

    start.cancel()
    await asyncio.wait([start])

    assert start.cancelled()
    with pytest.raises(ChildProcessError):
        os.waitpid(int(flag.read_text()), os.WNOHANG)


async def test_an_engine_that_raises_lives_on() -> None:
    async with running() as process:
        with pytest.raises(EngineError, match="raised ValueError: told to raise") as caught:
            await say(process, "raise")

        assert not isinstance(caught.value, EngineLost)
        assert await say(process, "hello") == ["hello"]


async def test_an_engine_that_does_nothing_but_raise_is_replaced() -> None:
    async with running() as process:
        first = pid(process)
        for _ in range(MAX_RAISED_IN_A_ROW - 1):
            with pytest.raises(EngineError, match="told to raise"):
                await say(process, "raise")

        with pytest.raises(EngineLost, match="5 times in a row"):
            await say(process, "raise")

        await becomes(process, alive=True)
        assert pid(process) != first
        with pytest.raises(EngineError, match="told to raise"):
            await say(process, "raise")


async def test_an_engine_that_proves_itself_is_not_replaced_for_what_it_cannot_decode() -> None:
    async with running() as process:
        first = pid(process)
        process.prove_with(window("hello"))

        for _ in range(2 * MAX_RAISED_IN_A_ROW):
            with pytest.raises(EngineError, match="told to raise") as caught:
                await say(process, "raise")
            assert not isinstance(caught.value, EngineLost)

        assert pid(process) == first
        assert await say(process, "hello") == ["hello"]


async def test_an_engine_that_cannot_prove_itself_is_replaced(tmp_path: Path) -> None:
    async with running() as process:
        first = pid(process)
        process.prove_with(window("raise"))

        for _ in range(MAX_RAISED_IN_A_ROW):
            with pytest.raises(EngineError):
                await say(process, "raise")

        assert not process.alive
        process.prove_with(window("hello"))
        await becomes(process, alive=True)
        assert pid(process) != first


async def test_an_engine_is_replaced_on_demand() -> None:
    async with running() as process:
        first = pid(process)

        process.replace()

        assert not process.alive
        await becomes(process, alive=True)
        assert pid(process) != first


async def test_a_wrong_number_of_results_is_told_with_both_numbers() -> None:
    async with running() as process:
        with pytest.raises(EngineError, match="gave 1 results for 2 windows"):
            await say(process, "hello", "forget")

        assert await say(process, "hello") == ["hello"]


async def test_a_crash_loses_the_batch_and_the_engine_is_replaced() -> None:
    async with running() as process:
        first = pid(process)

        with pytest.raises(EngineLost, match="ended with code 3 while it held 2 windows"):
            await say(process, "hello", "exit")

        assert not process.alive
        await becomes(process, alive=True)
        assert pid(process) != first
        assert await say(process, "hello") == ["hello"]


async def test_a_hung_engine_is_killed_and_replaced() -> None:
    async with running() as process:
        first = pid(process)

        with pytest.raises(EngineLost, match=r"took longer than 0.1 s for 1 window$"):
            await say(process, "hang", timeout_seconds=0.1)

        assert not process.alive
        await becomes(process, alive=True)
        assert pid(process) != first


async def test_an_engine_that_dies_idle_is_replaced() -> None:
    async with running() as process:
        first = pid(process)

        os.kill(first, signal.SIGKILL)

        await becomes(process, alive=False)
        await becomes(process, alive=True)
        assert pid(process) != first


async def test_a_canceled_batch_cannot_answer_the_next_one() -> None:
    async with running() as process:
        batch = asyncio.create_task(say(process, "hang"))
        await asyncio.sleep(0)

        batch.cancel()
        await asyncio.wait([batch])

        assert not process.alive
        await becomes(process, alive=True)
        assert await say(process, "hello") == ["hello"]


async def test_goes_on_trying_when_the_replacement_dies_too(tmp_path: Path) -> None:
    async with running(partial(scripted.load_at_third, tmp_path / "count")) as process:
        with pytest.raises(EngineLost):
            await say(process, "exit")

        await becomes(process, alive=True)

        assert await say(process, "hello") == ["hello"]
        assert (tmp_path / "count").read_text() == "xxx"


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason="this system has no such signals")
async def test_an_engine_that_is_killed_by_a_signal_without_a_name_is_replaced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running() as process:
        os.kill(pid(process), signal.SIGRTMIN + 1)
        await becomes(process, alive=False)
        await becomes(process, alive=True)

        assert await say(process, "hello") == ["hello"]

    assert f"was killed by signal {signal.SIGRTMIN + 1}" in caplog.text


async def test_goes_on_trying_when_what_nobody_foresaw_keeps_it_from_starting_a_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spawn = Child.spawn

    async def fail_once() -> Child:
        monkeypatch.setattr(Child, "spawn", spawn)
        raise RuntimeError("can't start new thread")  # as asyncio says under a limit of threads

    async with running() as process:
        monkeypatch.setattr(Child, "spawn", fail_once)
        process.replace()
        await becomes(process, alive=True)

        assert await say(process, "hello") == ["hello"]


async def test_a_replacement_that_hangs_while_loading_is_killed_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hurry = Patience(least_seconds=0.1, factor=2.0)
    async with running(partial(scripted.hang_at_second, tmp_path / "count"), hurry) as process:
        with pytest.raises(EngineLost):
            await say(process, "exit")

        await becomes(process, alive=True)

        assert await say(process, "hello") == ["hello"]
        assert len((tmp_path / "count").read_text()) >= 3
        assert "cannot be started again: the engine took longer than" in caplog.text


async def test_a_replacement_that_cannot_decode_what_the_first_could_takes_no_batches(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(partial(scripted.deaf_at_second, tmp_path / "count")) as process:
        process.prove_with(window("hello"))
        with pytest.raises(EngineLost):
            await say(process, "exit")

        await becomes(process, alive=True)

        assert await say(process, "hello") == ["hello"]
        assert (tmp_path / "count").read_text() == "xxx"
        assert "raised ValueError: told to be deaf at what another" in caplog.text


async def test_a_load_that_takes_long_is_told_now_and_then(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    hang = partial(scripted.hang_while_loading, tmp_path / "loading")
    process = EngineProcess(hang, patience=Patience(tell_seconds=0.01))
    start = asyncio.create_task(process.start())

    async with asyncio.timeout(PATIENCE):
        while len(caplog.messages) < 2:
            await asyncio.sleep(0.01)
    start.cancel()
    await asyncio.wait([start])

    assert "the engine has been loading for 0 s; it may be downloading" in caplog.text


async def test_stops_while_it_tries_to_replace_the_engine(tmp_path: Path) -> None:
    async with running(partial(scripted.load_once, tmp_path / "loaded")) as process:
        with pytest.raises(EngineLost):
            await say(process, "exit")

        assert not process.alive


async def test_stop_ends_the_process_even_in_a_batch() -> None:
    async with running() as process:
        batch = asyncio.create_task(say(process, "hang"))
        await asyncio.sleep(0)

        await process.stop()

        with pytest.raises(EngineLost, match="was killed by SIGKILL"):
            await batch
        with pytest.raises(ChildProcessError):
            os.waitpid(pid(process), os.WNOHANG)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_engine_outlives_the_signals_of_its_group(number: signal.Signals) -> None:
    async with running() as process:
        os.kill(pid(process), number)

        assert await say(process, "hello") == ["hello"]
        assert process.alive


@pytest.mark.parametrize("doing", ["hello", "hang"])
def test_no_orphan_is_left_when_the_server_is_killed(doing: str) -> None:
    call = f"from tests.recognition.scripted import hold_engine; hold_engine({doing!r})"
    path = os.pathsep.join([str(scripted.ROOT), *sys.path])
    server = subprocess.Popen(
        [sys.executable, "-c", call],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
    )
    with server:
        assert server.stdout is not None
        said = server.stdout.readline()

        server.kill()

        # The engine process shares this pipe: it only ends when both are gone.
        rest, _ = server.communicate(timeout=PATIENCE)
    assert (said, rest) == (b"started\n", b"")


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0.5), (1, 1.0), (5, 16.0), (6, 30.0), (10_000, 30.0)]
)
def test_waits_longer_after_each_failure(failures: int, seconds: float) -> None:
    assert Backoff().delay(failures) == seconds


@pytest.mark.parametrize(
    ("last_seconds", "late", "seconds"),
    [(1.0, 0, 60.0), (15.0, 0, 60.0), (100.0, 0, 400.0), (1.0, 2, 240.0), (1.0, 100, 480.0)],
)
def test_gives_a_load_longer_after_each_that_was_too_late(
    last_seconds: float, late: int, seconds: float
) -> None:
    assert Patience().limit(last_seconds, late) == seconds
