"""What one address may: so many sessions, handshakes and failures; others are not concerned."""

import logging
from typing import Any

import pytest

from tests.net.prompt import Prompt
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.credentials import Presented, read
from wsserver.net.refusal import Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import Grant, SignedTokens
from wsserver.net.tokens import Token, new_token

PLAIN, HASH = new_token()


class Door:
    """A gate, and a clock that is moved by hand."""

    def __init__(self, **settings: Any) -> None:
        self.now = 1_000.0
        self.signed = SignedTokens(bytes(32), (), 3_600, self.clock)
        tokens = (Token(name="ann", hash=HASH),)
        self.gate = Prompt(
            Gate(
                AdmissionSettings(tokens=tokens, **settings),
                Conditions(),
                self.clock,
                signed=self.signed,
            )
        )

    def clock(self) -> float:
        return self.now

    def code(self, presented: Presented) -> str:
        """Try to come in, and leave at once; give why not."""
        try:
            self.gate.admit(presented).release()
        except Refused as refused:
            return f"{refused.refusal.status} {refused.refusal.code}"
        return "admitted"

    def judged(self, presented: Presented) -> tuple[str, int | None]:
        refusal = self.gate.judge(presented)
        return (refusal.code, refusal.retry_after) if refusal else ("admitted", None)


def asking(peer: str = "192.0.2.1", secret: str = PLAIN, forwarded_for: str = "") -> Presented:
    headers = [("Authorization", f"Bearer {secret}"), ("X-Forwarded-For", forwarded_for)]
    return read(headers, "/v1/dictation", peer)


def test_an_address_asks_only_so_often_whatever_it_is_answered() -> None:
    door = Door(handshakes_per_minute=3)

    codes = [door.code(asking(secret=secret)) for secret in (PLAIN, "wrong", PLAIN, PLAIN)]

    assert codes == ["admitted", "403 bad_token", "admitted", "429 too_many_handshakes"]
    assert door.judged(asking()) == ("too_many_handshakes", 20)
    assert door.code(asking("192.0.2.2")) == "admitted"
    door.now += 20
    assert door.code(asking()) == "admitted"


def test_a_judgment_counts_for_no_handshake() -> None:
    door = Door(handshakes_per_minute=1)

    for _ in range(5):
        assert door.judged(asking()) == ("admitted", None)

    assert door.code(asking()) == "admitted"


def test_an_address_that_fails_too_often_waits_even_with_a_good_token() -> None:
    door = Door(failures_per_minute=2)

    assert door.judged(asking(secret="wrong"))[0] == "bad_token"
    assert door.code(asking(secret="wsc_wrong")) == "403 bad_token"

    assert door.code(asking()) == "429 too_many_failures"
    assert door.judged(asking()) == ("too_many_failures", 30)
    with pytest.raises(Refused, match="wrong credentials a minute"):
        door.gate.identify(asking())
    assert door.code(asking("192.0.2.2")) == "admitted"
    door.now += 30
    assert door.code(asking()) == "admitted"


def test_where_a_wrong_credential_came_from_is_logged_and_it_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = Door(failures_per_minute=1)
    caplog.set_level(logging.INFO)

    for _ in range(3):
        door.code(asking("192.0.2.2", secret="wrong-and-secret"))
    door.code(asking())

    assert caplog.messages == ["found a wrong credential from 192.0.2.2"]


def test_damaged_signed_tokens_are_failures_but_not_those_that_expired_or_were_used() -> None:
    door = Door(failures_per_minute=1)
    text, _ = door.signed.sign(Grant(subject="ann", scope=("speak",), seconds=60))
    assert door.code(asking(secret=text)) == "admitted"

    assert [door.code(asking(secret=text)) for _ in range(3)] == ["403 token_used"] * 3
    door.now += 71
    assert [door.code(asking(secret=text)) for _ in range(3)] == ["401 token_expired"] * 3
    assert door.code(asking(secret=text[:-4])) == "403 bad_token"
    assert door.code(asking(secret=text)) == "429 too_many_failures"


def test_who_presents_nothing_does_not_fail() -> None:
    door = Door(failures_per_minute=1)
    bare = read([], "/v1/dictation", "192.0.2.1")

    assert [door.code(bare) for _ in range(3)] == ["401 no_token"] * 3


def test_an_address_has_only_so_many_sessions_at_a_time() -> None:
    door = Door(max_sessions_per_address=2)

    with door.gate.admit(asking()), door.gate.admit(asking()):
        assert door.code(asking()) == "429 too_many_from_address"
        assert door.judged(asking()) == ("too_many_from_address", 5)
        assert door.code(asking("192.0.2.2")) == "admitted"

    assert door.code(asking()) == "admitted"
    assert door.gate._limits._sessions == {}


def test_by_default_an_address_is_not_counted() -> None:
    door = Door(max_sessions=99)

    leases = [door.gate.admit(asking()) for _ in range(99)]

    assert len(leases) == door.gate.sessions


def test_behind_trusted_proxies_each_client_has_limits_of_its_own() -> None:
    door = Door(max_sessions_per_address=1, trust_forwarded_for=1)

    with door.gate.admit(asking(forwarded_for="198.51.100.1")):
        again = asking(forwarded_for="6.6.6.6, 198.51.100.1")
        assert door.code(again) == "429 too_many_from_address"
        assert door.code(asking(forwarded_for="198.51.100.2")) == "admitted"


def test_nobody_escapes_by_a_header_where_no_proxy_is_trusted() -> None:
    door = Door(max_sessions_per_address=1)

    with door.gate.admit(asking(forwarded_for="198.51.100.1")):
        other = asking(forwarded_for="198.51.100.2")
        assert door.code(other) == "429 too_many_from_address"


def test_where_no_address_is_known_none_has_limits() -> None:
    door = Door(max_sessions_per_address=1, handshakes_per_minute=1, failures_per_minute=1)

    assert [door.code(asking("", "wrong")) for _ in range(3)] == ["403 bad_token"] * 3
    with door.gate.admit(asking("")), door.gate.admit(asking("")):
        assert door.code(asking("")) == "admitted"


def test_a_draining_server_says_so_first() -> None:
    door = Door(handshakes_per_minute=1)
    door.code(asking())

    door.gate.drain()

    assert door.code(asking()) == "503 draining"


def test_the_server_itself_never_waits_for_what_others_do_from_its_machine() -> None:
    plain, digest = new_token()
    insider = Token(name="the server itself", hash=digest)
    settings = AdmissionSettings(tokens=(insider,), handshakes_per_minute=1, failures_per_minute=1)
    gate = Prompt(Gate(settings, Conditions(insider=insider), lambda: 0.0))
    for secret in ("wrong", "wrong"):
        with pytest.raises(Refused):
            gate.admit(asking(secret=secret))
    garbled = read([("Authorization", "nonsense")], "/v1/dictation", "192.0.2.1")

    assert gate.judge(garbled).code == "too_many_handshakes"  # type: ignore[union-attr]
    assert gate.admit(asking(secret=plain)).token == insider


def test_the_server_itself_is_nobody_whose_session_counts() -> None:
    (own, own_hash), (plain, digest) = new_token(), new_token()
    insider = Token(name="the server itself", hash=own_hash)
    settings = AdmissionSettings(tokens=(insider, Token(name="ann", hash=digest)))
    gate = Prompt(Gate(settings, Conditions(insider=insider), lambda: 0.0))

    gate.admit(asking(secret=own))
    alone = gate.sessions
    gate.admit(asking(secret=plain))

    assert (alone, gate.sessions) == (0, 1)
