"""Foresee what one more session would do to everybody's lag.

Knows sessions by their number and windows by what they cost; knows nothing of clocks, connections
or settings of the network.  Time is an argument, in seconds of any clock that only goes forward.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from wsserver.recognition.batching import Batching
from wsserver.recognition.costs import Costs
from wsserver.recognition.pool import OWN_ENGINE, Demand, Pool
from wsserver.speech import Priority, Window, seconds

FINALS_PER_SECOND = 1 / 6
"""Finals of a session, before it has shown otherwise: a sentence and the pause after it."""

SPEAKING = 0.6
"""Share of its time in which a session speaks, before it has shown otherwise."""

PARTIAL_SECONDS = 2.5
"""Audio in a partial's window, before there were any: half of a sentence."""

MEMORY_SECONDS = 120.0
"""How long what was seen counts, and what is expected of a newcomer: twenty finals of a session, so
that few sessions are judged fairly; and people often listen for a while before they speak."""

MOST_FINALS = 0.7
"""Share of the engine's time that finals may take.  Nothing replaces them, so at 1 their queue
grows without bound; and it swings as 1 / (1 - share), so that an estimate that is a tenth too low
makes it a third longer here, and two thirds longer at 0.8."""

BUSY_SECONDS = 60.0
"""How long work counts when it is told how busy an engine is: some rounds of whoever asks."""

TAIL = 1.5
"""The 95th percentile of a wait, in means of the M/M/1 queue: three (ln 20) for an exponential
tail, halved because finals take about the same time each (M/D/1; Kleinrock, Queueing Systems I)."""


class Fading:
    """A sum that forgets: an amount counts for 1/e of itself after the memory's time."""

    def __init__(self, memory_seconds: float) -> None:
        self._memory_seconds = memory_seconds
        self._sum = 0.0
        self._since = -math.inf

    def at(self, now: float) -> float:
        """Give what is left of the sum."""
        return self._sum * math.exp((self._since - now) / self._memory_seconds)

    def rate(self, now: float) -> float:
        """Give the amount per second, as far as it is remembered."""
        return self.at(now) / self._memory_seconds

    def add(self, amount: float, now: float) -> None:
        """Add to the sum."""
        self._sum, self._since = self.at(now) + amount, now

    def scale(self, factor: float) -> None:
        """Keep only a part of the sum."""
        self._sum *= factor


FINAL_SHARE_OF_LAG = 2 / 3
"""A final may take this part of the lag that is allowed: 2 s by default."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to be expected with one more session."""

    lag_seconds: float
    """From a word to its partial, in 95 of 100 cases; the hop between two partials comes on top."""

    final_seconds: float
    """From an endpoint to its final, in 95 of 100 cases."""

    finals_share: float
    """Share of the engine's time that finals would take."""

    def at_least(self, lag_seconds: float) -> "Forecast":
        """Give the same with no less lag than that."""
        return replace(self, lag_seconds=max(self.lag_seconds, lag_seconds))

    def objection(self, max_lag_seconds: float) -> str | None:
        """Say why there should not be one more, or None."""
        if self.finals_share > MOST_FINALS:
            return (
                f"found finals to take {self.finals_share:.0%} of the engine with one more "
                f"session, expected at most {MOST_FINALS:.0%}"
            )
        lags = (
            ("partials", self.lag_seconds, max_lag_seconds),
            ("finals", self.final_seconds, max_lag_seconds * FINAL_SHARE_OF_LAG),
        )
        for name, foreseen, most in lags:
            if foreseen > most:
                return (
                    f"found a predicted lag of {foreseen:.1f} s for {name} with one more session, "
                    f"expected at most {most:.3g} s"
                )
        return None


NO_LOAD = Forecast(0.0, 0.0, 0.0)


