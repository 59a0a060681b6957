import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.store.kept import final, keep, line, ready, said
from wsserver.errors import ConfigError
from wsserver.messages import Start
from wsserver.store import keeper as keeper_module
from wsserver.store.archive import Archive
from wsserver.store.database import FILE_NAME
from wsserver.store.keeper import NOT_KEPT, Keeper
from wsserver.store.recordings import Recordings, audio_files
from wsserver.store.records import timestamp
from wsserver.store.settings import StoreSettings

SPEECH = b"\x01\x00" * 16_000


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[Keeper]:
    keeper = Keeper(folder, StoreSettings(folder=folder, **settings))
    await keeper.start()
    try:
        yield keeper
    finally:
        await keeper.stop()


async def test_a_final_is_on_the_disk_when_its_future_is_done(tmp_path: Path) -> None:
    async with running(tmp_path) as keeper:
        recorder = keeper.recorder("ada")
        recorder.opened(Start(), ready())

        assert await recorder.final(final(1, "one")) is None

        assert said(tmp_path) == ["one"]


async def test_what_the_disk_has_not_taken_yet_is_counted(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, StoreSettings(folder=tmp_path))
    recorder = keeper.recorder("ada")

    recorder.opened(Start(), ready())
    leave = recorder.final(final(1, "one"))
    before = keeper.waiting
    await keeper.start()
    await leave
    await keeper.stop()

    assert (before, keeper.waiting) == (2, 0)


async def test_a_session_is_kept_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    async with running(tmp_path) as keeper:
        recorder = keeper.recorder("ada")
        recorder.opened(Start(language="en"), ready(generation=3))
        recorder.closed()

    with Archive(tmp_path) as archive:
        (session,), (kept,) = archive.sessions(), archive.lines("a1")
    assert (session.token_name, session.model) == ("ada", "practice")
    assert (kept.generation, kept.options["language"]) == (3, "en")
    assert kept.ended is not None
    assert kept.ended >= kept.started


async def test_a_session_that_never_began_leaves_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, audio=True) as keeper:
        recorder = keeper.recorder("ada")
        recorder.audio(SPEECH)
        recorder.closed()

    with Archive(tmp_path) as archive:
        assert archive.sessions() == []


async def test_what_many_say_at_once_is_kept_each_in_order(tmp_path: Path) -> None:
    names = [f"s{number:02}" for number in range(40)]

    async with running(tmp_path) as keeper:

        async def speak(name: str) -> None:
            recorder = keeper.recorder(name)
            recorder.opened(Start(), ready(name))
            for number in range(20):
                assert await recorder.final(final(number, f"{name} {number}")) is None
            recorder.closed()

        await asyncio.gather(*map(speak, names))

    for name in names:
        assert said(tmp_path, name) == [f"{name} {number}" for number in range(20)]


