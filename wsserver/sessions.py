"""Open sessions as the configuration says, and have the voice model answer many of them together.

Knows what is joined to what; knows nothing of how any of it works.
"""

from collections.abc import Callable
from uuid import uuid4

from wsserver.config import Config
from wsserver.messages import Limits
from wsserver.recognition.silero import SileroVoice
from wsserver.recognition.silero_batch import SileroBatch
from wsserver.recognition.voices import Voices
from wsserver.session.cursor import Resumption
from wsserver.session.dialog import Session
from wsserver.session.setting import SessionSettings, Setting
from wsserver.speech import EngineInfo, Priority


class Sessions:
    """Where all sessions of one server come from."""

    def __init__(self, config: Config, info: Callable[[], EngineInfo]) -> None:
        """Load the voice model; raise `ModelError` if there is none.  *info* says what hears."""
        self._settings = _settings(config)
        self._info = info
        self._voice = SileroVoice()
        batch = SileroBatch(self._voice)
        self.voices = Voices(batch.answer if batch.keeps_its_bits() else None)

    @property
    def limits(self) -> Limits:
        """What every client is held to."""
        return self._settings.limits

    def open(self, priority: Priority, resumption: Resumption | None) -> Session:
        """Give a session that waits for its first message."""
        name = uuid4().hex
        return Session(
            Setting(name, self._info(), self._voice, self._settings, priority, resumption)
        )


def _settings(config: Config) -> SessionSettings:
    limits = Limits(
        frame_bytes=config.server.socket.frame_limit_bytes,
        idle_seconds=config.sessions.idle_seconds,
        session_seconds=config.sessions.longest_seconds,
    )
    profiles = config.endpointing
    return SessionSettings(
        limits=limits,
        endpointing={"dictation": profiles.dictation, "captioning": profiles.captioning},
        guards=config.guards,
        hop_ms=config.sessions.hop_ms,
        carry_tokens=config.sessions.carry_tokens,
    )
