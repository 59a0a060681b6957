"""Have batches decoded by replicas: several at once, by whichever of several URLs goes.

Knows the URLs and the wire; knows nothing of what runs at the other end, of sessions or priorities.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import uuid4

from wsserver.cluster.fleet import Fleet
from wsserver.cluster.way import UNIX, Busy, State, Way
from wsserver.cluster.wire import Reply, Request, pack_request, unpack_reply
from wsserver.errors import BadMessage, EngineLost, EngineUnavailable
from wsserver.recognition.pool import NO_BATCH, NOBODY, Demand, Pool, Width
from wsserver.recognition.process import Backoff
from wsserver.recognition.runner import Result
from wsserver.speech import EngineInfo, Window

logger = logging.getLogger(__name__)

PROBE_SECONDS = 1.0
"""Without an answer by a URL, after which it is asked for a report: idle replicas are known too."""

PROBE_TIMEOUT_SECONDS = 5.0
"""For that report, which needs no engine."""

FAREWELL_SECONDS = 1.0
"""For telling replicas that this gateway wants nothing any more."""

TELL_SECONDS = 30.0
"""Between two words in the log about replicas that nobody has heard of yet."""

BACKOFF = Backoff(first_seconds=0.05, longest_seconds=5.0)
"""Between two tries by a URL that fails."""

BUSY_SECONDS = 10.0
"""For which replicas that are full count as alive."""

SILENT_SECONDS = 10.0
"""Without an answer by a URL, though it is asked for reports, until what is on its way is lost: for
two reports, because behind a balancer one may be asked of the only replica that hangs."""


class Replicas:
    """A `Runner` whose engines are replicas: on a cluster behind Ray Serve, or beside each other.

    What a replica took with it to its death is raised as `EngineLost`, so that it is counted and
    sent again; what nobody took as `EngineUnavailable`.  A URL that fails is left alone until an
    empty request goes through, so that no window is sent, and counted, twice in one outage.
    """

    def __init__(self, urls: Sequence[str], backoff: Backoff = BACKOFF) -> None:
        """Go by any of *urls*: http://host:port/path or unix:/path/to/socket."""
        self._name = uuid4().hex
        self._ways = [Way(url) for url in urls]
        self._backoff = backoff
        self._fleet = Fleet()
        self._demand: Callable[[], Demand] = lambda: NOBODY
        self._listeners: list[Callable[[], None]] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._alive = asyncio.Event()

    @property
    def alive(self) -> bool:
        """Tell whether a replica that has an engine answered lately."""
        return self._alive.is_set()

    @property
    def width(self) -> Width:
        """Say how many batches may be on their way; none while it is not known who answers."""
        if not any(way.state is State.OPEN for way in self._ways):
            return NO_BATCH
        return self._fleet.width(self._name, self._demand(), time.monotonic())

    @property
    def pool(self) -> Pool:
        """Say how many replicas there are, and what other gateways ask of them."""
        return self._fleet.pool(self._name, self._demand(), time.monotonic())

    @property
    def info(self) -> EngineInfo:
        """Say which model hears, or heard last; raise `EngineLost` before anybody answered."""
        return self._fleet.info

    def speak_for(self, demand: Callable[[], Demand]) -> None:
        """Tell the replicas, and by them all other gateways, what *demand* gives."""
        self._demand = demand

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call *listener* each time that `alive` or `width` may have changed."""
        self._listeners.append(listener)

    def prove_with(self, window: Window) -> None:
        """Do nothing: a replica has its engines prove themselves."""

    def replace(self) -> None:
        """Do nothing: a replica replaces its engine."""

    async def start(self) -> None:
        """Wait until a replica answers, as long as that takes."""
        self._keepers = [
            asyncio.create_task(self._keep(way), name=f"ask {way.url} for reports")
            for way in self._ways
        ]
        while not self.alive:
            try:
                async with asyncio.timeout(TELL_SECONDS):
                    await self._alive.wait()
            except TimeoutError:
                logger.info("no replica answers yet, by any of %d URLs", len(self._ways))

    async def stop(self) -> None:
        """Close all connections; replicas withdraw what is still under way."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        self._demand = lambda: NOBODY
        for way in self._ways:
            if way.state is State.OPEN:  # who is gone shall not have a share for seconds to come
                with suppress(EngineLost):
                    await self._ask(way, (), FAREWELL_SECONDS)
            way.state = State.CLOSED
            await way.close()
        self._update()

    async def recognize(self, windows: Sequence[Window], timeout_seconds: float) -> list[Result]:
        """Have *windows* decoded by one replica; one result each, in the same order.

        Raises `EngineUnavailable` if nobody took them; `EngineLost` if they were taken and nothing
        came back within *timeout_seconds*.
        """
        way = self._best_way()
        try:
            reply = await self._ask(way, windows, timeout_seconds)
        except EngineLost as error:
            way.refusals = way.refusals + 1 if isinstance(error, EngineUnavailable) else 0
            self._suspect(way, error)
            raise
        way.refusals = 0
        return [_owed(window, each) for window, each in zip(windows, reply.results, strict=True)]

    def _best_way(self) -> Way:
        open_ways = [way for way in self._ways if way.state is State.OPEN]
        if not open_ways:
            raise EngineUnavailable("no replica answers now")
        return min(open_ways, key=lambda way: (not way.is_ready, way.in_flight, way.answered_at))

    async def _ask(self, way: Way, windows: Sequence[Window], timeout_seconds: float) -> Reply:
        request = Request(self._name, tuple(windows), self._demand())
        body = await way.ask(pack_request(request), timeout_seconds)
        try:
            reply = unpack_reply(body)
        except BadMessage as error:
            raise EngineUnavailable(f"{way.url} is no replica of this release: {error}") from None
        if len(reply.results) != len(windows):
            found = f"found {len(reply.results)} results, expected {len(windows)}"
            raise EngineLost(f"{way.url}: {found}")
        self._fleet.note(way.url, reply.report, time.monotonic())
        way.is_ready = reply.report.ready
        self._update()
        return reply

    async def _keep(self, way: Way) -> None:
        """Ask for a report whenever nothing else was asked, and whenever something failed."""
        failures = 0
        while True:
            way.poked.clear()
            level = _level(way)
            try:
                await self._ask(way, (), PROBE_TIMEOUT_SECONDS)
                self._open(way, level)
                failures = 0
            except EngineLost as error:
                self._close(way, error)
                failures += 1
            await self._rest(way, failures)

    async def _rest(self, way: Way, failures: int) -> None:
        if failures:
            await asyncio.sleep(self._backoff.delay(failures))
            return
        while not way.poked.is_set():
            idle_seconds = time.monotonic() - way.answered_at
            if idle_seconds >= PROBE_SECONDS:
                return
            try:
                async with asyncio.timeout(PROBE_SECONDS - idle_seconds):
                    await way.poked.wait()
            except TimeoutError:
                continue
        if way.refusals:
            await asyncio.sleep(self._backoff.delay(way.refusals))

    def _suspect(self, way: Way, error: EngineLost) -> None:
        logger.warning("a batch is sent again: %s", error)
        if way.state is State.OPEN:
            way.state = State.SUSPECT
        self._fleet.lose(way.url)
        way.poked.set()
        self._notify()

    def _open(self, way: Way, level: int) -> None:
        if way.state is State.CLOSED:
            logger.log(level, "replicas answer again by %s", way.url)
        way.state = State.OPEN
        self._update()

    def _close(self, way: Way, error: EngineLost) -> None:
        if isinstance(error, Busy) and time.monotonic() - way.answered_at < BUSY_SECONDS:
            way.state = State.SUSPECT
            return
        if way.state is not State.CLOSED:
            level = logging.ERROR if way.answered_at > 0 else _level(way)
            logger.log(level, "replicas do not answer; they are asked again and again: %s", error)
        way.state = State.CLOSED
        self._fleet.lose(way.url)
        if time.monotonic() - way.heard_at > SILENT_SECONDS:
            way.give_up()
        self._update()

    def _update(self) -> None:
        """Find out whether anybody is there who decodes, and tell if that changed."""
        going = [way for way in self._ways if way.state is not State.CLOSED]
        known = self._fleet.engines(time.monotonic()) > 0
        # One that is suspected is asked at this very moment; nobody needs to be told meanwhile.
        alive = known or any(way.state is State.SUSPECT and way.is_ready for way in going)
        if alive and going:
            self._alive.set()
        else:
            self._alive.clear()
        self._notify()

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()


def _level(way: Way) -> int:
    """Say how much it matters that nobody answers yet: it may just load.

    On this machine whoever started it sees that for himself.
    """
    is_expected = way.answered_at < 0 and way.url.startswith(UNIX)
    return logging.DEBUG if is_expected else logging.INFO


def _owed(window: Window, result: Result) -> Result:
    """Take nothing for an answer only where nothing is owed."""
    if result is None and window.priority.is_owed:
        return EngineLost("a replica dropped a window that somebody waits for")
    return result
