"""Write to a database: all that waits in one transaction, until the disk takes it.

Knows a database and its one thread; knows nothing of what is written, or of the event loop.
"""

import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from wsserver.errors import ConfigError
from wsserver.store.database import transaction
from wsserver.store.lane import ignore

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5.0
"""Between two tries while the file cannot be written; nobody waits for a try that would fail."""

MOST_WAITING = 10_000
"""Entries that are held for a disk that may come back; some 10 MB."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be written."""

    write: Callable[[sqlite3.Connection], None]
    settled: Callable[[bool], None] = ignore
    """Told True once it is durable; False if it is not, for now.  Called in the writing thread."""


class Journal:
    """The writing end of a database; everything here happens in one thread."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], sqlite3.Connection],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Write to what *connect* opens; call it *name* in the log."""
        self._name = name
        self._connect = connect
        self._clock = clock
        self._retry_at = clock()
        self._connection: sqlite3.Connection | None = None
        self._waiting: list[Entry] = []

    @property
    def waiting(self) -> int:
        """How many entries the disk has not taken yet; to be asked for by any thread."""
        return len(self._waiting)

    def write(self, entries: list[Entry]) -> float | None:
        """Write *entries* after what could not be written before; one wait for the disk for all.

        Gives the seconds after which to try again, or None.
        """
        self._waiting += entries
        is_kept = not self._waiting or (self._clock() >= self._retry_at and self._commit())
        for entry in entries:
            entry.settled(is_kept)
        if not is_kept:
            self._shorten()
            return RETRY_SECONDS
        self._waiting.clear()
        return None

    def close(self) -> None:
        """Try to write what waits one last time, and close the file."""
        if self._waiting and not self._commit():
            logger.error("%d entries of %s are lost", len(self._waiting), self._name)
        self._disconnect()

    def _commit(self) -> bool:
        try:
            connection = self._connected()
            with transaction(connection):
                for entry in self._waiting:
                    entry.write(connection)
        except (sqlite3.Error, ConfigError) as error:
            logger.error("%s cannot be written now: %s", self._name, error)
            # Whatever is wrong may be mended by a new file in the old one's place.
            self._disconnect()
            self._retry_at = self._clock() + RETRY_SECONDS
            return False
        return True

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None

    def _shorten(self) -> None:
        if (excess := len(self._waiting) - MOST_WAITING) > 0:
            logger.error("%d entries of %s are lost: too many wait", excess, self._name)
            # The newest: finals without the line they belong to would be of no use.
            del self._waiting[MOST_WAITING:]
