"""Have what many sessions ask the voice model answered together, in a thread, in rounds.

Knows questions, a thread and a clock; knows nothing of sessions, sockets or models.

A question that nobody answered is no harm: who asked asks the model itself and hears the same.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from wsserver.speech import Question

logger = logging.getLogger(__name__)

FEW = 8
"""Sessions below which each asks for itself at once: a thread costs as much as it saves."""

LONGEST_ROUND_SECONDS = 0.03
"""From one round to the next; no word comes later by more."""

_PER_SESSION_SECONDS = 0.001

Answering = Callable[[Sequence[Question]], None]
"""Writes the answers into questions; runs in a thread, one call at a time."""


def round_seconds(sessions: int) -> float:
    """Say how long a round lasts at least: the more sessions, the more are to come together."""
    return 0.0 if sessions < FEW else min(sessions * _PER_SESSION_SECONDS, LONGEST_ROUND_SECONDS)


class Voices:
    """Rounds in which whoever has something to ask asks; none while there are few."""

    def __init__(self, answering: Answering | None) -> None:
        """Without *answering* there are rounds, but no answers."""
        self._answering = answering
        self._waiting: list[asyncio.Future[None]] = []
        self._asked: list[tuple[Question, asyncio.Future[None]]] = []
        self._next = 0.0
        self._least_seconds = 0.0
        self._rounds: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "voice")

    async def turn(self, sessions: int) -> None:
        """Wait for the next round of so many *sessions*; then take what came, and `ask` at once."""
        self._least_seconds = round_seconds(sessions)
        if not self._least_seconds:
            return
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._serve(), name="rounds of voices")
        await waiting

    async def ask(self, question: Question) -> None:
        """Wait until *question* has its answer, if the round goes on; else return at once."""
        if self._rounds is None or self._answering is None:
            return
        answered = asyncio.get_running_loop().create_future()
        self._asked.append((question, answered))
        await answered

    def stop(self) -> None:
        """Answer nothing more."""
        self._answering = None
        self._thread.shutdown(wait=False)

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            while self._waiting or self._asked:
                await asyncio.sleep(self._next - clock())
                self._next = clock() + self._least_seconds
                self._call_up()
                await asyncio.sleep(0)  # in which they ask
                await self._answer()
        finally:
            self._rounds = None
            self._call_up()
            _release([answered for _, answered in self._asked])

    def _call_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        _release(waiting)

    async def _answer(self) -> None:
        asked, self._asked = self._asked, []
        questions = [question for question, answered in asked if not answered.done()]
        try:
            if questions and self._answering:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._thread, self._answering, questions)
        except Exception:  # they ask the model themselves, and fail each for itself or not
            logger.exception("voices could not be told together")
        finally:
            _release([answered for _, answered in asked])


def _release(waiting: Sequence[asyncio.Future[None]]) -> None:
    for each in waiting:
        if not each.done():
            each.set_result(None)
