"""Remember who answered lately and who asked lately: replicas for gateways, and the reverse.

Knows names and what they told; knows nothing of networks.  Time is an argument, in seconds of any
clock that only goes forward.
"""

import math
from collections import deque
from dataclasses import dataclass, replace
from statistics import fmean

from wsserver.cluster.wire import Asked, Report
from wsserver.errors import EngineLost
from wsserver.recognition.costs import Prices
from wsserver.recognition.pool import NOBODY, Demand, Pool, Width
from wsserver.speech import EngineInfo

LATELY_SECONDS = 10.0
"""For which somebody who is not heard of is still there."""


class Demands:
    """What each gateway asked for lately, as others know it."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[float, Demand]] = {}

    def note(self, gateway: str, demand: Demand, at: float) -> None:
        """Learn what *gateway* asked for at that time, if nothing newer is known."""
        known = self._asked.get(gateway)
        if known is None or known[0] <= at:
            self._asked[gateway] = at, demand

    def lately(self, now: float) -> dict[str, Asked]:
        """Give what everybody asked for who was here lately; forget the others."""
        oldest = now - LATELY_SECONDS
        self._asked = {name: seen for name, seen in self._asked.items() if seen[0] >= oldest}
        return {name: Asked(demand, now - at) for name, (at, demand) in self._asked.items()}


class Growth:
    """How many sessions a gateway had lately."""

    def __init__(self) -> None:
        self._counts = deque([(-math.inf, 0)])

    def note(self, sessions: int, now: float) -> None:
        """Learn that there are so many *sessions*."""
        if sessions != self._counts[-1][1]:
            self._counts.append((now, sessions))
        while len(self._counts) > 1 and self._counts[1][0] <= now - LATELY_SECONDS:
            self._counts.popleft()

    def since(self, moment: float) -> int:
        """Say how many more they are than at that *moment*, which was lately."""
        before = next(count for at, count in reversed(self._counts) if at <= moment)
        return max(0, self._counts[-1][1] - before)


@dataclass(frozen=True, slots=True)
class _Seen:
    at: float
    way: str
    report: Report


class Fleet:
    """The replicas that answered lately, as a gateway knows them."""

    def __init__(self) -> None:
        self._seen: dict[str, _Seen] = {}
        self._demands = Demands()
        self._growth = Growth()
        self._info: EngineInfo | None = None
        self._pool = Pool()

    @property
    def info(self) -> EngineInfo:
        """Say which model hears, or heard last; raise `EngineLost` before anybody answered."""
        if self._info is None:
            raise EngineLost("no replica has answered yet")
        return self._info

    def note(self, way: str, report: Report, now: float) -> None:
        """Learn that a replica answered by *way*."""
        self._seen[report.replica] = _Seen(now, way, report)
        self._info = report.info
        for gateway, asked in report.demands.items():
            self._demands.note(gateway, asked.demand, now - asked.age_seconds)

    def lose(self, way: str) -> None:
        """Learn that *way* does not answer: whoever did so by it may be gone."""
        self._seen = {name: seen for name, seen in self._seen.items() if seen.way != way}

    def engines(self, now: float) -> int:
        """Say how many replicas decode now."""
        reports = self._reports(now)
        ready = sum(report.ready for report in reports)
        # A balancer shows one at random, but each may know how many there are.
        hidden = max((report.replicas for report in reports), default=0) - len(reports)
        return ready + max(0, hidden) if ready else 0

    def width(self, gateway: str, demand: Demand, now: float) -> Width:
        """Say how many batches of *gateway*, which asks for *demand*, may be on their way.

        All gateways together have one for each replica, and another that is full, so that there
        always is a next one; each gateway has its share of them by what is asked.
        """
        mine = demand.requests_per_second
        asked = self._demands_beside(gateway, now)
        others = sum(each.demand.requests_per_second for each in asked)
        share = mine / (mine + others) if others else 1.0
        engines = self.engines(now)
        batches, full = (max(1, math.ceil(each * share * engines)) for each in (1, 2))
        return Width(batches, full)

    def pool(self, gateway: str, demand: Demand, now: float) -> Pool:
        """Say what *gateway*, which asks for *demand*, shares, and with whom.

        If nobody answers, it is what it was last.
        """
        self._growth.note(demand.sessions, now)
        reports = self._reports(now)
        if not reports:
            return replace(self._pool, busy=0.0)
        beside = self._demands_beside(gateway, now)
        self._pool = Pool(
            engines=max(1, self.engines(now)),
            prices=_mean([report.prices for report in reports]),
            others=sum((self._now(each, now) for each in beside), NOBODY),
            waiting_seconds=fmean(report.waiting_seconds for report in reports),
            busy=fmean(report.busy for report in reports),
        )
        return self._pool

    def _demands_beside(self, gateway: str, now: float) -> list[Asked]:
        return [asked for name, asked in self._demands.lately(now).items() if name != gateway]

    def _now(self, asked: Asked, now: float) -> Demand:
        """Say what another gateway asks for by now, for it has not told of its latest newcomers.

        As many are taken to have come there as came here: whoever shares out connections shares
        those of a rush, too, and all gateways would let in the same few that are missing.
        """
        newcomers = self._growth.since(now - asked.age_seconds)
        return asked.demand + Demand(newcomers, float(newcomers))

    def _reports(self, now: float) -> list[Report]:
        """Give the latest report of each replica that answered lately."""
        oldest = now - LATELY_SECONDS
        self._seen = {name: seen for name, seen in self._seen.items() if seen.at >= oldest}
        return [seen.report for seen in self._seen.values()]


def _mean(prices: list[Prices]) -> Prices:
    return Prices(
        fmean(each.exact_first for each in prices),
        fmean(each.exact_further for each in prices),
        fmean(each.others_first for each in prices),
        fmean(each.others_further for each in prices),
    )
