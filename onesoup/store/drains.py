"""Hosts that are being taken out of service: their processes take nothing new and hand over what they have. A drain lasts until
an operator ends it, over restarts of the processes."""

from dataclasses import asdict, dataclass

import redis

from onesoup.store import bounds, operator_bounds
from onesoup.store.keys import ORDERS_CHANNEL
from onesoup.store.redis import msgpack
from onesoup.store.redis.client import RedisScript, guarded, publish

DRAINS_KEY = "drains"
DRAIN_VERSION = 1

_BEGIN_DRAIN = """
-- KEYS 1 drains  ARGV 1 host  2 record  3 most     Returns 1; 0 for a host that drains already; -1 when there are too many.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
"""


@dataclass(frozen=True, slots=True)
class Drain:
    """`at` in seconds since 1970."""

    host: str
    by: str
    at: int


class Drains:
    """drains, a hash that does not expire: host -> record; MOST_DRAINS of them. Each change is told on ORDERS_CHANNEL."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._begin = client, RedisScript(client, _BEGIN_DRAIN, "drains.begin")

    def begin(self, drain: Drain) -> bool:
        """False when the host drains already. TooMuch when there are too many, or its name is too long."""
        packed = msgpack.pack(DRAIN_VERSION, asdict(drain))
        if len(packed) > operator_bounds.DRAIN_BYTES:
            raise bounds.TooMuch
        begun = int(self._begin([DRAINS_KEY], [drain.host, packed, operator_bounds.MOST_DRAINS]))
        if begun < 0:
            raise bounds.TooMuch
        publish(self._client, ORDERS_CHANNEL, b"drains")
        return begun == 1

    def end(self, host: str) -> bool:
        """False when it did not drain."""
        ended = bool(guarded(lambda: self._client.hdel(DRAINS_KEY, host)))
        publish(self._client, ORDERS_CHANNEL, b"drains")
        return ended

    def of(self, host: str) -> Drain | None:
        packed = guarded(lambda: self._client.hget(DRAINS_KEY, host))
        return _drain_of(host, packed) if packed is not None else None

    def all(self) -> list[Drain]:
        """By host."""
        found = guarded(lambda: self._client.hgetall(DRAINS_KEY))
        return sorted((_drain_of(host.decode(), packed) for host, packed in found.items()), key=lambda each: each.host)


def _drain_of(host: str, packed: bytes) -> Drain:
    """One whose record cannot be read is a drain all the same."""
    try:
        return _drain(packed)
    except msgpack.BadRecord:
        return Drain(host, "", 0)


@msgpack.reader
def _drain(packed: bytes) -> Drain:
    found = msgpack.unpack(packed, DRAIN_VERSION)
    return Drain(str(found["host"]), str(found["by"]), int(found["at"]))
