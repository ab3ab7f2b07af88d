"""Answers that a phone reads in parts: kept as long as a stored reply, and no longer than it wants."""

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import as_texts, pack, reader, unpack
from onesoup.store.session.session_lua import STORED_REPLY_MS

SEGMENTS_VERSION = 1


_PUT = """
-- KEYS 1 parts of an answer  2 names of such keys, newest first  ARGV 1 record  2 TTL, ms  3 most answers
-- The oldest answers of the session go when there are too many.
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('LREM', KEYS[2], 0, KEYS[1])
redis.call('LPUSH', KEYS[2], KEYS[1])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
while redis.call('LLEN', KEYS[2]) > tonumber(ARGV[3]) do redis.call('DEL', redis.call('RPOP', KEYS[2])) end
return 1
"""


def _key(sid: str, transaction_id: str) -> str:
    return f"{keys.of(sid, 'seg')[0]}:{transaction_id}"


class Segments:
    """seg:{sid}:*, strings: parts by the TransactionID of the request that they answer; segs:{sid}, a list of their names, newest
    first. Both for three minutes."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._put = client, RedisScript(client, _PUT, "segments.put")

    def put(self, sid: str, transaction_id: str, parts: list[str]) -> bool:
        """False when the answer is too long to be kept."""
        record = pack(SEGMENTS_VERSION, {"p": parts})
        if len(record) > bounds.MOST_SEGMENT_BYTES:
            return False
        self._put([_key(sid, transaction_id), *keys.of(sid, "segs")], [record, STORED_REPLY_MS, bounds.MOST_SEGMENTED])
        return True

    def get(self, sid: str, transaction_id: str) -> list[str] | None:
        record = guarded(lambda: self._client.get(_key(sid, transaction_id)))
        return None if record is None else _parts(record)

    def drop(self, sid: str, transaction_id: str) -> bool:
        """Whether there was such an answer."""
        return bool(guarded(lambda: self._client.delete(_key(sid, transaction_id))))


@reader
def _parts(record: bytes) -> list[str]:
    return as_texts(unpack(record, SEGMENTS_VERSION)["p"])
