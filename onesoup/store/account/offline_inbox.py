"""Messages that wait for the next log-in of an account, since its last session ended without them."""

from collections.abc import Iterable, Mapping

import redis

from onesoup.store import keys
from onesoup.store.redis.client import guarded
from onesoup.store.redis.commands import RedisCommand, send

OFFLINE_INBOX_MS = 30 * 86_400_000


class OfflineInbox:
    """offline:{jid}, a hash: messages that a session left unanswered, id -> stored form, until the next session has them; for 30
    days."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def keep(self, jid: str, items: Mapping[str, bytes]) -> None:
        if not items:
            return

        def write() -> None:
            pipe = self._client.pipeline(transaction=True)
            pipe.hset(keys.account(jid, "offline"), mapping=dict(items))  # type: ignore[arg-type]
            pipe.pexpire(keys.account(jid, "offline"), OFFLINE_INBOX_MS)
            pipe.execute()

        guarded(write)

    def all(self, jid: str) -> dict[str, bytes]:
        found: dict[str, bytes] = send(self._client, self.all_command(jid))
        return found

    def all_command(self, jid: str) -> RedisCommand:
        """As all()."""
        return RedisCommand(("HGETALL", keys.account(jid, "offline")), _by_id)

    def count(self, jid: str) -> int:
        return int(guarded(lambda: self._client.hlen(keys.account(jid, "offline"))))

    def waits_command(self, jid: str) -> RedisCommand:
        """Whether there is any."""
        return RedisCommand(("EXISTS", keys.account(jid, "offline")), bool)

    def remove(self, jid: str, ids: Iterable[str]) -> None:
        names = list(ids)
        if names:
            guarded(lambda: self._client.hdel(keys.account(jid, "offline"), *names))


def _by_id(found: Mapping[bytes, bytes]) -> dict[str, bytes]:
    return {id_.decode(): stored for id_, stored in found.items()}
