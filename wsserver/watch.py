"""What follows a session's doings, as the conversation tells them: metrics, traces, a log of words.

Knows messages and windows; knows nothing of who follows, or of what they make of it.
"""

from asyncio import Future
from collections.abc import Sequence
from typing import Any

from wsserver.messages import ServerMessage
from wsserver.speech import Hypothesis, Window


class Watch:
    """Follows one connection; no method waits or raises.

    It passes over everything: whoever makes something of some doings overrides those.
    """

    def admitted(self, token_name: str, trace_parent: str) -> None:
        """Take note of who speaks, and of the W3C `traceparent` they sent, if any."""

    def came(self, position: float) -> None:
        """Take note that a message has come; *position* seconds of the session came before it."""

    def heard(self, seconds: float) -> None:
        """Take note of audio that was taken in."""

    def said(self, message: ServerMessage) -> None:
        """Take note of what the client is to be told."""

    def asked(self, window: Window, doubt: str | None) -> None:
        """Take note of a window that is to be decoded.

        *doubt* is the guard that did not believe what was heard there before, if one did not.
        """

    def answered(self, window: Window, hypothesis: Hypothesis | None) -> None:
        """Take note of what was heard in it, None if nothing will be."""

    def waits(self, utterance: int, leave: Future[Any]) -> None:
        """Take note that a final goes only when it has its *leave*, being kept."""

    def sent(self, message: ServerMessage) -> None:
        """Take note that the client was sent *message*."""

    def closed(self) -> None:
        """Take note of the connection's end; nothing follows."""


class Several(Watch):
    """Several who follow the same connection."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._watches = watches

    def admitted(self, token_name: str, trace_parent: str) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.admitted(token_name, trace_parent)

    def came(self, position: float) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.came(position)

    def heard(self, seconds: float) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.heard(seconds)

    def said(self, message: ServerMessage) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.said(message)

    def asked(self, window: Window, doubt: str | None) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.asked(window, doubt)

    def answered(self, window: Window, hypothesis: Hypothesis | None) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.answered(window, hypothesis)

    def waits(self, utterance: int, leave: Future[Any]) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.waits(utterance, leave)

    def sent(self, message: ServerMessage) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.sent(message)

    def closed(self) -> None:
        """Tell each."""
        for watch in self._watches:
            watch.closed()
