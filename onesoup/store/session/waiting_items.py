"""Items of the inbox that wait for the phone, as others than the phone see and change them. The phone's side is inbox.py."""

from collections.abc import Mapping, Sequence

import redis

from onesoup.csp.messages import Text
from onesoup.observability.request_id import current_request
from onesoup.runtime.ids import made_at
from onesoup.store import bounds, keys, records
from onesoup.store.redis.client import RedisScript, guarded, pack_argument
from onesoup.store.redis.commands import RedisCommand, send
from onesoup.store.session.session_lua import FENCED_LUA, WAKE_LUA

# Above so many items that wait for a phone that does not come, none becomes larger than it came.
MAX_ITEMS_BESIDE_PICTURE = 50

_REVEAL = (
    WAKE_LUA
    + FENCED_LUA
    + """
-- KEYS 1 session  2 queue  3 items  4 open  5 outbox
-- ARGV 1 sid  2 fence  3 item id  4 stored form, or ""  5 the command  6 the most items beside which one may grow
--      7 the most memory that all items may take then  8 request, for logs
-- An item that waited for a command is as it shall be ("" leaves it), and waits for the phone now; the command is done.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if fenced(KEYS[1], ARGV[2]) then return redis.error_reply('FENCED') end
redis.call('LREM', KEYS[5], 1, ARGV[5])
-- A session that took this one's place may have told its phone already.
if redis.call('HEXISTS', KEYS[3], ARGV[3]) == 0 or redis.call('ZSCORE', KEYS[4], ARGV[3]) then return 0 end
if ARGV[4] ~= '' and redis.call('HLEN', KEYS[3]) <= tonumber(ARGV[6])
  and redis.call('MEMORY', 'USAGE', KEYS[3], 'SAMPLES', 0) + #ARGV[4] <= tonumber(ARGV[7]) then
  redis.call('HSET', KEYS[3], ARGV[3], ARGV[4])
end
if not redis.call('LPOS', KEYS[2], ARGV[3]) then redis.call('RPUSH', KEYS[2], ARGV[3]) end
wake(KEYS[1], ARGV[1], 'm', ARGV[8])
return 1
"""
)

_RING = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 queue  3 dirty  ARGV 1 sid    Presence whose time has come waits. Returns ms to the next or -1.
local now = clock()
if redis.call('EXISTS', KEYS[1]) == 0 then return -1 end
local due = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now)
mark(KEYS[1], KEYS[2], KEYS[3], due, now)
if #due > 0 then wake(KEYS[1], ARGV[1], 'p') end
local next = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
if next then return math.floor(next - now) end
return -1
"""
)

_TAKE_IN = (
    WAKE_LUA
    + FENCED_LUA
    + """
-- KEYS 1 session  2 queue  3 items     ARGV 1 sid  2 fence  3 items (msgpack: id, stored form)
-- 4 request, for logs
-- Items that waited for the account now wait in the session; one that is there already is not doubled.
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOSESSION 604') end
if fenced(KEYS[1], ARGV[2]) then return redis.error_reply('FENCED') end
for _, item in ipairs(cmsgpack.unpack(ARGV[3])) do
  if redis.call('HSETNX', KEYS[3], item[1], item[2]) == 1 then redis.call('RPUSH', KEYS[2], item[1]) end
end
wake(KEYS[1], ARGV[1], 'm', ARGV[4])
return 1
"""
)

_LOAD = """
-- KEYS 1 items  2 queue  3 receipts     What waits for the phone: {items, memory in bytes}.
local bytes = 0
for _, key in ipairs(KEYS) do bytes = bytes + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0) end
return {redis.call('HLEN', KEYS[1]), bytes}
"""

_OVERDUE = (
    WAKE_LUA
    + """
