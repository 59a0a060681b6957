import base64
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.net.prompt import Prompt
from wsserver.errors import ConfigError, LimitReached
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.credentials import Presented, read
from wsserver.net.refusal import Refusal, Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.tokens import Scope, Token, new_token

NOON = 20_000 * 86_400 + 43_200.0
PLAIN, HASH = new_token()
BEARER = ("Authorization", f"Bearer {PLAIN}")
HOST = ("Host", "here:8000")


def token(
    scope: tuple[Scope, ...] = ("speak",),
    sessions: int | None = None,
    audio_seconds_per_day: float | None = None,
) -> Token:
    return Token(
        name="ann",
        hash=HASH,
        scope=scope,
        sessions=sessions,
        audio_seconds_per_day=audio_seconds_per_day,
    )


def gate(
    only: Token | None = None,
    conditions: Conditions | None = None,
    settings: Callable[..., AdmissionSettings] = AdmissionSettings,
) -> Prompt:
    tokens = (only or token(),)
    return Prompt(Gate(settings(tokens=tokens), conditions or Conditions(), lambda: NOON))


def asking(*headers: tuple[str, str], target: str = "/v1/dictation") -> Presented:
    return read([HOST, *headers], target)


def refusal_of(found: Refusal | None) -> tuple[int, str]:
    assert found is not None
    return found.status, found.code


def encoded(plain: str) -> str:
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "headers",
    [
        [BEARER],
        [("Authorization", f"Token {PLAIN}")],
        [("Sec-WebSocket-Protocol", f"dictation.v1, token.{encoded(PLAIN)}")],
        [BEARER, ("Sec-WebSocket-Protocol", "dictation.v1")],
        [BEARER, ("Sec-WebSocket-Protocol", "future.v9, dictation.v1")],
        [BEARER, ("Origin", "http://here:8000")],
    ],
)
def test_a_known_token_is_let_in(headers: list[tuple[str, str]]) -> None:
    door = gate()

    assert door.judge(asking(*headers)) is None
    assert door.admit(asking(*headers)).token.name == "ann"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([], (401, "no_token")),
        ([("Authorization", "Basic dXNlcjpwYXNz")], (401, "no_token")),
        ([("Authorization", PLAIN)], (403, "bad_token")),
        ([("Authorization", "Bearer unknown")], (403, "bad_token")),
        ([("Authorization", f"Bearer {HASH}")], (403, "bad_token")),
        ([("Sec-WebSocket-Protocol", "dictation.v1, token.?")], (403, "bad_token")),
        ([("Sec-WebSocket-Protocol", "dictation.v1")], (401, "no_token")),
        ([BEARER, ("Sec-WebSocket-Protocol", "soap, mqtt")], (400, "bad_subprotocol")),
        (
            [("Sec-WebSocket-Protocol", f"token.{encoded(PLAIN)}")],
            (400, "bad_subprotocol"),
        ),
        ([BEARER, ("Origin", "http://elsewhere")], (403, "bad_origin")),
        ([BEARER, ("Origin", "null")], (403, "bad_origin")),
        ([BEARER] + [("Origin", "http://here:8000")] * 2, (403, "bad_origin")),
    ],
)
def test_others_are_refused(headers: list[tuple[str, str]], expected: tuple[int, str]) -> None:
    door = gate()

    assert refusal_of(door.judge(asking(*headers))) == expected
    with pytest.raises(Refused):
        door.admit(asking(*headers))
    assert door.sessions == 0


def test_a_token_in_the_url_is_not_taken_and_the_refusal_says_so() -> None:
    found = gate().judge(asking(target=f"/?token={PLAIN}"))

    assert refusal_of(found) == (401, "no_token")
    assert found is not None
    assert "in the URL, which this server does not take" in found.message


def test_a_token_in_the_url_is_taken_where_the_settings_allow_it() -> None:
    door = gate(settings=lambda tokens: AdmissionSettings(tokens=tokens, token_in_url=True))

    assert door.judge(asking(target=f"/?token={PLAIN}")) is None


def test_a_token_opens_only_what_its_scope_names() -> None:
    viewer = gate(token(scope=("view",)))

    assert refusal_of(viewer.judge(asking(BEARER))) == (403, "missing_scope")
    assert viewer.judge(asking(BEARER), "view") is None


@pytest.mark.parametrize(("trusted", "expected"), [(True, None), (False, (403, "bad_origin"))])
def test_the_host_a_proxy_forwards_counts_only_if_it_is_trusted(
    trusted: bool, expected: tuple[int, str] | None
) -> None:
    door = gate(
        settings=lambda tokens: AdmissionSettings(tokens=tokens, trust_forwarded_host=trusted)
    )

    found = door.judge(
        asking(BEARER, ("Origin", "https://out.example"), ("X-Forwarded-Host", "out.example"))
    )

    assert (found and refusal_of(found)) == expected


@pytest.mark.parametrize("origins", [("https://out.example",), ("*",)])
def test_listed_origins_are_let_in(origins: tuple[str, ...]) -> None:
    door = gate(settings=lambda tokens: AdmissionSettings(tokens=tokens, origins=origins))

    assert door.judge(asking(BEARER, ("Origin", "https://out.example"))) is None


def test_a_full_server_refuses_until_a_place_is_free() -> None:
    door = gate(settings=lambda tokens: AdmissionSettings(tokens=tokens, max_sessions=1))

    with door.admit(asking(BEARER)):
        found = door.judge(asking(BEARER))

    assert refusal_of(found) == (503, "full")
    assert found is not None
    assert found.retry_after == 5
    assert door.judge(asking(BEARER)) is None


