from collections.abc import Callable

import pytest

from tests.net.prompt import at_once
from wsserver.errors import BadCursor, DictationError, TakenOver
from wsserver.messages import Start
from wsserver.net.cursors import Claim, Cursors
from wsserver.net.lines import Guest, Line, Lines
from wsserver.net.tokens import Token, stranger
from wsserver.peers import UNSEEN, Ticket
from wsserver.session.actions import Hold
from wsserver.session.cursor import Cursor

ANN: Token = stranger("ann")


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def cursor(session: str = "s", generation: int = 1) -> Cursor:
    return Cursor(session=session, generation=generation, start=Start(), model="base")


def claim(session: str = "s", generation: int = 1) -> Claim:
    return Claim(cursor=cursor(session, generation), subject="ann", expires=1_500.0)


class Desk:
    """Opens lines and writes down what becomes of them."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.lines = Lines(Cursors(bytes(32), 3_600, self.clock))
        self.events: list[str] = []

    def line(self, guest: Guest | None = None, ticket: Ticket = UNSEEN) -> Line:
        return self.lines.line(guest or Guest(ANN), lambda: self.events.append("released"), ticket)

    def give_up(self, error: DictationError) -> None:
        self.events.append(error.code)

    def hold(self, generation: int, session: str = "s", *, heard: bool = True) -> Line:
        line = self.line()
        line.hold(Hold(session, generation), self.give_up)
        if heard:
            line.hear()
        return line


def test_a_newer_connection_ends_the_older_one_and_its_place_is_free_at_once() -> None:
    desk = Desk()
    desk.hold(1)

    desk.hold(2)

    assert desk.events == ["released", "taken_over"]
    assert desk.lines.generation("s") == 2


def test_sessions_do_not_disturb_each_other() -> None:
    desk = Desk()

    desk.hold(1, "one")
    desk.hold(1, "two")

    assert desk.events == []


def test_what_is_closed_is_forgotten_but_never_for_a_newer_one() -> None:
    desk = Desk()
    first, second = desk.hold(1), desk.hold(2)

    first.close()
    held = desk.lines.generation("s")
    second.close()

    assert (held, desk.lines.generation("s")) == (2, 0)


def test_closing_a_line_that_holds_nothing_does_nothing() -> None:
    desk = Desk()

    desk.line().close()

    assert desk.events == []


def test_a_cursor_older_than_the_connection_that_holds_the_session_is_refused() -> None:
    desk = Desk()
    sealed = desk.line().resumption.seal(cursor(generation=1))
    desk.hold(2)

    with pytest.raises(TakenOver, match="the session goes on in a newer connection"):
        desk.line().resumption.unseal(sealed)


def test_a_cursor_whose_line_was_never_spoken_on_opens_another_one() -> None:
    desk = Desk()
    sealed = desk.line().resumption.seal(cursor(generation=1))
    desk.hold(2, heard=False)

    assert desk.line().resumption.unseal(sealed) == cursor(generation=1)
    assert desk.lines.is_replaced_by(claim(generation=1))
    desk.hold(2)
    assert desk.events == ["released", "taken_over"]


def test_a_replayed_cursor_of_the_same_line_is_fine() -> None:
    desk = Desk()
    sealed = desk.line().resumption.seal(cursor(generation=2))
    desk.hold(2)

    assert desk.line().resumption.unseal(sealed) == cursor(generation=2)


def test_a_cursor_as_credential_opens_its_own_session_alone() -> None:
    desk = Desk()
    by_cursor = desk.line(Guest(ANN, claim("s"))).resumption
    own, other = (desk.line().resumption.seal(cursor(session)) for session in ("s", "t"))

    assert by_cursor.is_required
    assert not desk.line().resumption.is_required
    assert by_cursor.unseal(own) == cursor("s")
    with pytest.raises(BadCursor, match="found another session than that of the cursor"):
        by_cursor.unseal(other)


@pytest.mark.parametrize(
    ("guest", "expires"),
    [
        (Guest(ANN), 4_600.0),
        (Guest(ANN, claim()), 4_600.0),
        (Guest(ANN, claim(), is_stranger=True), 1_500.0),
    ],
)
def test_a_token_that_was_taken_back_gets_no_more_time(guest: Guest, expires: float) -> None:
    desk = Desk()

    sealed = desk.line(guest).resumption.seal(cursor())

    found = desk.lines.cursors.open(sealed)
    assert (found.subject, found.expires) == ("ann", expires)


@pytest.mark.parametrize(
    ("held", "presented", "replaces"), [(0, 1, False), (1, 1, True), (2, 1, False), (1, 2, True)]
)
def test_whose_place_a_cursor_takes(held: int, presented: int, replaces: bool) -> None:
    desk = Desk()
    if held:
        desk.hold(held)

    assert desk.lines.is_replaced_by(claim(generation=presented)) is replaces


class Elsewhere:
    """A ticket that is asked for at other gateways, and writes down what it is told."""

    def __init__(self, *, yields: bool = True) -> None:
        self._yields = yields
        self.told: list[tuple[str, object]] = []
        self.lose: Callable[[], None]

    def on_lost(self, tell: Callable[[], None]) -> None:
        self.lose = tell

    async def claim(self, session: str, generation: int) -> bool:
        self.told.append((f"claim {session}", generation))
        return self._yields

    def hold(self, session: str, generation: int) -> None:
        self.told.append((f"hold {session}", generation))

    def hear(self) -> None:
        self.told.append(("hear", 1))

    def release(self) -> None:
        pass


def test_other_gateways_are_asked_for_a_session_before_it_goes_on_here() -> None:
    desk, ticket = Desk(), Elsewhere()
    line = desk.line(ticket=ticket)
    sealed = line.resumption.seal(cursor(generation=4))

    at_once(line.prepare(Start(resume=sealed)))
    line.hold(Hold("s", 5), desk.give_up)
    line.hear()
    line.hear()
    at_once(line.prepare(Start(resume=sealed)))

    assert ticket.told == [("claim s", 4), ("hold s", 5), ("hear", 1)]


@pytest.mark.parametrize("resume", [None, "wsc_nonsense"])
def test_nobody_is_asked_for_what_is_no_session(resume: str | None) -> None:
    ticket = Elsewhere()

    at_once(Desk().line(ticket=ticket).prepare(Start(resume=resume)))

    assert ticket.told == []


def test_a_session_that_a_newer_connection_has_elsewhere_does_not_go_on() -> None:
    desk = Desk()
    line = desk.line(ticket=Elsewhere(yields=False))
    sealed = line.resumption.seal(cursor())

    at_once(line.prepare(Start(resume=sealed)))

    with pytest.raises(TakenOver):
        line.resumption.unseal(sealed)


def test_a_session_that_goes_on_elsewhere_ends_here() -> None:
    desk, ticket = Desk(), Elsewhere()
    line = desk.line(ticket=ticket)
    line.hold(Hold("s", 1), desk.give_up)

    ticket.lose()

    assert desk.events == ["released", "taken_over"]


def test_a_connection_that_lost_its_session_before_it_began_cannot_begin_it() -> None:
    desk, ticket = Desk(), Elsewhere()
    line = desk.line(ticket=ticket)
    sealed = line.resumption.seal(cursor())

    ticket.lose()

    assert desk.events == ["released"]
    with pytest.raises(TakenOver):
        line.resumption.unseal(sealed)
