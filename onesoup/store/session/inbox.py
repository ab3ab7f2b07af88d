"""Server transactions waiting for one phone. They leave when the phone answers, not when they are sent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis.client import RedisScript, pack_argument
from onesoup.store.session.cut_item import CUT_ITEM_LUA
from onesoup.store.session.session_lua import (
    END_MARK_MS,
    EXPIRY_GRACE_MS,
    EXPIRY_STEP_MS,
    REQUEST_FIELDS_LUA,
    SESSION_LUA,
    WAKE_LUA,
)

# TransactionIDs of items that are gone: so many may stay behind.
MAX_STALE_TRANSACTION_IDS = 200

# Nearly every poll is an empty one, and what it costs is what a script is given and calls; so this one knows three keys and the
# ordinary case only.
_POLL = (
    f"local EXPIRY, LATE, KEPT = {EXPIRY_STEP_MS}, {EXPIRY_GRACE_MS}, {EXPIRY_GRACE_MS + END_MARK_MS}\n"
    + """
-- KEYS 1 session  2 queue  3 open  ARGV 1 the phone's address  2 channel to wake when something comes, or ""
-- Returns -1, and has done nothing, when there is more to it: an item, or a session that is over. Else what _TAKE does for
-- want of an item.
local call, key, channel = redis.call, KEYS[1], ARGV[2]
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me = call('HMGET', key, LOOKED_AT)
local due = me[1]
if me[2] or not due or now > due + LATE or call('LLEN', KEYS[2]) > 0 then return -1 end
local late = call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
if late and tonumber(late) <= now then return -1 end
if me[4] or me[5] or me[7] or me[9] or me[13] then
""".replace("LOOKED_AT", REQUEST_FIELDS_LUA)
    + SESSION_LUA
    + """
  touch(key, now, me, ARGV[1], true)
else
  call('HSET', key, 'due', now + me[3])
  if math.floor(now / EXPIRY) ~= math.floor((due - me[3]) / EXPIRY) then call('PEXPIRE', key, me[3] + KEPT) end
end
if me[11] then call('HDEL', key, 'via') end
if channel == '' or me[12] == '1' then
  if me[10] then call('HDEL', key, 'hold') end
  return 0
end
call('HSET', key, 'hold', channel)
return late and math.max(math.ceil(late - now), 1) or false
"""
)

_TAKE = (
    SESSION_LUA
    + """
-- KEYS 1 session  2 queue  3 items  4 open  5 tries  6 tids  7 dirty  8 presence  9 subscriptions  10 spellings
--      11 last sent  12 receipts  13 outbox  14 copies that were read
-- ARGV 1 sid  2 the phone's address  3 channel to wake when something comes, or ""  4 TransactionID that the phone answers, or ""
--      5 MessageID that it has, or ""  6 with "a": only answer; with "s": the TransactionID is a number of at most three digits
-- First the answer: its item is done, and the receipt that waited for it goes to the outbox. Then the next item moves to
-- "open" under a new TransactionID. Returns {tid, id, kind, more, r, caps, payload ...}, 2 added to `more` when it is handed
-- out again; without an item false when the channel will be woken, or the ms after which an open item is overdue by then; 0
-- when nobody is to wait. With a MessageID all this is the third value behind {via or false, r}: how the phone was told to come
-- for that message, nothing when it was not waiting any more.
local now = clock()
local me = look(KEYS[1])
local gone = over(KEYS[1], now, me)
if gone then return redis.error_reply('NOSESSION ' .. gone) end
touch(KEYS[1], now, me, ARGV[2], ARGV[4] == '' and ARGV[5] == '')
if me[10] then redis.call('HDEL', KEYS[1], 'hold') end

local function done(id)
  -- A MessageID is the phone's word: what is no item of ours, such as the "P" in the queue, stays.
  local item = redis.call('HGET', KEYS[3], id)
  if not item then return false end
  redis.call('HDEL', KEYS[3], id)
  had(KEYS[14], item, now)
  redis.call('ZREM', KEYS[4], id)
  redis.call('HDEL', KEYS[5], id)
  redis.call('LREM', KEYS[2], 1, id)
  return true
end
local via, record = false, false
local function closed()
  local own = redis.call('HMGET', KEYS[1], 'via', 'r')
  via, record = own[1] or 'poll', own[2]
end
local function result(value)
  if ARGV[5] == '' then return value end
  return {via, record, value}
