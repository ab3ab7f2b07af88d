"""Server transactions that do not come from XMPP: announcements of the operator, terms at log-in. Any process may put them."""

import redis

from onesoup.store import keys
from onesoup.store.redis.client import RedisScript
from onesoup.store.session.session_lua import WAKE_LUA

_TELL = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 queue  3 items  ARGV 1 sid  2 item id  3 stored form    Returns 1, or 0 when the session is over.
-- An item that is there already is not doubled.
if ended(KEYS[1], clock()) then return 0 end
if redis.call('HSETNX', KEYS[3], ARGV[2], ARGV[3]) == 1 then
  redis.call('RPUSH', KEYS[2], ARGV[2])
  wake(KEYS[1], ARGV[1], 'm')
end
return 1
"""
)


class Announcements:
    def __init__(self, client: redis.Redis) -> None:
        self._tell = RedisScript(client, _TELL, "announcements.tell")

    def tell(self, sid: str, item_id: str, stored: bytes) -> bool:
        """Puts an item in its stored form into the queue of a session and wakes its phone. False when the session is over."""
        return bool(self._tell([keys.session(sid), *keys.of(sid, "q", "i")], [sid, item_id, stored]))
