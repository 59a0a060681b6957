"""A room's reader before a server that says what a test says."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from tests.javascript.program import result, running
from tests.page.stage import PATIENCE_SECONDS
from wsserver.dialects.captions import write
from wsserver.rooms.captions import Caption, Closed, Final, Live, Partial, Room

ROOM = Room(room="r", story="s1", first=1, finals=0, live=True)
ENDED = Closed(reason="ended")
SCRIPT = """
    const { RoomClient } = await import(at("room-client.js"));
    const room = new RoomClient(new URL(url), "tökén", {
      onMessage: (message) => say(message.type, message.text ?? message.reason ?? null),
      onState: ({ phase, reason }) => say(phase, reason ?? null),
    });
    room.open();
"""


def final(number: int, session: str = "a") -> Final:
    return Final(
        number=number, session=session, utterance=number, text=f"{session}{number}", start=0, end=1
    )


def partial(utterance: int, session: str = "a") -> Partial:
    return Partial(
        session=session, utterance=utterance, text=f"({utterance})", committed=0, start=0, end=1
    )


Story: TypeAlias = Sequence[Caption | None] | HTTPStatus
"""What one that comes is told, None for silence until they leave, or the status with which they are
turned away."""

AWAY = HTTPStatus.FORBIDDEN


@dataclass(slots=True)
class Host:
    """Tells one of *stories* to each that comes."""

    stories: list[Story]
    url: str = ""
    paths: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a request for events, and a socket that is turned away."""
        self.paths.append(request.path)
        self.offers.append(request.headers.get("Sec-WebSocket-Protocol", ""))
        is_socket = "Upgrade" in request.headers
        if is_socket and not isinstance(self.stories[0], HTTPStatus):
            return None
        story = self.stories.pop(0)
        if isinstance(story, HTTPStatus):
            return connection.respond(story, "")
        told = b"".join(b"data: " + write(each) + b"\n\n" for each in story if each)
        return Response(200, "OK", Headers({"Content-Length": str(len(told))}), told)

    async def tell(self, connection: ServerConnection) -> None:
        story = self.stories.pop(0)
        assert not isinstance(story, HTTPStatus)
        for each in story:
            if each is None:
                await connection.wait_closed()
            else:
                await connection.send(write(each).decode())


@asynccontextmanager
async def hosting(*stories: Story) -> AsyncIterator[Host]:
    host = Host(list(stories))
    protocols = [Subprotocol("captions.v1")]
    answer = host.answer
    async with serve(
        host.tell, "127.0.0.1", 0, subprotocols=protocols, process_request=answer
    ) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        host.url = f"http://127.0.0.1:{port}/v1/rooms/r"
        yield host


async def told(node: Path, host: Host) -> list[list[str | None]]:
    """Give all that the reader says until it is over."""
    said: list[list[str | None]] = []
    async with running(node, SCRIPT, url=host.url) as program, asyncio.timeout(PATIENCE_SECONDS):
        while not said or said[-1][0] != "over":
            said.append(await program.says())
    return said


async def test_a_reader_is_told_all_until_the_room_is_closed(node: Path) -> None:
    async with hosting([ROOM, final(1), partial(2), Live(live=False), ENDED]) as host:
        said = await told(node, host)

    assert said == [
        ["connecting", None],
        ["open", None],
        ["room", None],
        ["final", "a1"],
        ["partial", "(2)"],
        ["live", None],
        ["closed", "ended"],
        ["over", "ended"],
    ]
    token = base64.urlsafe_b64encode("tökén".encode()).decode().rstrip("=")
    assert host.paths == ["/v1/rooms/r"]
    assert host.offers == [f"captions.v1, token.{token}"]


async def test_after_a_break_a_reader_asks_for_what_follows(node: Path) -> None:
    async with hosting([ROOM, final(1), final(2)], [ROOM, final(3), ENDED]) as host:
        said = await told(node, host)

    assert [text for kind, text in said if kind == "final"] == ["a1", "a2", "a3"]
    assert ["waiting", None] in said
    assert host.paths == ["/v1/rooms/r", "/v1/rooms/r?after=s1%3A2"]