end
local function delivered(id)
  local receipt = redis.call('HGET', KEYS[12], id)
  if receipt then
    redis.call('HDEL', KEYS[12], id)
    redis.call('RPUSH', KEYS[13], receipt)
    redis.call('PUBLISH', 'wake:' .. string.sub(ARGV[1], 1, 2), ARGV[1])
  end
end
if ARGV[4] ~= '' then
  local id = redis.call('HGET', KEYS[6], ARGV[4])
  if id then
    redis.call('HDEL', KEYS[6], ARGV[4])
    -- n. and p. stand before the ids of messages whose group has a delivery method of its own.
    local way = string.sub(id, 1, 2)
    local told = way == 'n.' or (way ~= 'p.' and redis.call('HGET', KEYS[1], 'notify') == '1')
    if ARGV[5] == '' and told and string.sub(id, 2, 2) ~= '-' then
      -- The phone knows of this message now and will fetch it; it stays until it says that it has it.
      redis.call('ZREM', KEYS[4], id)
      redis.call('HDEL', KEYS[5], id)
    else
      local was = done(id)
      if ARGV[5] ~= '' then
        if was then closed() end
        delivered(id)
      end
    end
  end
end
if ARGV[5] ~= '' then
  if done(ARGV[5]) then closed() end
  delivered(ARGV[5])
end
if string.find(ARGV[6], 'a', 1, true) then return result(0) end

-- An id to hand out: one whose answer is overdue, else the oldest that waits.
local id, contacts, first
local again = 0
while not id do
  first = redis.call('ZRANGE', KEYS[4], 0, 0, 'WITHSCORES')
  local late = first[1]
  if late and tonumber(first[2]) <= now then
    if redis.call('HINCRBY', KEYS[5], late, 1) > REPEATS then
      -- A phone that never answers presence or an event loses it; a message stays with the session, for the offline store.
      redis.call('ZREM', KEYS[4], late)
      redis.call('HDEL', KEYS[5], late)
      if string.sub(late, 2, 2) == '-' and string.sub(late, 1, 1) ~= 'k' then redis.call('HDEL', KEYS[3], late) end
    else
      id, again = late, 2
    end
  else
    local waiting = redis.call('LPOP', KEYS[2])
    if not waiting then break end
    if waiting == 'P' and redis.call('LLEN', KEYS[2]) > 0 then
      -- However much presence there is, it never delays a message.
      redis.call('RPUSH', KEYS[2], 'P')
    elseif waiting == 'P' then
      redis.call('HDEL', KEYS[1], 'p')
      local most = redis.call('HGET', KEYS[1], 'batch') or MOST
      contacts = redis.call('ZRANGEBYSCORE', KEYS[7], '-inf', now, 'LIMIT', 0, most)
      if #contacts > 0 then
        redis.call('ZREM', KEYS[7], unpack(contacts))
        id = 'p-' .. redis.call('HINCRBY', KEYS[1], 'seq', 1)
        redis.call('HSET', KEYS[3], id, table.concat(contacts, '\\n'))
      end
      if redis.call('ZCOUNT', KEYS[7], '-inf', now) > 0 then
        redis.call('HSET', KEYS[1], 'p', '1')
        redis.call('RPUSH', KEYS[2], 'P')
      end  -- presence that may not be told yet stays marked; the holder rings when its time has come
    elseif redis.call('HEXISTS', KEYS[3], waiting) == 1 then
      id = waiting
    end
  end
end
if not id then
  if me[11] then redis.call('HDEL', KEYS[1], 'via') end
  if ARGV[3] == '' or me[12] == '1' then return result(0) end
  redis.call('HSET', KEYS[1], 'hold', ARGV[3])
  local due = first[2]
  return result(due and math.max(math.ceil(due - now), 1) or false)
end

local number = redis.call('HINCRBY', KEYS[1], 'seq', 1)
-- Short ids count down, because phones count up: it keeps the two apart for as long as may be.
-- The time stands behind long ones: a Redis that has lost its last second counts again from where it was, and a phone drops
-- a TransactionID that it has seen, without an answer.
local tid = 's' .. number .. '-' .. math.floor(now / 100) % 10000
if string.find(ARGV[6], 's', 1, true) then tid = tostring(999 - (number - 1) % 1000) end
redis.call('HSET', KEYS[6], tid, id)
-- TransactionIDs that the phone has left without an answer: those of items that are gone go when there are many.
if redis.call('HLEN', KEYS[6]) > (REPEATS + 2) * redis.call('HLEN', KEYS[3]) + STALE then
  local all = redis.call('HGETALL', KEYS[6])
  for n = 1, #all, 2 do
    if redis.call('HEXISTS', KEYS[3], all[n + 1]) == 0 then redis.call('HDEL', KEYS[6], all[n]) end
  end
