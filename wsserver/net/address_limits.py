"""Hold each address to its limits: handshakes and failures a minute, sessions at a time.

Knows addresses and settings; knows nothing of tokens.
"""

import logging
import math
from collections import Counter

from wsserver.net.client_address import client_address
from wsserver.net.credentials import Presented
from wsserver.net.ledger import Clock
from wsserver.net.rates import Rate
from wsserver.net.refusal import refuse
from wsserver.net.settings import AdmissionSettings

logger = logging.getLogger(__name__)


class AddressLimits:
    """What each address did lately, and has open now.  One that is not known has no limits."""

    def __init__(self, settings: AdmissionSettings, clock: Clock) -> None:
        self._settings = settings
        self._handshakes = Rate(settings.handshakes_per_minute, clock)
        self._failures = Rate(settings.failures_per_minute, clock)
        self._sessions: Counter[str] = Counter()

    def address(self, presented: Presented) -> str:
        """Give the address that a request counts for; empty if it is not known."""
        hops = self._settings.trust_forwarded_for
        return client_address(presented.peer, presented.forwarded_for, hops)

    def check_handshakes(self, address: str) -> None:
        """Raise `Refused` (429) if *address* asks too often."""
        most = self._settings.handshakes_per_minute
        message = f"found more than {most} handshakes a minute from this address"
        _check(self._handshakes, address, "too_many_handshakes", message)

    def count_handshake(self, address: str) -> None:
        """Book a handshake, whatever becomes of it."""
        if address:
            self._handshakes.take(address)

    def check_failures(self, address: str) -> None:
        """Raise `Refused` (429) if *address* failed too often, whatever it presents now."""
        most = self._settings.failures_per_minute
        message = f"found more than {most} wrong credentials a minute from this address"
        _check(self._failures, address, "too_many_failures", message)

    def count_failure(self, address: str) -> None:
        """Book a credential that was wrong, and log where it came from."""
        if address:
            logger.info("found a wrong credential from %s", address)
            self._failures.take(address)

    def check_sessions(self, address: str) -> None:
        """Raise `Refused` (429) if *address* has all sessions that one may."""
        count, most = self._sessions[address], self._settings.max_sessions_per_address
        if address and most is not None and count >= most:
            message = f"found {count} sessions from this address, the most at a time"
            refuse(429, "too_many_from_address", message, self._settings.retry_after_seconds)

    def enter(self, address: str) -> None:
        """Count a session in."""
        self._sessions[address] += 1

    def leave(self, address: str) -> None:
        """Count it out."""
        self._sessions[address] -= 1
        if not self._sessions[address]:
            del self._sessions[address]


def _check(rate: Rate, address: str, code: str, message: str) -> None:
    if address and (wait_seconds := rate.wait_seconds(address)):
        refuse(429, code, message, math.ceil(wait_seconds))
