"""The session record and the effects of one request on it: opened by one script, committed by another.

Times come from Redis, so that every process agrees on them whatever its own clock says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import redis

from onesoup.csp.status import StatusCode
from onesoup.store import bounds, keys
from onesoup.store.bounds import NAMED_BYTES, SPELLING_BYTES, TooMuch
from onesoup.store.errors import NoSession
from onesoup.store.redis.client import RedisScript, guarded, pack_argument, store_errors, writable
from onesoup.store.session.cut_item import CUT

# How long the store remembers that a session expired (600) or was ended by the server (601), ms.
MARK_MS = 3_600_000
# Its holder ends a session that is overdue, by its own clock. Requests believe Redis's only when it is later than a wrong time
# zone could make it: a clock that jumps must not log everybody out.
LATE_MS = 15 * 3_600_000
REPLY_MS = 180_000
# So long requests that a phone had on their way when its log-in was answered may still name the session before.
MOVED_SECONDS = 60
# CIR processes that may have STCP lines of one session (cir.md 3.5).
MAX_LINES = 2
# So many commands may wait for the XMPP server: what a phone does in vain while it is away.
MOST_OUT = bounds.MOST_OUT
# How long the first notification waits for the presence of contacts that nothing is known of (xmpp-mapping.md 5.2).
FLOOD_MS = 2000

# The expiry of a record is moved on once in so long, ms: it is hours behind what it guards.
EXPIRY_MS = 600_000

# A wake that went unanswered for so long is followed by another one when the next message comes, ms (cir.md 10.1).
RENEW_MS = 900_000
# Where CIR processes hear of phones that have bearers beside STCP.
NEWS = "cir:news"

# What the start of a request looks at, in one command, counted from 1 in Lua: 1 due  2 end  3 ttl  4 alt  5 addr  6 pmin  7 cir
# 8 called  9 idle  10 hold  11 via  12 nohold  13 busy.
LOOKED_AT = "'due', 'end', 'ttl', 'alt', 'addr', 'pmin', 'cir', 'called', 'idle', 'hold', 'via', 'nohold', 'busy'"

# Field `idle` of a session whose phone has not polled yet.
FIRST_POLL = "p"
# Copies of messages that a session remembers as read, the newest.
MOST_HAD = bounds.MOST_READ

# Lua that a script begins with in which a session is looked at.
LOOK = (
    f"local MARK, LATE, RENEW, NEWS, EXPIRY = {MARK_MS}, {LATE_MS}, {RENEW_MS}, '{NEWS}', {EXPIRY_MS}\n"
    f"local MOST_HAD, FIRST_POLL = {MOST_HAD}, '{FIRST_POLL}'\n"
    + """
local function clock()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
local function look(key)
  return redis.call('HMGET', key, LOOKED_AT)
end
-- nil while the session lives, else the code that the phone is told. `h` begins as what look() gives.
local function over(key, now, h)
  if h[2] then return h[2] end
  if not h[1] then return '604' end
  if now > tonumber(h[1]) + LATE then
    redis.call('HSET', key, 'end', '600')
    return '600'
  end
  return nil
end
local function ended(key, now)
  return over(key, now, redis.call('HMGET', key, 'due', 'end'))
