"""A cursor opens the door to its own session, and to nothing else."""

import base64
from collections.abc import Callable

import pytest

from tests.net.prompt import Prompt
from wsserver.errors import LimitReached, TakenOver
from wsserver.messages import Start
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.credentials import Presented, read
from wsserver.net.cursors import Cursors
from wsserver.net.lines import Lines
from wsserver.net.refusal import Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.tokens import Scope, Token, new_token
from wsserver.session.actions import Hold
from wsserver.session.cursor import Cursor

PLAIN, HASH = new_token()
CALM = Conditions()


class Door:
    """A gate with its lines, and a clock that stands still."""

    def __init__(
        self,
        token: Token | None = None,
        max_sessions: int = 32,
        conditions: Conditions = CALM,
    ) -> None:
        tokens = (token or Token(name="ann", hash=HASH, sessions=1, audio_seconds_per_day=10),)
        settings = AdmissionSettings(tokens=tokens, max_sessions=max_sessions)
        self.now = 1_000.0
        self.lost: list[str] = []
        self.lines = Lines(Cursors(bytes(32), 3_600, lambda: self.now))
        self.gate = Prompt(Gate(settings, conditions, lambda: self.now, self.lines))

    def cursor(self, session: str = "s", generation: int = 1, subject: str = "ann") -> str:
        cursor = Cursor(session=session, generation=generation, start=Start(), model="base")
        return self.lines.cursors.seal(cursor, subject)

    def open(self, presented: Presented, session: str = "s", generation: int = 1) -> None:
        """Let somebody in who begins a session, speaks and stays."""
        lease = self.gate.admit(presented, resumes=True)
        line = self.lines.line(lease.guest, lease.release)
        line.hold(Hold(session, generation), lambda error: self.lost.append(error.code))
        line.hear()


def bearing(secret: str) -> Presented:
    return read([("Authorization", f"Bearer {secret}")], "/v1/dictation")


def offering(secret: str) -> Presented:
    encoded = base64.urlsafe_b64encode(secret.encode()).decode().rstrip("=")
    return read([("Sec-WebSocket-Protocol", f"dictation.v1, token.{encoded}")], "/v1/dictation")


@pytest.mark.parametrize("present", [bearing, offering])
def test_a_cursor_lets_in_and_counts_for_the_token_that_opened_the_session(
    present: Callable[[str], Presented],
) -> None:
    door = Door()

    lease = door.gate.admit(present(door.cursor()), resumes=True)

    assert (lease.token.name, lease.guest.is_stranger) == ("ann", False)
    assert door.gate.judge(bearing(PLAIN)).code == "too_many_sessions"  # type: ignore[union-attr]
    with pytest.raises(LimitReached):
        lease.spend(11)


def test_a_session_may_go_on_where_newcomers_have_to_wait() -> None:
    door = Door(conditions=Conditions(ready=lambda: "the engine is started again"))

    goes_on = door.gate.judge(bearing(door.cursor()), resumes=True)
    begins = door.gate.judge(bearing(PLAIN), resumes=True)

    assert goes_on is None
    assert begins is not None
    assert (begins.status, begins.code) == (503, "not_ready")
    assert door.gate.hindrance() == begins


def test_a_session_cannot_go_on_before_that_is_ready_too() -> None:
    door = Door(conditions=Conditions(ready_to_resume=lambda: "the model is being loaded"))

    refused = door.gate.judge(bearing(door.cursor()), resumes=True)

    assert refused is not None
    assert (refused.status, refused.code) == (503, "not_ready")


def test_where_nothing_is_resumed_a_cursor_is_no_token() -> None:
    door = Door()

    with pytest.raises(Refused) as file:
        door.gate.admit(bearing(door.cursor()))
    with pytest.raises(Refused) as page:
        door.gate.identify(bearing(door.cursor()))

    assert {each.value.refusal.code for each in (file, page)} == {"bad_token"}
    assert {each.value.refusal.status for each in (file, page)} == {403}


@pytest.mark.parametrize("scope", ["view"])
def test_a_cursor_is_not_for_reading_along(scope: Scope) -> None:
    door = Door()

    with pytest.raises(Refused) as refused:
        door.gate.admit(bearing(door.cursor()), scope, resumes=True)

    assert refused.value.refusal.code == "missing_scope"


def test_a_token_that_may_not_speak_any_more_takes_its_cursors_along() -> None:
    door = Door(Token(name="ann", hash=HASH, scope=("view",)))

    with pytest.raises(Refused) as refused:
        door.gate.admit(bearing(door.cursor()), resumes=True)

    assert refused.value.refusal.code == "missing_scope"


def test_the_token_of_a_cursor_need_not_be_known_here() -> None:
    door = Door()

    lease = door.gate.admit(bearing(door.cursor(subject="bob")), resumes=True)

    assert (lease.token.name, lease.guest.is_stranger) == ("bob", True)


@pytest.mark.parametrize("spoil", [lambda text: text[:-9], lambda text: "wsc_", str.lower])
def test_a_cursor_that_cannot_be_opened_is_refused_without_being_shown(
    spoil: Callable[[str], str],
) -> None:
    door = Door()
    spoiled = spoil(door.cursor())

    refusal = door.gate.judge(bearing(spoiled), resumes=True)

    assert refusal is not None
    assert (refusal.status, refusal.code) == (403, "bad_cursor")
    assert spoiled == "wsc_" or spoiled not in str(refusal)


def test_an_expired_cursor_is_refused() -> None:
    door = Door()
    sealed = door.cursor()

    door.now += 3_601

    assert door.gate.judge(bearing(sealed), resumes=True).code == "bad_cursor"  # type: ignore[union-attr]


def test_a_cursor_takes_over_the_place_of_the_connection_that_broke() -> None:
    door = Door(max_sessions=1)
    door.open(bearing(PLAIN))

    door.open(bearing(door.cursor()), generation=2)

    assert door.lost == [TakenOver.code]
    assert door.gate.sessions == 1


def test_a_judgment_ends_nobody() -> None:
    door = Door(max_sessions=1)
    door.open(bearing(PLAIN))

    assert door.gate.judge(bearing(door.cursor()), resumes=True) is None
    assert (door.lost, door.gate.sessions) == ([], 1)


@pytest.mark.parametrize(
    ("session", "generation"), [("another", 1), ("s", 2)], ids=["another session", "a newer line"]
)
def test_any_other_cursor_needs_a_place_of_its_own(session: str, generation: int) -> None:
    door = Door(max_sessions=1)
    door.open(bearing(PLAIN), session, generation)

    refusal = door.gate.judge(bearing(door.cursor("s", 1)), resumes=True)

    assert refusal is not None
    assert refusal.code == "full"
    assert door.lost == []


def test_many_connections_by_one_cursor_take_one_place_each_until_they_resume() -> None:
    door = Door(Token(name="ann", hash=HASH, sessions=2))
    door.open(bearing(PLAIN))

    for _ in range(2):
        door.gate.admit(bearing(door.cursor()), resumes=True)

    assert door.gate.sessions == 2
    assert door.gate.judge(bearing(door.cursor()), resumes=True).code == "too_many_sessions"  # type: ignore[union-attr]
