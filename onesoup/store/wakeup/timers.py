"""Work that is due at a time, shared by any number of processes: what one takes is its own until a lease runs out, which it
renews while it works. The timers are in Redis, so that another process goes on where one was killed."""

import time
from collections.abc import Mapping
from typing import NamedTuple

import redis

from onesoup.store.redis.client import RedisScript, Value, guarded
from onesoup.store.redis.clock import SHIFT_LUA, ClockJumps

_SOON = """
-- KEYS 1 due  ARGV 1 name  2 in how many ms     It gets a step then, or earlier when it has one already.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], 'LT', now + tonumber(ARGV[2]), ARGV[1])
return 1
"""

_TAKE = """
-- KEYS 1 due  ARGV 1 lease, ms  2 most
-- Names whose time has come; they come again after the lease unless `settle` says otherwise. Returns {lease end, ms until the
-- next time of another one or -1, names ...}.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
local back = now + tonumber(ARGV[1])
for _, name in ipairs(names) do redis.call('ZADD', KEYS[1], back, name) end
local next = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
return {tostring(back), next and math.max(math.ceil(next - now), 0) or -1, unpack(names)}
"""

_RENEW = """
-- KEYS 1 due  ARGV 1 lease, ms, then names and lease ends
-- These are still worked on. Returns their new lease end. Where news has come since, that counts.
local t = redis.call('TIME')
local back = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[1])
for n = 2, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[n])
  if score and tonumber(score) == tonumber(ARGV[n + 1]) then redis.call('ZADD', KEYS[1], back, ARGV[n]) end
end
return tostring(back)
"""

_SETTLE = """
-- KEYS 1 due  ARGV 1 name  2 lease end  3 ms until the next step, or "" for none
-- Unless news has come since it was taken.
local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not score or tonumber(score) ~= tonumber(ARGV[2]) then return 0 end
if ARGV[3] == '' then return redis.call('ZREM', KEYS[1], ARGV[1]) end
local t = redis.call('TIME')
redis.call('ZADD', KEYS[1], t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[3]), ARGV[1])
return 1
"""


_JUMPED = (
    SHIFT_LUA
    + """
-- KEYS 1 due  ARGV 1 by how many ms Redis's clock has jumped     Timers that were set before move with it, however many
-- processes have seen it.
local t = redis.call('TIME')
shift(KEYS[1], t[1] * 1000 + math.floor(t[2] / 1000), tonumber(ARGV[1]))
return 1
"""
)


class TakenTimers(NamedTuple):
    """What one process got. `after`: ms until something else is due, the lease of what it has included; -1 for nothing."""

    lease: int
    names: list[str]
    after: int


class SharedTimers:
    """One sorted set: name -> when it is due, ms. Who takes a name moves it to the end of its lease."""

    def __init__(self, client: redis.Redis, key: str) -> None:
        self._client, self._key, self._clock = client, key, ClockJumps()
        self._soon, self._take = RedisScript(client, _SOON, "due.soon"), RedisScript(client, _TAKE, "due.take")
        self._renew, self._settle = RedisScript(client, _RENEW, "due.renew"), RedisScript(client, _SETTLE, "due.settle")
        self._jumped = RedisScript(client, _JUMPED, "due.jumped")

    def soon(self, name: str, ms: int) -> None:
        """A step in so many ms at the latest, even while somebody works on it."""
        self._soon([self._key], [name, ms])

    def add(self, name: str) -> None:
        """A step at once, unless there is one to come or somebody works on it."""
        guarded(lambda: self._client.zadd(self._key, {name: 0}, nx=True))

    def take(self, lease_ms: int, most: int = 100) -> TakenTimers:
        """Names whose time has come. Another process may have them when the lease is over."""
        before = time.monotonic()
        end, after, *names = self._take([self._key], [lease_ms, most])
        if by := self._clock.by(int(end) - lease_ms, before, time.monotonic()):
            self._jumped([self._key], [by])
        return TakenTimers(int(end), [name.decode() for name in names], int(after))

    def renew(self, leases: Mapping[str, int], lease_ms: int) -> int:
        """The names, with the ends of their leases, are still worked on. Returns the new end."""
        pairs: list[Value] = [each for pair in leases.items() for each in pair]
        return int(self._renew([self._key], [lease_ms, *pairs]))

    def settle(self, name: str, lease: int, ms: int | None) -> None:
        """The step is done; the next one comes in `ms`, or none."""
        self._settle([self._key], [name, lease, "" if ms is None else max(ms, 0)])
