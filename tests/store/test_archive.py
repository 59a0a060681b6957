import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.store.kept import final, keep, line, said, writing
from wsserver.store.archive import Archive
from wsserver.store.recordings import FOLDER_NAME
from wsserver.store.records import end_line, timestamp

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def keep_from(folder: Path, session: str, begun: datetime, ended: datetime | None = None) -> None:
    kept = line(session, started=timestamp(begun))
    keep(folder, kept, final(1, f"said in {session}"), kept=timestamp(begun))
    if ended:
        with writing(folder) as connection:
            end_line(connection, kept.id, timestamp(ended))


def record(folder: Path, session: str, begun: datetime = NOON) -> Path:
    path = folder / FOLDER_NAME / f"{session}.0001.000000000000.flac"
    path.parent.mkdir(exist_ok=True)
    path.write_text("audio")
    os.utime(path, (begun.timestamp(), begun.timestamp()))
    return path


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_session_is_told_in_one_line(tmp_path: Path) -> None:
    keep(tmp_path, line(), final(1, "one"), final(2, "two"))
    keep(tmp_path, line(generation=2, started="2026-11-22T11:00:00.000Z"), final(3, "three"))

    with Archive(tmp_path) as archive:
        (session,) = archive.sessions()

    assert (session.id, session.token_name, session.model) == ("a1", "ada", "practice")
    assert (session.started, session.ended) == ("2026-11-22T10:00:00.000Z", None)
    assert (session.language, session.finals, session.seconds) == ("en", 3, 4.0)


def test_sessions_come_by_their_beginning_and_from_a_moment_on(tmp_path: Path) -> None:
    for session, begun in [("c", NOON), ("a", NOON + DAY), ("b", NOON - DAY)]:
        keep_from(tmp_path, session, begun)

    with Archive(tmp_path) as archive:
        assert [session.id for session in archive.sessions()] == ["b", "c", "a"]
        assert [session.id for session in archive.sessions(NOON)] == ["c", "a"]


def test_a_session_is_found_by_the_beginning_of_its_id_and_by_nothing_else(tmp_path: Path) -> None:
    for session in ("abc", "abx", "xyz"):
        keep_from(tmp_path, session, NOON)

    with Archive(tmp_path) as archive:
        found = {p: [s.id for s in archive.find(p)] for p in ("x", "ab", "%", "q", "abc")}

    assert found == {"x": ["xyz"], "ab": ["abc", "abx"], "%": [], "q": [], "abc": ["abc"]}


def test_what_is_deleted_is_gone_from_every_file(tmp_path: Path) -> None:
    keep(tmp_path, line("a1"), *(final(n, f"secret{n} " * 50) for n in range(100)))
    keep(tmp_path, line("b2"), final(1, "spared"))
    audio, other = record(tmp_path, "a1"), record(tmp_path, "b2")
    assert b"secret7" in everything_in(tmp_path)

    with Archive(tmp_path) as archive:
        assert archive.delete(["a1", "unknown"]) == 1

        assert b"secret" not in everything_in(tmp_path)
    assert (audio.exists(), other.exists()) == (False, True)
    assert (said(tmp_path), said(tmp_path, "b2")) == ([], ["spared"])


def test_a_deletion_gives_the_room_back(tmp_path: Path) -> None:
    keep(tmp_path, line("b2"), final(1, "spared"))
    with Archive(tmp_path):
        pass
    before = sum(path.stat().st_size for path in tmp_path.iterdir())
    keep(tmp_path, line("a1"), *(final(n, "long " * 500) for n in range(100)))

    with Archive(tmp_path) as archive:
        archive.delete(["a1"])

    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == before


def test_another_reader_is_in_no_deletions_way(tmp_path: Path) -> None:
    keep(tmp_path, line("a1"), final(1, "one"))
    with Archive(tmp_path) as reading, Archive(tmp_path) as deleting:
        reading._connection.execute("BEGIN")
        reading._connection.execute("SELECT text FROM final").fetchall()

        assert deleting.delete(["a1"]) == 1

        reading._connection.execute("COMMIT")
    assert said(tmp_path) == []


@pytest.mark.parametrize(
    ("begun", "ended", "is_deleted"),
    [
        (NOON - DAY, None, True),  # cut off by a crash
        (NOON - DAY, NOON - DAY / 2, True),
        (NOON - DAY, NOON + DAY / 2, False),  # ended later
        (NOON + DAY / 2, None, False),
    ],
)
def test_what_has_been_quiet_for_long_is_deleted(
    tmp_path: Path, begun: datetime, ended: datetime | None, is_deleted: bool
) -> None:
    keep_from(tmp_path, "a1", begun, ended)
    audio = record(tmp_path, "a1", begun)

    with Archive(tmp_path) as archive:
        assert archive.delete_older(NOON) == is_deleted

    assert bool(said(tmp_path)) == (not is_deleted)
    assert audio.exists() == (not is_deleted)


def test_a_session_that_was_resumed_lately_is_not_old(tmp_path: Path) -> None:
    keep_from(tmp_path, "a1", NOON - 9 * DAY, NOON - 8 * DAY)
    keep(tmp_path, line("a1", 2, started=timestamp(NOON + DAY)))

    with Archive(tmp_path) as archive:
        assert archive.delete_older(NOON) == 0


def test_old_audio_without_its_text_is_deleted_as_well(tmp_path: Path) -> None:
    keep_from(tmp_path, "a1", NOON)
    old, new = record(tmp_path, "b2", NOON - DAY), record(tmp_path, "c3", NOON + DAY)

    with Archive(tmp_path) as archive:
        archive.delete_older(NOON)

    assert (old.exists(), new.exists()) == (False, True)


def test_old_audio_of_a_session_that_goes_on_stays(tmp_path: Path) -> None:
    keep_from(tmp_path, "a1", NOON)
    audio = record(tmp_path, "a1", NOON - DAY)

    with Archive(tmp_path) as archive:
        archive.delete_older(NOON)

    assert audio.exists()


@pytest.mark.parametrize("session", ["../b2", "*", "", "b2/../a1"])
def test_no_id_reaches_beyond_its_own_files(tmp_path: Path, session: str) -> None:
    keep_from(tmp_path, "a1", NOON)
    audio = record(tmp_path, "a1")

    with Archive(tmp_path) as archive:
        assert archive.audio(session) == []
        assert archive.delete([session]) == 0

    assert audio.exists()
