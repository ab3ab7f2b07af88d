"""Which CIR processes live, and which bearers work through them. A phone is offered a bearer only while one of them does."""

from collections.abc import Iterable

import redis

from onesoup.store.redis.client import RedisScript

CIR_PROCESSES_KEY = "cir:live"

_ALIVE = """
-- KEYS 1 bearers of processes  ARGV 1 process, or "" to only look  2 TTL, ms  3 ... its bearers just now
-- A process says which bearers it has; those that it does not name are gone. Returns the bearers of all.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[1] ~= '' then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if string.sub(member, 1, #ARGV[1] + 1) == ARGV[1] .. ' ' then redis.call('ZREM', KEYS[1], member) end
  end
  for n = 3, #ARGV do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1] .. ' ' .. ARGV[n]) end
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


class CirProcesses:
    """cir:live, a sorted set: a process's channel and one of its bearers, with a space between -> when that runs out, ms."""

    def __init__(self, client: redis.Redis) -> None:
        self._alive = RedisScript(client, _ALIVE, "lines.alive")

    def register(self, process: str, ttl_ms: int, bearers: Iterable[str] = ("STCP",)) -> None:
        """This process has these bearers for the time given; a later call replaces them."""
        self._alive([CIR_PROCESSES_KEY], [process, ttl_ms, *bearers])

    def leave(self, process: str) -> None:
        self._alive([CIR_PROCESSES_KEY], [process, 0])

    def live(self) -> frozenset[str]:
        """The bearers that work through some process just now."""
        return frozenset(member.decode().partition(" ")[2] for member in self._alive([CIR_PROCESSES_KEY], ["", 0]))

    def processes(self) -> frozenset[str]:
        """The processes that live, by their channels."""
        return frozenset(member.decode().partition(" ")[0] for member in self._alive([CIR_PROCESSES_KEY], ["", 0]))

    def any(self) -> bool:
        """Whether an STCP listener lives."""
        return "STCP" in self.live()
