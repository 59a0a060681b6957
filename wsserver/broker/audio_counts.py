"""Count the audio of a day that tokens used here, and remember what others say they used.

Knows names of tokens and a clock that is handed in; knows no Redis.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

DAY_SECONDS = 86_400


class AudioCounts:
    """Seconds of today, from midnight to midnight UTC."""

    def __init__(self, gateway: str, clock: Callable[[], float]) -> None:
        """Count as *gateway*; *clock* gives Unix time."""
        self._gateway = gateway.encode()
        self._clock = clock
        self._day = 0
        self._own: defaultdict[str, float] = defaultdict(float)
        self._others: defaultdict[str, float] = defaultdict(float)
        self._untold: set[str] = set()

    @property
    def day(self) -> int:
        """Number today, from 1970 on; on a new one all begins at nothing."""
        day = int(self._clock() // DAY_SECONDS)
        if day != self._day:
            self._day = day
            for counted in (self._own, self._others, self._untold):
                counted.clear()
        return self._day

    def spend(self, token: str, seconds: float) -> None:
        """Count audio that was heard here."""
        _ = self.day
        self._own[token] += seconds
        self._untold.add(token)

    def spent(self, token: str) -> float:
        """Give what others were heard, as far as they have told."""
        _ = self.day
        return self._others.get(token, 0.0)

    def due(self, present: Iterable[str]) -> dict[str, float]:
        """Give what is to be told: whoever used something, and those *present*, with their sums."""
        _ = self.day
        due = {token: self._own[token] for token in {*self._untold, *present}}
        self._untold.clear()
        return due

    def forget_told(self) -> None:
        """Have everything told again."""
        _ = self.day
        self._untold.update(self._own)

    def learn(self, day: int, token: str, sums: Mapping[bytes, bytes]) -> None:
        """Take what each gateway says it has heard on *day*.

        Never less than before: a Redis that was started anew does not know what it knew.
        """
        if day == self.day:
            others = sum(float(said) for name, said in sums.items() if name != self._gateway)
            self._others[token] = max(self._others[token], others)
