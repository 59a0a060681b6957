"""Lines and finals to keep, for the tests of the store."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from wsserver.messages import Final, Limits, Ready, Start, TimedWord
from wsserver.store.archive import Archive
from wsserver.store.database import connect, transaction
from wsserver.store.records import Line, LineId, add_final, add_line

TOLD = "2026-11-22T10:00:00.000Z"
LIMITS = Limits(frame_bytes=1 << 20, idle_seconds=60, session_seconds=3600)


def line(session: str = "a1", generation: int = 1, *, started: str = TOLD) -> Line:
    return Line(
        id=LineId(session, generation),
        token_name="ada",
        started=started,
        model="practice",
        start=Start(language="en"),
    )


def final(utterance: int, text: str, *, start: float | None = None, end: float = 0.0) -> Final:
    """Give a final; utterance n is from second n to n + 1 if nothing else is said."""
    begin = float(utterance) if start is None else start
    return Final(
        utterance=utterance,
        text=text,
        start=begin,
        end=end or begin + 1.0,
        language="en",
        words=tuple(
            TimedWord(text=f" {word}", start=begin, end=begin + 0.5, probability=0.9)
            for word in text.split()
        ),
        through=16_000 * (utterance + 1),
        cursor="sealed-secret",
    )


def ready(session: str = "a1", generation: int = 1, resend_from: int = 0) -> Ready:
    return Ready(
        session=session,
        model="practice",
        practice=True,
        languages=("en",),
        encodings=("s16le",),
        sample_rates=(8_000, 48_000),
        limits=LIMITS,
        generation=generation,
        resend_from=resend_from,
        cursor="sealed-secret",
    )


@contextmanager
def writing(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(connect(folder, create=True)) as connection, transaction(connection):
        yield connection


def keep(folder: Path, begun: Line, *finals: Final, kept: str = TOLD) -> None:
    """Keep a line and its finals."""
    with writing(folder) as connection:
        add_line(connection, begun)
        for each in finals:
            add_final(connection, begun.id, each, kept)


def said(folder: Path, session: str = "a1") -> list[str]:
    """Give the texts that are kept of a session."""
    with Archive(folder) as archive:
        return [each.text for each in archive.finals(session)]
