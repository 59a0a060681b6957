"""A Realtime client with a real session behind its translator, and the SDK's own types.

Every burst of sound has a loudness that is its name, so that what is heard can be told exactly.
"""

import base64
import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, get_args

import numpy as np
from openai.types.realtime import RealtimeServerEvent
from pydantic import BaseModel

from tests.session.conftest import build_session
from wsserver.dialects.dialect import Inquisitive, Model, Translator
from wsserver.dialects.openai_realtime import DIALECT
from wsserver.messages import ServerMessage
from wsserver.session.actions import Action, Recognize, Send
from wsserver.speech import Hypothesis, Samples, Window, Word

MODEL = Model("scripted", ("en", "de"))
RATE = 24_000
HOP = 160
LOUDNESS = 0.02

(_union, *_) = get_args(RealtimeServerEvent)
KINDS = {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in get_args(_union)}
"""The SDK's class for each type of event."""


def parsed(text: str) -> Any:
    """Read an event strictly as the SDK's type for it, which has to know every field."""
    event = KINDS[json.loads(text)["type"]].model_validate_json(text, strict=True)
    assert not unknown(event), text
    return event


def unknown(value: object) -> list[str]:
    match value:
        case BaseModel():
            inner = [name for one in value.__dict__.values() for name in unknown(one)]
            return [*(value.model_extra or ()), *inner]
        case list():
            return [name for one in value for name in unknown(one)]
    return []


def burst(name: int, ms: int = 400) -> bytes:
    """Speak the word *name*."""
    loud = round(name * LOUDNESS * 32_767)
    return np.full(ms * RATE // 1_000, loud, "<i2").tobytes()


def silence(ms: int) -> bytes:
    return bytes(2 * (ms * RATE // 1_000))


def hear(window: Window) -> Hypothesis:
    """Name every burst in the window."""
    words = tuple(_words(window.audio, window.start))
    text = "".join(word.text for word in words).strip()
    return Hypothesis(text, (1,), words, "en", 0.9, -0.1, 0.0, 1.0)


def _words(audio: Samples, start: int) -> list[Word]:
    named = np.rint(audio[HOP // 2 :: HOP] / LOUDNESS).astype(int)
    words: list[Word] = []
    for at in range(1, len(named)):
        name = named[at]
        is_new = name != named[at - 2] or at == 1
        if name > 0 and name == named[at - 1] and is_new:
            place = start + at * HOP
            words.append(Word(f" w{name}", place, place + HOP, 0.9))
    return words


@dataclass
class Client:
    """What it sends is read at once; what it is sent waits until it reads."""

    query: str = ""
    translator: Translator = field(init=False)
    waiting: deque[ServerMessage | str] = field(default_factory=deque)
    windows: deque[Window] = field(default_factory=deque)
    events: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = build_session(languages=MODEL.languages)
        self.translator = DIALECT.open(self.query)
        assert isinstance(self.translator, Inquisitive)
        self.translator.meet(MODEL)
        self._tell(self.translator.greet())

    def sends(self, kind: str, **fields: Any) -> None:
        self.sends_frame(json.dumps({"type": kind, **fields}))

    def sends_frame(self, frame: str | bytes) -> None:
        self._tell(self.translator.read(frame))

    def says(self, *sounds: bytes) -> None:
        for sound in sounds:
            audio = base64.b64encode(sound).decode()
            self.sends("input_audio_buffer.append", audio=audio)

    def sets(self, **audio: Any) -> None:
        session = {"type": "transcription", "audio": {"input": audio}}
        self.sends("session.update", session=session)

    def commits(self, **fields: Any) -> None:
        self.sends("input_audio_buffer.commit", **fields)

    def reads(self, most: int = 10**9) -> list[Any]:
        """Read what waits, at most so much of it."""
        told: list[Any] = []
        while self.waiting and most:
            most -= 1
            item = self.waiting.popleft()
            frames = [item] if isinstance(item, str) else self.translator.write(item)
            told += map(parsed, frames)
        self.events += told
        return told

    def is_heard(self, most: int = 10**9) -> None:
        """Have the engine work, on at most so many windows."""
        while self.windows and most:
            most -= 1
            window = self.windows.popleft()
            self._follow(self.session.settle(window, hear(window)))

    def gets(self) -> list[Any]:
        """Read all that there is to come."""
        self.is_heard()
        return self.reads()

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type.endswith(kind)]

    @property
    def transcripts(self) -> list[str]:
        return [event.transcript for event in self.of("transcription.completed")]

    def deltas(self, item: str) -> list[str]:
        return [event.delta for event in self.of(".delta") if event.item_id == item]

    def _tell(self, told: Any) -> None:
        for item in told:
            if isinstance(item, str):
                self.waiting.append(item)
            else:
                self._follow(self.session.receive(item))

    def _follow(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self.waiting.append(action.message)
            elif isinstance(action, Recognize):
                self.windows.append(action.window)
