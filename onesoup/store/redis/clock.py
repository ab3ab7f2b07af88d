"""Checks whether Redis's clock runs like ours. Redis counts what expires by its wall clock, and wall clocks jump: somebody sets
one, a machine wakes up with another time zone, the master is another machine. Our monotonic clock does not.

Values and Lua only; who reads the time says when it was.
"""

# Above what two machines drift apart between two looks, and what a look may take, ms.
CLOCK_TOLERANCE_MS = 5000

# Lua. `by` ms is what the clock has jumped: scores that were written before it move with it. Those that were written after it
# are where they belong, so that it does no harm when several do this for the same jump.
SHIFT_LUA = """
local function shift(key, now, by)
  local low, high = '-inf', now - by / 2
  if by < 0 then low, high = now - by / 2, '+inf' end
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', key, low, high)) do redis.call('ZINCRBY', key, by, name) end
end
"""


class ClockJumps:
    """The clock of one Redis, as it is seen again and again."""

    __slots__ = ("_ahead",)

    def __init__(self) -> None:
        self._ahead: float | None = None

    def by(self, redis_ms: int, before: float, after: float) -> int:
        """How far it has jumped since the last look, ms; 0 when it has not. It was read between two moments of our monotonic
        clock, in seconds."""
        ahead = redis_ms - (before + after) * 500
        last, self._ahead = self._ahead, ahead
        if last is None or abs(ahead - last) <= CLOCK_TOLERANCE_MS + (after - before) * 500:
            return 0
        return round(ahead - last)
