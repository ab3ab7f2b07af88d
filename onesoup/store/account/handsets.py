"""What is remembered of the handsets of an account between their sessions: by resource, a little of a few handsets."""

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis.client import RedisScript, guarded

# What a handset has published of its user, the name of the picture that it shows, what it has subscribed, as nodes of PEP, and
# the ServerPollMin that it was told.
OWN, PHOTO, NODES, POLL = "own", "photo", "nodes", "poll"
MAX_HANDSETS, MAX_HANDSET_VALUE_BYTES = 8, 100_000
MAX_RESOURCE_LENGTH = 255
HANDSET_MS = 90 * 86_400_000

_PUT = (
    f"local MOST, MOST_BYTES, KEEP = {MAX_HANDSETS}, {bounds.MOST_HASH_BYTES}, {HANDSET_MS}"
    + """
-- KEYS 1 handsets  ARGV 1 resource  2 name  3 value     Fields are resource and name. Handsets beyond the most go whole, and when
-- all of them take too much memory, all others go.
redis.call('HSET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], KEEP)
local known, count = {[ARGV[1]] = true}, 1
if redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0) > MOST_BYTES then count = MOST end
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  local resource = string.match(field, '^(.*) [^ ]*$')
  if not known[resource] and count < MOST then
    known[resource], count = true, count + 1
  elseif not known[resource] then
    redis.call('HDEL', KEYS[1], field)
  end
end
return 1
"""
)


class HandsetMemory:
    def __init__(self, client: redis.Redis) -> None:
        self._client, self._put = client, RedisScript(client, _PUT, "handsets.put")

    def put(self, jid: str, resource: str, name: str, value: bytes | str | int) -> bool:
        """Remembers something for a quarter of a year. False, and nothing is done, for more than is remembered of a handset."""
        if len(resource) > MAX_RESOURCE_LENGTH or (isinstance(value, bytes | str) and len(value) > MAX_HANDSET_VALUE_BYTES):
            return False
        self._put([keys.account(jid, "handsets")], [resource, name, value])
        return True

    def get(self, jid: str, resource: str, name: str) -> bytes | None:
        found: bytes | None = guarded(lambda: self._client.hget(keys.account(jid, "handsets"), f"{resource} {name}"))
        return found
