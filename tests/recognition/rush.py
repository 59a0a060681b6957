"""People who speak at a server with a simulated engine and clock, for tests of what overload does.

Knows the plan and the capacity as the scheduler uses them; knows no real time and no real engine.
"""

import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from wsserver.recognition.capacity import Capacity, Forecast
from wsserver.recognition.lane import Ticket
from wsserver.recognition.plan import Backlog
from wsserver.speech import SAMPLE_RATE, Priority, Window, seconds

HOP_SECONDS = 0.5
WORD_SECONDS = 0.4
EARLY_SECONDS = 0.35
"""Silence after which the final is decoded ahead."""

ENDPOINT_SECONDS = 0.7
HESITATING = 0.3
"""Share of utterances with a pause that is no end: their early final comes to nothing."""

RETRY_SECONDS = 5.0
SOUND = np.zeros(60 * SAMPLE_RATE, np.float32)

Engine = Callable[[Sequence[Window]], float]


def two_cores(windows: Sequence[Window]) -> float:
    """Take as long as a model of tiny's dimensions did on two cores, measured.

    Encoder 0.22 s for the full context, one by one; decoder steps shared by all; partials with a
    right draft.
    """
    exact = [seconds(len(window.audio)) for window in windows if window.exact]
    others = [seconds(len(window.audio)) for window in windows if not window.exact]
    steps = 3.5 * max(exact, default=0.0)
    took = 0.22 * len(exact) + steps * (0.003 + 0.0025 * len(exact)) if exact else 0.0
    return took + (0.013 + sum(0.0066 * (each + 1.3) for each in others) if others else 0.0)


def busy_gpu(windows: Sequence[Window]) -> float:
    """Take little longer for many than for one."""
    exact = sum(window.exact for window in windows)
    took = 0.25 + 0.03 * exact if exact else 0.0
    return took + (0.05 + 0.006 * (len(windows) - exact) if exact < len(windows) else 0.0)


@dataclass
class Heard:
    """What one speaker got."""

    words: list[float] = field(default_factory=list)
    """Seconds from a word to the partial or final that shows it."""

    finals: list[float] = field(default_factory=list)
    """Seconds from the endpoint to the final."""

    partials: int = 0
    spoken_seconds: float = 0.0
    finals_owed: int = 0


