"""A signed token opens what it says, once if it says so, and on the account of who made it."""

import base64
from typing import Any

import pytest

from tests.net.prompt import Prompt
from wsserver.errors import LimitReached
from wsserver.messages import Start
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.credentials import Presented, read
from wsserver.net.cursors import Cursors
from wsserver.net.identity import Identities
from wsserver.net.lines import Lines
from wsserver.net.refusal import Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import Grant, SignedTokens
from wsserver.net.tokens import Scope, Token, new_token
from wsserver.session.cursor import Cursor

PLAIN, HASH = new_token()
ANN = Token(name="ann", hash=HASH, scope=("speak", "view"), sessions=2, audio_seconds_per_day=10)
INSIDER = Token(name="the server itself", hash=new_token()[1])
KEY = bytes(32)


class Door:
    """A gate that takes signed tokens, and a clock that is moved by hand."""

    def __init__(self, token: Token = ANN, **settings: Any) -> None:
        self.now = 1_000.0
        self.signed = SignedTokens(KEY, (), 3_600, self.clock)
        self.lines = Lines(Cursors(bytes(32), 3_600, self.clock))
        self.gate = Prompt(
            Gate(
                AdmissionSettings(tokens=(token, INSIDER), **settings),
                Conditions(insider=INSIDER),
                self.clock,
                self.lines,
                self.signed,
            )
        )

    def clock(self) -> float:
        return self.now

    def sign(self, *scope: Scope, subject: str = "ann", **grant: Any) -> str:
        scope = scope or ("speak",)
        return self.signed.sign(Grant(subject=subject, scope=scope, seconds=60, **grant))[0]

    def refusal(self, presented: Presented, scope: Scope = "speak") -> tuple[int, str] | None:
        """Give what `judge` says and `admit` confirms."""
        judged = self.gate.judge(presented, scope, resumes=True)
        if judged is None:
            return None
        with pytest.raises(Refused) as refused:
            self.gate.admit(presented, scope, resumes=True)
        assert refused.value.refusal == judged
        return judged.status, judged.code


def bearing(secret: str) -> Presented:
    return read([("Authorization", f"Bearer {secret}")], "/v1/dictation")


def offering(secret: str) -> Presented:
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    return read([("Sec-WebSocket-Protocol", f"dictation.v1, token.{encoded}")], "/v1/dictation")


def in_url(secret: str) -> Presented:
    return read([], f"/v1/dictation?token={secret}")


@pytest.mark.parametrize("present", [bearing, offering])
def test_a_one_session_token_opens_one_session_and_no_second(present: Any) -> None:
    door = Door()
    presented = present(door.sign())

    with door.gate.admit(presented, resumes=True) as lease:
        assert lease.token.name == "ann"
        assert door.refusal(presented) == (403, "token_used")

    assert door.refusal(presented) == (403, "token_used")
    assert door.refusal(present(door.sign())) is None


def test_a_judgment_does_not_use_a_token_up_nor_does_a_refusal() -> None:
    door = Door(max_sessions=1)
    presented = bearing(door.sign())

    with door.gate.admit(bearing(PLAIN)):
        assert door.refusal(presented) == (503, "full")
    assert door.gate.judge(presented) is None

    assert door.gate.admit(presented).token.name == "ann"


def test_to_resume_by_cursor_is_no_second_session() -> None:
    door = Door()
    door.gate.admit(bearing(door.sign()), resumes=True).release()
    cursor = Cursor(session="s", generation=1, start=Start(), model="base")

    lease = door.gate.admit(bearing(door.lines.cursors.seal(cursor, "ann")), resumes=True)

    assert lease.token.name == "ann"


def test_a_token_for_any_number_of_sessions_opens_several() -> None:
    door = Door()
    presented = bearing(door.sign(one_session=False))

    door.gate.admit(presented)

    assert door.refusal(presented) is None


def test_a_token_and_all_its_children_share_its_limits() -> None:
    door = Door()

    with door.gate.admit(bearing(door.sign())) as lease, door.gate.admit(bearing(PLAIN)):
        assert door.refusal(bearing(door.sign())) == (429, "too_many_sessions")
        with pytest.raises(LimitReached):
            lease.spend(11)

    assert door.refusal(bearing(door.sign())) == (429, "audio_used_up")
    assert door.refusal(bearing(PLAIN)) == (429, "audio_used_up")


