"""A hash of an account that other people's bytes fill: so many fields, so much memory, and an expiry. One script writes."""

from collections.abc import Mapping
from dataclasses import dataclass

import redis

from onesoup.store.bounds import MOST_HASH_BYTES, TooMuch
from onesoup.store.redis.client import RedisScript, Value

_PUT = """
-- KEYS 1 hash  ARGV 1 most fields  2 most memory, bytes  3 expiry, ms, or 0  4 one: other fields make room  5 name  6 value ...
-- Sets all fields or none. Returns 1, or 0 when the hash would be too large: then nothing has changed. With 4, other fields go
-- instead. A value that is not longer than the one before is always set.
local key, evict = KEYS[1], ARGV[4] == '1'
local new, more = {}, 0
for n = 5, #ARGV, 2 do
  local before = redis.call('HGET', key, ARGV[n])
  if not before then new[#new + 1] = ARGV[n] end
  more = more + #ARGV[n + 1] - (before and #before or -#ARGV[n] - 64)
end
local function full()
  local used = redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0
  return redis.call('HLEN', key) + #new > tonumber(ARGV[1]) or used + more > tonumber(ARGV[2])
end
if more > 0 and full() then
  if not evict then return 0 end
  local mine = {}
  for n = 5, #ARGV, 2 do mine[ARGV[n]] = true end
  for _, name in ipairs(redis.call('HKEYS', key)) do
    if not mine[name] then
      redis.call('HDEL', key, name)
      if not full() then break end
    end
  end
  if full() then return 0 end
end
for n = 5, #ARGV, 2 do redis.call('HSET', key, ARGV[n], ARGV[n + 1]) end
if ARGV[3] ~= '0' then redis.call('PEXPIRE', key, ARGV[3]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class HashLimits:
    """`name` and `value`: the longest of each, bytes. `evict`: old fields make room for new ones."""

    fields: int
    name: int
    value: int
    expiry_ms: int = 0
    evict: bool = False


class BoundedHash:
    """Writes fields of hashes within limits."""

    def __init__(self, client: redis.Redis) -> None:
        self._put = RedisScript(client, _PUT, "bounded.put")

    def put(self, key: str, entries: Mapping[str, bytes], limits: HashLimits) -> None:
        """All entries, or TooMuch and none."""
        if not entries:
            return
        args: list[Value] = [limits.fields, MOST_HASH_BYTES, limits.expiry_ms, int(limits.evict)]
        for name, value in entries.items():
            octets = name.encode("utf-8", "surrogatepass")
            if len(octets) > limits.name or len(value) > limits.value:
                raise TooMuch
            args += [octets, value]
        if self._put([key], args) != 1:
            raise TooMuch
