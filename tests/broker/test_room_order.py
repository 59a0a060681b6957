"""Several gateways against one room in memory: the same story, in whatever order it is told."""

import time
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.broker.gateway import Gateway, Speaker, gateways
from tests.broker.redis_server import RedisServer
from tests.rooms.told import final
from tests.waiting import until
from wsserver.broker.room_relay import RedisRelay
from wsserver.rooms.room import Room


@dataclass(frozen=True)
class Do:
    """What a session does."""

    what: str
    session: str
    gateway: int = 0
    utterance: int = 0
    is_old: bool = False
    """Whether the connection does it whose place a newer one has taken."""


SESSIONS = st.sampled_from("ab")
OPEN = st.builds(Do, what=st.just("open"), session=SESSIONS, gateway=st.integers(0, 1))
SAY = st.builds(
    Do,
    what=st.sampled_from(["say", "say", "say nothing"]),
    session=SESSIONS,
    utterance=st.integers(1, 6),
    is_old=st.booleans(),
)
LEAVE = st.builds(Do, what=st.just("leave"), session=SESSIONS, is_old=st.booleans())


class Both:
    """The room on several gateways, and the one in memory."""

    def __init__(self, started: list[Gateway]) -> None:
        self._gateways = started
        self.memory = Room("room", "story", 1_000)
        self._speakers: dict[str, list[Speaker]] = {}

    async def do(self, do: Do) -> None:
        """Do it in both, one after the other."""
        if do.what == "open":
            await self._open(do)
        speakers = self._speakers.get(do.session, [])
        generation = len(speakers) - do.is_old
        if do.what == "open" or generation < 1:
            return
        speaker = speakers[generation - 1]
        if do.what == "leave":
            self.memory.left(do.session, generation)
            speaker.seat.relay.left(do.session, generation)
        else:
            text = "" if do.what == "say nothing" else f"{generation} {do.utterance}"
            said = final(do.utterance, text)
            self.memory.final(do.session, generation, said)
            speaker.seat.relay.final(do.session, generation, said)
        await all_told(speaker)

    async def _open(self, do: Do) -> None:
        speakers = self._speakers.setdefault(do.session, [])
        self.memory.opened(do.session, len(speakers) + 1, time.monotonic())
        speakers.append(self._gateways[do.gateway].speaker(do.session, len(speakers) + 1))
        await all_told(speakers[-1])


async def all_told(speaker: Speaker) -> None:
    relay = speaker.seat.relay
    assert isinstance(relay, RedisRelay)
    await until(lambda: not relay._waiting)


def told(room: Room) -> list[tuple[int, str, int, str]]:
    return [(each.number, each.session, each.utterance, each.text) for each in room.story.after(0)]


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(deeds=st.lists(st.one_of(OPEN, SAY, SAY, SAY, LEAVE), min_size=5, max_size=25))
async def test_all_gateways_have_the_room_that_one_alone_would_have(
    redis_server: RedisServer, deeds: list[Do]
) -> None:
    async with gateways(redis_server, 3) as started:
        await started[0].connection.ask(lambda redis: redis.flushall())
        both = Both(started[:2])
        for do in deeds:
            await both.do(do)
        readers = [await gateway.reader() for gateway in started]

        expected = told(both.memory)
        for reader in readers:
            assert told(reader.room) == expected
            assert reader.room.speakers() == both.memory.speakers()