@pytest.mark.parametrize(
    ("parent", "signed", "asked", "expected"),
    [
        (("speak", "view"), ("view",), "speak", (403, "missing_scope")),
        (("speak", "view"), ("view",), "view", None),
        (("view",), ("speak", "view"), "speak", (403, "missing_scope")),
        (("view",), ("speak", "view"), "view", None),
    ],
)
def test_a_child_may_do_what_its_parent_may_and_it_says(
    parent: tuple[Scope, ...],
    signed: tuple[Scope, ...],
    asked: Scope,
    expected: tuple[int, str] | None,
) -> None:
    door = Door(Token(name="ann", hash=HASH, scope=parent))

    assert door.refusal(bearing(door.sign(*signed)), asked) == expected
    assert set(door.gate.identify(bearing(door.sign(*signed))).scope) == set(parent) & set(signed)


@pytest.mark.parametrize("subject", ["bob", INSIDER.name])
def test_nobody_signs_in_the_name_of_a_stranger_or_of_the_server(subject: str) -> None:
    door = Door()

    assert door.refusal(bearing(door.sign(subject=subject))) == (403, "bad_token")


def test_a_token_for_a_room_does_not_open_the_server() -> None:
    door = Door()

    assert door.refusal(bearing(door.sign("view", room="hall")), "view") == (403, "missing_scope")


def test_an_expired_token_may_be_renewed() -> None:
    door = Door()
    text = door.sign()

    door.now += 71

    assert door.refusal(bearing(text)) == (401, "token_expired")


def test_a_token_of_another_server_is_a_bad_one() -> None:
    door = Door()
    other = SignedTokens(bytes(range(32)), (), 3_600, door.clock)
    text, _ = other.sign(Grant(subject="ann", scope=("speak",), seconds=60))

    assert door.refusal(bearing(text)) == (403, "bad_token")
    assert text not in str(door.gate.judge(bearing(text)))


def test_a_server_without_a_key_says_that_it_takes_none() -> None:
    door = Door()
    bare = Prompt(Gate(AdmissionSettings(tokens=(ANN,)), Conditions(), door.clock))

    refusal = bare.judge(bearing(door.sign()))

    assert refusal is not None
    assert refusal.message == "found a signed token, which this server does not take"


@pytest.mark.parametrize(
    ("scope", "room", "token_in_url", "code"),
    [
        # What is bound to a room passes, but this door leads to no room.
        (("view",), "r", False, "missing_scope"),
        (("view", "speak"), "r", False, "bad_token"),
        (("view",), None, False, "bad_token"),
        (("view", "speak"), None, False, "bad_token"),
        (("view",), None, True, None),
        (("view", "speak"), None, True, None),
    ],
)
def test_in_the_url_stands_only_what_reads_one_room_unless_the_operator_allows_more(
    scope: tuple[Scope, ...], room: str | None, token_in_url: bool, code: str | None
) -> None:
    door = Door(token_in_url=token_in_url)

    refusal = door.refusal(in_url(door.sign(*scope, room=room)), "view")

    assert refusal == (code and (403, code))


def test_what_stood_in_the_url_too_is_not_better_in_a_header() -> None:
    door = Door()
    text = door.sign()
    both = read([("Authorization", f"Bearer {text}")], f"/v1/dictation?token={text}")

    assert door.refusal(both) == (403, "bad_token")


def test_a_long_lived_token_in_the_url_is_refused_as_ever() -> None:
    assert Door().refusal(in_url(PLAIN), "view") == (401, "no_token")


def test_only_a_long_lived_token_makes_others() -> None:
    door = Door()

    assert door.gate.holder(bearing(PLAIN)) == ANN
    with pytest.raises(Refused) as refused:
        door.gate.holder(bearing(door.sign(one_session=False)))
    assert (refused.value.refusal.status, refused.value.refusal.code) == (403, "not_long_lived")


def test_when_no_more_can_be_remembered_one_session_tokens_have_to_wait() -> None:
    door = Door(Token(name="ann", hash=HASH))
    identities: Identities = door.gate._identities
    identities.used._most = 1
    door.gate.admit(bearing(door.sign())).release()

    assert door.refusal(bearing(door.sign())) == (503, "full")
    assert door.refusal(bearing(PLAIN)) is None
    door.now += 71
    assert door.refusal(bearing(door.sign())) is None