async def test_a_new_story_tells_nothing_twice(node: Path) -> None:
    other = Room(room="r", story="s2", first=1, finals=2, live=True)
    again: list[Caption] = [other, final(1), partial(1), partial(2), final(2), final(1, "b"), ENDED]
    async with hosting([ROOM, final(1)], again) as host:
        said = await told(node, host)

    heard = [text for kind, text in said if kind in ("final", "partial")]
    assert heard == ["a1", "(2)", "a2", "b1"]


async def test_where_no_socket_opens_events_are_read_from_then_on(node: Path) -> None:
    async with hosting(AWAY, [ROOM, final(1)], [final(2), ENDED]) as host:
        said = await told(node, host)

    assert [text for kind, text in said if kind == "final"] == ["a1", "a2"]
    events = "/v1/rooms/r/events"
    assert host.paths == ["/v1/rooms/r", events, f"{events}?after=s1%3A1"]


async def test_who_is_turned_away_does_not_try_again(node: Path) -> None:
    async with hosting(AWAY, AWAY) as host:
        said = await told(node, host)

    assert said == [["connecting", None], ["over", "refused"]]


async def test_a_room_that_is_not_there_is_told(node: Path) -> None:
    async with hosting(AWAY, HTTPStatus.NOT_FOUND) as host:
        said = await told(node, host)

    assert said[-1] == ["over", "unknown"]


async def test_a_server_that_is_busy_is_tried_again(node: Path) -> None:
    async with hosting(AWAY, HTTPStatus.SERVICE_UNAVAILABLE, [ROOM, ENDED]) as host:
        said = await told(node, host)

    assert [kind for kind, _ in said] == [
        "connecting", "waiting", "connecting", "open", "room", "closed", "over",
    ]  # fmt: skip


async def test_a_message_of_later_days_is_left_out(node: Path) -> None:
    async with hosting() as host:
        script = """
            const { parse } = await import(at("room-messages.js"));
            say(parse('{"type":"applause"}'), parse('{"type":"live","live":true}')?.live);
        """
        async with running(node, script, url=host.url) as program:
            assert await program.says() == [None, True]


CLOCKED = """
    const { mock } = await import("node:test");
    const { RoomClient } = await import(at("room-client.js"));
    mock.timers.enable({ apis: ["setTimeout", "Date"] });
    const listener = { onState: ({ phase }) => say(phase), onMessage: ({ type }) => turn(type) };
    const room = new RoomClient(new URL(url), "token", listener);
    const turn = (type) => {
      say(type);
      if (type !== "final") return;
      for (const step of given.steps) step === "hurry" ? room.hurry() : mock.timers.tick(step);
      // The line has ended, and the next try waits for its time.
      setImmediate(() => mock.timers.tick(2_000));
    };
    room.open();
"""


@pytest.mark.parametrize("steps", [[40_000], [21_000, "hurry", 2_000], [5_000, "hurry", 15_000]])
async def test_a_socket_that_is_silent_for_too_long_is_dead(
    node: Path, steps: list[int | str]
) -> None:
    async with (
        hosting([ROOM, final(1), None], [ROOM, ENDED]) as host,
        running(node, CLOCKED, url=host.url, steps=steps) as program,
    ):
        said = [(await program.says())[0] for _ in range(10)]

    assert said[3:] == ["final", "waiting", "connecting", "open", "room", "closed", "over"]
    assert host.paths[1:] == ["/v1/rooms/r?after=s1%3A1"]


async def test_a_socket_that_shows_life_is_kept_whatever_happens_to_the_network(node: Path) -> None:
    script = """
        const { mock } = await import("node:test");
        const { RoomWatch } = await import(at("room-watch.js"));
        mock.timers.enable({ apis: ["setTimeout", "Date"] });
        let isDead = false;
        const watch = new RoomWatch(() => (isDead = true));
        const after = (ms) => (mock.timers.tick(ms), isDead);
        watch.doubt();
        const told = [after(9_999)];
        watch.hear();
        told.push(after(16_000));
        watch.doubt();
        watch.hear();
        told.push(after(39_999), after(1));
        say(...told);
    """

    assert await result(node, script) == [False, False, False, True]
