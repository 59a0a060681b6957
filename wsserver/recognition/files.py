"""Put the windows of files between those of people who speak.

Knows the plan and the gaps in it; knows nothing of clocks, engines or who waits for an answer.
"""

from collections.abc import Sequence
from dataclasses import replace

from wsserver.recognition.lane import Ticket
from wsserver.recognition.plan import Backlog
from wsserver.recognition.spare import Paces, Spare, Turn
from wsserver.speech import Priority, Window


class Files:
    """The turn of files in one backlog."""

    def __init__(self, backlog: Backlog, hop_seconds: float) -> None:
        """Who speaks asks for a partial every *hop_seconds*."""
        self._backlog = backlog
        self._spare = Spare(hop_seconds)
        self._paces = Paces()

    def demoted(self, window: Window, now: float) -> Window:
        """Let a final wait for those who speak, if its session is faster than anybody speaks."""
        is_live = window.priority is not Priority.BULK
        if is_live and self._paces.note(window, now):
            is_final = window.priority is Priority.FINAL
            return replace(window, priority=Priority.BULK) if is_final else window
        if is_live:
            self._spare.ask(window, now)
        return window

    def take(self, idle: int, now: float) -> tuple[Sequence[Ticket], float | None]:
        """Put the next batch in flight, with so many engines *idle*; only a full one if none is.

        If a file has to wait for its turn, give the seconds after which to ask again as well.
        """
        bulk, turn, wait_seconds = self._backlog.bulk(), Turn.LAST, 0.0
        if bulk is not None:
            price_seconds = self._backlog.costs.predict([bulk.window])
            turn, wait_seconds = self._spare.turn(price_seconds, bulk.since, now)
        batch = self._backlog.take(turn, only_full=idle <= 0, idle=max(1, idle))
        return batch, wait_seconds if turn is Turn.LATER and not batch else None

    def serve(self, windows: Sequence[Window], took_seconds: float, now: float) -> None:
        """Learn that *windows* went as one batch, and what they took."""
        if any(window.priority is Priority.BULK for window in windows):
            self._spare.serve(took_seconds, now)