end
-- A request has come: it lives on, and no wake is outstanding. `h` is what look() gave, `from` the phone's address, `poll`
-- whether it is a poll; both matter only where the phone has agreed on something: where it is, and, with bearers beside STCP,
-- whether it comes by itself anyway.
local function touch(key, now, h, from, poll)
  local polled = poll
  if h[4] == '1' then
    -- A poll that answers a call says nothing of those that the phone makes by itself.
    if poll and h[7] and h[7] == h[8] then poll = nil
    elseif poll and h[1] and now - (h[1] - h[3]) <= ((h[6] or 10) + 5) * 1000 then redis.call('HINCRBY', key, 'polls', 1)
    else redis.call('HDEL', key, 'polls') end
  end
  if h[5] and from and from ~= '' and from ~= h[5] then
    redis.call('HSET', key, 'addr', from)
    redis.call('HDEL', key, 'deaf')
  end
  redis.call('HSET', key, 'due', now + h[3])
  if not h[1] or math.floor(now / EXPIRY) ~= math.floor((h[1] - h[3]) / EXPIRY) then
    redis.call('PEXPIRE', key, h[3] + LATE + MARK)
  end
  if h[7] then redis.call('HDEL', key, 'cir') end
  -- What it had in hand it has answered, or comes for now; the script that gives it something more says so again.
  if h[13] then redis.call('HDEL', key, 'busy') end
  -- The holder has told the XMPP server that the phone is idle: it hears that it no longer is. Or it waits for the first poll.
  if h[9] and (h[9] ~= FIRST_POLL or polled) then
    redis.call('HDEL', key, 'idle')
    local sid = string.match(key, '{(.*)}')
    redis.call('PUBLISH', 'wake:' .. string.sub(sid, 1, 2), (h[9] == FIRST_POLL and 'poll ' or '') .. sid)
  end
end
-- An item is done: the name of the copy that it was, where it has one, is noted as read (onesoup.csp.copies).
local function had(key, item, now)
  local copy = item and string.match(item, '^[^\\t\\n]*\\t([^\\n]+)\\n')
  if not copy or string.sub(copy, -1) == '.' then return end
  redis.call('ZADD', key, now, copy)
  redis.call('ZREMRANGEBYRANK', key, 0, -1 - MOST_HAD)
end
""".replace("LOOKED_AT", LOOKED_AT)
)

# And one that has something to tell the phone.
PRELUDE = (
    LOOK
    + """
-- Tells whoever can reach the phone: a held poll first, else its STCP lines and the other bearers, once until the phone's
-- next request. `kind` is m for what a person waits for, p for what may wait; the outstanding wake is kept as kind and time.
-- STCP lines are also told, behind a colon, how many ms ago the phone's last request left it with nothing to come back for;
-- without that the phone is "busy": it was given something, or told to poll, and comes by itself.
local function wake(key, sid, kind)
  local h = redis.call('HMGET', key, 'hold', 'stcp', 'cir', 'nohold', 'alt', 'busy', 'due', 'ttl')
  if h[1] and h[4] ~= '1' then
    redis.call('HDEL', key, 'hold')
    redis.call('PUBLISH', h[1], 'poll ' .. sid)
  elseif h[2] or h[5] == '1' then
    local now = clock()
    if h[3] and (kind == 'p' or string.sub(h[3], 1, 1) == 'm' and now - tonumber(string.sub(h[3], 2)) < RENEW) then return end
    redis.call('HSET', key, 'cir', kind .. now)
    if h[2] then redis.call('HSET', key, 'via', 'stcp') end
    local word = kind
    if not h[6] and h[7] and h[8] then word = kind .. ':' .. string.format('%.0f', math.max(now - (h[7] - h[8]), 0)) end
    for channel in string.gmatch(h[2] or '', '%S+') do redis.call('PUBLISH', channel, word .. ' ' .. sid) end
    if h[5] == '1' then redis.call('PUBLISH', NEWS, kind .. ' ' .. sid) end
  end
end
-- The session is over: a held poll comes back to be told so, and its STCP lines are closed.
local function part(key, sid)
  local h = redis.call('HMGET', key, 'hold', 'stcp')
  if h[1] then redis.call('PUBLISH', h[1], 'poll ' .. sid) end
  for channel in string.gmatch(h[2] or '', '%S+') do redis.call('PUBLISH', channel, 'end ' .. sid) end
  redis.call('HDEL', key, 'hold', 'stcp')
