"""Two servers and a Redis: whoever speaks and reads at either is in the same room."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import pytest

from tests.broker.redis_server import RedisServer
from tests.end_to_end.conftest import TOKEN, Running, running
from tests.end_to_end.hall import Hall, Speaker, open_hall
from tests.end_to_end.test_resume import connected
from tests.waiting import until
from wsserver.messages import Start
from wsserver.rooms import captions


@dataclass
class Sites:
    """One room, seen from two servers."""

    one: Hall
    other: Hall

    async def files(self, name: str) -> list[str]:
        """Give a file of the story from both."""
        texts = []
        for hall in (self.one, self.other):
            async with hall.browser.get(hall.links[name]) as answer:
                assert answer.status == 200
                texts.append(await answer.text())
        return texts


@asynccontextmanager
async def elsewhere(server: Running, hall: Hall) -> AsyncIterator[Hall]:
    """Give the room of *hall* as it is at *server*."""
    async with aiohttp.ClientSession(server.url) as browser:
        yield Hall(server, hall.room, hall.token, hall.links, browser)


def metrics(hall: Hall) -> str:
    return hall.server.app._metrics.render("")[0].decode()


@pytest.fixture
async def sites(redis_server: RedisServer) -> AsyncIterator[Sites]:
    redis = {"url": redis_server.url}
    async with (
        running(redis=redis) as server,
        running(redis=redis) as other,
        open_hall(server) as hall,
        elsewhere(other, hall) as hall_elsewhere,
    ):
        yield Sites(hall, hall_elsewhere)


async def test_a_speaker_who_goes_on_elsewhere_is_read_once_by_all(sites: Sites) -> None:
    async with (
        sites.one.reader() as here,
        sites.other.reader() as there,
        sites.other.events() as events,
    ):
        async with sites.one.speaker() as speaker:
            await speaker.say(2)
            cursor = speaker.finals[-1].cursor
            await there.read_finals(2)
        start = Start(resume=cursor)
        async with connected(sites.other.server.socket_url, TOKEN) as peer:
            again = Speaker(peer, await peer.begin(start))
            await again.say()
            read = [await each.read_finals(3) for each in (here, there)]
            streamed = await events.finals(3)
        async with sites.other.reader(after=here.place.rpartition(":")[0] + ":2") as back:
            rest = await back.read_finals(1)
    files = await sites.files("vtt"), await sites.files("srt")

    assert again.ready.generation == 2
    assert read[0] == read[1]
    assert [final.number for final in read[0]] == [1, 2, 3]
    assert len({final.session for final in read[0]}) == 1
    assert streamed == [final.text for final in read[0]]
    assert rest == read[0][2:]
    for one, other in files:
        assert one == other
        assert all(final.text in " ".join(one.split()) for final in read[0])


async def test_a_file_can_be_had_where_nobody_is_in_the_room(sites: Sites) -> None:
    async with sites.one.speaker() as speaker:
        await speaker.say()
        opened = sites.one.server.app._rooms.find(sites.one.room)
        await until(lambda: opened is not None and opened.room.story.last == 1)
    one, other = await sites.files("vtt")

    assert one == other
    assert speaker.finals[0].text.split()[0] in one


async def test_a_room_that_is_ended_elsewhere_ends_for_all_who_read_it(sites: Sites) -> None:
    async with sites.one.reader() as here, sites.one.speaker() as speaker:
        await speaker.say()
        await here.read_finals(1)

        status = await sites.other.end()
        await here.read_to_the_end()
    refused = [await hall.refusal(hall.links["vtt"]) for hall in (sites.one, sites.other)]

    assert status == 204
    assert here.told[-1] == captions.Closed(reason="ended")
    assert here.socket.close_code == 1000
    assert refused == [(410, "room_ended")] * 2


async def test_what_is_said_while_redis_is_away_is_read_by_all_when_it_is_back(
    sites: Sites, redis_server: RedisServer
) -> None:
    shared = [hall.server.app._shared for hall in (sites.one, sites.other)]
    connections = [each.redis for each in shared if each]
    async with (
        sites.one.reader() as here,
        sites.other.reader() as there,
        sites.one.speaker() as speaker,
    ):
        await speaker.say()
        await here.read_finals(1)
        await there.read_finals(1)

        told = [metrics(sites.one)]
        redis_server.kill()
        await until(lambda: not any(each and each.is_up for each in connections))
        told.append(metrics(sites.one))
        async with asyncio.timeout(20):
            await speaker.say()
        shown = await here.read_until(captions.Partial)
        while shown.text != speaker.finals[1].text:
            shown = await here.read_until(captions.Partial)
        redis_server.start()
        await speaker.say()
        read = [await each.read_finals(3) for each in (here, there)]

    assert ["wsserver_redis_up 1.0" in told[0], "wsserver_redis_up 0.0" in told[1]] == [True, True]
    assert read[0] == read[1]
    assert [final.text for final in read[0]] == [final.text for final in speaker.finals]
    assert here.told.count(here.told[0]) == there.told.count(there.told[0]) == 1
