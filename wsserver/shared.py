"""Build what several servers share through one Redis, if there is one.

Knows what is joined to what; knows nothing of how any of it works.
"""

from dataclasses import dataclass

from wsserver.broker.connection import Connection
from wsserver.broker.gateway import Gateway
from wsserver.broker.room_relays import RedisRelays
from wsserver.broker.room_store import Terms
from wsserver.broker.subscriptions import Subscriptions
from wsserver.config import Config


@dataclass(frozen=True, slots=True)
class Shared:
    """All of it."""

    redis: Connection
    subscriptions: Subscriptions
    peers: Gateway
    relays: RedisRelays

    @property
    def services(self) -> tuple[Connection, Subscriptions, Gateway, RedisRelays]:
        """Give all of it in the order in which it is started."""
        return self.redis, self.subscriptions, self.peers, self.relays


def build_shared(config: Config) -> Shared | None:
    """Give what *config* says; None where a server keeps everything itself."""
    if not config.redis.url:
        return None
    redis, rooms = Connection(config.redis), config.rooms
    subscriptions = Subscriptions(redis)
    terms = Terms(rooms.linger_seconds, rooms.history_finals, rooms.longest_seconds)
    return Shared(
        redis,
        subscriptions,
        Gateway(redis, subscriptions),
        RedisRelays(redis, subscriptions, terms),
    )
