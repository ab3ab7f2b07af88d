"""Answers that a phone reads in parts: kept as long as a stored reply, and no longer than it wants."""

import redis

from onesoup.store import keys
from onesoup.store.client import guarded
from onesoup.store.records import pack, unpack
from onesoup.store.sessions import REPLY_MS

VERSION = 1


def _key(sid: str, transaction_id: str) -> str:
    return f"{keys.of(sid, 'seg')[0]}:{transaction_id}"


class Segments:
    """Parts by the TransactionID of the request that they answer."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def put(self, sid: str, transaction_id: str, parts: list[str]) -> None:
        record = pack(VERSION, {"p": parts})
        guarded(lambda: self._client.set(_key(sid, transaction_id), record, px=REPLY_MS))

    def get(self, sid: str, transaction_id: str) -> list[str] | None:
        record = guarded(lambda: self._client.get(_key(sid, transaction_id)))
        return None if record is None else list(unpack(record, VERSION)["p"])

    def drop(self, sid: str, transaction_id: str) -> bool:
        """Whether there was such an answer."""
        return bool(guarded(lambda: self._client.delete(_key(sid, transaction_id))))
