"""A server that stops hears everybody out, to the next pause; the next one goes on from there."""

import pytest

from tests.end_to_end.conftest import Run, Running, begin_to_stop
from tests.end_to_end.test_resume import RATE, START, Peer, connected, covered, plain, recording
from tests.waiting import until
from wsserver.messages import Audio, Error, Final, Finish, ServerMessage, Start, Warn

SERVER = {"key": "a2V5IGZvciB0ZXN0cyBvZiBmYXVsdHMsIDMyIGJ5dGVz"}
PATIENT, HASTY = {"drain_seconds": 60}, {"drain_seconds": 0.3}
END = len(recording()) // 2


def codes(said: list[ServerMessage]) -> list[str]:
    return [message.code for message in said if isinstance(message, Warn | Error)]


async def say(peer: Peer, begin: int, end: int) -> None:
    for at in range(begin, end, 10_000):
        await peer.say(Audio(data=recording()[2 * at : 2 * min(at + 10_000, end)]))


async def until_heard(server: Running, seconds: float) -> None:
    """Wait until the only session has taken so much in, but for what the resampler holds."""
    (conversation,) = server.app._dictations._open
    await until(lambda: conversation.seconds_received >= seconds - 0.01)


async def dictate(server: Running, start: Start) -> list[ServerMessage]:
    async with connected(server.socket_url, server.token) as peer:
        ready = await peer.begin(start)
        await say(peer, ready.resend_from, END)
        await peer.say(Finish())
        return [ready, *[message async for message in peer.hear_all()]]


async def dictate_and_stop(server: Running, seconds: float, more: float) -> list[ServerMessage]:
    """Have the server stop after *seconds*; say *more* seconds meanwhile."""
    first, end = round(seconds * RATE), round((seconds + more) * RATE)
    async with connected(server.socket_url, server.token) as peer:
        said: list[ServerMessage] = [await peer.begin(START)]
        await say(peer, 0, first)
        await until_heard(server, seconds)
        stopping = await begin_to_stop(server)
        await say(peer, first, end)
        said += [message async for message in peer.hear_all()]
        await stopping
    assert peer.socket.close_code == 1012
    return said


@pytest.mark.parametrize(
    ("seconds", "is_told"),
    [
        (1.0, True),
        (2.5, True),
        (4.0, False),
        (6.0, True),
        (8.0, False),
        (13.0, True),
        (15.5, False),
    ],
)
async def test_the_next_server_goes_on_as_if_nobody_had_stopped(
    run: Run, seconds: float, is_told: bool
) -> None:
    async with run(server=SERVER, sessions=PATIENT) as server:
        peace = await dictate(server, START)
        said = await dictate_and_stop(server, seconds, more=8.0)
    async with run(server=SERVER) as server:
        resumed = await dictate(server, Start(resume=covered(said)[-1].cursor))

    assert codes(said) == ["server_stopping", "shutting_down"][not is_told :]
    assert plain(said) + plain(resumed) == plain(peace)


async def test_whoever_makes_no_pause_in_time_is_cut_and_final(run: Run) -> None:
    async with run(server=SERVER, sessions=HASTY) as server:
        said = await dictate_and_stop(server, 2.0, more=0.0)

    (final,) = (message for message in said if isinstance(message, Final))
    assert codes(said) == ["server_stopping", "shutting_down"]
    assert (final.through, round(final.end, 3)) == (2 * RATE, 2.0)