def test_a_token_has_no_more_sessions_than_its_own() -> None:
    door = gate(token(sessions=2))

    with door.admit(asking(BEARER)), door.admit(asking(BEARER)):
        found = door.judge(asking(BEARER))

    assert refusal_of(found) == (429, "too_many_sessions")
    assert found is not None
    assert found.retry_after == 5
    assert door.judge(asking(BEARER)) is None


def test_a_token_whose_day_is_used_up_may_come_again_after_midnight() -> None:
    door = gate(token(audio_seconds_per_day=10))

    with door.admit(asking(BEARER)) as lease, pytest.raises(LimitReached):
        lease.spend(11)
    found = door.judge(asking(BEARER))

    assert refusal_of(found) == (429, "audio_used_up")
    assert found is not None
    assert found.retry_after == 43_200


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (Conditions(ready=lambda: "the model loads"), (503, "not_ready")),
        (Conditions(room=lambda: "the lag would be 9 s"), (503, "overloaded")),
    ],
)
def test_the_rest_of_the_server_has_a_say(
    conditions: Conditions, expected: tuple[int, str]
) -> None:
    found = gate(conditions=conditions).judge(asking(BEARER))

    assert refusal_of(found) == expected
    assert found is not None
    assert found.message in ("the model loads", "the lag would be 9 s")
    assert found.retry_after == 5


def test_nobody_without_a_token_learns_how_busy_the_server_is() -> None:
    door = gate(conditions=Conditions(ready=lambda: "the model loads"))

    assert refusal_of(door.judge(asking())) == (401, "no_token")


def test_a_draining_server_lets_nobody_in_and_says_so_to_everybody() -> None:
    door = gate()

    door.drain()

    assert refusal_of(door.judge(asking(BEARER))) == (503, "draining")
    assert refusal_of(door.judge(asking())) == (503, "draining")
    assert refusal_of(door.hindrance()) == (503, "draining")


def test_what_hinders_the_server_is_not_that_it_is_full() -> None:
    full = gate(settings=lambda tokens: AdmissionSettings(tokens=tokens, max_sessions=1))
    loading = gate(conditions=Conditions(ready=lambda: "the model loads"))

    full.admit(asking(BEARER))

    assert full.hindrance() is None
    assert refusal_of(loading.hindrance()) == (503, "not_ready")


def test_a_lease_frees_its_place_once() -> None:
    door = gate()
    first, _ = door.admit(asking(BEARER)), door.admit(asking(BEARER))

    first.release()
    first.release()

    assert door.sessions == 1


def test_a_judgment_takes_no_place() -> None:
    door = gate()

    door.judge(asking(BEARER))

    assert door.sessions == 0


def test_no_refusal_tells_a_token() -> None:
    door = gate(token(scope=("view",)))
    asked = [
        asking(BEARER),
        asking(("Authorization", PLAIN)),
        asking(("Sec-WebSocket-Protocol", f"token.{encoded(PLAIN)}!")),
        asking(target=f"/?token={PLAIN}"),
    ]

    told = " ".join(str(door.judge(presented)) for presented in asked)

    assert PLAIN not in told
    assert encoded(PLAIN) not in told


def test_a_gate_refuses_two_tokens_of_one_name() -> None:
    with pytest.raises(ConfigError):
        gate(settings=lambda tokens: AdmissionSettings(tokens=tokens * 2))


@given(st.lists(st.booleans(), max_size=30))
def test_places_are_never_given_twice_nor_lost(steps: list[bool]) -> None:
    door = gate(settings=lambda tokens: AdmissionSettings(tokens=tokens, max_sessions=3))
    held = []

    for comes in steps:
        if comes and door.judge(asking(BEARER)) is None:
            held.append(door.admit(asking(BEARER)))
        elif not comes and held:
            held.pop(0).release()

        assert door.sessions == len(held) <= 3


def peer_limits(**limits: Any) -> Prompt:
    return gate(token(sessions=2), settings=partial(AdmissionSettings, **limits))


def test_who_can_present_no_token_takes_the_places_of_the_one_they_speak_for() -> None:
    door = peer_limits(max_sessions=3)

    leases = [door.admit_as(token(sessions=2), "10.0.0.1") for _ in range(2)]
    with pytest.raises(Refused) as refused:
        door.admit_as(token(sessions=2), "10.0.0.2")
    for lease in leases:
        lease.release()

    assert refused.value.refusal.code == "too_many_sessions"
    assert door.sessions == 0
    assert leases[0].token.name == "ann"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_sessions": 1}, "full"),
        ({"max_sessions_per_address": 1}, "too_many_from_address"),
        ({"handshakes_per_minute": 1}, "too_many_handshakes"),
    ],
)
def test_who_can_present_no_token_has_the_limits_of_all(limits: dict[str, int], code: str) -> None:
    door = peer_limits(**limits)
    door.admit_as(token(sessions=2), "10.0.0.1")

    with pytest.raises(Refused) as refused:
        door.admit_as(token(sessions=2), "10.0.0.1")

    assert refused.value.refusal.code == code


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        (Conditions(ready=lambda: "the model is being loaded"), "not_ready"),
        (Conditions(room=lambda: "it would lag"), "overloaded"),
    ],
)
def test_who_can_present_no_token_waits_for_the_server_too(
    conditions: Conditions, code: str
) -> None:
    door = gate(conditions=conditions)

    with pytest.raises(Refused) as refused:
        door.admit_as(token(), "10.0.0.1")

    assert refused.value.refusal.code == code


def test_a_gate_that_drains_lets_nobody_in_without_a_token() -> None:
    door = gate()
    door.drain()

    with pytest.raises(Refused) as refused:
        door.admit_as(token(), "10.0.0.1")

    assert refused.value.refusal.code == "draining"