class Rush:
    """A simulated server and those who want to speak."""

    between_seconds = 0.05
    """From one who comes to the next."""

    def __init__(self, engine: Engine, *, people: int, admit: bool, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._engine = engine
        self._admits = admit
        self.backlog = Backlog(max_batch=16, max_batch_ms=150, retries=1)
        self.capacity = Capacity(self.backlog.costs, self.backlog.batching, HOP_SECONDS)
        self.now = 0.0
        self.inside: list[Speaker] = []
        self.refusals: list[str] = []
        self.most_waiting = 0
        self.order: list[tuple[Priority, ...]] = []
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._flying: tuple[Ticket, ...] = ()
        self._speaker_of: dict[str, Speaker] = {}
        self._check()
        for number in range(people):
            self.at(self.between_seconds * number, lambda number=number: self._knock(number))  # type: ignore[misc]

    def at(self, time: float, do: Callable[[], None]) -> None:
        heappush(self._events, (time, len(self.order) + self._chance.getrandbits(40), do))

    def run(self, duration: float) -> None:
        """Let people speak until *duration*, then wait for what is owed."""
        self.ends = duration
        while self._events:
            self.now, _, do = heappop(self._events)
            do()
            self._start_batch()

    def ask(self, window: Window) -> None:
        self.capacity.ask(window, self.now)
        self.backlog.add(window, self.now)
        self.most_waiting = max(self.most_waiting, self.backlog.load(self.now).waiting)

    def foresee(self) -> Forecast:
        """Say what one more would bring."""
        forecast = self.capacity.forecast(self.now)
        return forecast.at_least(self.backlog.load(self.now).seconds)

    def _check(self) -> None:
        """Serve one final before anybody comes, as the server's check of itself does."""
        window = Window("check", 0, Priority.BULK, 0, SOUND[: 3 * SAMPLE_RATE])
        for count in (1, 2):
            self.capacity.serve([window] * count, self._engine([window] * count), -100.0)

    def _knock(self, number: int) -> None:
        self.capacity.count(len(self.inside), self.now)
        objection = self.foresee().objection(3.0)
        if self._admits and objection:
            self.refusals.append(objection)
            if self.now < self.ends:
                self.at(self.now + RETRY_SECONDS, lambda: self._knock(number))
            return
        speaker = Speaker(f"s{number}", self, self._chance.random())
        self.inside.append(speaker)
        self._speaker_of[speaker.name] = speaker

    def _start_batch(self) -> None:
        if self._flying:
            return
        self._flying = self.backlog.take()
        if self._flying:
            windows = [ticket.window for ticket in self._flying]
            self.order.append(tuple(window.priority for window in windows))
            took = self._engine(windows) * self._chance.uniform(0.9, 1.1)
            self.at(self.now + took, lambda: self._end_batch(windows, took))

    def _end_batch(self, windows: list[Window], took: float) -> None:
        self.capacity.serve(windows, took, self.now)
        flying, self._flying = self._flying, ()
        for ticket in flying:
            for answered in self.backlog.settle(ticket):
                self._speaker_of[answered.window.session].settle(answered.window)


class Speaker:
    """One who speaks 60 % of the time, in utterances of 1.2 to 6 s, some with a short pause."""

    def __init__(self, name: str, rush: Rush, seed: float) -> None:
        self.name = name
        self.heard = Heard()
        self._rush = rush
        self._chance = random.Random(seed)
        self._utterance = 0
        self._unseen: deque[tuple[int, float]] = deque()
        self._finals: deque[tuple[Window, float]] = deque()
        self._early: Window | None = None
        self._heard_early = False
        rush.at(rush.now + 5.0 + 4.0 * self._chance.random(), self._begin)

    def _begin(self) -> None:
        rush, now = self._rush, self._rush.now
        if now > rush.ends:
            return
        self._utterance += 1
        length = self._chance.uniform(1.2, 6.0)
        self.heard.spoken_seconds += length
        end, number = now + length, self._utterance
        for word in range(int(length / WORD_SECONDS)):
            rush.at(now + (word + 1) * WORD_SECONDS, lambda: self._say(number))
        for hop in range(1, int(length / HOP_SECONDS) + 1):
            until = now + hop * HOP_SECONDS
            rush.at(until, lambda until=until: self._ask_partial(now, until))  # type: ignore[misc]
        if self._chance.random() < HESITATING:
            middle = now + length / 2
            rush.at(middle + EARLY_SECONDS, lambda: self._ask_early(now, middle))
        rush.at(end + EARLY_SECONDS, lambda: self._ask_early(now, end))
        rush.at(end + ENDPOINT_SECONDS, lambda: self._ask_final(now, end))
        rush.at(end + self._chance.uniform(0.8, 4.0), self._begin)

    def _say(self, utterance: int) -> None:
        self._unseen.append((utterance, self._rush.now))

    def _window(self, priority: Priority, start: float, end: float) -> Window:
        first, last = int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)
        audio = SOUND[: last - first]
        exact = priority is not Priority.PARTIAL
        return Window(self.name, self._utterance, priority, first, audio, exact=exact)

    def _ask_partial(self, start: float, end: float) -> None:
        self._rush.ask(self._window(Priority.PARTIAL, start, end))

    def _ask_early(self, start: float, end: float) -> None:
        if not self._finals:
            self._early, self._heard_early = self._window(Priority.EARLY_FINAL, start, end), False
            self._rush.ask(self._early)

    def _ask_final(self, start: float, end: float) -> None:
        self.heard.finals_owed += 1
        self._finals.append((self._window(Priority.FINAL, start, end), self._rush.now))
        if len(self._finals) == 1:
            self._advance()

    def _advance(self) -> None:
        window, _ = self._finals[0]
        if self._heard_early and self._early and self._early.asks_the_same(window):
            self.settle(window)
        else:
            self._rush.ask(window)

    def settle(self, window: Window) -> None:
        if window.priority is Priority.EARLY_FINAL:
            self._heard_early = self._heard_early or window is self._early
        if window.priority is Priority.PARTIAL:
            self.heard.partials += 1
        self._show(window)
        if window.priority is Priority.FINAL:
            self.heard.finals.append(self._rush.now - self._finals.popleft()[1])
            self._heard_early = False
            if self._finals:
                self._advance()

    def _show(self, window: Window) -> None:
        until = seconds(window.end) + 1e-3
        while self._unseen and self._unseen[0] <= (window.utterance, until):
            self.heard.words.append(self._rush.now - self._unseen.popleft()[1])


def p95(numbers: Sequence[float]) -> float:
    return float(np.percentile(numbers, 95))
