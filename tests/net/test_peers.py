"""A gate among others: it asks them last, and gives its place back if they object."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.net.prompt import Prompt
from tests.net.test_cursor_admission import HASH, PLAIN, bearing
from wsserver.net.admission import Gate
from wsserver.net.conditions import Conditions
from wsserver.net.places import Lease
from wsserver.net.refusal import Refused
from wsserver.net.settings import AdmissionSettings
from wsserver.net.signed_tokens import Grant, SignedTokens
from wsserver.net.tokens import Token
from wsserver.peers import Alone, Entry, Objection, Ticket

ANN = Token(name="ann", hash=HASH, sessions=2, audio_seconds_per_day=9.0)


class Counted:
    """A ticket that says whether it was given back."""

    is_released = False

    def on_lost(self, tell: Callable[[], None]) -> None:
        pass

    async def claim(self, session: str, generation: int) -> bool:
        raise AssertionError("found nobody who resumes")

    def hold(self, session: str, generation: int) -> None:
        pass

    def hear(self) -> None:
        pass

    def release(self) -> None:
        self.is_released = True


@dataclass
class Others(Alone):
    """Gateways that answer once they are let."""

    objection: Objection | None = None
    entries: list[Entry] = field(default_factory=list)
    tickets: list[Counted] = field(default_factory=list)
    used: float = 0.0
    learned: float = 0.0
    """What is known to be used once they were asked."""

    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(self, entry: Entry) -> Ticket | Objection:
        self.entries.append(entry)
        await self.answers.wait()
        self.used = max(self.used, self.learned)
        if self.objection:
            return self.objection
        self.tickets.append(Counted())
        return self.tickets[-1]

    async def look(self, entry: Entry) -> Objection | None:
        self.used = max(self.used, self.learned)
        return self.objection

    def spent(self, token: str) -> float:
        return self.used


@dataclass
class Door:
    """A gate with others that answer at once, unless a test has them wait."""

    others: Others
    most: int = 32
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.others.answers.set()
        self.signed = SignedTokens(bytes(32), (), 3_600, lambda: 1_000.0)
        conditions = Conditions(refused=self.refused.append, peers=self.others)
        settings = AdmissionSettings(tokens=(ANN,), max_sessions=self.most)
        self.gate = Gate(settings, conditions, lambda: 1_000.0, signed=self.signed)

    def sign(self) -> str:
        return self.signed.sign(Grant(subject="ann", scope=("speak",), seconds=60))[0]

    async def refusal(self, secret: str = PLAIN) -> tuple[int, str]:
        """Give why somebody is not let in; they were to expect it."""
        judged = await self.gate.judge(bearing(secret))
        with pytest.raises(Refused) as refused:
            await self.gate.admit(bearing(secret))
        assert refused.value.refusal == judged
        return refused.value.refusal.status, refused.value.refusal.code


async def test_the_others_are_told_on_whose_account_and_by_what() -> None:
    door = Door(Others())
    secret = door.sign()

    with await door.gate.admit(bearing(PLAIN)), await door.gate.admit(bearing(secret)):
        plain, signed = door.others.entries

    assert plain == Entry(token="ann", most=2, counts_audio=True)
    assert signed.single is not None
    assert signed.single_until == 1_070.0
    assert [ticket.is_released for ticket in door.others.tickets] == [True, True]


@pytest.mark.parametrize(
    ("objection", "expected"),
    [
        (Objection.TOO_MANY, (429, "too_many_sessions")),
        (Objection.USED, (403, "token_used")),
    ],
)
async def test_what_the_others_object_to_is_refused_and_counted(
    objection: Objection, expected: tuple[int, str]
) -> None:
    door = Door(Others(objection))

    found = await door.refusal()

    assert (found, door.refused, door.gate.sessions) == (expected, [expected[1]], 0)


async def test_a_token_for_one_session_is_not_used_up_by_a_refusal() -> None:
    door = Door(Others(Objection.TOO_MANY))
    secret = door.sign()
    await door.refusal(secret)

    door.others.objection = None

    assert (await door.gate.admit(bearing(secret))).token.name == "ann"
    assert await door.refusal(secret) == (403, "token_used")


async def test_who_finds_the_last_place_taken_uses_no_token_for_one_session_up() -> None:
    door = Door(Others(), most=1)
    secrets = [PLAIN, door.sign(), door.sign()]
    door.others.answers.clear()

    asking = [asyncio.create_task(door.gate.admit(bearing(secret))) for secret in secrets]
    await asyncio.sleep(0)
    door.others.answers.set()
    found = await asyncio.gather(*asking, return_exceptions=True)

    leases = [each for each in found if isinstance(each, Lease)]
    assert (len(leases), door.gate.sessions, door.refused) == (1, 1, ["full", "full"])
    assert [entry.single for entry in door.others.entries] == [None]
    leases[0].release()
    assert (await door.gate.admit(bearing(secrets[1]))).token.name == "ann"


async def test_a_token_for_one_session_is_not_used_up_on_a_day_that_others_used_up() -> None:
    door = Door(Others(learned=9.0))

    with pytest.raises(Refused) as refused:
        await door.gate.admit(bearing(door.sign()))

    assert refused.value.refusal.code == "audio_used_up"
    assert (door.others.entries, door.gate.sessions) == ([], 0)


async def test_a_token_for_one_session_that_comes_twice_at_once_serves_one() -> None:
    door = Door(Others())
    secret = door.sign()
    door.others.answers.clear()

    asking = [asyncio.create_task(door.gate.admit(bearing(secret))) for _ in range(2)]
    await asyncio.sleep(0)
    door.others.answers.set()
    found = await asyncio.gather(*asking, return_exceptions=True)

    assert sum(isinstance(each, Lease) for each in found) == 1
    assert door.refused == ["token_used"]


async def test_audio_of_others_that_is_known_only_now_counts_at_the_door() -> None:
    door = Door(Others(used=9.0))

    assert await door.refusal() == (429, "audio_used_up")


async def test_who_can_present_no_token_is_asked_about_too() -> None:
    door = Door(Others(Objection.TOO_MANY))

    with pytest.raises(Refused) as refused:
        await door.gate.admit_as(ANN, "10.0.0.1")

    assert refused.value.refusal.code == "too_many_sessions"


def test_where_there_are_no_others_nobody_waits() -> None:
    gate = Prompt(Gate(AdmissionSettings(tokens=(ANN,)), Conditions(), lambda: 1_000.0))

    assert gate.judge(bearing(PLAIN)) is None
    assert gate.admit(bearing(PLAIN)).token.name == "ann"
