"""A line that fell silent is given up, one that answers is not."""

import asyncio
from dataclasses import replace

import pytest

from tests.client.test_resume import (
    DONE,
    READY,
    SOON,
    TOKEN,
    Peer,
    final,
    finishing,
    read,
    resumed,
    running,
)
from wsserver.client import NEVER, ConnectionLost, Reconnect, connect
from wsserver.client.watch import watch
from wsserver.messages import Audio, Error, Start

LOOK_S = 0.001
HASTY = replace(SOON, silent_seconds=0.3)


class Line:
    """Answers a number of questions."""

    def __init__(self, answers: int) -> None:
        self.arrivals = self.asked = 0
        self.is_given_up = False
        self._answers = answers

    async def ask(self) -> None:
        self.asked += 1
        if self.asked <= self._answers:
            self.arrivals += 1

    def give_up(self) -> None:
        self.is_given_up = True


class Full(Line):
    """Takes no question any more."""

    async def ask(self) -> None:
        self.asked += 1
        await asyncio.Event().wait()


@pytest.mark.parametrize(("answers", "asked"), [(0, 2), (5, 7)])
async def test_a_line_is_asked_until_it_answers_no_more(answers: int, asked: int) -> None:
    line = Line(answers)

    await watch(line, LOOK_S, lambda: 3 * LOOK_S)

    assert line.is_given_up
    assert line.asked == asked


async def test_a_line_that_takes_no_question_is_given_up_as_well() -> None:
    line = Full(0)

    await watch(line, LOOK_S, lambda: 3 * LOOK_S)

    assert line.is_given_up


async def test_patience_may_change_meanwhile() -> None:
    line, patience = Line(0), iter([9.0] * 50 + [0.0])

    await watch(line, LOOK_S, lambda: next(patience) * LOOK_S * 100)

    assert line.asked == 49


@pytest.mark.parametrize(
    ("waiting_s", "silences", "patience_s"),
    [(0.0, 0, 2.0), (49.0, 0, 2.0), (51.0, 0, 30.0), (0.0, 1, 4.0), (0.0, 3, 16.0)],
)
def test_a_busy_server_and_a_slow_line_are_given_more_time(
    waiting_s: float, silences: int, patience_s: float
) -> None:
    reconnect = Reconnect(silent_seconds=2.0, busy_seconds=30.0)

    assert reconnect.patience(waiting_s, silences) == patience_s


async def falling_silent(peer: Peer) -> None:
    await peer.receive(Start)
    await peer.send(READY)
    await peer.receive(Audio)
    peer.socket.transport.pause_reading()
    await peer.socket.wait_closed()


async def never_ready(peer: Peer) -> None:
    await peer.receive(Start)
    await peer.socket.wait_closed()


async def test_a_session_goes_on_in_a_new_line_when_the_old_one_fell_silent() -> None:
    scripts = falling_silent, never_ready, finishing(resumed(2, "wsc_2", 0), final("aa"))

    async with (
        running(*scripts) as server,
        connect(server.url, TOKEN, reconnect=HASTY) as dictation,
    ):
        await dictation.send(b"aa")
        await dictation.finish()
        heard = await read(dictation)
        for peer in server.peers:
            peer.socket.transport.abort()

    assert heard == [resumed(2, "wsc_2", 0), final("aa"), DONE]


async def test_an_own_connection_that_was_never_heard_of_is_not_somebody_elses() -> None:
    taken = Error(code="taken_over", message="a newer connection has it", fatal=True)

    async def refusing(peer: Peer) -> None:
        await peer.receive(Start)
        await peer.send(taken)

    scripts = falling_silent, never_ready, refusing, finishing(resumed(3, "wsc_3", 0))
    async with (
        running(*scripts) as server,
        connect(server.url, TOKEN, reconnect=HASTY) as dictation,
    ):
        await dictation.send(b"aa")
        await dictation.finish()
        heard = await read(dictation)
        for peer in server.peers:
            peer.socket.transport.abort()

    assert heard == [resumed(3, "wsc_3", 0), DONE]


async def test_who_wants_to_see_every_break_sees_silence_too() -> None:
    hasty = replace(NEVER, silent_seconds=0.3)

    async with (
        running(falling_silent) as server,
        connect(server.url, TOKEN, reconnect=hasty) as dictation,
    ):
        await dictation.send(b"aa")
        with pytest.raises(ConnectionLost, match="nothing more came"):
            await read(dictation)
        server.peers[0].socket.transport.abort()


async def test_a_line_on_which_nobody_speaks_for_long_stays() -> None:
    async def musing(peer: Peer) -> None:
        await peer.receive(Start)
        await peer.send(READY)
        await asyncio.sleep(5 * HASTY.silent_seconds)
        await peer.send(final("aa"), DONE)

    async with running(musing) as server, connect(server.url, TOKEN, reconnect=HASTY) as dictation:
        heard = await read(dictation)

    assert heard == [final("aa"), DONE]


async def test_a_server_that_opens_no_session_is_not_waited_for_forever() -> None:
    async with running(never_ready) as server:
        with pytest.raises(ConnectionLost, match="did not open a session within"):
            async with connect(server.url, TOKEN, reconnect=HASTY):
                pass