end
-- Presence of these contacts waits; at most one "P" stands in the queue.
local function mark(key, queue, dirty, contacts, now)
  for _, jid in ipairs(contacts) do redis.call('ZADD', dirty, 'LT', now, jid) end
  if #contacts > 0 and redis.call('HSETNX', key, 'p', '1') == 1 then redis.call('RPUSH', queue, 'P') end
end
"""
)

_OPEN = (
    PRELUDE
    + """
-- KEYS 1 session  2 stored reply  3 queue  4 open items  ARGV 1 one when the session is touched  2 the phone's address,
-- then names of fields
-- Returns {stored reply or false, items waiting, field values ...}. A stored reply is given whatever became of the session, and
-- the holder is told again: who gave it first may have died before he could tell, where that is a step of its own.
local reply = redis.call('GET', KEYS[2])
if reply then
  local sid = string.match(KEYS[1], '{(.*)}')
  redis.call('PUBLISH', 'wake:' .. string.sub(sid, 1, 2), sid)
  return {reply}
end
local now = clock()
local own = look(KEYS[1])
local gone = over(KEYS[1], now, own)
if gone then return redis.error_reply('NOSESSION ' .. gone) end
if ARGV[1] == '1' then touch(KEYS[1], now, own, ARGV[2]) end
local waiting = redis.call('LLEN', KEYS[3]) + redis.call('ZCOUNT', KEYS[4], '-inf', now)
if ARGV[1] == '1' and waiting > 0 then redis.call('HSET', KEYS[1], 'busy', '1') end
local result = {false, waiting}
if #ARGV > 2 then
  local values = redis.call('HMGET', KEYS[1], unpack(ARGV, 3))
  for n = 1, #ARGV - 2 do result[n + 2] = values[n] end
end
return result
"""
)

_COMMIT = (
    PRELUDE
    + CUT
    + f"local MOST_OUT, MOST_OUT_BYTES, MOST_REPLY_BYTES = {MOST_OUT}, {bounds.MOST_OUT_BYTES}, {bounds.MOST_REPLY_BYTES}\n"
    + f"local MOST_STRANGERS, MOST_ASKED = {bounds.MOST_STRANGERS}, {bounds.MOST_ASKED}\n"
    + f"local MOST_ITEMS, MOST_ITEM_BYTES = {bounds.MOST_ITEMS}, {bounds.MOST_ITEM_BYTES}\n"
    + """
-- KEYS 1 session  2 stored reply  3 queue  4 dirty  5 outbox  6 subscriptions  7 spellings  8 reports asked for  9 items
--      10 open  11 presence  12 receipts  13 validity  14 roster  15 names of stored replies  16 copies that were read
-- ARGV 1 sid  2 effects (msgpack)  3 reply TTL, ms  4 how long unknown presence may take to come, ms
-- Stores the reply and what the request does, together. Returns false, or the reply of the same request that came first;
-- then nothing is done. Errors: NOSESSION when the session is over, OUTBOXFULL when the server does not take what waits for it.
local first = redis.call('GET', KEYS[2])
if first then return first end
local now = clock()
local gone = ended(KEYS[1], now)
if gone then return redis.error_reply('NOSESSION ' .. gone) end
local e = cmsgpack.unpack(ARGV[2])
local function length(list)
  local sum = 0
  for _, each in ipairs(list) do sum = sum + #each end
  return sum
end
if e.out and not e['end'] then
  local waiting = redis.call('LLEN', KEYS[5])
  if waiting + #e.out > MOST_OUT then return redis.error_reply('OUTBOXFULL') end
  -- One command alone may be as long as a request.
  if waiting + #e.out > 1 and length(redis.call('LRANGE', KEYS[5], 0, -1)) + length(e.out) > MOST_OUT_BYTES then
    return redis.error_reply('OUTBOXFULL')
  end
