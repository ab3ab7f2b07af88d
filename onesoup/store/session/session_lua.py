"""Lua that scripts about a session begin with: whether it lives, what a request does to it, how its phone is woken."""

from onesoup.store import bounds

# How long the store remembers that a session expired (600) or was ended by the server (601), ms.
END_MARK_MS = 3_600_000

# Its holder ends a session that is overdue, by its own clock. Requests believe Redis's only when it is later than a wrong time
# zone could make it: a clock that jumps must not log everybody out.
EXPIRY_GRACE_MS = 15 * 3_600_000

STORED_REPLY_MS = 180_000

# The expiry of a record is moved on once in so long, ms: it is hours behind what it guards.
EXPIRY_STEP_MS = 600_000

# A wake that went unanswered for so long is followed by another one when the next message comes, ms (cir.md 10.1).
REPEAT_WAKE_MS = 900_000

# Where CIR processes hear of phones that have bearers beside STCP.
CIR_CHANNEL = "cir:news"

# What the start of a request looks at, in one command, counted from 1 in Lua: 1 due  2 end  3 ttl  4 alt  5 addr  6 pmin  7 cir
# 8 called  9 idle  10 hold  11 via  12 nohold  13 busy.
REQUEST_FIELDS_LUA = "'due', 'end', 'ttl', 'alt', 'addr', 'pmin', 'cir', 'called', 'idle', 'hold', 'via', 'nohold', 'busy'"

# Field `idle` of a session whose phone has not polled yet.
FIRST_POLL = "p"

# Copies of messages that a session remembers as read, the newest.
MAX_DELIVERED_COPIES = bounds.MOST_READ

# Lua that a script begins with in which a session is looked at.
SESSION_LUA = (
    f"local MARK, LATE, RENEW, EXPIRY = {END_MARK_MS}, {EXPIRY_GRACE_MS}, {REPEAT_WAKE_MS}, {EXPIRY_STEP_MS}\n"
    f"local NEWS = '{CIR_CHANNEL}'\n"
    f"local MOST_HAD, FIRST_POLL = {MAX_DELIVERED_COPIES}, '{FIRST_POLL}'\n"
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
""".replace("LOOKED_AT", REQUEST_FIELDS_LUA)
)

# And one that has something to tell the phone.
WAKE_LUA = (
    SESSION_LUA
    + """
-- Tells whoever can reach the phone: a held poll first, else its STCP lines and the other bearers, once until the phone's
-- next request. `kind` is m for what a person waits for, p for what may wait; the outstanding wake is kept as kind and time.
-- STCP lines are also told, behind a colon, how many ms ago the phone's last request left it with nothing to come back for;
-- without that the phone is "busy": it was given something, or told to poll, and comes by itself. `request` is the id of the
-- request that the wake comes from, for logs.
local function wake(key, sid, kind, request)
  local h = redis.call('HMGET', key, 'hold', 'stcp', 'cir', 'nohold', 'alt', 'busy', 'due', 'ttl')
  if h[1] and h[4] ~= '1' then
    redis.call('HDEL', key, 'hold')
    redis.call('PUBLISH', h[1], 'poll ' .. sid)
  elseif h[2] or h[5] == '1' then
    local now = clock()
    if h[3] and (kind == 'p' or string.sub(h[3], 1, 1) == 'm' and now - tonumber(string.sub(h[3], 2)) < RENEW) then return end
    redis.call('HSET', key, 'cir', kind .. now, 'wakereq', request or '')
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

# For scripts of holders: whether a holder with this fencing number has lost the session to another one.
FENCED_LUA = """
local function fenced(key, fence)
  local own = redis.call('HGET', key, 'fence')
  return own and tonumber(own) > tonumber(fence)
end
"""
