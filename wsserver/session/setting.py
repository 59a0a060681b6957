"""What a session is placed in, and what the operator decides for all of them.

Knows limits, profiles and models by name; knows nothing of what a session does with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wsserver import messages
from wsserver.audio.endpointer import Endpointing
from wsserver.session.cursor import Resumption
from wsserver.speech import EngineInfo, Priority, VoiceModel
from wsserver.text.guards import GuardLimits


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What the operator decides for all sessions."""

    limits: messages.Limits
    endpointing: Mapping[messages.Profile, Endpointing]
    guards: GuardLimits
    hop_ms: int
    """Audio between two partials of an utterance."""

    carry_tokens: int
    """Tokens of earlier finals that the decoder sees before the next one."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a session is placed in: its name, the model it speaks to, the operator's settings."""

    session: str
    info: EngineInfo
    voice: VoiceModel
    settings: SessionSettings
    priority: Priority = Priority.FINAL
    """BULK for files, which wait for everybody who speaks."""

    resumption: Resumption | None = None
    """How the session is resumed; None if it cannot be."""
