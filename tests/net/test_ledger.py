import pytest

from wsserver.errors import LimitReached
from wsserver.net.ledger import DAY_SECONDS, Ledger
from wsserver.net.tokens import Token, new_token
from wsserver.peers import Alone


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def token(name: str = "ann", limit: float | None = 60.0) -> Token:
    return Token(name=name, hash=new_token()[1], audio_seconds_per_day=limit)


def test_audio_up_to_the_limit_is_booked() -> None:
    ledger, ann = Ledger(Clock(0)), token()

    ledger.spend(ann, 59.5)

    assert not ledger.is_used_up(ann)

    ledger.spend(ann, 0.5)

    assert ledger.is_used_up(ann)


def test_audio_above_the_limit_is_booked_and_told() -> None:
    ledger, ann = Ledger(Clock(DAY_SECONDS - 100)), token()

    with pytest.raises(LimitReached, match=r"found 61 s of audio today, expected at most 60 s"):
        ledger.spend(ann, 61)

    assert ledger.is_used_up(ann)
    assert ledger.seconds_to_midnight() == 100


def test_a_new_day_begins_at_midnight_utc() -> None:
    clock = Clock(20_000 * DAY_SECONDS - 0.5)
    ledger, ann = Ledger(clock), token()
    ledger.spend(ann, 60)

    clock.now += 0.5

    assert not ledger.is_used_up(ann)
    assert ledger.seconds_to_midnight() == DAY_SECONDS


def test_each_token_has_its_own_day() -> None:
    ledger = Ledger(Clock(0))
    ledger.spend(token("ann"), 60)

    assert not ledger.is_used_up(token("bob"))


def test_a_token_without_a_limit_is_never_used_up() -> None:
    ledger, ann = Ledger(Clock(0)), token(limit=None)

    ledger.spend(ann, 1e9)

    assert not ledger.is_used_up(ann)


def test_a_limit_of_nothing_is_used_up_from_the_start() -> None:
    assert Ledger(Clock(0)).is_used_up(token(limit=0))


@pytest.mark.parametrize(
    ("now", "left"), [(0, 86_400), (0.1, 86_400), (86_399.5, 1), (43_200, 43_200)]
)
def test_midnight_is_told_in_whole_seconds_and_never_too_early(now: float, left: int) -> None:
    assert Ledger(Clock(now)).seconds_to_midnight() == left


class Others(Alone):
    """Gateways at which *used* seconds were heard."""

    def __init__(self, used: float) -> None:
        self.used = used
        self.told = 0.0

    def spend(self, token: str, seconds: float) -> None:
        assert token == "ann"
        self.told += seconds

    def spent(self, token: str) -> float:
        assert token == "ann"
        return self.used


def test_what_was_heard_elsewhere_counts_too() -> None:
    others = Others(50)
    ledger, ann = Ledger(Clock(0), others), token()

    ledger.spend(ann, 9)
    with pytest.raises(LimitReached, match="found 61 s of audio today"):
        ledger.spend(ann, 2)

    assert ledger.is_used_up(ann)
    assert others.told == 11


def test_audio_without_a_limit_concerns_nobody_else() -> None:
    others = Others(50)

    Ledger(Clock(0), others).spend(token(limit=None), 9)

    assert others.told == 0
