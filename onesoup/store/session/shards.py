"""Shards and who owns them. A lease is a key with an expiry; a fencing number that only grows tells its owners apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import redis
from redis.cluster import RedisCluster

from onesoup.store import bounds, keys
from onesoup.store.bounds import TooMuch
from onesoup.store.redis.client import Call, RedisScript, Value, guarded, present
from onesoup.store.redis.commands import RedisCommand, send

HOLDERS_KEY = "holders"

_ACQUIRE = """
-- KEYS 1 lease  2 fence  ARGV 1 holder  2 TTL, ms     Returns the fencing number, or 0 when another holder has the shard.
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end
return 0
"""

_RENEW = """
-- KEYS lease and fence of each shard  ARGV 1 holder  2 TTL, ms  3 ... fencing numbers     Returns for each shard 1, or 0 when the
-- lease is lost.
local kept, leases = {}, {}
for n = 1, #KEYS, 2 do leases[#leases + 1] = KEYS[n] end
local owners = redis.call('MGET', unpack(leases))
for n, lease in ipairs(leases) do
  local owner, fence = owners[n], KEYS[2 * n]
  kept[n] = 0
  if owner == ARGV[1] then
    kept[n] = redis.call('PEXPIRE', lease, ARGV[2])
  -- It has run out, by a clock that jumped perhaps, and nobody has had the shard since: the number would have grown.
  elseif not owner and redis.call('GET', fence) == ARGV[n + 2] then
    redis.call('SET', lease, ARGV[1], 'PX', ARGV[2])
    kept[n] = 1
  end
