"""Lua of the two scripts by which a phone takes what waits for it: one for a poll in the ordinary cases, one for everything.

Both begin with the numbers of a RedeliveryPolicy: REPEAT_MS, REPEATS, MOST (contacts at once), MOST_TOLD, STALE."""

from onesoup.store.session.session_lua import (
    END_MARK_MS,
    EXPIRY_GRACE_MS,
    EXPIRY_STEP_MS,
    REQUEST_FIELDS_LUA,
    SESSION_LUA,
)

# What both scripts do with an item that goes out.
_HAND_OUT_LUA = """
-- The item is handed out now. Returns its TransactionID, a new one; `short`: it is a number of at most three digits.
local function hand_out(key, items, open, tids, id, now, short)
  local number = redis.call('HINCRBY', key, 'seq', 1)
  -- Short ids count down, because phones count up: it keeps the two apart for as long as may be.
  -- The time stands behind long ones: a Redis that has lost its last second counts again from where it was, and a phone drops
  -- a TransactionID that it has seen, without an answer.
  local tid = short and tostring(999 - (number - 1) % 1000) or 's' .. number .. '-' .. math.floor(now / 100) % 10000
  redis.call('HSET', tids, tid, id)
  -- TransactionIDs that the phone has left without an answer: those of items that are gone go when there are many.
  local known = redis.call('HLEN', tids)
  if known > STALE and known > (REPEATS + 2) * redis.call('HLEN', items) + STALE then
    local all = redis.call('HGETALL', tids)
    for n = 1, #all, 2 do
      if redis.call('HEXISTS', items, all[n + 1]) == 0 then redis.call('HDEL', tids, all[n]) end
    end
  end
  redis.call('HSET', key, 'busy', '1')
  redis.call('ZADD', open, now + REPEAT_MS, id)
  return tid
end
-- An item that is no presence, as the gateway gets it, of its stored form.
local function told(key, spellings, tid, id, more, item)
  local own = redis.call('HMGET', key, 'r', 'caps')
  local cut = string.find(item, '\\n', 1, true)
  local jid = string.match(string.sub(item, 1, cut - 1), '^[^\\t]*')
  return {tid, id, 'i', more, own[1], own[2], string.sub(item, cut + 1), redis.call('HGET', spellings, jid)}
end
"""

# Nearly every poll is an empty one, most others find one message; and what a poll costs is what a script is given and calls. So
# this one knows six keys and the ordinary cases only.
POLL_SCRIPT = (
    f"local EXPIRY, LATE, KEPT = {EXPIRY_STEP_MS}, {EXPIRY_GRACE_MS}, {EXPIRY_GRACE_MS + END_MARK_MS}\n"
    + """
-- KEYS 1 session  2 queue  3 open  4 items  5 tids  6 spellings
-- ARGV 1 the phone's address  2 channel to wake when something comes, or ""  3 with "s": as in TAKE_SCRIPT
-- Does what TAKE_SCRIPT does, and returns the same, where nothing waits, or an item that is no presence and was never handed
-- out. Returns -1, and has done nothing, when there is more to it: presence, an overdue answer, a session that is over.
local call, key, channel = redis.call, KEYS[1], ARGV[2]
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local me = call('HMGET', key, LOOKED_AT)
local due = me[1]
if me[2] or not due or now > due + LATE then return -1 end
local late = call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')[2]
if late and tonumber(late) <= now then return -1 end
local waiting = call('LRANGE', KEYS[2], 0, 1)
local id, item = waiting[1], nil
if id then
  item = call('HGET', KEYS[4], id)
  if not item or string.sub(id, 1, 2) == 'p-' then return -1 end
end
if me[4] or me[5] or me[7] or me[9] or (me[13] and not item) then
""".replace("LOOKED_AT", REQUEST_FIELDS_LUA)
    + SESSION_LUA
    + """
  touch(key, now, me, ARGV[1], true)
else
  call('HSET', key, 'due', now + me[3])
  if math.floor(now / EXPIRY) ~= math.floor((due - me[3]) / EXPIRY) then call('PEXPIRE', key, me[3] + KEPT) end
end
if item then
"""
    + _HAND_OUT_LUA
    + """
  if me[10] then call('HDEL', key, 'hold') end
  call('LPOP', KEYS[2])
  local tid = hand_out(key, KEYS[4], KEYS[3], KEYS[5], id, now, ARGV[3] == 's')
  return told(key, KEYS[6], tid, id, waiting[2] and 1 or 0, item)
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

TAKE_SCRIPT = (
    SESSION_LUA
    + _HAND_OUT_LUA
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

local tid = hand_out(KEYS[1], KEYS[3], KEYS[4], KEYS[6], id, now, string.find(ARGV[6], 's', 1, true))
local more = again + (redis.call('LLEN', KEYS[2]) > 0 and 1 or 0)
local item = redis.call('HGET', KEYS[3], id)
if string.sub(id, 1, 2) ~= 'p-' then return result(told(KEYS[1], KEYS[10], tid, id, more, item)) end
local own = redis.call('HMGET', KEYS[1], 'r', 'caps')
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