@pytest.fixture
def sql_threads(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Give the threads in which SQL is run."""
    threads: set[int] = set()

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        threads.add(threading.get_ident())
        connection: sqlite3.Connection = real(*arguments, **options)
        connection.set_trace_callback(lambda _: threads.add(threading.get_ident()))
        return connection

    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", traced)
    return threads


async def test_the_event_loop_never_waits_for_the_disk(
    tmp_path: Path, sql_threads: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    audio_threads: set[int] = set()
    write = Recordings.write

    def noted(*arguments: Any) -> Any:
        audio_threads.add(threading.get_ident())
        return write(*arguments)

    monkeypatch.setattr(Recordings, "write", noted)
    async with running(tmp_path, audio=True, keep_days=1.0) as keeper:
        recorder = keeper.recorder("ada")
        recorder.opened(Start(), ready())
        recorder.audio(SPEECH)
        await recorder.final(final(1, "one"))
        recorder.closed()

    assert sql_threads
    assert audio_threads
    assert threading.get_ident() not in sql_threads | audio_threads


async def test_audio_is_kept_if_it_is_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path, audio=True) as keeper:
        recorder = keeper.recorder("ada")
        recorder.opened(Start(sample_rate=8_000), ready(generation=2, resend_from=500))
        recorder.audio(SPEECH)
        recorder.closed()

    assert [path.name for path in audio_files(tmp_path, "a1")] == ["a1.0002.000000000500.flac"]


async def test_no_audio_is_kept_unless_it_is_asked_for(tmp_path: Path) -> None:
    async with running(tmp_path) as keeper:
        recorder = keeper.recorder("ada")
        recorder.opened(Start(), ready())
        recorder.audio(SPEECH)

    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


async def test_a_speaker_is_told_once_of_words_that_cannot_be_kept_now(tmp_path: Path) -> None:
    async with running(tmp_path) as keeper:
        (tmp_path / FILE_NAME).rename(tmp_path / "elsewhere")
        (tmp_path / FILE_NAME).mkdir()
        ada, bo = keeper.recorder("ada"), keeper.recorder("bo")
        ada.opened(Start(), ready("a1"))
        bo.opened(Start(), ready("b2"))

        told = [await ada.final(final(number, f"{number}")) for number in (1, 2)]
        told.append(await bo.final(final(1, "one")))
        (tmp_path / FILE_NAME).rmdir()

        assert told == [NOT_KEPT, None, NOT_KEPT]
    assert (said(tmp_path, "a1"), said(tmp_path, "b2")) == (["1", "2"], ["one"])


async def test_a_speaker_is_told_of_audio_that_cannot_be_kept_now(tmp_path: Path) -> None:
    (tmp_path / "audio").touch()
    async with running(tmp_path, audio=True) as keeper:
        recorder = keeper.recorder("ada")
        recorder.opened(Start(), ready())
        recorder.audio(SPEECH)
        keeper._sound.stop(10)

        told = [await recorder.final(final(number, f"{number}")) for number in (1, 2)]

    assert told == [NOT_KEPT, None]
    assert said(tmp_path) == ["1", "2"]


async def test_words_wait_for_a_disk_that_hangs_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "LONGEST_WAIT_SECONDS", 0.0)
    keeper = Keeper(tmp_path, StoreSettings(folder=tmp_path))  # whose threads do not run
    recorder = keeper.recorder("ada")
    recorder.opened(Start(), ready())

    assert await recorder.final(final(1, "one")) == NOT_KEPT

    await keeper.start()
    await keeper.stop()
    assert said(tmp_path) == ["one"]


async def test_audio_does_not_pile_up_behind_a_slow_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "MOST_WAITING_BYTES", 2 * len(SPEECH))
    keeper = Keeper(tmp_path, StoreSettings(folder=tmp_path, audio=True))
    recorder = keeper.recorder("ada")
    recorder.opened(Start(), ready())
    for _ in range(5):
        recorder.audio(SPEECH)

    assert keeper._sound._jobs.qsize() == 2

    await keeper.start()
    assert await recorder.final(final(1, "one")) == NOT_KEPT
    await keeper.stop()


async def test_a_folder_that_cannot_be_used_is_the_operators_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"store\.folder"):
        await Keeper(tmp_path / "file", StoreSettings()).start()


@pytest.mark.parametrize(("keep_days", "kept"), [(None, ["one"]), (2.0, ["one"]), (0.5, [])])
async def test_what_is_too_old_is_deleted_from_the_start_on(
    tmp_path: Path, keep_days: float | None, kept: list[str]
) -> None:
    yesterday = timestamp(datetime.now(UTC) - timedelta(days=1))
    keep(tmp_path, line(started=yesterday), final(1, "one"), kept=yesterday)
    waits: list[float] = []
    slept = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        slept.set()
        await asyncio.Event().wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "sleep", sleep)
        async with running(tmp_path, keep_days=keep_days):
            if keep_days:
                await slept.wait()

    assert said(tmp_path) == kept
    assert waits == ([86_400.0] if keep_days else [])
