"""The course of one dictation, from `start` to `done`.

Knows which message may come when and what it sets off; knows nothing of sockets, clocks or engines.
What it decides it returns as actions, in the order in which they are to be carried out.
"""

from dataclasses import replace

from wsserver import messages
from wsserver.audio.intake import Intake
from wsserver.errors import ClientError, DictationError, EngineError
from wsserver.session import opening
from wsserver.session.actions import Action, Close, Hold, Send
from wsserver.session.cursor import (
    Cursor,
    first_cursor,
    model_change,
    next_generation,
    opening_cursor,
)
from wsserver.session.finals import Finals, FinalSettings, Silence, Spoken
from wsserver.session.hearing import Hearing
from wsserver.session.partials import Partials
from wsserver.session.phase import Phase, check_order
from wsserver.session.setting import Setting
from wsserver.speech import (
    SAMPLE_RATE,
    DecodeOptions,
    EngineInfo,
    Hypothesis,
    Question,
    Window,
    seconds,
)
from wsserver.text.transcript import Transcript


class Session:
    """One dictation."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._phase = Phase.NEW
        self._opened = False
        self._warned = False
        self._parting: DictationError | None = None
        """What ends the session at its next cut."""

        self._actions: list[Action] = []
        self._opening: Cursor
        """Where this session was opened: at its beginning, or where it was resumed."""

        self._hearing: Hearing

    @property
    def info(self) -> EngineInfo:
        """Say which model hears."""
        return self._setting.info

    @property
    def is_ending(self) -> bool:
        """True once nothing more is taken in."""
        return self._phase in (Phase.ENDING, Phase.FAILED)

    @property
    def start(self) -> messages.Start:
        """How the session was opened, wherever it has been resumed since; once it is open."""
        return self._opening.start

    @property
    def seconds_received(self) -> float:
        """Audio so far, without what came before the session was resumed."""
        if not self._opened:
            return 0.0
        return seconds(self._hearing.received - self._opening.stance.place.index)

    @property
    def position_seconds(self) -> float:
        """Audio since the session's beginning, wherever it has been resumed since."""
        return seconds(self._hearing.received) if self._opened else 0.0

    @property
    def seconds_waiting(self) -> float:
        """Audio of ended utterances whose final is still to come."""
        return seconds(self._hearing.waiting_samples) if self._opened else 0.0

    @property
    def answers_waiting(self) -> int:
        """Messages that wait for the finals before them."""
        return self._hearing.waiting_answers if self._opened else 0

    def foresee(self, message: messages.ClientMessage) -> Question | None:
        """Give what the voice model is asked first for *message*, which is to come next.

        None if nothing is asked, or nobody can say; then too nothing is changed.
        """
        if self._phase is not Phase.OPEN or not isinstance(message, messages.Audio):
            return None
        try:
            return self._hearing.foresee(message.data)
        except ClientError:
            return None  # it is told of when the message is taken

    def receive(self, message: messages.ClientMessage) -> list[Action]:
        """Take a message; raise a `ClientError`, with nothing changed, if it is wrong."""
        check_order(self._phase, message)
        if self._phase is not Phase.FAILED:
            self._take(message)
        return self._decided()

    def _take(self, message: messages.ClientMessage) -> None:
        match message:
            case messages.Start():
                self._start(message)
            case messages.Audio(data=data):
                self._hear(data)
            case messages.Flush(id=name):
                self._flush(name)
            case messages.Finish():
                self._finish()
        if self._parting and self._is_heard_out(message):
            self._part(self._parting)

    def _is_heard_out(self, message: messages.ClientMessage) -> bool:
        """Tell whether *message*, the latest, leaves nothing that is worth waiting for."""
        if self._phase is not Phase.OPEN:
            return False
        is_cut = isinstance(message, messages.Flush) or self._hearing.is_heard_out
        return is_cut or not self._hearing.is_voiced

    def settle(self, window: Window, hypothesis: Hypothesis) -> list[Action]:
        """Take what the engine heard in a window that was ordered before."""
        self._actions += self._hearing.settle(window, hypothesis)
        return self._decided()

    def skip(self, window: Window) -> list[Action]:
        """Take that no engine can decode a window that was ordered before."""
        self._actions += self._hearing.skip(window)
        return self._decided()

    def end(self, error: DictationError) -> list[Action]:
        """End by decree; what was said before is finalized first unless the engine is broken."""
        if self._phase is Phase.FAILED and not isinstance(error, EngineError):
            return []
        if self._phase is Phase.OPEN and not isinstance(error, EngineError):
            self._actions += self._hearing.cut()
        self._part(error)
        return self._decided()

    def wind_down(self, error: DictationError) -> list[Action]:
        """End for *error* at the next cut that comes by itself; at once where nobody speaks.

        Such an end leaves no trace: whoever resumes the session gets what an undisturbed one says.
        If the cut takes too long, have the session `end`.
        """
        if self._phase is Phase.OPEN and self._hearing.is_voiced:
            self._parting = error
            self._actions.append(Send(_STOPPING))
        elif not self.is_ending:
            self._part(error)
        return self._decided()

    def _part(self, error: DictationError) -> None:
        told = messages.Error(code=error.code, message=str(error), fatal=True)
        farewell = (Send(told), Close(error.close_code, error.code))
        is_final_possible = self._opened and not isinstance(error, EngineError)
        self._actions += self._hearing.end(*farewell) if is_final_possible else farewell
        self._phase = Phase.FAILED

    def _start(self, start: messages.Start) -> None:
        setting = self._setting
        cursor = opening_cursor(start, setting.resumption)
        if cursor is None:
            self._open(first_cursor(start, setting.session, setting.info))
            return
        resumed = next_generation(cursor, setting.info)
        self._open(resumed)
        if warning := model_change(cursor, resumed):
            self._actions.append(Send(warning))

    def _open(self, cursor: Cursor) -> None:
        setting, settings, start = self._setting, self._setting.settings, cursor.start
        opening.check_language(start, setting.info)
        audio_format, prompt = opening.audio_format(start), opening.prompt_text(start)
        endpointing = settings.endpointing[start.endpointing]
        self._opening = cursor
        final_settings = FinalSettings(
            session=cursor.session,
            priority=setting.priority,
            options=DecodeOptions(task=start.task, prompt=prompt),
            guards=settings.guards,
            carry_tokens=settings.carry_tokens,
            words=start.words,
            bookmark=self._bookmark,
        )
        self._hearing = Hearing(
            Intake(audio_format, endpointing, setting.voice, cursor.stance),
            Finals(final_settings, cursor.transcript),
            self._partials(cursor),
            cursor.utterance,
        )
        self._opened = True
        self._phase = Phase.OPEN
        self._greet(cursor)

    def _partials(self, cursor: Cursor) -> Partials | None:
        settings, start = self._setting.settings, cursor.start
        if not start.partials:
            return None
        hop_samples = settings.hop_ms * SAMPLE_RATE // 1000
        return Partials(cursor.session, hop_samples, settings.guards, words=start.words)

    def _greet(self, cursor: Cursor) -> None:
        limits = self._setting.settings.limits
        ready = opening.ready(cursor, self._sealed(cursor), self._setting.info, limits)
        self._actions += [Hold(cursor.session, cursor.generation), Send(ready)]

    def _bookmark(self, item: Spoken | Silence, transcript: Transcript) -> str | None:
        return self._sealed(
            replace(
                self._opening, stance=item.stance, utterance=item.utterance, transcript=transcript
            )
        )

    def _sealed(self, cursor: Cursor) -> str | None:
        return self._setting.resumption.seal(cursor) if self._setting.resumption else None

    def _hear(self, data: bytes) -> None:
        self._open_by_default()
        self._actions += (self._hearing.hear_out if self._parting else self._hearing.hear)(data)
        if self._hearing.replaced and not self._warned:
            self._warned = True
            self._actions.append(Send(_NOT_FINITE))

    def _flush(self, name: str | None) -> None:
        opening.check_name(name)
        self._open_by_default()
        flushed = Send(messages.Flushed(id=name))
        self._actions += [*self._hearing.cut(), *self._hearing.add(flushed)]

    def _finish(self) -> None:
        self._open_by_default()
        self._actions += self._hearing.cut()
        hearing = self._hearing
        done = messages.Done(duration=seconds(hearing.received), utterances=hearing.utterance)
        self._actions += hearing.end(Send(done), Close(1000, "done"))
        self._phase = Phase.ENDING

    def _open_by_default(self) -> None:
        if not self._opened:
            self._start(messages.Start())

    def _decided(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions


_STOPPING = messages.Warn(
    code="server_stopping",
    message="the server is about to stop; the session ends here at the next pause",
)
_NOT_FINITE = messages.Warn(
    code="non_finite_audio",
    message="found samples that are no finite numbers, took them for silence",
)
