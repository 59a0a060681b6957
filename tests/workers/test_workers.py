"""Two processes behind one port and before one engine: to the outside they are one server."""

import asyncio
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT, Server, read_pcm, start_server, stop_server
from tests.ports import free_port
from tests.waiting import until
from tests.workers.conftest import FAKE, TWO, Family, is_gone, kill, numbers, status
from wsserver import cli, client, config
from wsserver.errors import ConfigError
from wsserver.messages import Final, Ready, ServerMessage, Start
from wsserver.self_check import SAID, SAMPLE
from wsserver.store.archive import Archive
from wsserver.workers.sharing import check_workers

_, SPEECH = read_pcm(SAMPLE)

HASTY = client.Reconnect(first_seconds=0.02, longest_seconds=0.5, silent_seconds=5.0)
WORDLESS = Start(partials=False)


WYOMING = free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Server]:
    """Two workers on the practice model."""
    folder = tmp_path_factory.mktemp("workers")
    others = {
        "WSSERVER_REDIS__URL": redis_url,
        "WSSERVER_STORE__FOLDER": str(folder / "store"),
        "WSSERVER_WYOMING__PORT": str(WYOMING),
        "WSSERVER_WYOMING__TOKEN": "development",
        "OMP_NUM_THREADS": "1",
    }
    server = start_server(folder, "--model", "practice", **TWO, **others)
    yield server
    assert stop_server(server) == 0


@pytest.fixture
async def family(server: Server) -> AsyncIterator[Family]:
    """The server when all of it is there, before a test and after it."""
    family = Family(server)
    yield family
    await everybody_serves(family)


async def everybody_serves(family: Family) -> None:
    await until(lambda: len(family.workers) == 2)
    async with asyncio.timeout(60):
        while len(await readiness(family.server)) < 2:
            await asyncio.sleep(0.05)


async def readiness(server: Server) -> list[float]:
    if await status(server, "readyz") != 200:
        return []
    found = await numbers(server)
    return [n for (name, worker), n in found.items() if worker and name == "wsserver_engine_ready"]


async def speak(dictation: client.Dictation, times: int) -> None:
    for _ in range(times):
        await dictation.send(SPEECH)
        await dictation.flush()


async def finish(dictation: client.Dictation) -> list[ServerMessage]:
    await dictation.finish()
    return [dictation.ready, *[message async for message in dictation]]


async def read_into(said: list[ServerMessage], dictation: client.Dictation) -> None:
    async for message in dictation:
        said.append(message)  # noqa: PERF401 - what came before a fault counts


def texts(said: list[ServerMessage]) -> list[str]:
    return [message.text for message in said if isinstance(message, Final)]


async def test_sessions_are_shared_out_and_each_worker_counts_its_own(family: Family) -> None:
    server = family.server
    async with AsyncExitStack() as inside:
        open_one = client.connect
        sessions = [
            await inside.enter_async_context(open_one(server.socket_url, server.token, WORDLESS))
            for _ in range(4)
        ]
        there = await numbers(server)
        for dictation in sessions:
            await speak(dictation, 1)
        said = [await finish(dictation) for dictation in sessions]
        after = await numbers(server)

    shares = [there["wsserver_sessions_open", worker] for worker in "12"]
    assert (min(shares) >= 1, sum(shares)) == (True, 4)
    assert [texts(each) for each in said] == [[SAID]] * 4
    assert all(after["wsserver_final_lag_seconds_count", worker] >= 0 for worker in "12")
    assert after["wsserver_engine_batch_windows_sum", ""] >= 4
    assert ("wsserver_engine_batch_windows_sum", "1") not in after


async def test_the_server_is_alive_and_ready_whoever_answers(family: Family) -> None:
    answers = [await status(family.server, route) for route in ("healthz", "readyz") * 4]

    assert answers == [200] * 8