-- KEYS 1 validity  2 reports asked for    Messages whose receipt did not come in time: {id, recipient, ...}. They stay until
-- the report of them is stored; those that were reported meanwhile go.
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', clock(), 'LIMIT', 0, 100)) do
  local jid = redis.call('HGET', KEYS[2], id)
  if jid then
    found[#found + 1] = id
    found[#found + 1] = jid
  else
    redis.call('ZREM', KEYS[1], id)
  end
end
return found
"""
)


class WaitingItems:
    """Reads and changes what waits for a phone. Keys, which live as long as the session:

    i:{sid}      hash, item id -> stored form (onesoup.store.records.stored)
    q:{sid}      list of ids, oldest first; "P" where presence waits
    open:{sid}   sorted set, ids that were handed out and not answered -> when to repeat, ms
    rc:{sid}     hash, item id -> the command that sends its receipt
    dirty:{sid}  sorted set, contacts whose presence the phone has not got -> not before, ms
    asked:{sid}  hash, stanza id -> recipient, of messages whose delivery the phone wants to hear of
    valid:{sid}  sorted set, stanza id -> when its receipt is given up, ms

    Ids of messages have no hyphen in the second place: p- stands for presence, e- for events, k- for invitations. What changes
    something on behalf of a holder raises Fenced when another one has the session."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._take_in, self._reveal = RedisScript(client, _TAKE_IN, "feed.take_in"), RedisScript(client, _REVEAL, "feed.reveal")
        self._due_presence, self._overdue = RedisScript(client, _RING, "feed.ring"), RedisScript(client, _OVERDUE, "feed.overdue")
        self._load = RedisScript(client, _LOAD, "feed.load")

    # --- what is there ---

    def stored(self, sid: str, item: str) -> bytes | None:
        """The stored form of one item, None when it has gone."""
        found: bytes | None = guarded(lambda: self._client.hget(keys.of(sid, "i")[0], item))
        return found

    def waiting(self, sid: str, items: Sequence[str]) -> list[bool]:
        """Whether each of these items is there."""
        if not items:
            return []
        found = guarded(lambda: self._client.hmget(keys.of(sid, "i")[0], list(items)))
        return [record is not None for record in found]

    def messages(self, sid: str) -> list[tuple[Text, bytes]]:
        """Messages that the phone has not acknowledged, each with its payload."""
        found = guarded(lambda: self._client.hgetall(keys.of(sid, "i")[0]))
        stored = [each for id_, each in found.items() if id_[1:2] != b"-"]
        return [(records.unpack_stored(each), each.partition(b"\n")[2]) for each in stored]

    def undelivered(self, sid: str) -> dict[str, bytes]:
        """Messages that the phone has not answered, and invitations, id -> stored form. Presence and events are not among
        them."""
        found: dict[str, bytes] = send(self._client, self.undelivered_command(sid))
        return found

    def undelivered_command(self, sid: str) -> RedisCommand:
        """As undelivered()."""
        return RedisCommand(("HGETALL", *keys.of(sid, "i")), _undelivered)

    def count(self, sid: str) -> int:
        """How many items the phone has not answered, those that were handed out included."""
        return int(guarded(lambda: self._client.hlen(keys.of(sid, "i")[0])))

    def oldest(self, sid: str) -> float | None:
        """When the oldest message that the phone has not answered came, seconds since the epoch; None where none waits."""
        found = guarded(lambda: self._client.hkeys(keys.of(sid, "i")[0]))
        return min((at for id_ in found if (at := made_at(id_.decode())) is not None), default=None)

    def load(self, sid: str) -> tuple[int, int]:
        """What the phone has not answered: how many items, and the memory that they take, bytes."""
        items, octets = self._load(keys.of(sid, "i", "q", "rc"))
        return int(items), int(octets)

    # --- for the holder ---

    def take_in(self, sid: str, fence: int, items: Mapping[str, bytes]) -> None:
        """Items in their stored form begin to wait, in this order; one that is there already is not doubled."""
        packed = pack_argument([[id_, stored] for id_, stored in items.items()])
        self._take_in([keys.session(sid), *keys.of(sid, "q", "i")], [sid, fence, packed, current_request()])

    def reveal(self, sid: str, fence: int, item: str, stored: bytes, command: bytes) -> bool:
        """The command of an item that waited is done: the item, in this form unless it is b"", now waits for the phone. It
        stays as it was when so much waits already that pictures would fill Redis."""
        names = [keys.session(sid), *keys.of(sid, "q", "i", "open", "out")]
        limits = [MAX_ITEMS_BESIDE_PICTURE, bounds.MOST_ITEM_BYTES]
        return bool(self._reveal(names, [sid, fence, item, stored, command, *limits, current_request()]) == 1)

    def mark_due_presence(self, sid: str) -> int:
        """Presence that had to wait is marked as waiting. Returns ms to the next that must wait, or -1."""
        return int(self._due_presence([keys.session(sid), *keys.of(sid, "q", "dirty")], [sid]))

    def overdue_reports(self, sid: str) -> list[tuple[str, str]]:
        """(stanza id, recipient) of messages whose receipt was asked for and did not come while they were valid."""
        found = [each.decode() for each in self._overdue(keys.of(sid, "valid", "asked"), [])]
        return list(zip(found[::2], found[1::2], strict=True))


def _undelivered(items: Mapping[bytes, bytes]) -> dict[str, bytes]:
    return {id_.decode(): stored for id_, stored in items.items() if id_[1:2] != b"-" or id_[:1] == b"k"}
