"""Measure what batches cost: utterances that grow by a hop, and finals, in batches of all sizes.

Knows a running engine and a clock; knows nothing of schedulers or of how costs are used.
"""

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from random import Random
from typing import Protocol

from bench.capacity.cues import Kind
from bench.capacity.curve import Batch
from bench.capacity.script import HOP_SECONDS, script
from bench.capacity.stream import Reel
from wsserver.recognition.scheduler import SchedulerSettings
from wsserver.speech import SAMPLE_RATE, DecodeOptions, Hypothesis, Priority, Window, seconds

_HOP = round(HOP_SECONDS * SAMPLE_RATE)
_SIZES = (1, 2, 1, 3, 1, 4, 2, 6, 1, 8, 12, 16)
"""Windows to a batch in turn; the small ones are frequent where engines are not at their limit."""

_STEPS = 8
"""Batches of one size in a row."""

_FINALS_EVERY = 4
"""Of them, one batch of finals."""

_BEYOND = 2.0
"""Larger batches are not tried once one took this many times what the scheduler allows."""

_TIMEOUT_SECONDS = 300.0
_TALK_SECONDS = 300.0


class Decoder(Protocol):
    """What runs batches."""

    async def recognize(
        self, windows: Sequence[Window], timeout_seconds: float, /
    ) -> list[Hypothesis]:
        """Decode *windows* as one batch."""
        ...


class Probe:
    """Asks as speakers do, one batch at a time."""

    def __init__(self, decoder: Decoder, reel: Reel, talk: str, seed: int = 0) -> None:
        self._decoder = decoder
        self._reel = reel
        self._chance = Random(f"probe {seed}")  # noqa: S311 - no secret
        told = [script(talk, number, _TALK_SECONDS).cues for number in range(4)]
        self._lengths = [c.end - c.start for each in told for c in each if c.kind is Kind.ENDED]
        self._asked = 0
        self._open: list[Window] = []
        self._most = {True: max(_SIZES), False: max(_SIZES)}

    async def measure(self, for_seconds: float) -> list[Batch]:
        """Measure for so long, after the first batch of each kind, which is often slow."""
        batches: list[Batch] = []
        await self._time([self._window(exact=True, samples=_HOP)])
        await self._time([self._window(exact=False, samples=_HOP)])
        until = time.monotonic() + for_seconds
        async with aclosing(self._batches()) as measured:
            async for batch in measured:
                batches.append(batch)
                kinds = {each.exact for each in batches}
                if len(kinds) == 2 and time.monotonic() >= until:
                    break
        return batches

    async def _batches(self) -> AsyncGenerator[Batch, None]:
        while True:
            for size in _SIZES:
                for step in range(_STEPS):
                    if size <= self._most[False]:
                        yield await self._grow(size)
                    if size <= self._most[True] and step % _FINALS_EVERY == 0:
                        yield await self._finals(size)

    async def _finals(self, size: int) -> Batch:
        lengths = self._chance.choices(self._lengths, k=size)
        batch, _ = await self._time([self._window(exact=True, samples=each) for each in lengths])
        return batch

    async def _grow(self, size: int) -> Batch:
        """Let as many utterances grow beside each other, each with the draft of its last step."""
        self._open += (self._partial() for _ in range(size - len(self._open)))
        going, self._open = self._open[:size], self._open[size:]
        batch, heard = await self._time(going)
        self._open += (self._grown(*each) for each in zip(going, heard, strict=True))
        return batch

    def _partial(self) -> Window:
        """Begin somewhere in the midst: all lengths are to come up, and all within few steps."""
        hops = self._chance.choice(self._lengths) // _HOP
        return self._window(exact=False, samples=self._chance.randint(1, max(1, hops)) * _HOP)

    def _grown(self, window: Window, heard: Hypothesis) -> Window:
        samples = len(window.audio) + _HOP
        if samples > self._chance.choice(self._lengths):
            return self._window(exact=False, samples=_HOP)
        audio = self._reel.slice(window.start, window.start + samples)
        return replace(window, audio=audio, draft=heard.tokens)

    def _window(self, *, exact: bool, samples: int) -> Window:
        self._asked += 1
        start = self._chance.randrange(600 * SAMPLE_RATE)
        priority = Priority.FINAL if exact else Priority.PARTIAL
        audio, options = self._reel.slice(start, start + samples), DecodeOptions(language="en")
        return Window(f"p{self._asked}", 1, priority, start, audio, options, exact)

    async def _time(self, windows: Sequence[Window]) -> tuple[Batch, list[Hypothesis]]:
        began = time.monotonic()
        heard = await self._decoder.recognize(windows, _TIMEOUT_SECONDS)
        took = time.monotonic() - began
        exact = windows[0].exact
        if took * 1000 > _BEYOND * SchedulerSettings().max_batch_ms:
            self._most[exact] = min(self._most[exact], max(2, len(windows)))
        lengths = tuple(seconds(len(window.audio)) for window in windows)
        return Batch(exact, lengths, took), heard
