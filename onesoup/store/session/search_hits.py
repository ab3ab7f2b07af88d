"""The hits of a phone's searches, for the pages that it has not asked for yet."""

from collections.abc import Iterable

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import as_texts, pack, reader, unpack

SEARCH_VERSION = 1
SEARCH_MS = 300_000
# Searches of one session at a time; the oldest goes when there are more.
MAX_SEARCHES = 8

_PUT = """
-- KEYS 1 searches  2 their ids, oldest first  ARGV 1 id  2 record  3 TTL, ms  4 most
if redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) == 1 then
  redis.call('RPUSH', KEYS[2], ARGV[1])
  if redis.call('LLEN', KEYS[2]) > tonumber(ARGV[4]) then redis.call('HDEL', KEYS[1], redis.call('LPOP', KEYS[2])) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
"""
_DROP = """
-- KEYS 1 searches  2 their ids  ARGV 1 id      Returns 1 when it was there.
redis.call('LREM', KEYS[2], 1, ARGV[1])
return redis.call('HDEL', KEYS[1], ARGV[1])
"""


class SearchHits:
    """find:{sid}, a hash: SearchID -> hits, whether they are groups, and how many were given; finds:{sid}, a list of the
    SearchIDs, oldest first. Both for five minutes after the last search."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._put, self._drop = (
            client,
            RedisScript(client, _PUT, "searches.put"),
            RedisScript(client, _DROP, "searches.drop"),
        )

    def put(self, sid: str, search_id: int, jids: Iterable[str], groups: bool, given: int) -> None:
        found = [jid for jid in jids if len(jid.encode("utf-8", "surrogatepass")) <= bounds.HIT_BYTES][
            : bounds.MAX_KEPT_SEARCH_HITS
        ]
        record = pack(SEARCH_VERSION, {"f": found, "g": groups, "n": given})
        self._put(keys.of(sid, "find", "finds"), [search_id, record, SEARCH_MS, MAX_SEARCHES])

    def get(self, sid: str, search_id: int) -> tuple[tuple[str, ...], bool, int] | None:
        record = guarded(lambda: self._client.hget(keys.of(sid, "find")[0], str(search_id)))
        return None if record is None else _found(record)

    def drop(self, sid: str, search_id: int) -> bool:
        """Whether there was such a search."""
        return bool(self._drop(keys.of(sid, "find", "finds"), [search_id]))


@reader
def _found(record: bytes) -> tuple[tuple[str, ...], bool, int]:
    fields = unpack(record, SEARCH_VERSION)
    return tuple(as_texts(fields["f"])), bool(fields["g"]), int(fields["n"])
