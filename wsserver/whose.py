"""Say for whose session the code at work is working, so that the log can.

Knows a name and the context that tasks inherit; knows nothing of sessions or of what is logged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Badge:
    """A session's name, worn by every task that works for it.

    Tasks get theirs when they begin, often before the session has a name: so what they share is
    the badge, on which the name is written once it is known.
    """

    def __init__(self) -> None:
        self.session = ""
        """Empty before the session opens."""

    def put_on(self) -> None:
        """Work for this session from now on, and so all tasks that are begun from here."""
        _WORN.set(self)

    @contextmanager
    def worn(self) -> Iterator[None]:
        """Work for it in between, whatever this task was begun for."""
        former = _WORN.set(self)
        try:
            yield
        finally:
            _WORN.reset(former)


_WORN: ContextVar[Badge | None] = ContextVar("session", default=None)


def session_at_work() -> str:
    """Name the session that is worked for; empty outside of any."""
    badge = _WORN.get()
    return badge.session if badge else ""


def take_off() -> None:
    """Work for no session any more."""
    _WORN.set(None)
