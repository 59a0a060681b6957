"""Read and delete what is kept, while the server runs or not.

Knows tables and files; knows nothing of who reads or of how an export looks.

What is deleted is overwritten with zeros in the database, the write-ahead log is cut to nothing,
and the file gives its room back.  What a file system or a drive keeps of old blocks, and what is in
backups, is out of reach.
"""

import json
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from wsserver.messages import TimedWord
from wsserver.store.database import BUSY_SECONDS, connect, transaction, unusable
from wsserver.store.recordings import FOLDER_NAME, audio_files
from wsserver.store.records import timestamp


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session, all its lines taken together."""

    id: str
    token_name: str
    started: str
    """UTC, ISO 8601, as all times of day here."""

    ended: str | None
    """None while it runs, or if the server was killed in it."""

    model: str
    language: str | None
    """What it was first heard in."""

    finals: int
    seconds: float
    """Where in the session its last final ends."""


@dataclass(frozen=True, slots=True)
class KeptLine:
    """One connection of a session."""

    generation: int
    started: str
    ended: str | None
    model: str
    encoding: str
    sample_rate: int
    channels: int
    options: dict[str, Any]
    """What `start` asked for."""


@dataclass(frozen=True, slots=True)
class KeptFinal:
    """A final as its speaker got it; times are seconds since the session's first sample."""

    utterance: int
    generation: int
    start: float
    end: float
    text: str
    language: str | None
    reason: str | None
    words: tuple[TimedWord, ...] | None


_SESSIONS = """
    SELECT id, token_name,
        (SELECT min(started) FROM line WHERE session = id),
        (SELECT ended FROM line WHERE session = id ORDER BY generation DESC LIMIT 1),
        (SELECT model FROM line WHERE session = id ORDER BY generation DESC LIMIT 1),
        (SELECT language FROM final WHERE session = id AND language IS NOT NULL
            ORDER BY start_seconds LIMIT 1),
        (SELECT count(*) FROM final WHERE session = id),
        (SELECT coalesce(max(end_seconds), 0.0) FROM final WHERE session = id)
    FROM session
"""

_QUIET_SINCE = """
    SELECT id FROM session WHERE :moment > (
        SELECT max(max(started), coalesce(max(ended), '')) FROM line WHERE session = id
    ) AND :moment > coalesce((SELECT max(kept) FROM final WHERE session = id), '')
"""


_PAGES_AT_ONCE = 1_000
_CUT_OFF_MS = 500


class Archive:
    """The kept sessions; for one thread."""

    def __init__(self, folder: Path) -> None:
        """Open what is kept in *folder*; raise `ConfigError` if nothing is."""
        self._folder = folder
        self._connection = connect(folder, create=False)

    def __enter__(self) -> Self:
        """Keep it open."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it; translate what SQLite complained of to a `ConfigError`."""
        self._connection.close()
        if isinstance(error, sqlite3.Error):
            raise unusable(self._folder, error) from None

    def sessions(self, since: datetime | None = None) -> list[KeptSession]:
        """Give the sessions that began at *since* or later, the oldest first."""
        rows = self._connection.execute(f"{_SESSIONS} ORDER BY 3")
        after = timestamp(since) if since else ""
        return [session for row in rows if (session := KeptSession(*row)).started >= after]

    def find(self, prefix: str) -> list[KeptSession]:
        """Give the sessions whose id begins with *prefix*; at most two."""
        query = f"{_SESSIONS} WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2"
        return [KeptSession(*row) for row in self._connection.execute(query, (prefix,))]

    def lines(self, session: str) -> list[KeptLine]:
        """Give the lines that *session* came in on, the first first."""
        rows = self._connection.execute(
            "SELECT generation, started, ended, model, encoding, sample_rate, channels, options"
            " FROM line WHERE session = ? ORDER BY generation",
            (session,),
        )
        return [KeptLine(*[*row, json.loads(options)]) for *row, options in rows]

    def finals(self, session: str) -> list[KeptFinal]:
        """Give what was said in *session*, in order."""
        rows = self._connection.execute(
            "SELECT utterance, generation, start_seconds, end_seconds, text, language, reason,"
            " words FROM final WHERE session = ? ORDER BY start_seconds",
            (session,),
        )
        return [KeptFinal(*[*row, _words(words)]) for *row, words in rows]

    def audio(self, session: str) -> list[Path]:
        """Give the files with the audio of *session*, in their order."""
        return audio_files(self._folder, session)

    def delete(self, sessions: list[str]) -> int:
        """Delete *sessions*, text and audio, for good; give how many there were."""
        deleted = 0
        for session in sessions:
            # The files first: if this is broken off, the rows are there to begin anew from.
            for path in self.audio(session):
                path.unlink(missing_ok=True)
            # One at a time, so that finals that are being written wait for one alone.
            with transaction(self._connection):
                rows = self._connection.execute("DELETE FROM session WHERE id = ?", (session,))
                deleted += rows.rowcount
        if deleted:
            self._give_room_back()
        return deleted

    def delete_older(self, moment: datetime) -> int:
        """Delete the sessions of which nothing came in since *moment*; give how many."""
        rows = self._connection.execute(_QUIET_SINCE, {"moment": timestamp(moment)})
        count = self.delete([session for (session,) in rows])
        self._delete_strays(moment)
        return count

    def _delete_strays(self, moment: datetime) -> None:
        """Delete audio without its rows, of sessions whose text never got to the disk."""
        known = {session for (session,) in self._connection.execute("SELECT id FROM session")}
        for path in (self._folder / FOLDER_NAME).glob("*.flac"):
            session = path.name.partition(".")[0]
            if session not in known and path.stat().st_mtime < moment.timestamp():
                path.unlink(missing_ok=True)

    def _give_room_back(self) -> None:
        # In pieces, so that finals that are being written wait for one alone; and not for long on
        # whoever reads: what cannot be cut off now is by the next deletion.
        connection = self._connection
        connection.execute(f"PRAGMA busy_timeout = {_CUT_OFF_MS}")
        with suppress(sqlite3.OperationalError):
            for _ in range(0, self._free_pages(), _PAGES_AT_ONCE):
                # A row for every page, and `execute` would stop after the first.
                connection.executescript(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")

    def _free_pages(self) -> int:
        count: int = self._connection.execute("PRAGMA freelist_count").fetchone()[0]
        return count


def _words(text: str | None) -> tuple[TimedWord, ...] | None:
    if text is None:
        return None
    return tuple(TimedWord(**word) for word in json.loads(text))
