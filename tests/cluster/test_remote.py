"""Recognition by replicas over real HTTP, through everything that can happen on the way."""

import asyncio
import logging
import os
import signal
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession

from tests.cluster.doors import HASTY, LARGE, SINGLE, Fault, door, gateway, started
from tests.recognition import scripted
from tests.recognition.scripted import window
from tests.waiting import until
from wsserver.cluster import remote
from wsserver.cluster import replica as replica_module
from wsserver.cluster.remote import Replicas
from wsserver.cluster.replica import Replica
from wsserver.cluster.serving import serving
from wsserver.cluster.wire import Request, pack_request, unpack_reply
from wsserver.errors import EngineError, EngineUnavailable
from wsserver.recognition.scheduler import Scheduler
from wsserver.speech import Hypothesis, Priority, Window

ANYWHERE = "http://127.0.0.1:0/"


@pytest.fixture(autouse=True)
def _child_finds_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(scripted.ROOT)


async def answered(replica: Replica, *windows: Window) -> bytes:
    return await replica.answer(pack_request(Request("g", windows)))


def _unmarked(marked: Window) -> Window:
    return replace(marked, alone=False)


async def text(scheduler: Scheduler, prompt: str = "hello", session: str = "a") -> str:
    heard = await scheduler.recognize(window(prompt, session))
    assert heard is not None
    return heard.text


async def test_every_session_gets_its_own_hypothesis_from_either_of_two_replicas() -> None:
    async with (
        door(settings=SINGLE) as one,
        door(settings=SINGLE) as other,
        gateway(one.url, other.url, settings=SINGLE) as scheduler,
    ):
        asked = [text(scheduler, f"words of {n}", f"session {n}") for n in range(40)]

        assert await asyncio.gather(*asked) == [f"words of {n}" for n in range(40)]
    assert one.batches > 0 < other.batches
    assert one.batches + other.batches == 40


async def test_a_socket_of_this_machine_serves_as_well(tmp_path: Path) -> None:
    async with (
        started() as replica,
        serving(replica, f"unix:{tmp_path}/socket") as url,
        gateway(url) as scheduler,
    ):
        assert await text(scheduler) == "hello"
        assert scheduler.info.device == "cpu"


async def test_a_gateway_hears_how_busy_its_replicas_are() -> None:
    async with door() as one, gateway(one.url) as scheduler:
        await text(scheduler)

        assert scheduler.busy > 0


async def test_a_gateway_knows_what_batches_cost_before_it_has_sent_one() -> None:
    async with door() as one:
        told = unpack_reply(await answered(one.replica, window())).report.prices
        async with gateway(one.url) as scheduler:
            assert scheduler.prices == told


async def test_two_batches_are_decoded_at_the_same_time(tmp_path: Path) -> None:
    gates = [tmp_path / "one", tmp_path / "other"]
    for gate in gates:
        os.mkfifo(gate)
    async with (
        door() as one,
        door() as other,
        gateway(one.url, other.url, settings=SINGLE) as scheduler,
    ):
        asked = [asyncio.create_task(text(scheduler, f"wait {g}", g.name)) for g in gates]

        # A pipe opens once somebody reads it, so each engine stands before one of them by then.
        pipes = [await asyncio.to_thread(os.open, gate, os.O_WRONLY) for gate in gates]

        for pipe in pipes:
            os.close(pipe)
        await asyncio.gather(*asked)


@pytest.mark.parametrize("fault", ["reset", "500", "garbage", "hang"])
async def test_what_a_replica_took_and_lost_is_sent_again(fault: Fault) -> None:
    impatient = replace(LARGE, timeout_seconds=1.0)
    async with door(fault, fault) as one, gateway(one.url, settings=impatient) as scheduler:
        assert await text(scheduler) == "hello"
    assert one.batches == 3


async def test_what_takes_replica_after_replica_with_it_ends_after_its_retries() -> None:
    always: list[Fault] = ["reset"] * 50
    async with (
        door(*always) as one,
        door(*always) as other,
        gateway(one.url, other.url) as scheduler,
    ):
        with pytest.raises(EngineError, match="hung up"):
            await text(scheduler)
    assert one.batches + other.batches == 3


@pytest.mark.parametrize("fault", ["503", "garbage"])
async def test_what_nobody_took_is_sent_again_however_often(fault: Fault) -> None:
    often: list[Fault] = [fault] * 8
    async with (
        door(*often) as one,
        gateway(one.url, settings=replace(LARGE, retries=0)) as scheduler,
    ):
        assert await text(scheduler) == "hello"
    assert one.batches == 9


