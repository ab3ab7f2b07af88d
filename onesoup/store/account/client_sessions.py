"""The sessions that an account has just now: one for each client."""

import redis

from onesoup.store import keys
from onesoup.store.redis.client import RedisScript, guarded

_DROP_CLIENT = """
-- KEYS 1 clients  ARGV 1 resource  2 sid     Removes the entry unless a newer session has taken the place.
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
"""


class ClientSessions:
    """clients:{jid}, a hash: resource -> its session. Sessions remove themselves."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._drop = client, RedisScript(client, _DROP_CLIENT, "accounts.drop_client")

    def all(self, jid: str) -> dict[str, str]:
        found = guarded(lambda: self._client.hgetall(keys.account(jid, "clients")))
        return {resource.decode(): sid.decode() for resource, sid in found.items()}

    def get(self, jid: str, resource: str) -> str | None:
        found = guarded(lambda: self._client.hget(keys.account(jid, "clients"), resource))
        return found.decode() if found else None

    def put(self, jid: str, resource: str, sid: str) -> None:
        guarded(lambda: self._client.hset(keys.account(jid, "clients"), resource, sid))

    def drop(self, jid: str, resource: str, sid: str) -> None:
        self._drop([keys.account(jid, "clients")], [resource, sid])