end
if e.reply then
  redis.call('SET', KEYS[2], e.reply, 'PX', ARGV[3])
  -- Replies go by themselves; when there are too many before that, the oldest go.
  -- Each entry has the memory of all replies before it, so that the first and the last tell what those between take.
  local before = tonumber(string.match(redis.call('LINDEX', KEYS[15], -1) or '0', '^%d+'))
  local sum = before + #e.reply + 2 * #KEYS[2] + 250
  redis.call('RPUSH', KEYS[15], string.format('%.0f', sum) .. ' ' .. KEYS[2])
  redis.call('PEXPIRE', KEYS[15], ARGV[3])
  while true do
    local first, name = string.match(redis.call('LINDEX', KEYS[15], 0), '^(%d+) (.*)$')
    if sum - first <= MOST_REPLY_BYTES or name == KEYS[2] then break end
    redis.call('LPOP', KEYS[15])
    redis.call('DEL', name)
  end
end
-- Whether one more user may be named who is not in the roster.
local function room(key, jid)
  return redis.call('HEXISTS', KEYS[14], jid) == 1 or redis.call('HEXISTS', key, jid) == 1
    or redis.call('HLEN', key) < redis.call('HLEN', KEYS[14]) + MOST_STRANGERS
end
for name, value in pairs(e.fields or {}) do redis.call('HSET', KEYS[1], name, value) end
if e.fields and e.fields.ttl then
  local own = look(KEYS[1])
  own[13] = false  -- that is of this request
  touch(KEYS[1], now, own)
  redis.call('PEXPIRE', KEYS[1], e.fields.ttl + LATE + MARK)
  -- The holder looks at a session when it is overdue: that may be sooner now.
  redis.call('PUBLISH', 'wake:' .. string.sub(ARGV[1], 1, 2), 'look ' .. ARGV[1])
end
for _, command in ipairs(e.out or {}) do redis.call('RPUSH', KEYS[5], command) end
for jid, spelling in pairs(e.spell or {}) do
  if room(KEYS[7], jid) then redis.call('HSET', KEYS[7], jid, spelling) end
end
for jid, attributes in pairs(e.sub or {}) do
  if room(KEYS[6], jid) then redis.call('HSET', KEYS[6], jid, attributes) end
end
for id, jid in pairs(e.asked or {}) do
  redis.call('HSET', KEYS[8], id, jid)
  -- Reports that nobody sends: some of them are not waited for any more.
  if redis.call('HLEN', KEYS[8]) > MOST_ASKED then
    for n, old in ipairs(redis.call('HKEYS', KEYS[8])) do
      if n > MOST_ASKED / 10 then break end
      if old ~= id then redis.call('HDEL', KEYS[8], old) end
    end
  end
end
for id, ms in pairs(e.valid or {}) do redis.call('ZADD', KEYS[13], now + ms, id) end
redis.call('ZREMRANGEBYRANK', KEYS[13], 0, -MOST_ASKED - 1)
for _, id in ipairs(e.dropped or {}) do
  had(KEYS[16], redis.call('HGET', KEYS[9], id), now)
  redis.call('HDEL', KEYS[9], id)
  redis.call('HDEL', KEYS[12], id)
  redis.call('ZREM', KEYS[10], id)
  redis.call('LREM', KEYS[3], 1, id)
