"""Minutes of dictation in several formats, and a client that can begin anywhere in them."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from random import Random

import numpy as np
import soundfile
import soxr

from tests.conftest import SAMPLES
from tests.session.conftest import LIMITS
from wsserver import messages
from wsserver.audio.endpointer import CAPTIONING, DICTATION
from wsserver.audio.pcm import Format, decode
from wsserver.recognition.silero import SileroVoice
from wsserver.session.actions import Action, Recognize, Send
from wsserver.session.cursor import Cursor, Resumption
from wsserver.session.dialog import Session
from wsserver.session.setting import SessionSettings, Setting
from wsserver.speech import SAMPLE_RATE, EngineInfo, Hypothesis, Samples, Window
from wsserver.text.guards import GuardLimits

VOICE = SileroVoice()
INFO = EngineInfo("scripted", ("en", "de"), "cpu", "fp32")
SETTINGS = SessionSettings(
    limits=LIMITS,
    endpointing={"dictation": DICTATION, "captioning": CAPTIONING},
    guards=GuardLimits(),
    hop_ms=500,
    carry_tokens=9,
)


@dataclass(frozen=True)
class Recording:
    """What a client has to send: audio, and flushes at some of its samples."""

    start: messages.Start
    data: bytes = field(repr=False)
    flushes: tuple[int, ...] = ()

    @property
    def sample_bytes(self) -> int:
        start = self.start
        return Format.of(start.encoding, start.sample_rate, start.channels).sample_bytes

    @property
    def length(self) -> int:
        """Samples per channel."""
        return len(self.data) // self.sample_bytes

    def messages(
        self, begin: int, through: int, sizes: Iterator[int]
    ) -> Iterator[messages.ClientMessage]:
        """Give the audio from the sample *begin* on, and every flush that lies behind *through*."""
        for end in (*(at for at in self.flushes if at > through), self.length):
            while begin < end:
                size = min(next(sizes), end - begin)
                data = self.data[begin * self.sample_bytes : (begin + size) * self.sample_bytes]
                yield messages.Audio(data=data)
                begin += size
            if end in self.flushes:
                yield messages.Flush(id=str(end))
        yield messages.Finish()


@cache
def speech(rounds: int) -> Samples:
    """Speak all samples one after the other, *rounds* times, with pauses of 0.1 to 12 s."""
    chance, parts = Random(rounds), []
    for path in sorted(SAMPLES.glob("*.wav")) * rounds:
        samples, rate = soundfile.read(path, dtype="float32")
        parts.append(soxr.resample(samples, rate, SAMPLE_RATE).astype(np.float32))
        pause = chance.choice((0.1, 0.3, 0.6, 1.0, 3.0, 12.0))
        parts.append(np.zeros(round(pause * SAMPLE_RATE), np.float32))
    return np.concatenate(parts)


def record(start: messages.Start, rounds: int, flushes: int) -> Recording:
    """Record the speech as *start* declares, with so many *flushes* at random places."""
    samples = soxr.resample(speech(rounds), SAMPLE_RATE, start.sample_rate)
    if start.channels == 2:
        samples = np.stack([samples, samples[::-1] * 0.01], axis=1)
    data = encode(samples.astype(np.float32).ravel(), start.encoding)
    chance, length = Random(start.sample_rate), len(samples)
    places = sorted(chance.sample(range(length), flushes))
    return Recording(start, data, tuple(places))


def encode(samples: Samples, encoding: str) -> bytes:
    match encoding:
        case "s16le":
            return np.rint(np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()
        case "f32le":
            return samples.astype("<f4").tobytes()
    values = decode(bytes(range(256)), Format.of(encoding, 8_000, 1)).samples
    order = np.argsort(values, kind="stable")
    nearest = np.searchsorted(values[order], samples).clip(0, 255)
    octets: bytes = order[nearest].astype(np.uint8).tobytes()
    return octets


def hear(window: Window) -> Hypothesis:
    """Hear something that depends on every bit of the audio and on every option."""
    options = window.options
    asked = f"{window.start} {window.utterance} {options}".encode()
    digest = hashlib.sha256(window.audio.tobytes() + asked)
    # One window in eight loops, so that it goes up the ladder; some utterances get no better there.
    loops = digest.digest()[0] < 32 or window.utterance % 13 == 5
    ratio = 5.0 if loops else 1.0
    language = options.language or "de"
    return Hypothesis(
        digest.hexdigest(), tuple(digest.digest()[:7]), (), language, 0.9, -0.1, 0.0, ratio
    )


class Vault:
    """Keeps cursors under names, in place of a seal."""

    def __init__(self) -> None:
        self.kept: dict[str, Cursor] = {}

    def seal(self, cursor: Cursor) -> str:
        name = f"cursor {len(self.kept)}"
        self.kept[name] = cursor
        return name

    def resumption(self) -> Resumption:
        return Resumption(self.seal, self.kept.__getitem__)


@dataclass
class Dictation:
    """A session and all it said."""

    vault: Vault
    info: EngineInfo = INFO
    said: list[messages.ServerMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        setting = Setting("s", self.info, VOICE, SETTINGS, resumption=self.vault.resumption())
        self.session = Session(setting)

    def begin(self, start: messages.Start) -> messages.Ready:
        self.follow(self.session.receive(start))
        (ready,) = (m for m in self.said if isinstance(m, messages.Ready))
        return ready

    def speak(
        self, recording: Recording, ready: messages.Ready, sizes: Iterator[int], most: int | None
    ) -> None:
        """Send all from where *ready* says; with *most* only until as many cursors came."""
        for message in recording.messages(ready.resend_from, ready.through, sizes):
            self.follow(self.session.receive(message))
            if most is not None and len(self.covered) >= most:
                return

    def follow(self, actions: list[Action]) -> None:
        for action in actions:
            if isinstance(action, Send):
                self.said.append(action.message)
            elif isinstance(action, Recognize):
                self.follow(self.session.settle(action.window, hear(action.window)))

    @property
    def covered(self) -> list[messages.Final | messages.Ack]:
        """What said how far all is done with."""
        return [m for m in self.said if isinstance(m, messages.Final | messages.Ack)]

    def after(self, count: int) -> list[messages.ServerMessage]:
        """Give what was said after the first *count* of them, and the end, without cursors.

        Where a client goes on at the very end of its audio, `finish` covers nothing new.
        """
        ends = [m for m in self.said if isinstance(m, messages.Done)]
        return [*(replace(m, cursor=None) for m in self._new_after(count)), *ends]

    def cursors_after(self, count: int) -> list[Cursor]:
        """Give the cursors of the same messages, as if never resumed."""
        kept = (self.vault.kept[str(m.cursor)] for m in self._new_after(count))
        return [replace(cursor, generation=1) for cursor in kept]

    def _new_after(self, count: int) -> list[messages.Final | messages.Ack]:
        (ready,) = (m for m in self.said if isinstance(m, messages.Ready))
        throughs = [ready.through, *(m.through for m in self.covered)]
        pairs = zip(throughs[count:], self.covered[count:], strict=False)
        return [m for through, m in pairs if m.through > through]


def steady(samples: int) -> Iterator[int]:
    while True:
        yield samples


def varied(seed: int, most: int) -> Iterator[int]:
    chance = Random(seed)
    while True:
        yield chance.randint(1, most)
