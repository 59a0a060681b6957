"""What the server lends to every conversation.

Knows what is lent; knows nothing of who lends it or of what a conversation does with it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wsserver.messages import Warn
from wsserver.net.publisher import Publisher, publish_nothing
from wsserver.net.recorder import Recorder, keep_nothing
from wsserver.session.cursor import Resumption
from wsserver.session.dialog import Session
from wsserver.speech import Hypothesis, Priority, Question, Window
from wsserver.watch import Watch


def _no_notice() -> Warn | None:
    return None


async def _at_once(_: int) -> None:
    return


async def _unanswered(_: Question) -> None:
    return


@dataclass(frozen=True, slots=True)
class Host:
    """All of it."""

    open_session: Callable[[Priority, Resumption | None], Session]
    recognize: Callable[[Window], Awaitable[Hypothesis | None]]
    """Gives None for a window that a newer one replaced.

    Raises `EngineError` for one that no engine can decode, `EngineLost` if no engine is there to
    try it; what an engine that is only being replaced could decode waits.
    """

    record: Callable[[str], Recorder | None] = keep_nothing
    """Gives what keeps a session of the token so named; None if nothing does."""

    publish: Callable[[str], Publisher | None] = publish_nothing
    """Gives what shows a session of the token so named to others; None if nothing does."""

    watch: Callable[[], Watch] = Watch
    """Gives what follows a connection's doings."""

    notice: Callable[[], Warn | None] = _no_notice
    """Says what a session is to know that opens now; None if all is well."""

    turn: Callable[[int], Awaitable[None]] = _at_once
    """Waits until one of so many sessions may take audio; soon, and all together if they are many.
    """

    ask: Callable[[Question], Awaitable[None]] = _unanswered
    """Has the voice model answer, if that is better done now and for many than by the session."""
