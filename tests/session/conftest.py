from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from wsserver.audio.endpointer import CAPTIONING, DICTATION
from wsserver.messages import Limits
from wsserver.session.dialog import Session
from wsserver.session.setting import SessionSettings, Setting
from wsserver.speech import EngineInfo, Priority, Samples
from wsserver.text.guards import GuardLimits

LIMITS = Limits(frame_bytes=1000, idle_seconds=10, session_seconds=100)


class LevelVoice:
    """Takes whatever is loud for voice."""

    frame_samples = 512

    def initial_state(self) -> object:
        return None

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        return (np.abs(frames).mean(axis=1) > 0.01).astype(np.float32), state


def build_session(
    carry_tokens: int = 0,
    languages: tuple[str, ...] = ("en", "de"),
    priority: Priority = Priority.FINAL,
) -> Session:
    settings = SessionSettings(
        limits=LIMITS,
        endpointing={"dictation": DICTATION, "captioning": CAPTIONING},
        guards=GuardLimits(),
        hop_ms=500,
        carry_tokens=carry_tokens,
    )
    info = EngineInfo("scripted", languages, "cpu", "fp32")
    return Session(Setting("the session", info, LevelVoice(), settings, priority))


@pytest.fixture
def open_session() -> Callable[..., Session]:
    return build_session
