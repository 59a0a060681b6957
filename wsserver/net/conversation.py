"""Carry out what a session decides: messages to the outbox, windows to the recognizer.

Knows sessions and their actions; knows nothing of sockets, HTTP or engines.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from wsserver.errors import ClientError, DictationError, EngineError
from wsserver.messages import ClientMessage
from wsserver.net.outbox import Outbox
from wsserver.session.actions import Action, Close, Recognize, Send
from wsserver.session.dialog import Session
from wsserver.speech import Hypothesis, Priority, Window

logger = logging.getLogger(__name__)

MAX_WAITING_SECONDS = 60.0
"""Audio whose finals are still to come, before a client that sends faster has to wait."""


@dataclass(frozen=True, slots=True)
class Host:
    """What the server lends to every conversation."""

    open_session: Callable[[Priority], Session]
    recognize: Callable[[Window], Awaitable[Hypothesis | None]]
    """Gives None for a window that a newer one replaced; raises `EngineError`."""


class Conversation:
    """One session at work.  Leaving the context withdraws every window it still waits for."""

    def __init__(self, host: Host, priority: Priority) -> None:
        self._host = host
        self._session = host.open_session(priority)
        self._settled = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self.outbox = Outbox()

    async def __aenter__(self) -> Self:
        """Enter with nothing to do yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Withdraw the windows that are still waited for."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def session(self) -> Session:
        """The session, to be looked at."""
        return self._session

    def receive(self, message: ClientMessage) -> None:
        """Take a message from the client; what is wrong with it ends the session."""
        try:
            self._carry_out(self._session.receive(message))
        except ClientError as error:
            self.end(error)

    def end(self, error: DictationError) -> None:
        """End the session for *error*, once what was said is final."""
        self._carry_out(self._session.end(error))

    async def room(self) -> None:
        """Wait while too much audio waits for its finals."""
        while self._session.seconds_waiting > MAX_WAITING_SECONDS:
            self._settled.clear()
            await self._settled.wait()

    def _carry_out(self, actions: list[Action]) -> None:
        try:
            for action in actions:
                self._do(action)
        except DictationError as error:
            logger.warning("session given up: %s", error)
            self.outbox.put(Close(error.close_code, error.code))

    def _do(self, action: Action) -> None:
        match action:
            case Send(message=message):
                self.outbox.put(message)
            case Close():
                self.outbox.put(action)
            case Recognize(window=window):
                task = asyncio.create_task(self._recognize(window))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _recognize(self, window: Window) -> None:
        try:
            hypothesis = await self._host.recognize(window)
        except EngineError as error:
            if window.exact:
                logger.exception("no final for utterance %d", window.utterance)
                # What the engine says of itself is for the log, not for the client.
                self.end(type(error)(f"utterance {window.utterance} could not be recognized"))
            return
        if hypothesis is not None:
            self._carry_out(self._session.settle(window, hypothesis))
            self._settled.set()
