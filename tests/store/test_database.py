import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from wsserver.errors import ConfigError
from wsserver.store.database import FILE_NAME, alone, connect, transaction


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL: a commit returns when it is on the disk
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("auto_vacuum", 2),  # INCREMENTAL
        ("user_version", 1),
    ],
)
def test_the_file_is_opened_so_that_nothing_gets_lost_or_stays_behind(
    tmp_path: Path, name: str, value: object
) -> None:
    connect(tmp_path, create=True).close()

    with closing(connect(tmp_path, create=False)) as connection:
        assert pragma(connection, name) == value


def test_every_table_is_strict(tmp_path: Path) -> None:
    with closing(connect(tmp_path, create=True)) as connection:
        tables = connection.execute("SELECT name, strict FROM pragma_table_list").fetchall()

    kept = {name: strict for name, strict in tables if not name.startswith("sqlite_")}
    assert kept == {"session": 1, "line": 1, "final": 1}


def test_folder_and_files_are_their_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "here"

    with closing(connect(folder, create=True)) as connection, transaction(connection):
        connection.execute("INSERT INTO session VALUES ('a', 'ada')")

        modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
        assert len(modes) == 3
        assert set(modes.values()) == {0o600}
        assert folder.stat().st_mode & 0o777 == 0o700


def test_who_opens_the_file_waits_for_another_who_does(tmp_path: Path) -> None:
    def begin() -> None:
        connect(tmp_path, create=True).close()

    with ThreadPoolExecutor() as others:
        with alone(tmp_path):
            opening = others.submit(begin)
            with pytest.raises(TimeoutError):
                opening.result(timeout=0.3)

        assert opening.result(timeout=60) is None


def test_nothing_is_made_where_nothing_is_to_be_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"store\.folder: found no .*a server has kept"):
        connect(tmp_path, create=False)

    assert list(tmp_path.iterdir()) == []


def test_what_is_no_database_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("a diary, " * 1000)

    with pytest.raises(ConfigError, match="file is not a database"):
        connect(tmp_path, create=True)

    assert (tmp_path / FILE_NAME).read_text() == "a diary, " * 1000


def test_a_folder_that_cannot_be_made_is_an_error_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match="cannot use") as error:
        connect(tmp_path / "file", create=True)

    assert "\n" not in str(error.value)


def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with closing(connect(tmp_path, create=True)) as connection:
        connection.execute("PRAGMA user_version = 7")

    with pytest.raises(ConfigError, match=r"found version 7 .*expected at most 1"):
        connect(tmp_path, create=True)


def begin_and_fail(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute("INSERT INTO session VALUES ('a', 'ada')")
        connection.execute("INSERT INTO session VALUES ('a', 'bo')")


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    with closing(connect(tmp_path, create=True)) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            begin_and_fail(connection)

        assert connection.execute("SELECT count(*) FROM session").fetchone() == (0,)


def test_a_failed_connection_leaves_no_file_open(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("a diary, " * 1000)
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(ConfigError):
        connect(tmp_path, create=True)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
