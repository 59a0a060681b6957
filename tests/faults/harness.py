"""Dictate while things break, by a schedule that a seed gives, and compare with peace.

Knows servers, lines and what a client is promised; knows nothing of how either keeps it.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random
from time import monotonic
from typing import Literal, TypeAlias, get_args

from tests.faults.kept_server import TOKEN, KeptServer, kept_server
from tests.faults.proxy import Proxy, Weather, proxy_to
from tests.faults.speech import Heard, Speech
from wsserver.client import Dictation, Reconnect, connect
from wsserver.messages import Ready

LineFault: TypeAlias = Literal[
    "cut", "close", "stall", "half-open", "lost ready", "refuse", "throttle", "delay", "shred"
]
EngineFault: TypeAlias = Literal["engine killed", "engine hangs"]
ServerFault: TypeAlias = Literal["kill", "terminate"]
RedisFault: TypeAlias = Literal["redis hangs", "redis killed"]
"""Where several servers share one."""

Fault: TypeAlias = LineFault | EngineFault | ServerFault | RedisFault

LINE: tuple[LineFault, ...] = get_args(LineFault)
ENGINE: tuple[EngineFault, ...] = get_args(EngineFault)
SERVER: tuple[ServerFault, ...] = get_args(ServerFault)

HASTY = Reconnect(
    give_up_seconds=90.0,
    first_seconds=0.02,
    longest_seconds=0.5,
    silent_seconds=1.0,
    busy_seconds=3.0,
)
_WEATHERS: dict[Fault, Weather] = {
    "throttle": Weather(bytes_per_second=40_000.0),
    "delay": Weather(hold_seconds=0.05),
    "shred": Weather(piece_bytes=7),
}
_BREAKS: set[Fault] = {"cut", "close", "stall", "half-open", "lost ready", *SERVER}
_WEATHER_LASTS_S = 0.4
_REFUSES_S = 0.3
_RECOVERS_WITHIN_S = 60.0
_SECONDS_PER_BLOCK = 0.004


@dataclass(frozen=True, slots=True)
class Strike:
    """A fault at a place in the dictation."""

    at: float
    """Seconds of audio."""

    fault: Fault
    alone: bool
    """Whether the session has to be whole again before more is said."""


@dataclass
class Struck:
    """What a fault did."""

    strike: Strike
    seconds: float = 0.0
    """To recover; 0 if nobody waited for it."""


@dataclass
class Place:
    """A server and the line to it."""

    server: KeptServer
    proxy: Proxy
    jobs: list[asyncio.Task[None]] = field(default_factory=list)
    stops: int = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.proxy.port}/v1/dictation"

    def strike(self, fault: Fault) -> None:
        """Do the harm; what mends itself later does so in the background."""
        actions: dict[Fault, Callable[[], None]] = {
            "cut": self.proxy.cut,
            "close": self.proxy.close,
            "stall": self.proxy.stall,
            "half-open": self.proxy.swallow,
            "lost ready": self._lose_ready,
            "refuse": self._refuse,
            "engine killed": partial(self.server.signal_engine, signal.SIGKILL),
            "engine hangs": partial(self.server.signal_engine, signal.SIGSTOP),
            "kill": partial(self._replace, signal.SIGKILL),
            "terminate": partial(self._replace, signal.SIGTERM),
        }
        actions.get(fault, partial(self._darken, fault))()

    def _lose_ready(self) -> None:
        self.proxy.answers_to_lose = 1
        self.proxy.cut()

    def _refuse(self) -> None:
        self.proxy.is_refusing = True
        self.proxy.cut()
        self._later(_REFUSES_S, self._admit)

    def _darken(self, fault: Fault) -> None:
        self.proxy.weather = _WEATHERS[fault]
        self._later(_WEATHER_LASTS_S, self._clear_up)

    def _replace(self, number: signal.Signals) -> None:
        self.stops += number is signal.SIGTERM
        self.jobs.append(asyncio.create_task(self.server.replace(number)))

    def _later(self, seconds: float, then: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(seconds, then)

    def _admit(self) -> None:
        self.proxy.is_refusing = False

    def _clear_up(self) -> None:
        self.proxy.weather = Weather()


@asynccontextmanager
async def place(folder: Path, **environment: str) -> AsyncIterator[Place]:
    """Open a server and a line to it; servers that were replaced have to have come back."""
    async with kept_server(folder, **environment) as server, proxy_to(server.port) as proxy:
        there = Place(server, proxy)
        yield there
        await asyncio.gather(*there.jobs)


def schedule(seed: int, count: int, seconds: float, kinds: Sequence[Fault]) -> list[Strike]:
    """Spread so many faults over a dictation, each kind as often as the others."""
    random = Random(seed)
    faults = [kinds[i % len(kinds)] for i in range(count)]
    random.shuffle(faults)
    places = sorted(random.uniform(0.2, seconds - 0.2) for _ in faults)
    return [
        Strike(at, fault, random.random() < 0.75) for at, fault in zip(places, faults, strict=True)
    ]


async def undisturbed(url: str, speech: Speech) -> Heard:
    """Say it all in peace."""
    async with connect(url, TOKEN, speech.start) as dictation:
        speaking = asyncio.create_task(_speak(dictation, speech))
        heard = Heard([dictation.ready, *[message async for message in dictation]])
        await speaking
    return heard


async def _speak(dictation: Dictation, speech: Speech) -> None:
    for block in speech.blocks():
        await dictation.hold(block.end / speech.start.sample_rate)
        await dictation.send(block.data)
        if block.flush:
            await dictation.flush(block.flush)
    await dictation.finish()


class Storm:
    """One dictation through all its faults."""

    def __init__(
        self,
        where: Place,
        speech: Speech,
        strikes: Sequence[Strike],
        on_strike: Callable[[Struck], None] = lambda _: None,
    ) -> None:
        self._place, self._speech = where, speech
        self._strikes = list(strikes)
        self._on_strike = on_strike
        self.struck: list[Struck] = []
        self.heard = Heard([])

    async def run(self) -> Heard:
        """Say it all; give what was heard."""
        async with connect(self._place.url, TOKEN, self._speech.start, None, HASTY) as dictation:
            self.heard.messages.append(dictation.ready)
            speaking = asyncio.create_task(self._speak(dictation))
            try:
                async for message in dictation:
                    self.heard.messages.append(message)
            finally:
                speaking.cancel()
                await asyncio.wait([speaking])
        if not speaking.cancelled():
            speaking.result()
        return self.heard

    async def _speak(self, dictation: Dictation) -> None:
        for block in self._speech.blocks():
            while (
                self._strikes and self._strikes[0].at * self._speech.start.sample_rate <= block.end
            ):
                await self._strike(self._strikes.pop(0))
            await dictation.send(block.data)
            if block.flush:
                await dictation.flush(block.flush)
            await asyncio.sleep(_SECONDS_PER_BLOCK)
        await dictation.finish()

    async def _strike(self, strike: Strike) -> None:
        struck, before, began = Struck(strike), self._readies, monotonic()
        self._place.strike(strike.fault)
        if strike.alone:
            async with asyncio.timeout(_RECOVERS_WITHIN_S):
                while strike.fault in _BREAKS and self._readies == before:
                    await asyncio.sleep(0.005)
            struck = replace(struck, seconds=monotonic() - began)
        self.struck.append(struck)
        self._on_strike(struck)

    @property
    def _readies(self) -> int:
        return sum(isinstance(message, Ready) for message in self.heard.messages)


async def explain(url: str, speech: Speech, heard: Heard, stops: int) -> Heard:
    """Give what is heard in peace with a flush where the server cut the speech as it stopped.

    A server that stops makes final what it has, and that cut stays.  Such a place is one where the
    session went on and where it would never have stood in peace.
    """
    peace = await undisturbed(url, speech)
    for _ in range(stops):
        cuts = [at for at in heard.resumed_at if at not in peace.marks]
        if not cuts:
            break
        speech = speech.flushed_also_at(cuts[0])
        peace = await undisturbed(url, speech)
    return peace


def check(speech: Speech, heard: Heard, peace: Heard) -> None:
    """Find everything as it would have been, once and in order."""
    heard.check_once()
    named = {f"f{at}" for at in speech.flushes}
    assert heard.outcome == peace.outcome
    assert heard.flushed == [name for name in peace.flushed if name in named]