end
redis.call('HSET', KEYS[1], 'busy', '1')
redis.call('ZADD', KEYS[4], now + REPEAT_MS, id)
local more = again + (redis.call('LLEN', KEYS[2]) > 0 and 1 or 0)
local own = redis.call('HMGET', KEYS[1], 'r', 'caps')
local item = redis.call('HGET', KEYS[3], id)
if string.sub(id, 1, 2) ~= 'p-' then
  local cut = string.find(item, '\\n', 1, true)
  local jid = string.match(string.sub(item, 1, cut - 1), '^[^\\t]*')
  return result({tid, id, 'i', more, own[1], own[2], string.sub(item, cut + 1), redis.call('HGET', KEYS[10], jid)})
end
local news = {tid, id, 'p', more, own[1], own[2]}
for jid in string.gmatch(item, '[^\\n]+') do
  redis.call('ZADD', KEYS[11], now, jid)
  news[#news + 1] = jid
  news[#news + 1] = redis.call('HGET', KEYS[8], jid)
  news[#news + 1] = redis.call('HGET', KEYS[9], jid)
  news[#news + 1] = redis.call('HGET', KEYS[10], jid)
end
redis.call('ZREMRANGEBYRANK', KEYS[11], 0, -MOST_TOLD - 1)
return result(news)
"""
)

_CUT = (
    SESSION_LUA
    + CUT_ITEM_LUA
    + """
-- KEYS 1 session  2 queue  3 items  4 receipts  ARGV 1 item id  2 its payload  3 the parts (msgpack: id, payload)
if ended(KEYS[1], clock()) then return 0 end
return cut(KEYS[2], KEYS[3], KEYS[4], ARGV[1], ARGV[2], cmsgpack.unpack(ARGV[3]))
"""
)

_LATER = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 queue  3 items  4 dirty  ARGV 1 id of presence that was handed out, then the contacts that were in it and go
-- another time
local item = redis.call('HGET', KEYS[3], ARGV[1])
if not item or ended(KEYS[1], clock()) then return 0 end
local later, kept = {}, {}
for n = 2, #ARGV do later[ARGV[n]] = true end
for jid in string.gmatch(item, '[^\\n]+') do if not later[jid] then kept[#kept + 1] = jid end end
redis.call('HSET', KEYS[3], ARGV[1], table.concat(kept, '\\n'))
mark(KEYS[1], KEYS[2], KEYS[4], {unpack(ARGV, 2)}, clock())
return 1
"""
)

_NAMES = ("q", "i", "open", "try", "tid", "dirty", "pres", "sub", "spell", "sent", "rc", "out", "had")


class ClosedTransaction(NamedTuple):
    """A message that the phone has just said it has: how it was told to come for it, and its session."""

    via: str
    record: bytes


@dataclass(frozen=True, slots=True)
class NothingWaits:
    """No item. The channel will be woken when one comes; after `wait` seconds one may be there although nobody wakes. 0 when
    nobody is to wait."""

    wait: float = math.inf
    closed: ClosedTransaction | None = field(default=None, compare=False)


_NOTHING = NothingWaits()


@dataclass(slots=True)
class PhoneContact:
    """Presence of one contact as it is to be told: mapped record, what the phone subscribed, the phone's spelling."""

    jid: str
    presence: bytes | None
    subscription: bytes | None
    spelling: str | None


@dataclass(slots=True)
class InboxItem:
    """A server transaction on its way. `payload` is set for anything but presence, `contacts` for presence."""

    tid: str
    id: str
    more: bool
    record: bytes
    caps: bytes | None
    payload: bytes | None = None
    spelling: str | None = None
    contacts: Sequence[PhoneContact] = ()
    # Handed out before, and not answered.
    repeated: bool = False
    closed: ClosedTransaction | None = None
    # Short addresses that the phone gets with it, and what they stand for.
    aliases: dict[str, str] | None = None


@dataclass(frozen=True, slots=True)
class RedeliveryPolicy:
    """How items are handed out: repeated after `repeat_ms`, at most `repeats` times, so many contacts at once."""

    repeat_ms: int = 10_000
    repeats: int = 3
    contacts: int = 20


class Inbox:
    """The phone's side of its inbox; any worker may ask. Keys, besides those of WaitingItems:

    try:{sid}   hash, item id -> how often it was handed out
    tid:{sid}   hash, TransactionID of ours -> item id
    sent:{sid}  sorted set, contacts -> when their presence was told last, ms
    had:{sid}   sorted set, copies of messages that the phone has read -> when, ms"""

    def __init__(self, client: redis.Redis, handout: RedeliveryPolicy) -> None:
        numbers = f"local REPEAT_MS, REPEATS, MOST = {handout.repeat_ms}, {handout.repeats}, {handout.contacts}\n"
        numbers += f"local MOST_TOLD, STALE = {bounds.MAX_TOLD_CONTACTS}, {MAX_STALE_TRANSACTION_IDS}\n"
        self._poll = RedisScript(client, _POLL, "inbox.poll")
        self._take = RedisScript(client, numbers + _TAKE, "inbox.take")
        self._cut, self._later = RedisScript(client, _CUT, "inbox.cut"), RedisScript(client, _LATER, "inbox.later")

    def poll(self, sid: str, hold: str = "", short: bool = False, address: str = "") -> InboxItem | NothingWaits:
        """As take(), of a phone that has answered nothing. Cheaper when nothing waits; what waits costs a journey more."""
        raw = self._poll([keys.session(sid), *keys.of(sid, "q", "open")], [address, hold])
        if raw == -1:
            return self.take(sid, hold, short=short, address=address)
        return _NOTHING if raw is None else NothingWaits(raw / 1000)

    def take(
        self,
        sid: str,
        hold: str = "",
        answered: str = "",
        message_id: str = "",
        only_answer: bool = False,
        short: bool = False,
        address: str = "",
    ) -> InboxItem | NothingWaits:
        """The next item, or what became of the wish to be woken on the channel `hold`. `answered` and `message_id` name
        what the phone has just acknowledged, `address` where the request comes from. Restarts the keep-alive timer;
        NoSession when the session is over."""
        how = ("a" if only_answer else "") + ("s" if short else "")
        raw = self._take(
            [keys.session(sid), *keys.of(sid, *_NAMES)],
            [sid, address, hold, answered, message_id, how],
        )
        closed = None
        if message_id:
            via, record, raw = raw
            closed = ClosedTransaction(via.decode(), record) if via else None
        if raw is None:
            return NothingWaits(closed=closed)
        return NothingWaits(raw / 1000, closed) if isinstance(raw, int) else _item(raw, closed)

    def cut(self, sid: str, item: InboxItem, parts: Sequence[tuple[str, bytes]]) -> bool:
        """An item that was handed out is too long: it becomes the first of these parts, (id, payload), under its own id; the
        others wait in front of everything else. False when that was done already, or the item is answered."""
        packed = pack_argument([list(part) for part in parts])
        return bool(self._cut([keys.session(sid), *keys.of(sid, "q", "i", "rc")], [item.id, item.payload or b"", packed]) == 1)

    def later(self, sid: str, item: InboxItem, jids: Sequence[str]) -> None:
        """Presence of these contacts goes out another time, and not with this item."""
        self._later([keys.session(sid), *keys.of(sid, "q", "i", "dirty")], [item.id, *jids])


def _item(raw: list[bytes | int | None], closed: ClosedTransaction | None) -> InboxItem:
    tid, id_, kind, more, record, caps, *rest = raw
    assert isinstance(tid, bytes)
    assert isinstance(id_, bytes)
    assert isinstance(record, bytes)
    assert isinstance(more, int)
    item = InboxItem(tid.decode(), id_.decode(), more & 1 == 1, record, _octets(caps), repeated=more & 2 == 2, closed=closed)
    if kind == b"i":
        item.payload, item.spelling = _octets(rest[0]), _text(rest[1] if len(rest) > 1 else None)
    else:
        rest += [None] * (-len(rest) % 4)
        item.contacts = [
            PhoneContact(_text(jid) or "", _octets(presence), _octets(subscription), _text(spelling))
            for jid, presence, subscription, spelling in zip(*[iter(rest)] * 4, strict=True)
        ]
    return item


def _octets(value: bytes | int | None) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _text(value: bytes | int | None) -> str | None:
    return value.decode() if isinstance(value, bytes) else None
