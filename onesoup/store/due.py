"""Work that is due at a time, shared by any number of processes: what one takes is its own until a lease runs out. The timers
are in Redis, so that another process goes on where one was killed."""

import time
from collections.abc import Mapping

import redis

from onesoup.store.client import Script, guarded
from onesoup.store.clock import SHIFT, Jumps

_SOON = """
-- KEYS 1 due  ARGV 1 name  2 in how many ms     It gets a step then, or earlier when it has one already.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], 'LT', now + tonumber(ARGV[2]), ARGV[1])
return 1
"""

_TAKE = """
-- KEYS 1 due  ARGV 1 lease, ms  2 most
-- Names whose time has come; they come again after the lease unless `settle` says otherwise. Returns {lease end, names ...}.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local names = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[2])
local back = now + tonumber(ARGV[1])
for _, name in ipairs(names) do redis.call('ZADD', KEYS[1], back, name) end
return {tostring(back), unpack(names)}
"""

_KEEP = """
-- KEYS 1 due  ARGV 1 lease, ms  2 ... name, lease end, name, lease end ...
-- Whoever works on these goes on to. Returns the new end of the leases that were still there: {end, names ...}.
local t = redis.call('TIME')
local back = tostring(t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[1]))
local kept = {back}
for n = 2, #ARGV, 2 do
  if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[n]) or 0) == tonumber(ARGV[n + 1]) then
    redis.call('ZADD', KEYS[1], back, ARGV[n])
    kept[#kept + 1] = ARGV[n]
  end
end
return kept
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
    SHIFT
    + """
-- KEYS 1 due  ARGV 1 by how many ms Redis's clock has jumped     Timers that were set before move with it, however many
-- processes have seen it.
local t = redis.call('TIME')
shift(KEYS[1], t[1] * 1000 + math.floor(t[2] / 1000), tonumber(ARGV[1]))
return 1
"""
)


class Due:
    """One such list."""

    def __init__(self, client: redis.Redis, key: str) -> None:
        self._client, self._key, self._clock = client, key, Jumps()
        self._soon, self._take = Script(client, _SOON, "due.soon"), Script(client, _TAKE, "due.take")
        self._keep = Script(client, _KEEP, "due.keep")
        self._settle, self._jumped = Script(client, _SETTLE, "due.settle"), Script(client, _JUMPED, "due.jumped")

    def soon(self, name: str, ms: int) -> None:
        """A step in so many ms at the latest, even while somebody works on it."""
        self._soon([self._key], [name, ms])

    def add(self, name: str) -> None:
        """A step at once, unless there is one to come or somebody works on it."""
        guarded(lambda: self._client.zadd(self._key, {name: 0}, nx=True))

    def take(self, lease_ms: int, most: int = 100) -> tuple[int, list[str]]:
        """(end of the lease, names whose time has come). Another process may have them when the lease is over."""
        before = time.monotonic()
        end, *names = self._take([self._key], [lease_ms, most])
        if by := self._clock.by(int(end) - lease_ms, before, time.monotonic()):
            self._jumped([self._key], [by])
        return int(end), [name.decode() for name in names]

    def keep(self, leases: Mapping[str, int], lease_ms: int) -> dict[str, int]:
        """The leases {name: end} with a new end, of work that takes longer; without those that somebody else has by now, or
        that news has come for."""
        pairs = [each for pair in leases.items() for each in pair]
        end, *names = self._keep([self._key], [lease_ms, *pairs])
        return {name.decode(): int(end) for name in names}

    def settle(self, name: str, lease: int, ms: int | None) -> bool:
        """The step is done; the next one comes in `ms`, or none. False when the lease is not this one: then nothing changes."""
        return bool(self._settle([self._key], [name, lease, "" if ms is None else max(ms, 0)]) != 0)
