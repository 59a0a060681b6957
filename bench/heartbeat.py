"""Measure how long an event loop is kept from its turn: a beat every 5 ms, and how late it came.

Knows one event loop; knows nothing of what keeps it busy.
"""

import asyncio
import json
from pathlib import Path

from bench.lags import percentile

BEAT_S = 0.005


class Heartbeat:
    """Beats until it is canceled."""

    def __init__(self) -> None:
        self._late: list[float] = []

    @property
    def beats(self) -> int:
        """Say how many there were."""
        return len(self._late)

    def reset(self) -> None:
        """Forget the beats so far."""
        self._late.clear()

    async def beat(self) -> None:
        """Note how much later than asked for each beat came, in seconds."""
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + BEAT_S
            await asyncio.sleep(BEAT_S)
            self._late.append(max(0.0, clock() - due))

    def save(self, path: Path) -> None:
        """Write the lateness in milliseconds as JSON."""
        told = {f"p{q}": percentile(self._late, q) * 1000 for q in (50, 99, 100)}
        path.write_text(json.dumps({**told, "beats": self.beats}))
