"""What an account has read in sessions that are over, so that another phone is not told of it again."""

from collections.abc import Mapping

import redis

from onesoup.store import keys
from onesoup.store.account.offline_inbox import OFFLINE_INBOX_MS
from onesoup.store.redis.client import guarded
from onesoup.store.session.session_lua import MAX_DELIVERED_COPIES


class DeliveredCopies:
    """had:{jid}, a sorted set: copies of messages that were read in sessions that are over (onesoup.csp.copies) -> when, ms. The
    newest, for 30 days: while a phone may come for what its last session had not got."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def keep(self, jid: str, copies: Mapping[str, float]) -> None:
        """`copies` with the times when they were read, in ms."""
        if not copies:
            return
        key = keys.account(jid, "had")

        def write() -> None:
            pipe = self._client.pipeline(transaction=True)
            pipe.zadd(key, dict(copies))
            pipe.zremrangebyrank(key, 0, -1 - MAX_DELIVERED_COPIES)
            pipe.pexpire(key, OFFLINE_INBOX_MS)
            pipe.execute()

        guarded(write)

    def all(self, jid: str) -> list[str]:
        return [copy.decode() for copy in guarded(lambda: self._client.zrange(keys.account(jid, "had"), 0, -1))]