end
-- An item in parts: they stand where it stood, and the receipt waits for the last.
for _, cut in ipairs(e.split or {}) do
  local id, parts = cut[1], cut[2]
  if redis.call('LPOS', KEYS[3], id) and redis.call('HDEL', KEYS[9], id) == 1 then
    for _, part in ipairs(parts) do
      redis.call('HSET', KEYS[9], part[1], part[2])
      redis.call('LINSERT', KEYS[3], 'BEFORE', id, part[1])
    end
    redis.call('LREM', KEYS[3], 1, id)
    local receipt = redis.call('HGET', KEYS[12], id)
    if receipt then
      redis.call('HSET', KEYS[12], parts[#parts][1], receipt)
      redis.call('HDEL', KEYS[12], id)
    end
  end
end
for _, each in ipairs(e.cut or {}) do cut(KEYS[3], KEYS[9], KEYS[12], each[1], each[2], each[3]) end
-- What onesoup itself says to the phone, unless too much waits already.
for _, item in ipairs(e.told or {}) do
  local used = redis.call('MEMORY', 'USAGE', KEYS[9], 'SAMPLES', 0) or 0
  if redis.call('HLEN', KEYS[9]) < MOST_ITEMS and used + #item[2] <= MOST_ITEM_BYTES
    and redis.call('HSETNX', KEYS[9], item[1], item[2]) == 1 then
    redis.call('RPUSH', KEYS[3], item[1])
  end
end
for jid, value in pairs(e.shown or {}) do redis.call('HSET', KEYS[11], jid, value) end
for _, jid in ipairs(e.unsub or {}) do
  redis.call('HDEL', KEYS[6], jid)
  redis.call('ZREM', KEYS[4], jid)
end
-- Contacts that nothing is known of yet get a moment: right after the log-in their presence is on its way.
local known = {}
for _, jid in ipairs(e.dirty or {}) do
  if redis.call('HEXISTS', KEYS[6], jid) == 0 then
    -- Too many are subscribed.
  elseif ARGV[4] == '0' or redis.call('HEXISTS', KEYS[11], jid) == 1 then
    known[#known + 1] = jid
  else
    redis.call('ZADD', KEYS[4], 'NX', now + ARGV[4], jid)
  end
end
-- Nobody is woken: the reply itself tells the phone to poll.
mark(KEYS[1], KEYS[3], KEYS[4], known, now)
if e.dirty or e.told then redis.call('HSET', KEYS[1], 'busy', '1') end
-- For a message a phone with CIR is called as well: it need not heed the flag of a reply.
if e.told then wake(KEYS[1], ARGV[1], 'm') end
if e.out and #e.out > 0 then redis.call('PUBLISH', 'wake:' .. string.sub(ARGV[1], 1, 2), ARGV[1]) end
if e['end'] then
  redis.call('HSET', KEYS[1], 'end', e['end'])
  part(KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], MARK)
end
return false
"""
)

_PUSH = (
    PRELUDE
    + f"local MOST_OUT = {MOST_OUT}\n"
    + """
-- KEYS 1 session  2 outbox  ARGV 1 sid  2 command    One command for the holder, outside a commit.
local gone = ended(KEYS[1], clock())
if gone then return redis.error_reply('NOSESSION ' .. gone) end
if redis.call('LLEN', KEYS[2]) >= MOST_OUT then return redis.error_reply('OUTBOXFULL') end
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('PUBLISH', 'wake:' .. string.sub(ARGV[1], 1, 2), ARGV[1])
return 1
"""
)

_BIND = (
    PRELUDE
    + f"local MOST = {MAX_LINES}\n"
    + """
-- KEYS 1 session  2 queue  ARGV 1 the CIR process's channel  2 sid  3 the phone's address
-- Binds an STCP line; a session has lines at two processes at most, the newest first. A process that has lines too is told
-- that the phone has a new one at this address. Returns {field r, 1 when something waits, the
-- address of its last request}.
local now = clock()
local gone = ended(KEYS[1], now)
if gone then return redis.error_reply('NOSESSION ' .. gone) end
local h = redis.call('HMGET', KEYS[1], 'stcp', 'cir')
local channels = ARGV[1]
local count = 1
for channel in string.gmatch(h[1] or '', '%S+') do
  if channel ~= ARGV[1] then
    count = count + 1
    if count <= MOST then
      channels = channels .. ' ' .. channel
      redis.call('PUBLISH', channel, 'moved ' .. ARGV[2] .. ' ' .. ARGV[3])
    else
      redis.call('PUBLISH', channel, 'moved ' .. ARGV[2] .. ' *')
    end
  end
end
redis.call('HSET', KEYS[1], 'stcp', channels)
local waiting = redis.call('LLEN', KEYS[2]) > 0 and 1 or 0
if waiting == 1 then redis.call('HSET', KEYS[1], 'cir', h[2] or ('p' .. now)) else redis.call('HDEL', KEYS[1], 'cir') end
local own = redis.call('HMGET', KEYS[1], 'r', 'addr')
return {own[1], waiting, own[2]}
"""
)

_UNBIND = """
-- KEYS 1 session  ARGV 1 channel     Takes the lines of one process back; those of others stay. Since when there is none is
-- kept for the CIR flag.
local left = {}
for channel in string.gmatch(redis.call('HGET', KEYS[1], 'stcp') or '', '%S+') do
  if channel ~= ARGV[1] then left[#left + 1] = channel end
end
if #left == 0 then
  if redis.call('HDEL', KEYS[1], 'stcp') == 0 then return 0 end
  local t = redis.call('TIME')
  return redis.call('HSET', KEYS[1], 'noline', t[1] * 1000 + math.floor(t[2] / 1000))
end
return redis.call('HSET', KEYS[1], 'stcp', table.concat(left, ' '))
"""

_STILL = """
-- KEYS 1 session  2 queue  ARGV 1 channel    1 when a wake is still unanswered: sent, no request since, something waits.
local h = redis.call('HMGET', KEYS[1], 'cir', 'stcp', 'end')
if h[1] and h[2] and string.find(' ' .. h[2] .. ' ', ' ' .. ARGV[1] .. ' ', 1, true) and not h[3]
  and redis.call('LLEN', KEYS[2]) > 0 then return 1 end
return 0
"""


_SWAP = """
-- KEYS 1 session  ARGV 1 field  2 as it was read  3 as it shall be     Returns 0 when it has changed meanwhile.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


@dataclass(slots=True)
class RequestEffects:
    """What a request does besides its answer, applied in one script. Lists keep their order. `asked`: messages whose
    delivery the phone wants to hear of, with their recipients; `valid`: how long a receipt may take to come, ms;
    `dropped`: items that it does not want; `split`: items in parts, id -> parts as (id, stored form), for those that have
    not been handed out; `cut`: items that the phone has fetched and that are too long, id -> payload and parts as (id, payload),
    of which the first takes the item's place and the others wait in front of everything; `told`: what onesoup itself says to
    the phone, as (id, stored form); `shown`: mapped presence of contacts that onesoup itself answers for."""

    fields: dict[str, bytes | str | int] = field(default_factory=dict)
    out: list[bytes] = field(default_factory=list)
    sub: dict[str, bytes] = field(default_factory=dict)
    unsub: list[str] = field(default_factory=list)
    dirty: list[str] = field(default_factory=list)
    spell: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    valid: dict[str, int] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    split: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    cut: dict[str, tuple[bytes, list[tuple[str, bytes]]]] = field(default_factory=dict)
    told: list[tuple[str, bytes]] = field(default_factory=list)
    shown: dict[str, bytes] = field(default_factory=dict)
    end: int | None = None

    def __bool__(self) -> bool:
        """Whether there is any."""
        return any(getattr(self, name) for name in _KINDS)

    def copy(self) -> "RequestEffects":
        """What there is by now; what comes later is not in it."""
        if not self:
            return RequestEffects()
        return RequestEffects(**{name: copy(getattr(self, name)) for name in _KINDS})

    def pack(self, reply: bytes | None) -> bytes:
        """For the script. TooMuch when a field is too long; users with longer names than onesoup.store.bounds allows are left
        out."""
        if any(isinstance(value, bytes | str) and len(value) > bounds.FIELD_BYTES for value in self.fields.values()):
            raise TooMuch
        body: dict[str, Any] = {
            "reply": reply,
            "fields": self.fields,
            "out": self.out,
            "sub": {jid: names for jid, names in self.sub.items() if _short(jid)},
            "unsub": self.unsub,
            "dirty": [jid for jid in self.dirty if _short(jid)],
            "spell": {jid: text for jid, text in self.spell.items() if _short(jid) and _short(text, SPELLING_BYTES)},
            "asked": {id_: jid for id_, jid in self.asked.items() if _short(jid)},
            "valid": self.valid,
            "dropped": self.dropped,
            "split": [[id_, [list(part) for part in parts]] for id_, parts in self.split.items()],
            "cut": [[id_, old, [list(part) for part in parts]] for id_, (old, parts) in self.cut.items()],
            "told": [list(item) for item in self.told],
            "shown": self.shown,
            "end": self.end,
        }
        return pack_argument({name: value for name, value in body.items() if value or value == b""})


def _short(text: str, most: int = NAMED_BYTES) -> bool:
    return len(text) <= most and len(text.encode("utf-8", "surrogatepass")) <= most


@dataclass(slots=True)
class OpenedRequest:
    """A session as a request found it. `fields` holds the values asked for, in order, None where absent."""

    reply: bytes | None
    waiting: int
    fields: list[bytes | None]


class Overview(NamedTuple):
    """A living session from outside. `seen`: when its phone was last heard, Redis's time in ms; `line`: it has an STCP line;
    `inbox` counts what the phone has not answered, `outbox` what the XMPP server has not confirmed."""

    record: bytes
    caps: bytes | None
    seen: int
    line: bool
    inbox: int
    outbox: int


_KINDS = tuple(each.name for each in fields(RequestEffects))


class GatewaySessionStore:
    """Opens a session for a request and commits what the request did."""

    def __init__(self, client: redis.Redis, flood_ms: int = FLOOD_MS) -> None:
        self._client, self._flood = client, flood_ms
        self._open, self._commit, self._push = (
            RedisScript(client, _OPEN, "sessions.open"),
            RedisScript(client, _COMMIT, "sessions.commit"),
            RedisScript(client, _PUSH, "sessions.push"),
        )
        self._swap = RedisScript(client, _SWAP, "sessions.swap")
        self._bind, self._unbind, self._still = (
            RedisScript(client, _BIND, "sessions.bind"),
            RedisScript(client, _UNBIND, "sessions.unbind"),
            RedisScript(client, _STILL, "sessions.still"),
        )

    def open(
        self, sid: str, transaction_id: str | None, digest: str, names: Sequence[str], touch: bool = True, address: str = ""
    ) -> OpenedRequest:
        """Restarts the keep-alive timer and returns the session. NoSession when it is over or never was. `address` is where
        the request comes from."""
        queue, waiting = keys.of(sid, "q", "open")
        raw = self._open(
            [keys.session(sid), keys.reply(sid, transaction_id, digest), queue, waiting],
            ["1" if touch else "0", address, *names],
        )
        if raw[0] is not None:
            return OpenedRequest(raw[0], 0, [])
        return OpenedRequest(None, raw[1], raw[2:])

    def commit(self, sid: str, transaction_id: str | None, digest: str, reply: bytes, effects: RequestEffects) -> bytes:
        """The reply to send: `reply`, or the one of the same request when that came first. NoSession, OutboxFull,
        TooMuch."""
        names = keys.of(
            sid, "q", "dirty", "out", "sub", "spell", "asked", "i", "open", "pres", "rc", "valid", "ros", "replied", "had"
        )
        all_keys = [keys.session(sid), keys.reply(sid, transaction_id, digest), *names]
        first: bytes | None = self._commit(all_keys, [sid, effects.pack(reply), REPLY_MS, self._flood])
        return reply if first is None else first

    def push(self, sid: str, command: bytes) -> None:
        """Puts one command into the outbox and wakes the holder."""
        self._push([keys.session(sid), *keys.of(sid, "out")], [sid, command])

    def read(self, sid: str, names: Iterable[str]) -> list[bytes | None]:
        """Fields as they are, whether the session lives or not."""
        values: list[bytes | None] = guarded(lambda: self._client.hmget(keys.session(sid), list(names)))
        return values

    def bind_line(self, sid: str, channel: str, address: str = "") -> tuple[bytes, bool, str]:
        """An STCP line of this session, from `address`, ends at the process that listens on `channel`. Returns the session's
        record, whether something waits, and where its last request came from, "" when that is not known. NoSession when the
        session is over."""
        record, waiting, last = self._bind([keys.session(sid), *keys.of(sid, "q")], [channel, sid, address])
        if record is None:
            raise NoSession(StatusCode.INVALID_SESSION)
        return record, waiting == 1, last.decode() if last else ""

    def unbind_line(self, sid: str, channel: str) -> None:
        self._unbind([keys.session(sid)], [channel])

    def wake_unanswered(self, sid: str, channel: str) -> bool:
        """Whether the phone has made no request since it was woken although something waits."""
        return bool(self._still([keys.session(sid), *keys.of(sid, "q")], [channel]) == 1)

    def woken(self, sids: Sequence[str]) -> list[str]:
        """Those of the sessions that have a wake outstanding."""

        def read() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hget(keys.session(sid), "cir")
            return pipe.execute()

        return [sid for sid, wake in zip(sids, guarded(read), strict=True) if wake] if sids else []

    def overview(self, sids: Sequence[str]) -> list[Overview | None]:
        """What an operator wants to know of these sessions; None for those that are over."""

        def read() -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.hmget(keys.session(sid), ["r", "caps", "due", "ttl", "stcp", "end"])
                items, out = keys.of(sid, "i", "out")
                pipe.hlen(items)
                pipe.llen(out)
            return pipe.execute()

        found = guarded(read) if sids else []
        rows: list[Overview | None] = []
        for (record, caps, due, ttl, line, end), inbox, outbox in zip(found[::3], found[1::3], found[2::3], strict=True):
            over = record is None or end is not None or due is None or ttl is None
            rows.append(None if over else Overview(record, caps, int(due) - int(ttl), bool(line), inbox, outbox))
        return rows

    def moves(self, old: str, new: str) -> None:
        """A phone is logging in in the name of session `old`: `new` takes its place, "" as long as nobody has been shown to
        own both. Known for a minute, whatever becomes of the old session."""
        guarded(lambda: self._client.set(keys.of(old, "moved")[0], new, ex=MOVED_SECONDS))

    def moved_to(self, sid: str) -> str | None:
        """The session that has taken this one's place a moment ago, "" for one that is just being made; None for no such."""
        found = guarded(lambda: self._client.get(keys.of(sid, "moved")[0]))
        return None if found is None else found.decode()

    def said(self, sid: str) -> None:
        """The answer to the last message has been written to the phone's connection."""
        guarded(lambda: self._client.hdel(keys.session(sid), "unsaid"))

    def all(self) -> Iterator[str]:
        """Every session, those that are over too, in no order. For admins: it goes through all keys."""
        with store_errors():
            for key in self._client.scan_iter(match=keys.session("*"), count=1000):
                yield key.decode().partition("{")[2].removesuffix("}")

    def swap(self, sid: str, name: str, old: bytes, new: bytes) -> bool:
        """Replaces a field unless somebody has changed it, or ended the session."""
        return bool(self._swap([keys.session(sid)], [name, old, new]) == 1)

    def writable(self) -> bool:
        """Whether Redis takes writes."""
        return writable(self._client)

    def hash(self, sid: str, name: str) -> Mapping[bytes, bytes]:
        """A whole hash of the session, such as its roster."""
        values: Mapping[bytes, bytes] = guarded(lambda: self._client.hgetall(keys.of(sid, name)[0]))
        return values

    def values(self, sid: str, name: str, members: Sequence[str]) -> list[bytes | None]:
        """Some fields of a hash of the session."""
        if not members:
            return []
        found: list[bytes | None] = guarded(lambda: self._client.hmget(keys.of(sid, name)[0], list(members)))
        return found
