import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from tests.broker.gateway import (
    OWNER,
    ROOM,
    Gateway,
    Speaker,
    all_read,
    gateways,
    reads,
)
from tests.broker.redis_server import RedisServer
from tests.rooms.told import Reader
from tests.waiting import until
from wsserver.broker import room_relays
from wsserver.rooms.captions import Partial


async def first_read(here: Gateway, there: Gateway) -> tuple[Speaker, list[Reader]]:
    """Have somebody speak here whose first words are read at both."""
    speaker = here.speaker("a")
    readers = [await here.reader(), await there.reader()]
    speaker.say(1)
    await all_read(readers, 1)
    return speaker, readers


async def test_a_redis_that_was_killed_is_told_again_what_it_forgot(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2, settle_seconds=2.0) as (here, there):
        speaker, other = here.speaker("a"), there.speaker("b")
        readers = [await here.reader(), await there.reader()]
        speaker.say(1, 2)
        other.say(1)
        await all_read(readers, 3)

        redis_server.kill()
        await until(lambda: not (here.connection.is_up or there.connection.is_up))
        speaker.say(3)
        other.say(2)
        speaker.mumble(4, "and")
        readers[0].read_all()
        shown = [each for each in readers[0].told if isinstance(each, Partial)][-1]
        redis_server.start()
        late = await there.reader()
        speaker.say(4)
        read = await all_read([*readers, late], 6)

        assert shown.text == "said 3. and"
        assert read[0] == read[1] == read[2]
        assert sorted(each[2:] for each in read[0]) == ["a1", "a2", "a3", "a4", "b1", "b2"]
        assert len({reader.room.story_name for reader in readers}) == 1
        assert all(reader.room is here.room or reader.room is there.room for reader in readers)
        assert readers[0].room.speakers() == readers[1].room.speakers() == {"a": 1, "b": 1}


async def test_a_newcomer_takes_no_story_from_those_who_come_back_to_a_redis_that_forgot_it(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, newcomer):
        speaker, reader = here.speaker("a"), await here.reader()
        speaker.say(1)
        await reads(reader, 1)
        story = reader.room.story_name

        redis_server.kill()
        redis_server.start()
        await until(lambda: newcomer.connection.is_up)
        newcomer.rooms.sit(ROOM, OWNER)
        speaker.say(2)

        assert await reads(reader, 2) == ["1 a1", "2 a2"]
        await until(lambda: newcomer.room.story.last == 2)
        assert newcomer.room.story_name == story


async def test_a_redis_that_forgets_everything_at_once_is_told_again(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker, readers = await first_read(here, there)

        await here.connection.ask(lambda redis: redis.flushall())
        speaker.say(2)
        read = await all_read(readers, 2)

        assert read == [["1 a1", "2 a2"]] * 2


async def test_a_redis_that_comes_back_with_an_old_memory_is_told_what_is_new(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker, readers = await first_read(here, there)
        await here.connection.ask(lambda redis: redis.save())
        speaker.say(2, 3)
        await all_read(readers, 3)

        redis_server.kill()
        redis_server.start()
        speaker.say(4)
        read = await all_read(readers, 4)

        assert read == [["1 a1", "2 a2", "3 a3", "4 a4"]] * 2
        assert here.room is readers[0].room
        assert there.room is readers[1].room


async def test_a_redis_that_hangs_holds_nobody_up(redis_server: RedisServer) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker, readers = await first_read(here, there)

        redis_server.halt()
        speaker.say(2)
        await until(lambda: not here.connection.is_up)
        readers[0].read_all()
        shown = [each.text for each in readers[0].told if isinstance(each, Partial)]
        redis_server.go_on()
        read = await all_read(readers, 2)

        assert shown[-1] == "said 2."
        assert read == [["1 a1", "2 a2"]] * 2


async def test_without_a_redis_a_gateway_shows_what_is_said_there(
    redis_server: RedisServer,
) -> None:
    redis_server.kill()
    async with gateways(redis_server, 1) as (here,):
        speaker, reader = here.speaker("a"), await here.reader()

        speaker.mumble(1, "sai")
        speaker.say(1)
        speaker.mumble(2, "wha")
        reader.read_all()
        shown = [each.text for each in reader.told if isinstance(each, Partial)]
        redis_server.start()

        assert shown == ["said 1. wha"]
        assert await reads(reader, 1) == ["1 a1"]


async def test_a_room_that_is_ended_while_redis_is_away_is_ended_when_it_is_back(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        seat = here.rooms.sit(ROOM, OWNER)
        await seat.relay.ready()
        redis_server.kill()
        await until(lambda: not there.connection.is_up)

        await there.rooms.end(ROOM, OWNER)
        is_ended_there = seat.is_ended
        redis_server.start()
        await until(lambda: seat.is_ended)

        assert not is_ended_there


async def test_a_redis_that_forgets_which_rooms_have_ended_is_told_again_and_no_other(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_relays, "BEAT_SECONDS", 0.1)
    async with gateways(redis_server, 1) as (here,):
        ask, ended = here.connection.ask, here.connection.key("ended")
        speaker, reader = here.speaker("a"), await here.reader()
        await here.rooms.end("x", OWNER)
        await speaker.seat.relay.flush()

        await ask(lambda redis: redis.config_resetstat())
        here.relays.begin()
        await until(lambda: here.relays.store.life != "")
        stats = await ask(lambda redis: redis.info("commandstats"))
        await ask(lambda redis: redis.flushall())
        speaker.say(1)  # who speaks finds out first
        await reads(reader, 1)
        async with asyncio.timeout(30):
            while not await ask(lambda redis: redis.hexists(ended, "x")):
                pass

        assert "cmdstat_hgetall" in stats
        assert "cmdstat_hset" not in stats


async def test_where_stories_have_parted_all_read_the_one_that_went_on(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker, reader = here.speaker("a"), await here.reader()
        elsewhere = await there.reader()
        speaker.say(1, 2)
        await all_read([reader, elsewhere], 2)
        story = reader.room.story_name

        # A Redis that forgot, and others who knew less and went on with "b" in the place of "a2".
        await forget_and_go_on(here, story)
        speaker.say(3)
        await until(lambda: here.room.story.last == there.room.story.last == 3)
        read = await all_read([await here.reader(), await there.reader()], 3)

        assert read == [["1 a1", "2 b1", "3 a3"]] * 2
        assert here.room.story_name == there.room.story_name != story


async def forget_and_go_on(gateway: Gateway, story: str) -> None:
    room, finals = "wsserver:room:room", "wsserver:room:room:finals"
    body = '{"utterance":1,"text":"%s","start":1,"end":2,"through":0}'
    known: dict[Any, Any] = {"story": story, "born": "anew", "seq": 5, "last": 2, "base": 1}

    async def write(redis: Redis) -> None:
        run = (await redis.info("server"))["run_id"]
        life = f"another {run} 1"
        async with redis.pipeline() as pipe:
            pipe.flushall()
            pipe.set("wsserver:life", life)
            pipe.hset(room, mapping=known | {"owner": OWNER, "life": life})
            pipe.xadd(finals, {"h": "a 1 1 1 0", "b": body % "said 1."}, id="1-0")
            pipe.xadd(finals, {"h": "b 1 1 2 0", "b": body % "other"}, id="2-0")
            await pipe.execute()

    await gateway.connection.ask(write)
