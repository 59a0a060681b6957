"""What is written of a session: the line it came in on, its finals, its end.

Knows tables and messages; knows nothing of threads, retries or who waits.

A session that is resumed comes in on a new line, of a higher generation, and may say again what an
older line had said; its speaker may not have got it.  So the higher generation is right: where it
has come, nothing of a lower one stands beside it or comes in any more.
"""

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from wsserver.messages import Final, Start

_KEPT_OPTIONS = (
    "language",
    "task",
    "prompt",
    "hotwords",
    "words",
    "partials",
    "endpointing",
    "room",
)
"""Named one by one, so that no secret that `start` may hold one day gets in."""


@dataclass(frozen=True, slots=True)
class LineId:
    """One connection of one session."""

    session: str
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line, as it is when it begins."""

    id: LineId
    token_name: str
    started: str
    """As `now` gives it."""

    model: str
    start: Start


def now() -> str:
    """Give this moment in UTC, as ISO 8601 with milliseconds; earlier ones sort before it."""
    return timestamp(datetime.now(UTC))


def timestamp(moment: datetime) -> str:
    """Write *moment* as the tables hold it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def add_line(connection: sqlite3.Connection, line: Line) -> None:
    """Note that *line* has begun."""
    start, session = line.start, line.id.session
    name = _writable(line.token_name)
    connection.execute("INSERT OR IGNORE INTO session VALUES (?, ?)", (session, name))
    connection.execute(
        "INSERT OR IGNORE INTO line VALUES (?, ?, ?, NULL, ?, ?, ?, ?, ?)",
        (
            session,
            line.id.generation,
            line.started,
            _writable(line.model),
            start.encoding,
            start.sample_rate,
            start.channels,
            _json({name: getattr(start, name) for name in _KEPT_OPTIONS}),
        ),
    )


def end_line(connection: sqlite3.Connection, line: LineId, ended: str) -> None:
    """Note that *line* has ended."""
    connection.execute(
        "UPDATE line SET ended = ? WHERE session = ? AND generation = ?",
        (ended, line.session, line.generation),
    )


def add_final(connection: sqlite3.Connection, line: LineId, final: Final, kept: str) -> None:
    """Add a final that came in on *line*, unless its range is final or the line was deleted."""
    if not _is_known(connection, line) or _is_covered(connection, line, final):
        return
    _supersede(connection, line, final)
    words = None if final.words is None else _json([asdict(word) for word in final.words])
    connection.execute(
        "INSERT INTO final VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            line.session,
            line.generation,
            final.utterance,
            final.start,
            final.end,
            _writable(final.text),
            final.language,
            final.reason,
            words,
            kept,
        ),
    )


def _is_known(connection: sqlite3.Connection, line: LineId) -> bool:
    return _exists(
        connection,
        "SELECT 1 FROM line WHERE session = ? AND generation = ?",
        (line.session, line.generation),
    )


def _is_covered(connection: sqlite3.Connection, line: LineId, final: Final) -> bool:
    return _exists(
        connection,
        """
        SELECT 1 FROM final WHERE session = :session
        AND generation = :generation AND utterance = :utterance
        UNION ALL
        SELECT 1 FROM final WHERE session = :session AND generation > :generation
        GROUP BY generation HAVING min(start_seconds) < :end AND max(end_seconds) > :start
        """,
        {
            "session": line.session,
            "generation": line.generation,
            "utterance": final.utterance,
            "start": final.start,
            "end": final.end,
        },
    )


def _supersede(connection: sqlite3.Connection, line: LineId, final: Final) -> None:
    """Delete what lower generations had said between this line's last final and this one's end."""
    connection.execute(
        """
        DELETE FROM final
        WHERE session = :session AND generation < :generation AND start_seconds < :end
        AND end_seconds > coalesce(
            (
                SELECT max(end_seconds) FROM final
                WHERE session = :session AND generation = :generation
            ),
            :start
        )
        """,
        {
            "session": line.session,
            "generation": line.generation,
            "start": final.start,
            "end": final.end,
        },
    )


def _exists(
    connection: sqlite3.Connection, query: str, values: tuple[object, ...] | dict[str, object]
) -> bool:
    return connection.execute(query, values).fetchone() is not None


def _json(value: object) -> str:
    return _writable(json.dumps(value, ensure_ascii=False))


def _writable(text: str) -> str:
    """Give *text* in what UTF-8 can hold; a prompt or a file's name may hold lone surrogates."""
    return text.encode(errors="replace").decode()
