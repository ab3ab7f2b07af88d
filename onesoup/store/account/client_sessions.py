"""The sessions that an account has just now: one for each client."""

from collections.abc import Mapping

import redis

from onesoup.store import keys
from onesoup.store.redis.client import RedisScript
from onesoup.store.redis.commands import RedisCommand, script_command, send

_DROP_CLIENT = """
-- KEYS 1 clients  ARGV 1 resource  2 sid     Removes the entry unless a newer session has taken the place.
if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end
return 0
"""


class ClientSessions:
    """clients:{jid}, a hash: resource -> its session. Sessions remove themselves."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._drop = client, RedisScript(client, _DROP_CLIENT, "accounts.drop_client")

    def put_command(self, jid: str, resource: str, sid: str) -> RedisCommand:
        """As put()."""
        return RedisCommand(("HSET", keys.account(jid, "clients"), resource, sid))

    def count_command(self, jid: str) -> RedisCommand:
        """How many sessions the account has."""
        return RedisCommand(("HLEN", keys.account(jid, "clients")), int)

    def all(self, jid: str) -> dict[str, str]:
        found: dict[str, str] = send(self._client, self.all_command(jid))
        return found

    def all_command(self, jid: str) -> RedisCommand:
        """As all()."""
        return RedisCommand(("HGETALL", keys.account(jid, "clients")), _as_text)

    def get(self, jid: str, resource: str) -> str | None:
        found: str | None = send(self._client, self.get_command(jid, resource))
        return found

    def get_command(self, jid: str, resource: str) -> RedisCommand:
        """As get()."""
        return RedisCommand(("HGET", keys.account(jid, "clients"), resource), lambda found: found.decode() if found else None)

    def put(self, jid: str, resource: str, sid: str) -> None:
        send(self._client, self.put_command(jid, resource, sid))

    def drop(self, jid: str, resource: str, sid: str) -> None:
        send(self._client, self.drop_command(jid, resource, sid))

    def drop_command(self, jid: str, resource: str, sid: str) -> RedisCommand:
        """As drop()."""
        return script_command(self._drop, [keys.account(jid, "clients")], [resource, sid])


def _as_text(found: Mapping[bytes, bytes]) -> dict[str, str]:
    return {resource.decode(): sid.decode() for resource, sid in found.items()}
