"""Play a script of frames, settlements and accidents to a session, and see that it stays sane.

Knows sessions and their actions; knows no sockets and no engines: the script says what is heard.

A script is bytes: steps with `STEP` between them, each a letter and what it takes.  Whatever bytes
there are, they are some script.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from random import Random

import numpy as np
from numpy.typing import NDArray

from bench.fuzzing import grammar
from bench.fuzzing.mutation import mutate
from wsserver import messages
from wsserver.audio.endpointer import CAPTIONING, DICTATION
from wsserver.dialects import native
from wsserver.errors import ClientError, EngineError, ShuttingDown
from wsserver.net.cursors import Cursors
from wsserver.session.actions import Action, Close, Recognize, Send
from wsserver.session.cursor import Resumption
from wsserver.session.dialog import Session
from wsserver.session.setting import SessionSettings, Setting
from wsserver.speech import (
    LONGEST_WINDOW,
    EngineInfo,
    Hypothesis,
    Priority,
    Samples,
    Window,
    Word,
)
from wsserver.text.guards import GuardLimits

STEP = b"\x1e"
_STEPS = 24
"""Steps of a script; beyond them nothing new happens."""

_MOST_BYTES = 65_536
_TEXTS = ("", "hello", "so it is", "ha ha ha ha ha ha", "\x1b[31mred", "a\nb", "\ud7ff", "é" * 500)
_NUMBERS = (0.0, -0.1, -0.9, -5.0, 0.3, 0.9, 1.0, 2.3, 2.5, 50.0, float("inf"), float("nan"))
INFO = EngineInfo(grammar.MODEL, ("en", "de"), "cpu", "fp32")


class LeakedSession(AssertionError):
    """A session whose end came, and that still waits for something or was not closed once."""


class LevelVoice:
    """Takes whatever is loud for voice."""

    frame_samples = 512

    def initial_state(self) -> object:
        """Need none."""
        return None

    def __call__(self, frames: Samples, state: object) -> tuple[NDArray[np.float32], object]:
        """Judge each frame by its mean level."""
        return (np.abs(frames).mean(axis=1) > 0.01).astype(np.float32), state


_SETTINGS = SessionSettings(
    limits=messages.Limits(frame_bytes=1_000, idle_seconds=10, session_seconds=100),
    endpointing={"dictation": DICTATION, "captioning": CAPTIONING},
    guards=GuardLimits(),
    hop_ms=500,
    carry_tokens=9,
)


def make(chance: Random) -> bytes:
    """Make a script: a dictation as it may go, with some steps spoiled or in a wrong place."""
    is_wild = chance.random() < 0.3
    kinds = _WILD if is_wild else _USUAL
    steps = [_step(chance, chance.choice(kinds)) for _ in range(chance.randint(1, _STEPS))]
    if chance.random() < 0.8:
        steps.insert(0, b"T" + (grammar.client_frame if is_wild else grammar.fair_start)(chance))
    if is_wild and chance.random() < 0.5:
        at = chance.randrange(len(steps))
        steps[at] = mutate(chance, steps[at], steps)
    return STEP.join(steps)


_USUAL = "LLLLLQQQQSSSSSSF"
_WILD = "LLLQQSSSSFTTBBBN"


def _step(chance: Random, kind: str) -> bytes:
    match kind:
        case "L" | "Q":
            return kind.encode() + chance.randbytes(2)
        case "S":
            return b"S" + chance.randbytes(8)
        case "F":
            return b'T{"type":"flush","id":"%d"}' % chance.randrange(9)
        case "B":
            return b"B" + chance.randbytes(chance.choice((0, 2, 4, 64, 1_000, 3)))
        case "T":
            return b"T" + grammar.client_frame(chance)
        case _:
            return chance.choice((b"E", b"X", b"T[]", b'T{"type":"finish"}', b"?"))


def run(data: bytes) -> None:
    """Play the script *data*; raise `AssertionError` for what must not be."""
    stage = _Stage()
    for step in data.split(STEP)[: 2 * _STEPS]:
        stage.play(step[:1], step[1:])
    stage.leave()


@dataclass
class _Stage:
    """A session, what it ordered and what it said."""

    session: Session = field(default_factory=lambda: _session())
    ordered: dict[Priority, Window] = field(default_factory=dict)
    """At most one of each priority: as in the scheduler a newer window replaces an older one."""

    said: list[messages.ServerMessage] = field(default_factory=list)
    closes: int = 0
    asked: list[str | None] = field(default_factory=list)
    """The ids of flushes that were taken."""

    is_broken: bool = False
    """True once the engine failed: then nothing more is owed."""

    def play(self, kind: bytes, rest: bytes) -> None:
        match kind:
            case b"T":
                self._tell(rest)
            case b"B":
                self._send(messages.Audio(data=rest[:_MOST_BYTES]))
            case b"L" | b"Q":
                level = 0.3 if kind == b"L" else 0.0
                self._send(messages.Audio(data=_sound(level, _number(rest) % 40_000)))
            case b"S":
                self._settle(rest)
            case b"E":
                self._follow(lambda: self.session.end(ShuttingDown("the script says so")))
            case b"X":
                self.is_broken = True
                self._follow(lambda: self.session.end(EngineError("the script says so")))

    def leave(self) -> None:
        """End as the server does when it stops, hear all that is owed, and look what is left."""
        if not self.session.is_ending:
            self._follow(lambda: self.session.end(ShuttingDown("the script is over")))
        for _ in range(10 * _STEPS):
            if not self.ordered:
                break
            self._settle(b"\x00\x01\x03\x04\x00\x06")
        self._look_for_leaks()
        self._look_at_finals()
        self._look_at_answers()

    def _tell(self, frame: bytes) -> None:
        try:
            text = frame.decode()
        except UnicodeDecodeError:
            return  # the socket closes with 1007 before a dialect sees it
        try:
            message = native.read_client(text)
        except ClientError as error:
            self._fail(error)
        else:
            self._send(message)

    def _send(self, message: messages.ClientMessage) -> None:
        is_taken = not self.session.is_ending
        try:
            self._follow(lambda: self.session.receive(message))
        except ClientError as error:
            self._fail(error)
        else:
            if is_taken and isinstance(message, messages.Flush):
                self.asked.append(message.id)

    def _fail(self, error: ClientError) -> None:
        str(error).encode()  # it goes onto the wire
        self._follow(lambda: self.session.end(error))

    def _settle(self, rest: bytes) -> None:
        if not self.ordered:
            return
        which = sorted(self.ordered)[_number(rest[:1]) % len(self.ordered)]
        window = self.ordered.pop(which)
        if not which.is_owed and rest[1:2] == b"\xff":
            return  # replaced before it was served
        heard = _hear(window, rest[1:])
        self._follow(lambda: self.session.settle(window, heard))

    def _follow(self, decide: Callable[[], list[Action]]) -> None:
        for action in decide():
            match action:
                case Send(message=message):
                    native.write_server(message)
                    self.said.append(message)
                case Recognize(window=window):
                    self._order(window)
                case Close():
                    self.closes += 1
        assert self.session.seconds_received >= 0

    def _order(self, window: Window) -> None:
        assert 0 < len(window.audio) <= LONGEST_WINDOW, len(window.audio)
        assert np.isfinite(window.audio).all()
        is_owed_already = window.priority.is_owed and window.priority in self.ordered
        assert not is_owed_already, "two windows of finals at a time"
        self.ordered[window.priority] = window

    def _look_for_leaks(self) -> None:
        if self.is_broken:
            return
        waits = (self.session.seconds_waiting, self.session.answers_waiting, len(self.ordered))
        if any(waits) or not self.session.is_ending:
            raise LeakedSession(f"found {waits} waiting after the end, expected nothing")
        if self.closes < 1:
            raise LeakedSession("found no close, expected one")

    def _look_at_finals(self) -> None:
        finals = [m for m in self.said if isinstance(m, messages.Final)]
        for before, after in pairwise(finals):
            assert after.utterance > before.utterance, "finals out of order or repeated"
            assert after.start >= before.end, "finals overlap"
        assert all(final.end >= final.start for final in finals)
        ended = [
            m.utterance for m in self.said if isinstance(m, messages.Speech) and m.event == "ended"
        ]
        assert self.is_broken or [final.utterance for final in finals] == ended, "finals are lost"
        throughs = [m.through for m in self.said if isinstance(m, messages.Final | messages.Ack)]
        assert throughs == sorted(throughs), "through went back"

    def _look_at_answers(self) -> None:
        told = [m.id for m in self.said if isinstance(m, messages.Flushed)]
        owed = self.asked[: len(told)] if self.is_broken else self.asked
        assert told == owed, "answers to flush are lost or out of order"


def _session() -> Session:
    cursors = Cursors(grammar.KEY, 3_600, lambda: grammar.NOW)
    resumption = Resumption(
        lambda cursor: cursors.seal(cursor, "ann"), lambda text: cursors.open(text).cursor
    )
    return Session(Setting("s", INFO, LevelVoice(), _SETTINGS, resumption=resumption))


@cache
def _waves() -> NDArray[np.float64]:
    waves: NDArray[np.float64] = np.sin(np.arange(40_000) * 0.2)
    return waves


def _sound(level: float, samples: int) -> bytes:
    """Give a tone; in a format that was declared otherwise it is noise, which is fine too."""
    return (_waves()[:samples] * level * 32_767).astype("<i2").tobytes()


def _number(data: bytes) -> int:
    return int.from_bytes(data[:2], "big")


def _hear(window: Window, recipe: bytes) -> Hypothesis:
    digits: Iterator[int] = iter(recipe.ljust(6, b"\x00"))
    text = _TEXTS[next(digits) % len(_TEXTS)]
    words = [f" {word}" for word in text.split()]
    step = max(1, len(window.audio) // (len(words) + 1))
    return Hypothesis(
        text=text,
        tokens=tuple(range(next(digits) % 20)),
        words=tuple(
            Word(word, window.start + n * step, window.start + (n + 1) * step, 0.9)
            for n, word in enumerate(words)
        ),
        language=window.options.language or "en",
        language_probability=0.9,
        avg_logprob=_NUMBERS[next(digits) % len(_NUMBERS)],
        no_speech_prob=_NUMBERS[next(digits) % len(_NUMBERS)],
        compression_ratio=_NUMBERS[next(digits) % len(_NUMBERS)],
        temperature=window.options.temperature,
    )
