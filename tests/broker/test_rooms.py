import asyncio

import pytest
from redis import Redis

from tests.broker.gateway import (
    OWNER,
    ROOM,
    all_read,
    gateways,
    numbered,
    reads,
)
from tests.broker.redis_server import RedisServer
from tests.rooms.told import final
from tests.waiting import until
from wsserver.broker import room_relays, room_store, room_waiting
from wsserver.broker.room_relay import RedisRelay
from wsserver.net.refusal import Refused
from wsserver.rooms.captions import Live, Partial


async def test_whoever_reads_anywhere_reads_the_same_story(redis_server: RedisServer) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker = here.speaker("a")
        readers = [await here.reader(), await there.reader()]

        speaker.say(1, 2)
        other = there.speaker("b")
        other.say(1)
        speaker.say(3)
        read = [await reads(reader, 4) for reader in readers]

        assert read[0] == read[1]
        assert readers[0].finals == readers[1].finals
        assert readers[0].room.story_name == readers[1].room.story_name
        assert sorted(each[2:] for each in read[0]) == ["a1", "a2", "a3", "b1"]


async def test_whoever_comes_late_elsewhere_reads_it_from_its_beginning(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker, early = here.speaker("a"), await here.reader()
        speaker.say(*range(1, 451))
        speaker.say_nothing(451)
        await reads(early, 450)

        late = await there.reader()
        at_once = await reads(late, 450)
        speaker.say(452)

        assert at_once == [f"{number} a{number}" for number in range(1, 451)]
        assert (await reads(late, 451))[-1] == (await reads(early, 451))[-1] == "451 a452"
        assert late.finals == early.finals


async def test_a_story_that_is_longer_than_is_kept_has_the_same_numbers_for_who_comes_late(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2, history_finals=3) as (here, there):
        speaker, early = here.speaker("a"), await here.reader()
        for utterance in range(1, 11):
            speaker.say(utterance)
            await reads(early, utterance)

        late = await there.reader()
        speaker.say(11)

        assert await reads(late, 4) == ["8 a8", "9 a9", "10 a10", "11 a11"]
        assert late.finals == early.finals[-3:] or await reads(early, 11)
        assert late.finals == early.finals[-4:]
        assert late.room.story.first == 9


async def test_whoever_comes_back_elsewhere_goes_on_behind_what_they_have(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker, reader = here.speaker("a"), await here.reader()
        speaker.say(1, 2)
        await reads(reader, 2)

        elsewhere = await there.reader()
        elsewhere.position = elsewhere.room.entry(reader.room.story_name, 2)
        speaker.say(3)

        assert await reads(elsewhere, 1) == ["3 a3"]


async def test_partials_and_who_is_live_are_seen_everywhere(redis_server: RedisServer) -> None:
    async with gateways(redis_server, 2) as (here, there):
        reader = await there.reader()
        speaker = here.speaker("a")

        speaker.mumble(1, "sai")
        await until(lambda: "a1: sai" in reader.read())
        speaker.say(1)
        await reads(reader, 1)
        speaker.mumble(2, "wha")
        await until(lambda: "a2: wha" in reader.read())
        speaker.leave()
        await until(lambda: "silent" in reader.read() or not reader.room.is_live)
        reader.read_all()

        lives = [each.live for each in reader.told if isinstance(each, Live)]
        partials = [each.text for each in reader.told if isinstance(each, Partial)]
        assert lives == [True, False]
        assert partials[-1] == ""


async def test_a_session_that_goes_on_elsewhere_is_told_once(redis_server: RedisServer) -> None:
    async with gateways(redis_server, 2) as (here, there):
        reader = await there.reader()
        first = here.speaker("a")
        first.say(1, 2)
        await reads(reader, 2)

        second = there.speaker("a", generation=2, position=1.6)
        await until(lambda: reader.room.speakers() == {"a": 2})
        first.leave()
        second.say(2, 3)
        read = await reads(reader, 3)
        second.leave()
        await until(lambda: not reader.room.is_live)

        assert read == ["1 a1", "2 a2", "3 a3"]


async def test_what_was_said_before_a_session_went_on_elsewhere_is_not_lost(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        reader = await there.reader()
        first = here.speaker("a")
        await first.seat.relay.flush()
        second = there.speaker("a", generation=2, position=1.6)
        await second.seat.relay.flush()

        first.say(1, 2)
        await first.seat.relay.flush()
        second.say(2)

        assert await reads(reader, 2) == ["1 a1", "2 a2"]


async def test_of_too_many_sessions_those_that_ended_longest_ago_are_forgotten(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_store, "MOST_SESSIONS", 6)
    async with gateways(redis_server, 1) as (here,):
        former = [here.speaker(name) for name in "abcdef"]
        for speaker in reversed(former):
            speaker.leave()
        for name in "xyz":
            await here.speaker(name).seat.relay.flush()

        room = here.connection.key("room", ROOM)
        known = await here.connection.ask(
            lambda redis: redis.hmget(room, [f"s:{name}" for name in "abcdefxyz"])
        )

        assert [each is not None for each in known] == [True] * 3 + [False] * 3 + [True] * 3


async def test_what_a_session_says_late_that_redis_has_forgotten_holds_nobody_up(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker, other = here.speaker("a"), here.speaker("b")
        await other.seat.relay.flush()
        await there.speaker("a", generation=2).seat.relay.flush()
        reader = await here.reader()
        await until(lambda: reader.room.speakers() == {"a": 2, "b": 1})
        relay = speaker.seat.relay
        assert isinstance(relay, RedisRelay)
        relay.doubt()
        await until(lambda: "a" not in relay._waiting.open)

        room = here.connection.key("room", ROOM)
        await here.connection.ask(lambda redis: redis.hdel(room, "s:a"))
        speaker.say(1)
        other.say(1)

        assert await reads(reader, 1) == ["1 b1"]


async def test_what_is_said_where_a_session_went_on_waits_for_what_was_said_before(
    redis_server: RedisServer,
) -> None:
    remember_for_long(redis_server)
    async with gateways(redis_server, 2, settle_seconds=600.0) as (here, there):
        reader = await here.reader()
        for gateway, generation, position in ((here, 1, 0.0), (there, 2, 1.6)):
            speaker = gateway.speaker("a", generation, position)
            await speaker.seat.relay.flush()
        finals = [
            await there.relays.store.final(ROOM, "a", generation, final(utterance))
            for generation, utterance in ((2, 2), (1, 1), (2, 2), (2, 3))
        ]

        assert finals == ["gap", "ok", "ok", "ok"]
        assert await reads(reader, 3) == ["1 a1", "2 a2", "3 a3"]


async def test_a_session_that_is_known_only_where_it_went_on_takes_what_was_said_before(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        reader = await there.reader()
        await there.speaker("a", generation=2, position=1.6).seat.relay.flush()

        late = here.speaker("a")
        late.say(1)

        assert await reads(reader, 1) == ["1 a1"]


def remember_for_long(server: RedisServer) -> None:
    """Have Redis wait for nobody: it began to remember long ago."""
    with Redis.from_url(server.url) as redis:
        redis.set("wsserver:life", f"old {redis.info('server')['run_id']} 1")


async def test_the_speakers_of_a_gateway_that_died_speak_no_more(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_relays, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(room_relays, "GONE_SECONDS", 0.5)
    async with gateways(redis_server, 2) as (here, there):
        speaker = here.speaker("a")
        here_too = there.speaker("b")
        reader = await there.reader()
        speaker.say(1)
        speaker.mumble(2)
        await reads(reader, 1)
        await until(lambda: set(reader.room.speakers()) == {"a", "b"})

        await here.die()
        await until(lambda: set(reader.room.speakers()) == {"b"})
        here_too.say(1)

        assert (await reads(reader, 2))[-1] == "2 b1"


async def test_a_room_that_is_ended_is_ended_everywhere_and_for_who_comes_later(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker = here.speaker("a")
        seat = there.rooms.sit(ROOM, OWNER)
        speaker.say(1)
        await until(lambda: seat.room.story.last == 1)

        await there.rooms.end(ROOM, OWNER)
        await until(lambda: here.rooms.find(ROOM) is None)
        speaker.say(2)
        async with gateways(redis_server, 1) as (later,):
            for gateway in (here, there, later):
                with pytest.raises(Refused, match="ended"):
                    gateway.rooms.sit(ROOM, OWNER)

        assert seat.is_ended
        assert await there.rooms.bring(ROOM) is None


async def test_what_is_said_on_in_a_room_that_has_ended_waits_for_nobody(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(room_waiting, "MOST_FINALS", 3)
    async with gateways(redis_server, 1) as (here,):
        speaker = here.speaker("a")
        await here.rooms.end(ROOM, OWNER)

        speaker.say(1, 2, 3, 4)
        speaker.leave()

    assert "lost" not in caplog.text


async def test_a_room_is_brought_from_where_it_is_open(redis_server: RedisServer) -> None:
    async with gateways(redis_server, 2) as (here, there):
        speaker = here.speaker("a")
        speaker.say(1)
        await speaker.seat.relay.flush()

        brought = await there.rooms.bring(ROOM)
        unknown = await there.rooms.bring("another")

        assert brought is not None
        assert (brought.owner, brought.room.story.last) == (OWNER, 1)
        assert unknown is None


async def test_a_story_outlives_the_gateways_for_a_while(redis_server: RedisServer) -> None:
    async with gateways(redis_server, 1) as (first,):
        speaker = first.speaker("a")
        speaker.say(1)
        await speaker.seat.relay.flush()
        speaker.leave()
    async with gateways(redis_server, 1) as (second,):
        reader = await second.reader()

        assert await reads(reader, 1) == ["1 a1"]
        assert not reader.room.is_live


async def test_what_all_say_at_once_is_told_once_and_in_each_ones_order(
    redis_server: RedisServer,
) -> None:
    async with gateways(redis_server, 3) as started:
        readers = [await each.reader() for each in started]
        speakers = [each.speaker(name) for each, name in zip(started, "abc", strict=True)]

        for utterance in range(1, 31):
            for speaker in speakers:
                speaker.mumble(utterance)
                speaker.say(utterance)
            if utterance % 7 == 0:
                await asyncio.sleep(0.001)
        read = await all_read(readers, 90)

        assert read[0] == read[1] == read[2]
        assert readers[0].finals == readers[1].finals == readers[2].finals
        for name in "abc":
            assert [each for each in numbered(read[0]) if each[0] == name] == [
                f"{name}{utterance}" for utterance in range(1, 31)
            ]


async def test_redis_forgets_the_rooms_whose_end_nobody_has_to_know_any_more(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_relays, "_FORGET_SECONDS", 0.0)
    monkeypatch.setattr(room_relays, "BEAT_SECONDS", 0.01)

    async with gateways(redis_server, 1) as (here,):
        connection, ended = here.connection, here.connection.key("ended")
        await connection.ask(lambda redis: redis.hset(ended, "long ago", '[1, "ada"]'))
        await here.rooms.end("x", OWNER)
        async with asyncio.timeout(30):
            while await connection.ask(lambda redis: redis.hexists(ended, "long ago")):
                pass

        assert await connection.ask(lambda redis: redis.hexists(ended, "x"))
