"""Keep what is said while the server runs: the event loop's side of the store.

Knows messages, the two writing threads and when to delete; knows nothing of sockets or sessions.

Everything that touches a file happens in a thread: a commit may wait long for the disk, and the
event loop may not wait at all.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from wsserver.audio.pcm import Format
from wsserver.errors import ConfigError
from wsserver.messages import Final, Ready, Start, Warn
from wsserver.store.archive import Archive
from wsserver.store.database import connect
from wsserver.store.journal import Entry
from wsserver.store.lane import Lane
from wsserver.store.recordings import Piece, Recordings, Take
from wsserver.store.records import Line, LineId, add_final, add_line, end_line, now
from wsserver.store.settings import StoreSettings
from wsserver.store.transcripts import Transcripts

logger = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 5.0
"""For a final to be on the disk, before its speaker gets it all the same."""

MOST_WAITING_BYTES = 8 * 1024 * 1024
"""Of one line's audio, while the disk is slow; four minutes at 16 kHz."""

STOP_SECONDS = 10.0
DAY_SECONDS = 86_400.0

NOT_KEPT = Warn(
    code="not_kept",
    message="what is said cannot be kept at the moment; it is recognized as before",
)
"""What a speaker is told, once, when the disk does not take words or audio."""


class Keeper:
    """The store of a running server, from `start` to `stop`; one time only."""

    def __init__(self, folder: Path, settings: StoreSettings) -> None:
        self._folder = folder
        self._settings = settings
        self._transcripts, recordings = Transcripts(folder), Recordings(folder)
        transcripts = self._transcripts
        self._text = Lane[Entry]("transcripts", transcripts.write, transcripts.close)
        self._sound = Lane[Piece]("recordings", recordings.write, recordings.close)
        self._deleting: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many entries of transcripts are not on the disk yet."""
        return self._text.waiting + self._transcripts.waiting

    async def start(self) -> None:
        """Open the store and begin to delete what is too old; raise `ConfigError`."""
        await asyncio.to_thread(_check, self._folder)
        self._text.start()
        self._sound.start()
        if self._settings.keep_days is not None:
            self._deleting = asyncio.create_task(self._delete_daily(self._settings.keep_days))

    async def stop(self) -> None:
        """Write what waits."""
        if self._deleting:
            self._deleting.cancel()
            await asyncio.gather(self._deleting, return_exceptions=True)
        for lane in (self._sound, self._text):
            if not await asyncio.to_thread(lane.stop, STOP_SECONDS):
                logger.error("the disk did not take all within %g s", STOP_SECONDS)

    def recorder(self, token_name: str) -> "SessionRecorder":
        """Give what keeps one session, of the token called *token_name*."""
        put_audio = self._sound.put if self._settings.audio else None
        return SessionRecorder(token_name, self._text.put, put_audio)

    async def _delete_daily(self, days: float) -> None:
        while True:
            try:
                count = await asyncio.to_thread(delete_older, self._folder, days)
                logger.info("deleted %d sessions that were older than %g days", count, days)
            except (OSError, ConfigError):
                logger.exception("what is too old could not be deleted")
            await asyncio.sleep(DAY_SECONDS)


class SessionRecorder:
    """Keeps one line of one session; no method waits."""

    def __init__(
        self,
        token_name: str,
        put_text: Callable[[Entry], None],
        put_audio: Callable[[Piece], None] | None,
    ) -> None:
        self._token_name = token_name
        self._put_text = put_text
        self._put_audio = put_audio
        self._line: LineId | None = None
        self._is_warned = False
        self._audio: _AudioFeed | None = None

    def opened(self, start: Start, ready: Ready) -> None:
        """Take note that the session has begun, or goes on here."""
        self._line = LineId(ready.session, ready.generation)
        line = Line(
            id=self._line,
            token_name=self._token_name,
            started=now(),
            model=ready.model,
            start=start,
        )
        self._put_text(Entry(partial(add_line, line=line)))
        if self._put_audio:
            audio_format = Format.of(start.encoding, start.sample_rate, start.channels)
            self._audio = _AudioFeed(
                Take(self._line, audio_format, ready.resend_from), self._put_audio
            )

    def audio(self, data: bytes) -> None:
        """Keep audio that the session took."""
        if self._audio:
            self._audio.put(data)

    def final(self, final: Final) -> asyncio.Future[Warn | None]:
        """Keep *final*.

        The future is done once it is on the disk, or once that has to be given up for now; it
        holds what the speaker is to be told of it, which is once at most.
        """
        assert self._line is not None
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Warn | None] = loop.create_future()
        settle = partial(self._settle, told)
        deadline = loop.call_later(LONGEST_WAIT_SECONDS, settle, False)
        told.add_done_callback(lambda _: deadline.cancel())
        write = partial(add_final, line=self._line, final=final, kept=now())
        self._put_text(Entry(write, partial(_call_in, loop, settle)))
        return told

    def closed(self) -> None:
        """Take note that the line has ended; nothing may follow."""
        if self._line:
            self._put_text(Entry(partial(end_line, line=self._line, ended=now())))
        if self._audio:
            self._audio.end()

    def _settle(self, told: asyncio.Future[Warn | None], is_kept: bool) -> None:
        if told.done():
            return
        is_all_kept = is_kept and not (self._audio and self._audio.has_gap)
        told.set_result(None if is_all_kept or self._is_warned else NOT_KEPT)
        self._is_warned |= not is_all_kept


class _AudioFeed:
    """The audio of one line on its way to the writing thread."""

    def __init__(self, take: Take, put: Callable[[Piece], None]) -> None:
        self._take, self._put = take, put
        self._missing_frames = 0
        # Each of the two is written by one thread alone.
        self._put_bytes = 0
        self._settled_bytes = 0
        self.has_gap = False

    def put(self, data: bytes) -> None:
        if self._put_bytes - self._settled_bytes + len(data) > MOST_WAITING_BYTES:
            self._missing_frames += len(data) // self._take.format.sample_bytes
            self.has_gap = True
            return
        self._put_bytes += len(data)
        settled = partial(self._settle, len(data))
        self._put(Piece(self._take, data, self._missing_frames, settled))
        self._missing_frames = 0

    def end(self) -> None:
        self._put(Piece(self._take, b""))

    def _settle(self, count: int, is_written: bool) -> None:
        self._settled_bytes += count
        self.has_gap |= not is_written


def delete_older(folder: Path, days: float) -> int:
    """Delete what has been quiet for *days*; give how many sessions that were."""
    with Archive(folder) as archive:
        return archive.delete_older(datetime.now(UTC) - timedelta(days=days))


def _check(folder: Path) -> None:
    connect(folder, create=True).close()


def _call_in(
    loop: asyncio.AbstractEventLoop, settle: Callable[[bool], None], is_kept: bool
) -> None:
    with suppress(RuntimeError):  # the event loop is closed
        loop.call_soon_threadsafe(settle, is_kept)
