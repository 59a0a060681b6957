from tests.broker.gateway import gateways, reads
from tests.broker.redis_server import RedisServer


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
