import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.store.kept import TOLD, final, line, said
from wsserver.store.database import FILE_NAME, connect
from wsserver.store.journal import MOST_WAITING, RETRY_SECONDS, Entry
from wsserver.store.records import add_final, add_line
from wsserver.store.transcripts import Transcripts


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transcripts(tmp_path: Path, clock: Clock) -> Iterator[Transcripts]:
    transcripts = Transcripts(tmp_path, clock)
    yield transcripts
    transcripts.close()


def begin(session: str = "a1") -> Entry:
    return Entry(partial(add_line, line=line(session)))


def spoken(number: int, told: list[bool], session: str = "a1") -> Entry:
    write = partial(add_final, line=line(session).id, final=final(number, f"{number}"), kept=TOLD)
    return Entry(write, told.append)


@contextmanager
def full_disk(folder: Path, transcripts: Transcripts) -> Iterator[None]:
    """Let the file grow no more while this lasts."""
    assert transcripts._connection is not None
    (pages,) = transcripts._connection.execute("PRAGMA page_count").fetchone()

    def connect_full(folder: Path, *, create: bool) -> sqlite3.Connection:
        connection = connect(folder, create=create)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    transcripts._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wsserver.store.transcripts.connect", connect_full)
        yield
        transcripts._disconnect()


LONG = "word " * 20_000


def too_long(told: list[bool]) -> Entry:
    write = partial(add_final, line=line().id, final=final(99, LONG), kept=TOLD)
    return Entry(write, told.append)


def test_what_waits_is_written_together_and_told(tmp_path: Path, transcripts: Transcripts) -> None:
    told: list[bool] = []
    entries = [begin("a1"), begin("b2"), spoken(1, told), spoken(1, told, "b2"), spoken(2, told)]

    assert transcripts.write(entries) is None

    assert told == [True] * 3
    assert (said(tmp_path), said(tmp_path, "b2")) == (["1", "2"], ["1"])


def test_it_is_on_the_disk_before_it_is_told(tmp_path: Path, transcripts: Transcripts) -> None:
    found: list[list[str]] = []
    entry = spoken(1, [])

    transcripts.write([begin(), Entry(entry.write, lambda _: found.append(said(tmp_path)))])

    assert found == [["1"]]


def test_a_full_disk_is_told_at_once_and_tried_again(
    tmp_path: Path, transcripts: Transcripts, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[bool] = []
    transcripts.write([begin(), spoken(1, told)])

    with full_disk(tmp_path, transcripts):
        assert transcripts.write([too_long(told)]) == RETRY_SECONDS
        clock.now += RETRY_SECONDS
        assert transcripts.write([spoken(2, told)]) == RETRY_SECONDS
        assert said(tmp_path) == ["1"]
    clock.now += RETRY_SECONDS
    assert transcripts.write([]) is None

    assert told == [True, False, False]
    assert said(tmp_path) == ["1", "2", LONG]
    assert [record.levelno for record in caplog.records] == [logging.ERROR] * 2
    assert "database or disk is full" in caplog.text
    assert "word" not in caplog.text


def test_nobody_waits_for_a_try_that_would_fail(
    tmp_path: Path, transcripts: Transcripts, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).mkdir()
    told: list[bool] = []
    transcripts.write([begin()])
    (tmp_path / FILE_NAME).rmdir()

    transcripts.write([spoken(1, told)])
    clock.now += RETRY_SECONDS
    transcripts.write([spoken(2, told)])

    assert told == [False, True]
    assert said(tmp_path) == ["1", "2"]
    assert len(caplog.records) == 1


def test_a_file_that_another_process_holds_is_told_and_tried_again(
    tmp_path: Path, transcripts: Transcripts, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wsserver.store.database.BUSY_SECONDS", 0.0)
    told: list[bool] = []
    with closing(connect(tmp_path, create=True)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert transcripts.write([begin(), spoken(1, told)]) == RETRY_SECONDS
    clock.now += RETRY_SECONDS

    assert transcripts.write([spoken(2, told)]) is None

    assert told == [False, True]
    assert said(tmp_path) == ["1", "2"]


def test_a_folder_that_is_not_there_yet_is_made_as_soon_as_it_can_be(tmp_path: Path) -> None:
    (tmp_path / "mount").touch()
    transcripts = Transcripts(tmp_path / "mount")
    told: list[bool] = []
    assert transcripts.write([begin(), spoken(1, told)]) == RETRY_SECONDS
    (tmp_path / "mount").unlink()

    transcripts.close()

    assert said(tmp_path / "mount") == ["1"]


def test_not_everything_is_held_for_a_disk_that_never_comes_back(
    tmp_path: Path, transcripts: Transcripts, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).mkdir()
    told: list[bool] = []

    transcripts.write([begin(), *(spoken(n, told) for n in range(MOST_WAITING + 4))])

    assert "5 entries of transcripts are lost: too many wait" in caplog.text
    assert told == [False] * (MOST_WAITING + 4)


def test_what_cannot_be_written_to_the_end_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE_NAME).mkdir()
    transcripts = Transcripts(tmp_path)
    transcripts.write([begin()])

    transcripts.close()

    assert "1 entries of transcripts are lost" in caplog.text