@asynccontextmanager
async def one_in_each(server: Server) -> AsyncIterator[list[client.Dictation]]:
    """Open a session in each worker: who has the fewest connections is known after a moment."""
    while True:
        async with AsyncExitStack() as inside:
            openings = [
                client.connect(server.socket_url, server.token, WORDLESS, None, HASTY)
                for _ in range(2)
            ]
            dictations = [await inside.enter_async_context(opening) for opening in openings]
            there = await numbers(server)
            if there["wsserver_sessions_open", "1"] == there["wsserver_sessions_open", "2"] == 1:
                yield dictations
                return


async def test_whose_worker_is_killed_goes_on_in_another_with_every_word_once(
    family: Family,
) -> None:
    server = family.server
    before = family.workers

    async def dictate(dictation: client.Dictation) -> list[ServerMessage]:
        await speak(dictation, 2)
        async for message in dictation:
            if isinstance(message, Final):
                break
        await dictation.send(SPEECH[: len(SPEECH) // 4 * 2])
        here.release()
        await killed.wait()
        await dictation.send(SPEECH[len(SPEECH) // 4 * 2 :])
        return [message, *await finish(dictation)]

    here, killed = asyncio.Semaphore(0), asyncio.Event()
    async with one_in_each(server) as dictations, asyncio.TaskGroup() as talking:
        speakers = [talking.create_task(dictate(dictation)) for dictation in dictations]
        for _ in speakers:
            await here.acquire()
        kill(min(before))
        killed.set()
    said = [speaker.result() for speaker in speakers]

    assert [texts(each) for each in said] == [[SAID] * 3] * 2
    readies = [sum(isinstance(message, Ready) for message in each) for each in said]
    assert sorted(readies) == [1, 2]
    await everybody_serves(family)
    assert len(family.workers - before) == 1


async def test_an_engine_that_is_killed_is_replaced_and_no_final_is_lost(family: Family) -> None:
    server, engine = family.server, family.engine
    async with client.connect(server.socket_url, server.token, WORDLESS) as dictation:
        await speak(dictation, 1)
        kill(engine)
        await speak(dictation, 2)
        said = await finish(dictation)

    assert texts(said) == [SAID] * 3
    assert family.engine != engine


async def test_wyoming_is_spoken_by_all(family: Family) -> None:
    async def describe() -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", WYOMING)
        writer.write(b'{"type": "describe"}\n')
        event = json.loads(await reader.readline())
        writer.close()
        return str(event["type"])

    assert [await describe() for _ in range(4)] == ["info"] * 4


async def test_all_keep_what_is_said_in_one_place(family: Family, tmp_path: Path) -> None:
    server = family.server

    async def dictate() -> str:
        async with client.connect(server.socket_url, server.token, WORDLESS) as dictation:
            await speak(dictation, 1)
            await finish(dictation)
            return dictation.ready.session

    sessions = await asyncio.gather(dictate(), dictate())

    (folder,) = Path(f"/proc/{server.process.pid}/cwd").resolve().glob("store")
    with Archive(folder) as archive:
        kept = [[final.text for final in archive.finals(session)] for session in sessions]
    assert kept == [[SAID]] * 2


async def test_a_server_that_stops_hears_everybody_out_over_tls_too(
    tmp_path: Path, redis_url: str
) -> None:
    hasty = {"WSSERVER_SESSIONS__DRAIN_SECONDS": "1", "WSSERVER_REDIS__URL": redis_url}
    server = start_server(tmp_path, "--tls", "self", **FAKE, **hasty)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE

    async def dictate() -> list[str]:
        url, alone = server.socket_url, client.NEVER
        said: list[ServerMessage] = []
        async with client.connect(url, server.token, WORDLESS, trusting, alone) as dictation:
            await dictation.send(SPEECH)
            async for message in dictation:
                if message.type == "speech":
                    break
            here.release()
            with pytest.raises(client.SessionFailed, match="shutting_down"):
                await read_into(said, dictation)
        return texts(said)

    here = asyncio.Semaphore(0)
    async with asyncio.TaskGroup() as talking:
        speakers = [talking.create_task(dictate()) for _ in range(2)]
        for _ in speakers:
            await here.acquire()
        certificates = {await asyncio.to_thread(certificate, server.url) for _ in range(4)}
        server.process.send_signal(signal.SIGTERM)
    code = await asyncio.to_thread(ended, server)

    assert server.url.startswith("https://")
    assert len(certificates) == 1
    assert [speaker.result() for speaker in speakers] == [["w0 w1 w2 w3 w4 w5 w6"]] * 2
    assert code == 0


def ended(server: Server) -> int:
    server.process.communicate(timeout=60)
    return server.process.returncode


def certificate(url: str) -> str:
    port = urlsplit(url).port
    assert port is not None
    return ssl.get_server_certificate(("127.0.0.1", port))


async def test_a_second_signal_ends_everybody_at_once(tmp_path: Path, redis_url: str) -> None:
    patient = {"WSSERVER_SESSIONS__DRAIN_SECONDS": "60", "WSSERVER_REDIS__URL": redis_url}
    server = start_server(tmp_path, **FAKE, **patient)
    children = Family(server).all

    async with AsyncExitStack() as inside:
        dictations = [
            await inside.enter_async_context(
                client.connect(server.socket_url, server.token, WORDLESS, None, client.NEVER)
            )
            for _ in range(2)
        ]
        for dictation in dictations:
            await dictation.send(SPEECH)
            async for message in dictation:
                if message.type == "speech":
                    break
        for pid in (server.process.pid, *children):  # as Ctrl-C at a terminal does
            os.kill(pid, signal.SIGINT)
        for dictation in dictations:
            async for message in dictation:
                if message.type == "warning":
                    break
        are_here = not any(map(is_gone, children))
        server.process.send_signal(signal.SIGINT)
        code = await asyncio.to_thread(ended, server)

    assert are_here
    assert code in (-signal.SIGINT, 130)
    await until(lambda: all(map(is_gone, children)))


async def test_a_server_that_is_killed_leaves_nobody_behind(tmp_path: Path, redis_url: str) -> None:
    server = start_server(tmp_path, **FAKE, WSSERVER_REDIS__URL=redis_url)
    children = Family(server).all

    kill(server.process.pid)
    server.process.communicate()

    assert len(children) == 3
    await until(lambda: all(map(is_gone, children)))


def test_a_port_that_somebody_has_is_one_line_and_nobody_stays(
    tmp_path: Path, redis_url: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = str(somebody.getsockname()[1])
        tried = subprocess.run(
            [sys.executable, "-m", "wsserver", "serve", "--port", port],
            cwd=tmp_path,
            env={**os.environ, **FAKE, "WSSERVER_REDIS__URL": redis_url, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    assert tried.returncode == 2
    *logged, told = tried.stderr.splitlines()
    assert told.startswith(f"wsserver: cannot listen on 127.0.0.1, port {port}: ")
    assert all("event loop" in line for line in logged)


def test_check_says_what_is_missing_and_what_would_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("server: {workers: 2}\n")
    missing = cli.run(["check", "--config", str(file)])
    file.write_text("server: {workers: 2}\nredis: {url: 'redis://localhost'}\n")
    right = cli.run(["check", "--config", str(file)])

    told = capsys.readouterr()
    assert (missing, right) == (2, 0)
    assert "server.workers: found 2 without redis.url, expected both" in told.err
    assert "TLS off, 2 workers" in told.out


def test_without_a_redis_there_is_one_worker() -> None:
    alone = config.load(None, {}, {"server": {"workers": 1}})
    blind = config.load(None, {}, {"server": {"workers": 2}})

    check_workers(alone)
    with pytest.raises(ConfigError, match=r"server\.workers: found 2 without redis\.url"):
        check_workers(blind)
