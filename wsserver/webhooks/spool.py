"""Keep what is to be sent on disk until it is taken, through a crash too.

Knows tables and the one thread that works on them; knows nothing of receivers.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from wsserver.errors import ConfigError
from wsserver.store.database import Schema, connect
from wsserver.store.journal import Entry, Journal
from wsserver.store.lane import Lane
from wsserver.webhooks.folder_lock import FolderLock
from wsserver.webhooks.rounds import Delivery

SCHEMA = Schema(
    "webhooks.sqlite3",
    "webhooks.folder",
    (
        """
        CREATE TABLE delivery (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            receiver TEXT NOT NULL,
            session TEXT NOT NULL,
            event TEXT NOT NULL,
            created REAL NOT NULL,
            body BLOB NOT NULL
        ) STRICT;
        """,
    ),
)
"""*number* is never given twice: the order in which deliveries came, and what is new by it."""

Absence: TypeAlias = Literal["missing", "unreadable"]
"""Whether it is not in the file, or the file cannot be read now."""

STOP_SECONDS = 10.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parcel:
    """An event for some receivers, before it has its place in the spool."""

    receivers: tuple[str, ...]
    session: str
    event: str
    created: float
    body: bytes


class Spool:
    """The file of a running server, from `start` to `stop`; one time only."""

    def __init__(self, folder: Path, arrived: Callable[[list[Delivery]], None]) -> None:
        """Tell *arrived*, in the event loop, what is on the disk: what was there, then all new."""
        self._folder = folder
        self._arrived = arrived
        self._newest = 0
        self._lock = FolderLock(folder, SCHEMA)
        journal = Journal("webhooks", self._connect)
        self._lane = Lane[Entry]("webhooks", partial(self._work, journal), journal.close)

    async def start(self) -> None:
        """Open the file; raise `ConfigError` if it cannot be used, or another server uses it."""
        self._loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._seize)
        self._lane.start()
        await self.look()

    async def stop(self) -> bool:
        """Write what waits; say whether the disk took it in time."""
        is_written = await asyncio.to_thread(self._lane.stop, STOP_SECONDS)
        if is_written:  # else the folder is ours until the process ends
            self._lock.release()
        return is_written

    def put(self, parcel: Parcel, settled: Callable[[bool], None]) -> None:
        """Write *parcel*; tell *settled*, in the writing thread, whether it is on the disk."""
        self._lane.put(Entry(partial(_add, parcel=parcel), settled))

    def remove(self, delivery: Delivery) -> None:
        """Forget *delivery*."""
        self._lane.put(Entry(partial(_remove, delivery=delivery)))

    def remove_all(self, receiver: str) -> None:
        """Forget all that waits for *receiver*."""
        self._lane.put(Entry(partial(_remove_all, receiver=receiver)))

    async def body(self, delivery: Delivery) -> bytes | Absence:
        """Give what is to be sent, or say why it is not to be had."""
        return await self._ask(partial(_body, delivery=delivery)) or "unreadable"

    async def look(self) -> None:
        """Wait until everything that was put before has been tried, and what is new was told."""
        for _ in range(2):  # what is new by one batch is told before the next one begins
            await self._ask(lambda _: None)

    async def _ask(self, read: Callable[[sqlite3.Connection], T]) -> T | None:
        """Give what *read* gives in the writing thread; None if the file cannot be read now."""
        found: list[T] = []
        settled: asyncio.Future[None] = self._loop.create_future()

        def settle(_: bool) -> None:
            with suppress(RuntimeError):  # the event loop is closed
                self._loop.call_soon_threadsafe(_finish, settled)

        self._lane.put(Entry(lambda connection: found.append(read(connection)), settle))
        await settled
        return found[-1] if found else None

    def _seize(self) -> None:
        self._lock.take()
        try:
            self._open().close()
        except ConfigError:
            self._lock.release()
            raise

    def _connect(self) -> sqlite3.Connection:
        connection = self._open()
        try:
            (newest,) = connection.execute("SELECT max(number) FROM delivery").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        # A file that was put in the place of another may count from the beginning.
        self._newest = min(self._newest, newest or 0)
        return connection

    def _open(self) -> sqlite3.Connection:
        return connect(self._folder, create=True, schema=SCHEMA)

    def _work(self, journal: Journal, entries: list[Entry]) -> float | None:
        """Write *entries*, and what could not be written earlier; then tell what is new."""
        retry_seconds = journal.write(entries)
        if retry_seconds is not None:
            return retry_seconds
        news: list[Delivery] = []
        look = Entry(lambda connection: news.extend(self._news(connection)), self._teller(news))
        return journal.write([look])

    def _news(self, connection: sqlite3.Connection) -> list[Delivery]:
        rows = connection.execute(
            "SELECT number, receiver, session, event, created FROM delivery"
            " WHERE number > ? ORDER BY number",
            (self._newest,),
        )
        return [Delivery(*row) for row in rows]

    def _teller(self, news: list[Delivery]) -> Callable[[bool], None]:
        def tell(is_kept: bool) -> None:
            if is_kept and news:
                self._newest = news[-1].number
                with suppress(RuntimeError):  # the event loop is closed
                    self._loop.call_soon_threadsafe(self._arrived, news)

        return tell


def _add(connection: sqlite3.Connection, parcel: Parcel) -> None:
    connection.executemany(
        "INSERT INTO delivery (receiver, session, event, created, body) VALUES (?, ?, ?, ?, ?)",
        [
            (receiver, parcel.session, parcel.event, parcel.created, parcel.body)
            for receiver in parcel.receivers
        ],
    )


def _remove(connection: sqlite3.Connection, delivery: Delivery) -> None:
    statement = "DELETE FROM delivery WHERE number = ? AND receiver = ? AND event = ?"
    connection.execute(statement, _same(delivery))


def _remove_all(connection: sqlite3.Connection, receiver: str) -> None:
    connection.execute("DELETE FROM delivery WHERE receiver = ?", (receiver,))


def _body(connection: sqlite3.Connection, delivery: Delivery) -> bytes | Absence:
    read = "SELECT body FROM delivery WHERE number = ? AND receiver = ? AND event = ?"
    row = connection.execute(read, _same(delivery)).fetchone()
    return bytes(row[0]) if row else "missing"


def _same(delivery: Delivery) -> tuple[int, str, str]:
    # In a file that came in the place of another, a number may stand for something else.
    return delivery.number, delivery.receiver, delivery.event


def _finish(settled: asyncio.Future[None]) -> None:
    if not settled.done():
        settled.set_result(None)
