"""Let clients come, go, and come again, and measure what the server holds whenever nobody is there.

Knows how many come and who measures; knows nothing of what clients do and of how figures are shown.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from bench.processes import Server
from bench.soak_clients import Place, Visit, speeches
from bench.soak_figures import Rest, Verdict, judge, rest
from bench.soak_kinds import choose

_LONGEST_VISIT_S = 60.0
_SPEECHES = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """How many come, and how."""

    sessions: int
    seed: int
    at_once: int = 32
    every: int = 500
    """Sessions between two rests."""


@dataclass
class Outcome:
    """What became of the clients."""

    met: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


@dataclass
class Soaked:
    """All that was found."""

    plan: Plan
    rests: list[Rest] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def verdicts(self) -> list[Verdict]:
        """Judge every figure, from the first rest after somebody came."""
        return judge(self.rests[1:])

    @property
    def is_good(self) -> bool:
        """Tell whether all is flat and nobody met with anything else than was right."""
        return all(each.is_flat for each in self.verdicts) and not self.outcome.failures


async def soak(server: Server, plan: Plan, tick: Callable[[], None]) -> Soaked:
    """Let everybody come and go; measure at every rest, the first before anybody came."""
    random = Random(plan.seed)  # noqa: S311 - no secret
    place = Place(server.socket_url, server.token, speeches(_SPEECHES, random))
    soaked, began = Soaked(plan), time.monotonic()
    soaked.rests.append(await rest(server, 0, 0.0))
    for first in range(0, plan.sessions, plan.every):
        numbers = iter(range(first, min(first + plan.every, plan.sessions)))
        clients = [
            _come(place, plan.seed, numbers, soaked.outcome, tick) for _ in range(plan.at_once)
        ]
        await asyncio.gather(*clients)
        so_far = min(first + plan.every, plan.sessions)
        soaked.rests.append(await rest(server, so_far, time.monotonic() - began))
    return soaked


async def _come(
    place: Place, seed: int, numbers: Iterator[int], outcome: Outcome, tick: Callable[[], None]
) -> None:
    for number in numbers:
        visit = Visit.of(place, f"{seed}, {number}")
        kind = choose(visit.random)
        try:
            async with asyncio.timeout(_LONGEST_VISIT_S):
                await kind(visit)
        except Exception as error:  # noqa: BLE001 - the table tells it
            outcome.failures.append(f"{number}: {kind.__name__}: {type(error).__name__}: {error}")
        outcome.met[kind.__name__] += 1
        tick()