end
return kept
"""

_COUNTS = """
-- KEYS sets     Returns the size of each.
local sizes = {}
for n, key in ipairs(KEYS) do sizes[n] = redis.call('SCARD', key) end
return sizes
"""

_RELEASE = """
-- KEYS 1 lease  2 fence  ARGV 1 holder     A renewal that comes behind finds another number.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('INCR', KEYS[2])
return redis.call('DEL', KEYS[1])
"""

_ALIVE = """
-- KEYS 1 holders  ARGV 1 holder  2 TTL, ms  3 one when it takes shards     Registers the holder, or takes it out. Returns
-- {how many take shards, now}. An entry that is good for far too long was written before Redis's clock jumped.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], now + 600000 + tonumber(ARGV[2]), '+inf')
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return {redis.call('ZCARD', KEYS[1]), now}
"""

_ASK = """
-- KEYS 1 log-ins that wait  ARGV 1 job  2 channel of the shard  3 most that may wait      Returns 0 when too many wait.
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 60000)
redis.call('PUBLISH', ARGV[2], 'login')
return 1
"""


@dataclass(frozen=True, slots=True)
class Lease:
    shard: int
    fence: int


class Leases:
    """The leases of one holder: lease:{xx}, a string with the holder of a shard, for the TTL; fence:{xx}, its fencing number,
    which only grows; holders, a sorted set of the holders that live -> until when, ms."""

    def __init__(self, client: redis.Redis, holder: str, ttl_ms: int) -> None:
        self._client, self._holder, self._ttl = client, holder, ttl_ms
        self._acquire, self._renew = RedisScript(client, _ACQUIRE, "leases.acquire"), RedisScript(client, _RENEW, "leases.renew")
        self._release, self._alive = RedisScript(client, _RELEASE, "leases.release"), RedisScript(client, _ALIVE, "leases.alive")

    def alive(self, takes: bool = True) -> tuple[int, int]:
        """Says that this holder lives and takes its share, or takes none. How many take theirs, and the time of Redis, ms."""
        living, now = self._alive([HOLDERS_KEY], [self._holder, self._ttl, int(takes)])
        return int(living), int(now)

    def leave(self) -> None:
        guarded(lambda: self._client.zrem(HOLDERS_KEY, self._holder))

    def free(self) -> list[int]:
        """Shards that nobody owns just now."""

        def owners() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for number in range(keys.SHARDS):
                pipe.get(keys.shard(number, "lease"))
            return pipe.execute()

        return [number for number, owner in enumerate(guarded(owners)) if owner is None]

    def acquire(self, shard: int) -> Lease | None:
        """The lease of a free shard with a new fencing number, or None when another was faster."""
        return next(iter(self.acquire_all([shard])), None)

    def acquire_all(self, shards: Sequence[int]) -> list[Lease]:
        """As acquire(), for many at once: one after the other the first would run out before the last is there."""
        args: list[Value] = [self._holder, self._ttl]
        calls: list[Call] = [([keys.shard(shard, "lease"), keys.shard(shard, "fence")], args) for shard in shards]
        fences = self._acquire.many(calls) if calls else []
        return [Lease(shard, int(fence)) for shard, fence in zip(shards, fences, strict=True) if fence]

    def renew(self, lease: Lease) -> bool:
        return bool(self.renew_all([lease]))

    def renew_all(self, leases: Sequence[Lease]) -> list[Lease]:
        """Those of the leases that are still ours, and are so for another while. One script for all takes half a
        millisecond; on a cluster each shard may be on a node of its own."""
        at_once = 1 if isinstance(self._client, RedisCluster) else len(leases)
        answers: list[int] = []
        for start in range(0, len(leases), at_once or 1):
            some = leases[start : start + at_once]
            names = [keys.shard(lease.shard, name) for lease in some for name in ("lease", "fence")]
            answers += self._renew(names, [self._holder, self._ttl, *(lease.fence for lease in some)])
        return [lease for lease, answer in zip(leases, answers, strict=True) if answer == 1]

    def release(self, lease: Lease) -> None:
        self._release([keys.shard(lease.shard, "lease"), keys.shard(lease.shard, "fence")], [self._holder])

    def release_all_of(self, holder: str) -> int:
        """Gives free all shards of another holder, which is dead. How many it had. Were it alive, it would find its leases
        lost."""
        args: list[Value] = [holder]
        calls: list[Call] = [([keys.shard(number, "lease"), keys.shard(number, "fence")], args) for number in range(keys.SHARDS)]
        freed = sum(map(int, self._release.many(calls)))
        guarded(lambda: self._client.zrem(HOLDERS_KEY, holder))
        return freed


class Shards:
    """Which sessions a shard has, shard:{xx}, a set; and the log-ins that wait for its holder, logins:{xx}, a list, for a
    minute."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._ask = client, RedisScript(client, _ASK, "leases.ask")
        self._counts = RedisScript(client, _COUNTS, "leases.counts")

    def add(self, shard: int, sid: str) -> None:
        send(self._client, self.add_command(shard, sid))

    def add_command(self, shard: int, sid: str) -> RedisCommand:
        """As add()."""
        return RedisCommand(("SADD", keys.shard(shard, "shard"), sid))

    def remove(self, shard: int, sid: str) -> None:
        send(self._client, self.remove_command(shard, sid))

    def remove_command(self, shard: int, sid: str) -> RedisCommand:
        """As remove()."""
        return RedisCommand(("SREM", keys.shard(shard, "shard"), sid))

    def sessions(self, shard: int) -> list[str]:
        return self.sessions_of([shard])[0]

    def sessions_of(self, shards: Sequence[int]) -> list[list[str]]:
        """The sessions of each of the shards."""

        def members() -> list[set[bytes]]:
            pipe = self._client.pipeline(transaction=False)
            for shard in shards:
                pipe.smembers(keys.shard(shard, "shard"))
            return pipe.execute()

        return [[sid.decode() for sid in found] for found in guarded(members)]

    def counts(self, shards: Sequence[int]) -> list[int]:
        """How many sessions each of the shards has. One script for all costs a third of so many commands."""
        names = [keys.shard(shard, "shard") for shard in shards]

        def sizes() -> list[int]:  # on a cluster each shard may be on a node of its own
            pipe = self._client.pipeline(transaction=False)
            for name in names:
                pipe.scard(name)
            return pipe.execute()

        if not isinstance(self._client, RedisCluster):
            return list(self._counts(names)) if names else []
        return guarded(sizes)

    def holders(self, shards: Sequence[int]) -> list[str]:
        """Which holder has each of the shards, "" for none."""

        def owners() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for shard in shards:
                pipe.get(keys.shard(shard, "lease"))
            return pipe.execute()

        return [owner.decode() if owner else "" for owner in guarded(owners)]

    def ask(self, shard: int, job: bytes) -> None:
        """A log-in for whoever holds the shard. It is worthless after a minute. TooMuch when it is too long, or too many
        wait."""
        if len(job) > bounds.LOGIN_BYTES:
            raise TooMuch
        if not self._ask([keys.shard(shard, "logins")], [job, keys.wake_channel(shard), bounds.MOST_LOGINS]):
            raise TooMuch

    def withdraw(self, shard: int, job: bytes) -> bool:
        """Takes a log-in back that no holder has begun; False when one has."""
        return bool(guarded(lambda: self._client.lrem(keys.shard(shard, "logins"), 1, job)))  # type: ignore[arg-type]

    def next_logins(self, shard: int, most: int = 16) -> list[bytes]:
        """Log-ins that wait, the oldest first; they are the caller's from now on. Fewer than so many: no more wait."""
        found: list[bytes] | None = guarded(lambda: self._client.lpop(keys.shard(shard, "logins"), most))
        return found or []

    def waiting_logins(self, shards: list[int]) -> list[int]:
        """Those of the shards where a log-in waits: for the sweep that finds what a lost wake left."""
        names = [keys.shard(shard, "logins") for shard in shards]
        return [shard for shard, waits in zip(shards, present(self._client, names), strict=True) if waits]
