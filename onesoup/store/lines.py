"""Which CIR processes listen for STCP. A phone is offered STCP only while one of them lives."""

import redis

from onesoup.store.client import Script

LINES = "cir:stcp"

_ALIVE = """
-- KEYS 1 processes  ARGV 1 process  2 TTL, ms (0: gone)     Returns how many live.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[1] ~= '' then
  if ARGV[2] == '0' then redis.call('ZREM', KEYS[1], ARGV[1])
  else redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1]) end
end
return redis.call('ZCARD', KEYS[1])
"""


class Lines:
    def __init__(self, client: redis.Redis) -> None:
        self._alive = Script(client, _ALIVE)

    def register(self, process: str, ttl_ms: int) -> None:
        self._alive([LINES], [process, ttl_ms])

    def leave(self, process: str) -> None:
        self._alive([LINES], [process, 0])

    def any(self) -> bool:
        """Whether an STCP listener lives."""
        return int(self._alive([LINES], ["", 0])) > 0
