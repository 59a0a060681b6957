"""Carry out what a session decides: messages to the outbox, windows to the recognizer.

Knows sessions and their actions; knows nothing of sockets, HTTP or engines.
"""

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Self

from wsserver.errors import ClientError, DictationError, EngineError, EngineLost, ServerError
from wsserver.messages import (
    Audio,
    ClientMessage,
    Error,
    Final,
    Partial,
    Ready,
    ServerMessage,
    Start,
    Warn,
)
from wsserver.net.host import Host
from wsserver.net.lines import Line
from wsserver.net.outbox import Frame, Leave, Outbox
from wsserver.net.publisher import Publisher
from wsserver.net.recorder import Recorder
from wsserver.session.actions import Action, Close, Hold, Recognize, Send
from wsserver.speech import EngineInfo, Hypothesis, Priority, Window
from wsserver.whose import Badge, take_off

logger = logging.getLogger(__name__)

MAX_WAITING_SECONDS = 60.0
"""Audio whose finals are still to come, before a client that sends faster has to wait."""

MAX_WAITING_ANSWERS = 100
"""Answers, to `flush` say, that wait for finals, before the client has to wait as well."""

UNFORESEEN = "the server made a mistake"
"""What a client is told of a fault that is ours; the log holds the rest."""


class Conversation:
    """One session at work.  Leaving the context withdraws every window it still waits for."""

    def __init__(
        self,
        host: Host,
        priority: Priority,
        line: Line | None = None,
        recorder: Recorder | None = None,
        publisher: Publisher | None = None,
    ) -> None:
        """Take the *line* that the session hangs on; without one it cannot be resumed.

        What is said is kept by *recorder* and shown to others by *publisher*, if there are any.
        """
        self._host = host
        self._line = line
        self._recorder = recorder
        self._publisher = publisher
        self.watch = host.watch()
        self._badge = Badge()
        self._session = host.open_session(priority, line.resumption if line else None)
        self._moved = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False
        self._is_given_up = False
        self.outbox = Outbox()

    async def __aenter__(self) -> Self:
        """Enter with nothing to do yet."""
        self._badge.put_on()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Withdraw the windows that are still waited for."""
        self._withdraw()
        if self._line:
            self._line.close()
        if self._recorder:
            self._recorder.closed()
        if self._publisher:
            self._publisher.closed()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.watch.closed()
        take_off()

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        return self._session.info

    @property
    def is_ending(self) -> bool:
        """True once nothing more is taken in."""
        return self._is_given_up or self._session.is_ending

    @property
    def seconds_received(self) -> float:
        """Audio so far."""
        return self._session.seconds_received

    async def prepare(self, message: ClientMessage) -> None:
        """Ask beforehand who can be asked: the other gateways, or the voice model for many."""
        if self._line and isinstance(message, Start):
            await self._line.prepare(message)
        elif question := self._session.foresee(message):
            await self._host.ask(question)

    def receive(self, message: ClientMessage) -> float:
        """Take a message and give the seconds of audio in it; what is wrong ends the session."""
        is_ignored, before = self.is_ending, self.seconds_received
        self.watch.came(self._session.position_seconds)
        if self._line:
            self._line.hear()
        try:
            if self._publisher and isinstance(message, Start):
                self._publisher.check(message)
            self._carry_out(partial(self._session.receive, message))
        except ClientError as error:
            self.end(error)
            return 0.0
        taken_seconds = self.seconds_received - before
        self.watch.heard(taken_seconds)
        if self._recorder and isinstance(message, Audio) and not is_ignored:
            self._recorder.audio(message.data)
        return taken_seconds

    def end(self, error: DictationError) -> None:
        """End the session for *error*, once what was said is final."""
        self._carry_out(partial(self._session.end, error))

    def wind_down(self, error: DictationError) -> None:
        """End the session for *error* at its next pause, unless its end is under way."""
        if not self.is_ending:
            self._carry_out(partial(self._session.wind_down, error))

    def interrupt(self, error: DictationError) -> None:
        """End the session for *error*, unless its end is under way."""
        if not self.is_ending:
            self.end(error)

    def warn(self, warning: Warn) -> None:
        """Tell the client, unless its session is still to open: then the host's notice does."""
        if self._is_open:
            self._carry_out(lambda: [Send(warning)])

    def answer(self, frame: str) -> None:
        """Send *frame* behind what was sent before; the session does not know of it."""
        try:
            self.outbox.put(Frame(frame))
        except DictationError as error:
            self.give_up(error)

    def give_up(self, error: DictationError) -> None:
        """End at once for *error*: tell what has been decided, wait for nothing more."""
        if self._is_given_up:
            return
        with self._badge.worn():
            logger.warning("session given up: %s", error)
        self._is_given_up = True
        if not self.outbox.closing.done():  # else its end has been told, and waits for the client
            told = Error(code=error.code, message=str(error), fatal=True)
            self.watch.said(told)
            self.outbox.put(told)
            self.outbox.put(Close(error.close_code, error.code))
        self._withdraw()
        self._moved.set()

    async def room(self) -> None:
        """Wait while too much waits for its finals, unless the session ends."""
        while self._is_crowded() and not self.is_ending:
            self._moved.clear()
            await self._moved.wait()

    def _is_crowded(self) -> bool:
        session = self._session
        return (
            session.seconds_waiting > MAX_WAITING_SECONDS
            or session.answers_waiting > MAX_WAITING_ANSWERS
        )

    def _withdraw(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _carry_out(self, decide: Callable[[], list[Action]]) -> None:
        if self._is_given_up:
            return
        try:
            with self._badge.worn():
                for action in decide():
                    self._do(action)
        except ClientError:
            raise  # the session is as it was
        except DictationError as error:
            self.give_up(error)
        except Exception:  # nobody else would notice, and the client would wait for ever
            logger.exception("a session failed in an unforeseen way")
            self.give_up(ServerError(UNFORESEEN))
        self._moved.set()

    def _do(self, action: Action) -> None:
        match action:
            case Send(message=message):
                self.watch.said(message)
                leave = self._keep(message)
                self.outbox.put(message, leave)
                self._publish(message, leave)
                if isinstance(message, Ready):
                    self._greet()
            case Close():
                self.outbox.put(action)
            case Hold(session=session):
                self._badge.session = session
                if self._line:
                    self._line.hold(action, self.give_up)
            case Recognize(window=window, doubt=doubt):
                self.watch.asked(window, doubt)
                task = asyncio.create_task(self._recognize(window))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _greet(self) -> None:
        self._is_open = True
        if notice := self._host.notice():
            self.outbox.put(notice)

    def _keep(self, message: ServerMessage) -> Leave | None:
        """Hand *message* to who keeps it; give what it then has to wait for."""
        match message:
            case Ready() if self._recorder:
                self._recorder.opened(self._session.start, message)
            case Final() if self._recorder:
                leave = self._recorder.final(message)
                self.watch.waits(message.utterance, leave)
                return leave
        return None

    def _publish(self, message: ServerMessage, leave: Leave | None) -> None:
        """Show *message* to those who read along, none of whom the speaker waits for."""
        if self._publisher is None:
            return
        match message:
            case Ready():
                if warning := self._publisher.opened(self._session.start, message):
                    self.outbox.put(warning)
            case Partial():
                self._publisher.partial(message)
            case Final():
                self._publisher.final(message, leave)

    async def _recognize(self, window: Window) -> None:
        try:
            hypothesis = await self._ask(window)
        except EngineError as error:
            if window.priority.is_owed:
                logger.exception("utterance %d could not be recognized", window.utterance)
                self._do_without(window, error)
        except Exception:  # as above
            logger.exception("a window failed in an unforeseen way")
            self.give_up(ServerError(UNFORESEEN))
        else:
            if hypothesis is not None:
                self._carry_out(partial(self._session.settle, window, hypothesis))

    async def _ask(self, window: Window) -> Hypothesis | None:
        hypothesis = None
        try:
            hypothesis = await self._host.recognize(window)
        finally:
            self.watch.answered(window, hypothesis)
        return hypothesis

    def _do_without(self, window: Window, error: EngineError) -> None:
        """Go on if no engine can decode *window*; end if none is there, or for whoever has a file.

        Somebody who speaks would lose all that follows; whoever sent a file has it still, and would
        not see the gap in its text.
        """
        if window.priority is Priority.BULK or isinstance(error, EngineLost):
            # What the engine says of itself is for the log, not for the client.
            self.end(type(error)(f"utterance {window.utterance} could not be recognized"))
        else:
            self._carry_out(partial(self._session.skip, window))