async def test_what_a_host_had_that_vanished_goes_elsewhere_long_before_its_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "PROBE_SECONDS", 0.05)
    monkeypatch.setattr(remote, "PROBE_TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(remote, "SILENT_SECONDS", 0.5)
    patient = replace(SINGLE, timeout_seconds=3600.0, retries=100)
    async with (
        door("vanish") as one,
        door() as other,
        gateway(one.url, other.url, settings=patient) as scheduler,
    ):
        asked = [text(scheduler, "hello", session) for session in "ab"]
        async with asyncio.timeout(60):
            assert await asyncio.gather(*asked) == ["hello"] * 2
    assert one.has_vanished


async def test_a_replica_that_tells_of_itself_may_take_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PROBE_SECONDS", 0.02)
    monkeypatch.setattr(remote, "SILENT_SECONDS", 0.1)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with door() as one, gateway(one.url) as scheduler:
        asked = asyncio.create_task(text(scheduler, f"wait {gate}"))
        pipe = await asyncio.to_thread(os.open, gate, os.O_WRONLY)
        before = one.probes

        await until(lambda: one.probes == before + 20)

        os.close(pipe)
        await asked
    assert one.batches == 1


async def test_a_partial_that_is_lost_on_the_way_is_answered_with_none() -> None:
    async with door("reset") as one, gateway(one.url) as scheduler:
        assert await scheduler.recognize(window(priority=Priority.PARTIAL)) is None


async def test_windows_wait_while_nobody_answers(tmp_path: Path) -> None:
    url, changes = f"unix:{tmp_path}/socket", list[bool]()
    async with started() as replica, AsyncExitStack() as outage:
        await outage.enter_async_context(serving(replica, url))
        async with gateway(url) as scheduler:
            scheduler.on_change(lambda: changes.append(scheduler.ready))

            await outage.aclose()
            waiting = asyncio.create_task(text(scheduler))
            await until(lambda: not scheduler.ready)
            async with serving(replica, url):
                assert await waiting == "hello"

            assert changes == [False, True]


async def test_a_gateway_waits_quietly_for_its_first_replica_on_this_machine(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    url = f"unix:{tmp_path}/socket"
    scheduler = Scheduler(Replicas([url], HASTY))
    starting = asyncio.create_task(scheduler.start())
    await asyncio.sleep(0)
    async with started() as replica, serving(replica, url):
        await starting

        assert await text(scheduler) == "hello"
        await scheduler.stop()
    assert "answer" not in caplog.text


async def test_only_the_window_that_breaks_every_engine_is_given_up() -> None:
    never_again = replace(LARGE, retries=0)
    async with door(settings=never_again) as one, gateway(one.url) as scheduler:
        results = await asyncio.gather(
            text(scheduler, "raise", "a"), text(scheduler, "hello", "b"), return_exceptions=True
        )
    broken, heard = results
    assert isinstance(broken, EngineError)
    assert "told to raise" in str(broken)
    assert heard == "hello"
    assert one.batches == 1


async def test_windows_do_not_wait_for_an_engine_that_takes_long_to_come_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_module, "HOLD_SECONDS", 0.05)
    broken = partial(scripted.hang_at_second, tmp_path / "loads")
    async with (
        door(factory=broken) as one,
        door() as other,
        gateway(one.url, other.url, settings=SINGLE) as scheduler,
    ):
        deadly = text(scheduler, f"once {tmp_path}/dead exit", "a")
        others = [text(scheduler, "hello", f"{n}") for n in range(6)]

        assert await asyncio.gather(deadly, *others) == ["again"] + ["hello"] * 6


async def test_what_may_have_broken_an_engine_takes_no_others_along_at_a_replica() -> None:
    async with started() as replica:
        alone, other = (replace(window("count", name), alone=True) for name in "ab")
        results = unpack_reply(await answered(replica, alone, other)).results
        together = unpack_reply(await answered(replica, *map(_unmarked, (alone, other)))).results

    assert [heard.text for heard in results if isinstance(heard, Hypothesis)] == ["1", "1"]
    assert [heard.text for heard in together if isinstance(heard, Hypothesis)] == ["2", "2"]


async def test_a_gateway_says_what_may_have_broken_an_engine() -> None:
    async with door("reset") as one, gateway(one.url) as scheduler:
        heard = await asyncio.gather(text(scheduler, "hello", "a"), text(scheduler, "hello", "b"))

    assert list(heard) == ["hello"] * 2
    assert [[window.alone for window in windows] for windows in one.seen] == [
        [False, False],
        [True],
        [True],
    ]


async def test_whoever_hangs_up_withdraws_his_windows(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with started() as replica, serving(replica, ANYWHERE) as url:

        async def ask(prompt: str) -> None:
            body = pack_request(Request("g", (window(prompt, session=prompt),)))
            async with ClientSession() as client, client.post(url, data=body) as answer:
                await answer.read()

        held = asyncio.create_task(ask(f"wait {gate}"))
        pipe = await asyncio.to_thread(os.open, gate, os.O_WRONLY)
        waiting = asyncio.create_task(ask("hello"))
        await until(lambda: replica.load.waiting == 1)

        waiting.cancel()

        await until(lambda: replica.load.waiting == 0)
        os.close(pipe)
        await held


async def test_an_engine_that_is_lost_with_what_was_withdrawn_strikes_nothing_that_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_module, "HOLD_SECONDS", 0.05)
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with started(partial(scripted.hang_at_second, tmp_path / "loads")) as replica:
        engine = unpack_reply(await answered(replica)).report.info.model  # its process
        withdrawn = asyncio.create_task(answered(replica, window(f"wait {gate}")))
        pipe = await asyncio.to_thread(os.open, gate, os.O_WRONLY)
        withdrawn.cancel()
        await asyncio.wait([withdrawn])

        os.kill(int(engine), signal.SIGKILL)
        await until(lambda: not replica.ready)
        os.close(pipe)

        (untried,) = unpack_reply(await answered(replica, window())).results
        assert isinstance(untried, EngineUnavailable)


async def test_an_early_final_keeps_no_final_waiting_that_came_with_it(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    async with started(settings=SINGLE) as replica:
        sent = [
            window(f"wait {gate}", "busy"),
            *[window(f"of {n}", f"s{n}", Priority.PARTIAL) for n in range(3)],
        ]
        held = [asyncio.create_task(answered(replica, each)) for each in sent]
        await until(lambda: replica.load.waiting == 3)
        mixed = asyncio.create_task(
            answered(replica, window("final", "a"), window("early", "b", Priority.EARLY_FINAL))
        )
        await until(lambda: replica.load.waiting == 5)

        await asyncio.to_thread(gate.write_bytes, b"")
        done, _ = await asyncio.wait((mixed, held[-1]), return_when=asyncio.FIRST_COMPLETED)

        assert mixed in done
        await asyncio.gather(*held)
