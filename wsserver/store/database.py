"""A SQLite file: where it is, how it is opened, its tables and their versions.

Knows tables; knows nothing of sessions that run, of audio or of who reads.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from wsserver.errors import ConfigError

FILE_NAME = "transcripts.sqlite3"
BUSY_SECONDS = 5.0
"""How long one process waits for another that writes."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a file holds."""

    file_name: str
    setting: str
    """The key of the configuration that says in which folder."""

    versions: tuple[str, ...]
    """What makes each version of the tables from the one before; `user_version` counts them."""


TRANSCRIPTS = Schema(
    FILE_NAME,
    "store.folder",
    (
        """
        CREATE TABLE session (
            id TEXT PRIMARY KEY,
            token_name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE line (
            session TEXT NOT NULL REFERENCES session ON DELETE CASCADE,
            generation INTEGER NOT NULL,
            started TEXT NOT NULL,
            ended TEXT,
            model TEXT NOT NULL,
            encoding TEXT NOT NULL,
            sample_rate INTEGER NOT NULL,
            channels INTEGER NOT NULL,
            options TEXT NOT NULL,
            PRIMARY KEY (session, generation)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE final (
            session TEXT NOT NULL,
            generation INTEGER NOT NULL,
            utterance INTEGER NOT NULL,
            start_seconds REAL NOT NULL,
            end_seconds REAL NOT NULL,
            text TEXT NOT NULL,
            language TEXT,
            reason TEXT,
            words TEXT,
            kept TEXT NOT NULL,
            PRIMARY KEY (session, generation, utterance),
            FOREIGN KEY (session, generation) REFERENCES line ON DELETE CASCADE
        ) STRICT;
        """,
    ),
)
"""Times of day are UTC, ISO 8601.  Options and words are JSON."""


def connect(folder: Path, *, create: bool, schema: Schema = TRANSCRIPTS) -> sqlite3.Connection:
    """Open the file in *folder*, brought up to date; with *create* make both if need be.

    Raises `ConfigError` saying what is wrong with the folder or the file.
    """
    path = folder / schema.file_name
    if not create and not path.exists():
        raise ConfigError(f"{schema.setting}: found no {path}, expected what a server has kept")
    try:
        if create:
            _create(path)
        with alone(folder):
            return _open(path, schema)
    except (OSError, sqlite3.Error) as error:
        raise unusable(folder, error, schema) from None


def unusable(folder: Path, error: Exception, schema: Schema = TRANSCRIPTS) -> ConfigError:
    """Say that what is kept in *folder* cannot be used, and why."""
    reason = getattr(error, "strerror", None) or str(error)
    return ConfigError(
        f"{schema.setting}: cannot use {folder / schema.file_name}: {reason.lower()}"
    )


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing; once it is left without an error all of it is on the disk."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # after some errors SQLite has rolled back itself
            connection.execute("ROLLBACK")
        raise


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Wait for others who open the file: SQLite does not where two change its journal at once."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _create(path: Path) -> None:
    """Create folder and file for their owner alone, where they are missing.

    SQLite gives the file's permissions to what it puts beside it.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _open(path: Path, schema: Schema) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=rw"
    connection = sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, uri=True)
    try:
        # Only before the first table; lets a deletion give room back without a rewrite of the file.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        # A commit returns when it is on the disk, not only in the write-ahead log's cache.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        _migrate(connection, path, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    newest = len(schema.versions)
    if _version(connection) == newest:
        return
    with transaction(connection):
        version = _version(connection)  # another process may have been quicker
        if version > newest:
            raise ConfigError(
                f"{schema.setting}: found version {version} in {path}, expected at most"
                f" {newest}; it was written by a newer wsserver"
            )
        for script in schema.versions[version:]:
            for statement in filter(str.strip, script.split(";")):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {newest}")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
