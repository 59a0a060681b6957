"""Remember which tokens for one session had it.

Knows signed tokens and a clock that is handed in; knows nothing of how they are signed.
"""

import heapq

from wsserver.net.ledger import Clock
from wsserver.net.signed_tokens import LEEWAY_SECONDS, SignedToken

MOST_USED = 100_000
"""One-session tokens remembered; beyond that no new one is taken until an old one expires."""


class UsedTokens:
    """The one-session tokens that had their session, until they expire."""

    def __init__(self, clock: Clock, most: int = MOST_USED) -> None:
        self._clock = clock
        self._most = most
        self._known: set[tuple[str, str]] = set()
        self._by_expiry: list[tuple[float, tuple[str, str]]] = []

    def __contains__(self, token: SignedToken) -> bool:
        """Tell whether *token* had its session."""
        return token.identity in self._known

    def is_full(self) -> bool:
        """Tell whether no other token can be remembered now."""
        self._forget()
        return len(self._known) >= self._most

    def add(self, token: SignedToken) -> None:
        """Remember *token* until nobody can present it any more."""
        self._known.add(token.identity)
        heapq.heappush(self._by_expiry, (token.expires + LEEWAY_SECONDS, token.identity))

    def _forget(self) -> None:
        while self._by_expiry and self._by_expiry[0][0] <= self._clock():
            self._known.discard(heapq.heappop(self._by_expiry)[1])
