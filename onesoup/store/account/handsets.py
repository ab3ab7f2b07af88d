"""What is remembered of the handsets of an account between their sessions: by resource, a little of a few handsets."""

from collections.abc import Mapping, Sequence
from typing import Any

import redis

from onesoup.store import bounds, keys, records
from onesoup.store.redis.client import RedisScript, guarded

# What a handset has published of its user, the name of the picture that it shows, what it has subscribed, as nodes of PEP, and
# the ServerPollMin that it was told.
OWN, PHOTO, NODES, POLL = "own", "photo", "nodes", "poll"
MAX_HANDSETS, MAX_HANDSET_VALUE_BYTES = 8, 100_000
MAX_HANDSET_RESOURCE_LENGTH = 255
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
    """handsets:{jid}, a hash for all handsets of an account; a field is resource, space, and what it is (OWN ...). For 90 days
    after the last change."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._put = client, RedisScript(client, _PUT, "handsets.put")

    def own_presence(self, jid: str, resource: str) -> dict[str, Any]:
        """What the handset has published of its user, as far as it lasts."""
        found: dict[str, Any] = records.unpack_plain(self._get(jid, resource, OWN), {})
        return found

    def keep_own_presence(self, jid: str, resource: str, fields: Mapping[str, Any]) -> bool:
        """False, and nothing is done, for more than is remembered of a handset."""
        return self._keep(jid, resource, OWN, records.pack_plain(dict(fields)))

    def poll_min(self, jid: str, resource: str) -> int | None:
        """The ServerPollMin, seconds, that the handset was told last; None for none."""
        found = self._get(jid, resource, POLL)
        return int(found) if found else None

    def keep_poll_min(self, jid: str, resource: str, seconds: int) -> None:
        self._keep(jid, resource, POLL, seconds)

    def picture_name(self, jid: str, resource: str) -> str | None:
        """The name of the picture that the handset shows of its user (XEP-0153)."""
        found = self._get(jid, resource, PHOTO)
        return None if found is None else found.decode()

    def keep_picture_name(self, jid: str, resource: str, name: str) -> None:
        self._keep(jid, resource, PHOTO, name)

    def pep_nodes(self, jid: str, resource: str) -> list[str] | None:
        """The PEP nodes that the handset's subscriptions used last; None for a handset of which that is not known."""
        found: list[str] | None = records.unpack_plain(self._get(jid, resource, NODES), None)
        return found

    def keep_pep_nodes(self, jid: str, resource: str, nodes: Sequence[str]) -> None:
        self._keep(jid, resource, NODES, records.pack_plain(nodes))

    def _keep(self, jid: str, resource: str, name: str, value: bytes | str | int) -> bool:
        if len(resource) > MAX_HANDSET_RESOURCE_LENGTH or (
            isinstance(value, bytes | str) and len(value) > MAX_HANDSET_VALUE_BYTES
        ):
            return False
        self._put([keys.account(jid, "handsets")], [resource, name, value])
        return True

    def _get(self, jid: str, resource: str, name: str) -> bytes | None:
        found: bytes | None = guarded(lambda: self._client.hget(keys.account(jid, "handsets"), f"{resource} {name}"))
        return found