class Capacity:
    """What the sessions ask for, and what the engine can give.

    A session that was just let in counts by what is expected of anybody, and the more by what it
    does the longer it is there: both fade alike, the one out and the other in.
    """

    def __init__(self, costs: Costs, batching: Batching, hop_seconds: float) -> None:
        self._costs = costs
        self._batching = batching
        self._hop_seconds = hop_seconds
        self._sessions = 0
        self._newcomers = Fading(MEMORY_SECONDS)
        self._finals = Fading(MEMORY_SECONDS)
        self._partials = Fading(MEMORY_SECONDS)
        self._partial_audio = Fading(MEMORY_SECONDS)
        self._worked = Fading(BUSY_SECONDS)

    def ask(self, window: Window, now: float) -> None:
        """Learn that *window* is wanted."""
        if window.priority is Priority.PARTIAL:
            self._partials.add(1.0, now)
            self._partial_audio.add(seconds(len(window.audio)), now)

    def serve(self, windows: Sequence[Window], took_seconds: float | None, now: float) -> None:
        """Learn that *windows* went as one batch, which ended just *now*.

        What it took is None where that says nothing, because it waited behind others as well.
        """
        if took_seconds is not None:
            self._costs.observe(windows, took_seconds)
            self._worked.add(took_seconds, now)
        # While early finals go, they are served in the place of finals, not beside them.
        live = (Priority.FINAL, Priority.EARLY_FINAL)
        self._finals.add(sum(window.priority in live for window in windows), now)

    def count(self, sessions: int, now: float) -> None:
        """Learn how many sessions there are."""
        if sessions > self._sessions:
            self._newcomers.add(sessions - self._sessions, now)
        elif self._sessions:
            # Nobody knows which ones left, so they are taken for average ones.
            for each in (self._newcomers, self._finals, self._partials, self._partial_audio):
                each.scale(sessions / self._sessions)
        self._sessions = sessions

    def demand(self, now: float) -> Demand:
        """Tell what the sessions ask for, to those who use the same engines."""
        return Demand(
            self._sessions,
            self._newcomers.at(now),
            self._finals.rate(now),
            self._partials.rate(now),
            self._partial_audio.rate(now),
        )

    def busy(self, now: float, pool: Pool = OWN_ENGINE) -> float:
        """Say for what part of the time an engine of *pool* worked lately, on average."""
        return pool.busy if pool.prices else self._worked.rate(now)

    def forecast(self, now: float, pool: Pool = OWN_ENGINE) -> Forecast:
        """Say what one more session would bring to all who use the engines of *pool*.

        The first one disturbs nobody.  Several engines share out what is asked of them; whether it
        is asked from here or from elsewhere makes no difference to anybody's lag.
        """
        asked = self.demand(now) + pool.others
        if not asked.sessions:
            return NO_LOAD
        new = asked.newcomers + 1
        finals = self._cautious(asked.finals_per_second + new * FINALS_PER_SECOND)
        speaking = asked.partials_per_second * self._hop_seconds + new * SPEAKING
        most = self._batching.most(self._costs.of_exact)
        alone, together = self._costs.of_exact(1), self._costs.of_exact(most)
        share = finals * together / most / pool.engines
        if share >= 1:
            return Forecast(math.inf, math.inf, share)
        # Finals go first, and partials share out what they leave: a word waits for the turn of
        # its session, and for the finals that happen to come just then.  Finals that go together
        # do so between any two batches of partials, and each time a batch has its own price.
        queue = TAIL * alone * _queue(share, pool.engines)
        own_price = (alone - together / most) * most / (most - 1) if most > 1 else 0.0
        batches, undisturbed_seconds = self._round(speaking / pool.engines, asked)
        return Forecast(
            lag_seconds=(undisturbed_seconds + batches * own_price) / (1 - share) + queue,
            # A batch of partials may just have begun when it comes.
            final_seconds=queue + alone + self._batching.max_seconds,
            finals_share=share,
        )

    def _cautious(self, rate: float) -> float:
        """Add the standard deviation of a rate that was estimated: who is let in stays in."""
        return rate + math.sqrt(rate / (2 * MEMORY_SECONDS))

    def _round(self, speaking: float, asked: Demand) -> tuple[float, float]:
        """Give the batches that serve everybody who speaks once, and the seconds for them alone."""
        count = asked.partials_per_second * MEMORY_SECONDS + 1.0
        total_seconds = asked.audio_per_second * MEMORY_SECONDS + PARTIAL_SECONDS
        audio_seconds = total_seconds / count
        most = self._batching.most(lambda n: self._costs.of_others(n * audio_seconds))
        full, rest = divmod(speaking, most)
        last = self._costs.of_others(rest * audio_seconds) if rest else 0.0
        whole = full * self._costs.of_others(most * audio_seconds)
        return max(1.0, speaking / most), whole + last


def _queue(share: float, engines: int) -> float:
    """Give the mean wait in service times, if so many engines are used to that *share*.

    Sakasegawa's approximation for M/M/c (1977), which for one engine is exact: the next of several
    that are all busy is free the sooner, and seldom are all of them busy.
    """
    return math.pow(share, math.sqrt(2 * (engines + 1)) - 1) / (engines * (1 - share))
