"""What a holder writes into the sessions it owns. Every script compares the fencing number first: a holder that lost its
lease changes nothing, whatever it still believes."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import redis

from onesoup.store import bounds, keys
from onesoup.store.bounds import JID_BYTES
from onesoup.store.redis.client import Call, RedisScript, guarded, pack_argument, present
from onesoup.store.redis.clock import SHIFT_LUA
from onesoup.store.session.gateway_side import WAKE_LUA

# How long a stanza is remembered so that it is not delivered twice (after a resumed stream, a crash, a carbon).
SEEN_STANZA_MS = 600_000
# A text that came from where it was kept repeats one that came live at most so far from its own time, ms: clocks differ.
SAME_MESSAGE_MS = 300_000
# How a name is compared that a Delivery was seen under. ALWAYS: the same name is the same thing. LIVE: it has come just now, and
# no server says a thing twice on its own. UNSURE: it may have come live before. See also `kept_since`.
ALWAYS, LIVE, UNSURE = "", "l", "u"
# Above so many items that wait for a phone that does not come, none becomes larger than it came.
MAX_ITEMS_BESIDE_PICTURE = 50
LEFTOVER_MS = 30 * 86_400_000
# What a session knows of its stream: state to resume it, presence shown, the largest file that the server takes.
STREAM_FIELDS = ["sm", "h", "shown", "upload"]
# How contact lists are cut for the phone. It goes along too: a phone that resumes a session asks for lists that it knows.
CUTS = "cut"

FENCED_LUA = """
local function fenced(key, fence)
  local own = redis.call('HGET', key, 'fence')
  return own and tonumber(own) > tonumber(fence)
end
"""

# How many contacts are stored at a time: other sessions wait for a script.
ROSTER_ITEMS_PER_SCRIPT = 1000

_STORE = (
    f"local SEEN, NEAR, MOST_SEEN = {SEEN_STANZA_MS}, {SAME_MESSAGE_MS}, {bounds.MOST_SEEN}\n"
    f"local MOST_ITEMS, MOST_JOBS, MOST_STRANGERS = {bounds.MOST_ITEMS}, {bounds.MOST_JOBS}, {bounds.MOST_STRANGERS}\n"
    f"local MOST_ROSTER, MOST_ROOMS, MOST_OCCUPANTS = {bounds.MOST_ROSTER}, {bounds.MOST_ROOMS}, {bounds.MOST_OCCUPANTS}\n"
    + WAKE_LUA
    + FENCED_LUA
    + """
-- KEYS 1 session  2 queue  3 items  4 dirty  5 presence  6 subscriptions  7 roster  8 resources  9 last sent
--      10 receipts  11 seen stanzas  12 reports asked for  13 extras  14 outbox  15 joined rooms  16 occupants of rooms
-- ARGV 1 sid  2 fence  3 changes (msgpack)  4 presence gap, ms
-- All changes of one read from the stream, together with the stanza counter. Returns {ms until presence may go or -1}.
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOSESSION 604') end
if fenced(KEYS[1], ARGV[2]) then return redis.error_reply('FENCED') end
local now = clock()
local c = cmsgpack.unpack(ARGV[3])
-- Sets a field, unless it is a new one of a hash that has so many.
local function put(key, name, value, most)
  if redis.call('HLEN', key) < most or redis.call('HEXISTS', key, name) == 1 then redis.call('HSET', key, name, value) end
end
for name, value in pairs(c.fields or {}) do redis.call('HSET', KEYS[1], name, value) end
for jid, value in pairs(c.roster or {}) do put(KEYS[7], jid, value, MOST_ROSTER) end
for _, jid in ipairs(c.unroster or {}) do redis.call('HDEL', KEYS[7], jid) end
for jid, value in pairs(c.resources or {}) do
  if value == '' then redis.call('HDEL', KEYS[8], jid) else redis.call('HSET', KEYS[8], jid, value) end
end
for jid, value in pairs(c.extras or {}) do redis.call('HSET', KEYS[13], jid, value) end
for room, value in pairs(c.rooms or {}) do
  if value == '' then
    redis.call('HDEL', KEYS[15], room)
    for _, name in ipairs(redis.call('HKEYS', KEYS[16])) do
      if string.sub(name, 1, #room + 1) == room .. '/' then redis.call('HDEL', KEYS[16], name) end
    end
  else
    put(KEYS[15], room, value, MOST_ROOMS)
  end
end
for occupant, value in pairs(c.occupants or {}) do
  if value == '' then redis.call('HDEL', KEYS[16], occupant) else put(KEYS[16], occupant, value, MOST_OCCUPANTS) end
end
local later = -1
local due = {}
for jid, value in pairs(c.presence or {}) do
  -- Presence of strangers is not kept: anybody may send it.
  local known = redis.call('HEXISTS', KEYS[7], jid) == 1 or redis.call('HEXISTS', KEYS[6], jid) == 1
  if not known then
    redis.call('HDEL', KEYS[8], jid)
    redis.call('HDEL', KEYS[13], jid)
    redis.call('HDEL', KEYS[5], jid)
  elseif redis.call('HGET', KEYS[5], jid) ~= value then
    redis.call('HSET', KEYS[5], jid, value)
    -- What the phone has not subscribed may change without a word.
    if redis.call('HEXISTS', KEYS[6], jid) == 1 and not (c.quiet and c.quiet[jid]) then
      local sent = redis.call('ZSCORE', KEYS[9], jid)
      local at = now
      if sent and sent + ARGV[4] > now then at = sent + ARGV[4] end
      if c.notbefore and c.notbefore > 0 and at < now + c.notbefore then at = now + c.notbefore end
      if at > now then
        redis.call('ZADD', KEYS[4], 'LT', at, jid)
        if later < 0 or at - now < later then later = at - now end
      else
        due[#due + 1] = jid
      end
    end
  end
end
mark(KEYS[1], KEYS[2], KEYS[4], due, now)
if #due > 0 then wake(KEYS[1], ARGV[1], 'p') end
-- Whether an item repeats one that was stored. `said` is how names are compared: always, live, unsure, or when it was said.
local function repeated(id, seen, said)
  if redis.call('HEXISTS', KEYS[3], id) == 1 then return true end  -- this very script has run, and its answer was lost
  if seen == '' or said == 'l' then return false end
  if said == '' then return redis.call('ZSCORE', KEYS[11], seen) end
  local at = tonumber(said)
  if at and redis.call('ZSCORE', KEYS[11], seen .. ' ' .. said) then return true end
  local live = redis.call('ZSCORE', KEYS[11], seen)
  return live and math.abs(live - (at and at * 1000 or now)) < NEAR
end
local fresh, new = nil, false
for _, item in ipairs(c.items or {}) do
  local id, jid, payload, receipt, seen, needs, said = item[1], item[2], item[3], item[4], item[5], item[6], item[9]
  -- An event that finds so many waiting is dropped. A message is kept: it was counted before it was taken.
  local wanted = needs == '' and (string.sub(id, 2, 2) ~= '-' or redis.call('HLEN', KEYS[3]) < MOST_ITEMS)
  if needs ~= '' and redis.call('HGET', KEYS[12], needs) == jid then
    wanted = true
    redis.call('HDEL', KEYS[12], needs)
  end
  if wanted and not repeated(id, seen, said) then
    if seen ~= '' then redis.call('ZADD', KEYS[11], now, tonumber(said) and seen .. ' ' .. said or seen) end
    local head = item[8] ~= '' and jid .. '\\t' .. item[8] or jid
    redis.call('HSET', KEYS[3], id, head .. '\\n' .. payload)
    if receipt ~= '' then redis.call('HSET', KEYS[10], id, receipt) end
    if item[7] ~= '' and redis.call('LLEN', KEYS[14]) < MOST_JOBS then
      redis.call('RPUSH', KEYS[14], item[7])
    else
      redis.call('RPUSH', KEYS[2], id)
      -- A report of delivery may wait; what a person said, or asks, may cost an SMS.
      if needs == '' then fresh = 'm' else fresh = fresh or 'p' end
    end
    new = true
  end
end
if new then
  redis.call('ZREMRANGEBYSCORE', KEYS[11], '-inf', now - SEEN)
  redis.call('ZREMRANGEBYRANK', KEYS[11], 0, -MOST_SEEN - 1)
  redis.call('PEXPIRE', KEYS[11], SEEN)
end
if fresh then wake(KEYS[1], ARGV[1], fresh) end
return later
"""
)

_REVEAL = (
    WAKE_LUA
    + FENCED_LUA
    + """
-- KEYS 1 session  2 queue  3 items  4 open  5 outbox
-- ARGV 1 sid  2 fence  3 item id  4 stored form, or ""  5 the command  6 the most items beside which one may grow
--      7 the most memory that all items may take then
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
wake(KEYS[1], ARGV[1], 'm')
return 1
"""
)

_REPLACE = (
    FENCED_LUA
    + """
-- KEYS 1 session  2 outbox  ARGV 1 fence  2 command, then the commands that take its place
-- 1, or 0 when the command is not there any more: then nothing is done.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if fenced(KEYS[1], ARGV[1]) then return redis.error_reply('FENCED') end
if not redis.call('LPOS', KEYS[2], ARGV[2]) then return 0 end
for n = 3, #ARGV do redis.call('LINSERT', KEYS[2], 'BEFORE', ARGV[2], ARGV[n]) end
redis.call('LREM', KEYS[2], 1, ARGV[2])
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

_CREATE = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 queue  3 items     ARGV 1 sid  2 fields (msgpack)  3 items (msgpack: id, jid + "\\n" + payload)
-- A session begins to live. Messages of the session before, or of the offline store, wait in it at once.
local now = clock()
for name, value in pairs(cmsgpack.unpack(ARGV[2])) do redis.call('HSET', KEYS[1], name, value) end
local ttl = tonumber(redis.call('HGET', KEYS[1], 'ttl'))
redis.call('HSET', KEYS[1], 'due', now + ttl)
redis.call('PEXPIRE', KEYS[1], ttl + LATE + MARK)
for _, item in ipairs(cmsgpack.unpack(ARGV[3])) do
  if redis.call('HSETNX', KEYS[3], item[1], item[2]) == 1 then redis.call('RPUSH', KEYS[2], item[1]) end
end
return 1
"""
)

_TAKE_IN = (
    WAKE_LUA
    + FENCED_LUA
    + """
-- KEYS 1 session  2 queue  3 items     ARGV 1 sid  2 fence  3 items (msgpack: id, stored form)
-- Items that waited for the account now wait in the session; one that is there already is not doubled.
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOSESSION 604') end
if fenced(KEYS[1], ARGV[2]) then return redis.error_reply('FENCED') end
for _, item in ipairs(cmsgpack.unpack(ARGV[3])) do
  if redis.call('HSETNX', KEYS[3], item[1], item[2]) == 1 then redis.call('RPUSH', KEYS[2], item[1]) end
end
wake(KEYS[1], ARGV[1], 'm')
return 1
"""
)

_LOAD = """
-- KEYS 1 items  2 queue  3 receipts     What waits for the phone: {items, memory in bytes}.
local bytes = 0
for _, key in ipairs(KEYS) do bytes = bytes + (redis.call('MEMORY', 'USAGE', key, 'SAMPLES', 0) or 0) end
return {redis.call('HLEN', KEYS[1]), bytes}
"""

_CLAIM = (
    FENCED_LUA
    + """
-- KEYS 1 session  ARGV 1 fence, then names of fields. A new owner writes its number. Returns field values, false when gone.
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
if fenced(KEYS[1], ARGV[1]) then return redis.error_reply('FENCED') end
redis.call('HSET', KEYS[1], 'fence', ARGV[1])
return redis.call('HMGET', KEYS[1], unpack(ARGV, 2))
"""
)

_END = (
    WAKE_LUA
    + FENCED_LUA
    + """
-- KEYS 1 session  2 queue  ARGV 1 sid  2 fence  3 code    Marks the session as over and wakes whoever can tell the phone.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if fenced(KEYS[1], ARGV[2]) then return redis.error_reply('FENCED') end
redis.call('HSETNX', KEYS[1], 'end', ARGV[3])
part(KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[1], 'cred')
redis.call('PEXPIRE', KEYS[1], MARK)
return 1
"""
)

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

_STATE = (
    WAKE_LUA
    + """
-- KEYS 1 session  2 validity    Returns {code or false, ms left (less than 0: overdue), ms since the phone's last request or -1
-- while it can be woken on a line, ms until a message stops being valid or -1, its TTL, now}: what a sweep needs to know.
local now = clock()
local gone = ended(KEYS[1], now)
if gone then return {gone, 0, 0, -1, 0, now} end
local h = redis.call('HMGET', KEYS[1], 'due', 'ttl', 'stcp')
local valid = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2]
return {false, h[1] - now, h[3] and h[3] ~= '' and -1 or now - (h[1] - h[2]), valid and math.max(math.ceil(valid - now), 0) or -1,
  tonumber(h[2]), now}
"""
)

_JUMPED = (
    WAKE_LUA
    + FENCED_LUA
    + SHIFT_LUA
    + """
-- KEYS 1 session  2 open items  3 dirty  4 last sent  5 validity    ARGV 1 fence  2 by how many ms Redis's clock has jumped
-- Times that were written before that move with it: else what is to be repeated, told or given up by them would be early by an
-- hour, or late by one.
local h = redis.call('HMGET', KEYS[1], 'due', 'ttl', 'cir')
if not h[1] or fenced(KEYS[1], ARGV[1]) then return 0 end
local now, by = clock(), tonumber(ARGV[2])
for n = 2, 5 do shift(KEYS[n], now, by) end
-- A request that came since has set its time anew.
if tonumber(h[1]) < now or tonumber(h[1]) > now + h[2] then
  redis.call('HSET', KEYS[1], 'due', string.format('%.0f', math.min(h[1] + by, now + h[2])))
end
local told = h[3] and tonumber(string.sub(h[3], 2))
if told and told > now then redis.call('HSET', KEYS[1], 'cir', string.sub(h[3], 1, 1) .. now) end
return 1
"""
)

_SENDING = (
    FENCED_LUA
    + """
-- KEYS 1 session  2 flight  ARGV 1 fence  2 digest of the command  3 number of its stanza
-- The command is about to be sent. A successor that hears from the server how far it had come knows whether it was.
if redis.call('EXISTS', KEYS[1]) == 0 then return redis.error_reply('NOSESSION 604') end
if fenced(KEYS[1], ARGV[1]) then return redis.error_reply('FENCED') end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return 1
"""
)

_IDLE = (
    FENCED_LUA
    + """
-- KEYS 1 session  ARGV 1 fence  2 limit, ms      Marks an idle session, so that the phone's next request wakes the holder.
-- 1 when it is marked, 0 when the phone has come back meanwhile.
local h = redis.call('HMGET', KEYS[1], 'due', 'ttl')
if not h[1] or fenced(KEYS[1], ARGV[1]) then return 0 end
local t = redis.call('TIME')
if t[1] * 1000 + math.floor(t[2] / 1000) - (h[1] - h[2]) < tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'idle', '1')
return 1
"""
)

# Everything of a session but its hash, which remembers for a while why the session ended.
SESSION_KEYS = (
    "q",
    "i",
    "open",
    "try",
    "tid",
    "dirty",
    "pres",
    "res",
    "ros",
    "sub",
    "spell",
    "sent",
    "rc",
    "seen",
    "out",
    "flight",
    "asked",
    "valid",
    "pep",
    "rooms",
    "occ",
    "had",
    "replied",
)


@dataclass(slots=True)
class Delivery:
    """A server transaction for the phone. `seen` names the stanza it came from; the same one is not stored again, where `said`
    tells what is the same. `needs` names the message whose report this is: it is stored only if the phone asked for it, from
    whom it wrote to, and once. With `job`, a command, it waits for what that command does (`Feed.reveal`) before it is handed
    out. `copy` names it among the copies that other phones of the account get."""

    id: str
    jid: str
    payload: bytes
    receipt: bytes = b""
    seen: str = ""
    needs: str = ""
    job: bytes = b""
    copy: str = ""
    said: str = ALWAYS

    @property
    def fits(self) -> bool:
        """An event of a stranger's may be of any length; a message was measured when it was taken."""
        return self.id[1:2] != "-" or len(self.payload) + len(self.jid) <= bounds.EVENT_BYTES

    def packed(self) -> list[bytes | str]:
        """For the script. A receipt that is too long is not sent."""
        receipt = self.receipt if len(self.receipt) <= bounds.RECEIPT_BYTES else b""
        return [self.id, self.jid, self.payload, receipt, _short(self.seen), self.needs, self.job, self.copy, self.said]


def kept_since(seconds: int) -> str:
    """For `Delivery.said`: it was kept on the way since that time, which it tells. It repeats what came under the same name
    from that very time, or live around it."""
    return str(seconds)


def _short(name: str) -> str:
    """The name of a stanza, or a digest of one that is long."""
    octets = name.encode("utf-8", "surrogatepass")
    return name if len(octets) <= bounds.SEEN_BYTES else "#" + hashlib.sha256(octets).hexdigest()[:32]


def _within(entries: Mapping[str, bytes], name: int, value: int) -> dict[str, bytes]:
    """The entries whose names and values have at most so many bytes."""
    return {
        each: record
        for each, record in entries.items()
        if len(record) <= value and len(each.encode("utf-8", "surrogatepass")) <= name
    }


class ContactRecord(NamedTuple):
    """What a session keeps of a contact: records of its resources, of what it has published, of how it is shown, and of what
    the phone has subscribed."""

    resources: bytes | None = None
    extras: bytes | None = None
    presence: bytes | None = None
    wishes: bytes | None = None


class SessionStatus(NamedTuple):
    """A session as a sweep finds it, times in ms. `code` why it is over, None while it lives; `left` until it expires, below 0
    when it should have; `quiet` since the phone's last request, -1 while it has a line on which it can be woken; `valid` until
    the first of its messages stops being valid, -1 for none; `now` Redis's clock."""

    code: int | None
    left: int
    quiet: int
    valid: int
    ttl: int
    now: int


class SessionBacklog(NamedTuple):
    """Server transactions that the phone has not answered, commands for the holder, and the id of the first that has not been
    handed out yet: "P" for presence."""

    inbox: int
    outbox: int
    first: bytes | None


@dataclass(slots=True)
class StreamChanges:
    """What one read from the stream changes. Values are records; `resources` b"" removes a contact's resources, `rooms` b"" a
    room with all its occupants, who are named room/nick in `occupants`. The phone is not told of `quiet` contacts: nothing that
    it has subscribed has changed."""

    fields: dict[str, bytes | str | int] = field(default_factory=dict)
    roster: dict[str, bytes] = field(default_factory=dict)
    unroster: list[str] = field(default_factory=list)
    resources: dict[str, bytes] = field(default_factory=dict)
    presence: dict[str, bytes] = field(default_factory=dict)
    extras: dict[str, bytes] = field(default_factory=dict)
    rooms: dict[str, bytes] = field(default_factory=dict)
    occupants: dict[str, bytes] = field(default_factory=dict)
    items: list[Delivery] = field(default_factory=list)
    notbefore: int = 0
    quiet: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.fields) or not self.only_fields

    @property
    def only_fields(self) -> bool:
        """Nothing changes but fields of the session, if anything does."""
        contacts = self.roster or self.unroster or self.resources or self.presence or self.extras
        return not (contacts or self.rooms or self.occupants or self.items)

    def pack(self) -> bytes:
        """For the script. What is longer than onesoup.store.bounds allows is left out."""
        body: dict[str, Any] = {
            "fields": self.fields,
            "roster": _within(self.roster, JID_BYTES, bounds.ITEM_BYTES),
            "unroster": self.unroster,
            "resources": _within(self.resources, JID_BYTES, bounds.RESOURCES_BYTES),
            "presence": _within(self.presence, JID_BYTES, bounds.PRESENCE_BYTES),
            "extras": _within(self.extras, JID_BYTES, bounds.EXTRAS_BYTES),
            "rooms": _within(self.rooms, JID_BYTES, bounds.ROOM_BYTES),
            "occupants": _within(self.occupants, bounds.OCCUPANT_BYTES, bounds.OCCUPANT_BYTES),
            "items": [each.packed() for each in self.items if each.fits],
            "notbefore": self.notbefore,
            "quiet": dict.fromkeys(self.quiet, 1),
        }
        return pack_argument({name: value for name, value in body.items() if value})


def _seen(answer: Sequence[Any]) -> SessionStatus:
    code, *numbers = answer
    return SessionStatus(int(code) if code else None, *(int(each) for each in numbers))


def _digest(command: bytes) -> bytes:
    return hashlib.sha256(command).digest()[:16]


class HolderSessionStore:
    """The holder's side of a session."""

    def __init__(self, client: redis.Redis, presence_gap_ms: int = 5000) -> None:
        self._client, self._gap = client, presence_gap_ms
        self._store, self._ring, self._create = (
            RedisScript(client, _STORE, "feed.store"),
            RedisScript(client, _RING, "feed.ring"),
            RedisScript(client, _CREATE, "feed.create"),
        )
        self._take_in, self._reveal, self._replace = (
            RedisScript(client, _TAKE_IN, "feed.take_in"),
            RedisScript(client, _REVEAL, "feed.reveal"),
            RedisScript(client, _REPLACE, "feed.replace"),
        )
        self._overdue = RedisScript(client, _OVERDUE, "feed.overdue")
        self._load = RedisScript(client, _LOAD, "feed.load")
        self._jumped = RedisScript(client, _JUMPED, "feed.jumped")
        self._claim, self._end, self._state = (
            RedisScript(client, _CLAIM, "feed.claim"),
            RedisScript(client, _END, "feed.end"),
            RedisScript(client, _STATE, "feed.state"),
        )
        self._sending, self._idle = RedisScript(client, _SENDING, "feed.sending"), RedisScript(client, _IDLE, "feed.idle")

    def create(self, sid: str, fields: Mapping[str, bytes | str | int], items: Iterable[tuple[str, bytes]]) -> None:
        """A new session with its first items, (id, stored form). `fields` must hold ttl in ms and fence."""
        packed = pack_argument([list(item) for item in items])
        self._create([keys.session(sid), *keys.of(sid, "q", "i")], [sid, pack_argument(dict(fields)), packed])

    def claim(self, sid: str, fence: int, names: Sequence[str]) -> list[bytes | None] | None:
        """Takes a session over: writes the fencing number and returns fields, or None when there is no such session."""
        values: list[bytes | None] | None = self._claim([keys.session(sid)], [fence, *names])
        return values

    def store(self, sid: str, fence: int, changes: StreamChanges) -> int:
        """Stores the changes in one script. Returns in how many ms presence may be told that may not be yet, or -1."""
        names = keys.of(sid, "q", "i", "dirty", "pres", "sub", "ros", "res", "sent", "rc", "seen", "asked", "pep", "out")
        names += keys.of(sid, "rooms", "occ")
        return int(self._store([keys.session(sid), *names], [sid, fence, changes.pack(), self._gap]))

    def replace_roster(
        self, sid: str, fence: int, roster: Mapping[str, bytes], gone: Iterable[str], items: list[Delivery]
    ) -> None:
        """The whole roster of a session, bit by bit; contacts that are gone go first, to make room. `items` tell of it."""
        self.store(sid, fence, StreamChanges(unroster=list(gone), items=items))
        entries = list(roster.items())
        for start in range(0, len(entries), ROSTER_ITEMS_PER_SCRIPT):
            self.store(sid, fence, StreamChanges(roster=dict(entries[start : start + ROSTER_ITEMS_PER_SCRIPT])))

    def take_in(self, sid: str, fence: int, items: Mapping[str, bytes]) -> None:
        """Puts items in their stored form into the queue, oldest id order as given."""
        packed = pack_argument([[id_, stored] for id_, stored in items.items()])
        self._take_in([keys.session(sid), *keys.of(sid, "q", "i")], [sid, fence, packed])

    def reveal(self, sid: str, fence: int, item: str, stored: bytes, command: bytes) -> bool:
        """The command of an item that waited is done: the item, in this form unless it is b"", now waits for the phone. It
        stays as it was when so much waits already that pictures would fill Redis."""
        names = keys.of(sid, "q", "i", "open", "out")
        return bool(
            self._reveal(
                [keys.session(sid), *names], [sid, fence, item, stored, command, MAX_ITEMS_BESIDE_PICTURE, bounds.MOST_ITEM_BYTES]
            )
            == 1
        )

    def waiting(self, sid: str, item: str) -> bytes | None:
        """An item of the phone in its stored form."""
        found: bytes | None = guarded(lambda: self._client.hget(keys.of(sid, "i")[0], item))
        return found

    def replace(self, sid: str, fence: int, command: bytes, others: Sequence[bytes]) -> bool:
        """Other commands take the place of one in the outbox. False when it is not there any more."""
        return bool(self._replace([keys.session(sid), *keys.of(sid, "out")], [fence, command, *others]) == 1)

    def with_commands(self, sids: Sequence[str]) -> list[str]:
        """Those of the sessions whose outbox is not empty."""
        names = [keys.of(sid, "out")[0] for sid in sids]
        return [sid for sid, there in zip(sids, present(self._client, names), strict=True) if there]

    def backlogs(self, sids: Sequence[str]) -> list[SessionBacklog]:
        """What waits in these sessions, both ways, in their order."""

        def read() -> list[Any]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                items, out, queue = keys.of(sid, "i", "out", "q")
                pipe.hlen(items)
                pipe.llen(out)
                pipe.lindex(queue, 0)
            return pipe.execute()

        found = guarded(read) if sids else []
        return [SessionBacklog(*each) for each in zip(found[::3], found[1::3], found[2::3], strict=True)]

    def ring(self, sid: str) -> int:
        """Presence that had to wait is marked as waiting. Returns ms to the next that must wait, or -1."""
        return int(self._ring([keys.session(sid), *keys.of(sid, "q", "dirty")], [sid]))

    def end(self, sid: str, fence: int, code: int) -> None:
        """The session is over: 600 expired, 601 ended by the server, 604 logged out. The credentials go at once."""
        self._end([keys.session(sid), *keys.of(sid, "q")], [sid, fence, int(code)])

    def state(self, sid: str) -> tuple[int | None, int]:
        """(code when the session is over, else None; ms until it expires)."""
        seen = self.look(sid)
        return seen.code, seen.left

    def look(self, sid: str) -> SessionStatus:
        """What there is to know of a session now and then."""
        return _seen(self._state([keys.session(sid), *keys.of(sid, "valid")]))

    def look_all(self, sids: Sequence[str]) -> list[SessionStatus]:
        """As look(), at all of these."""
        calls: list[Call] = [([keys.session(sid), *keys.of(sid, "valid")], ()) for sid in sids]
        return [_seen(answer) for answer in self._state.many(calls)] if calls else []

    def jumped(self, sid: str, fence: int, by: int) -> None:
        """Redis's clock has jumped by so many ms: the times that the session keeps move with it."""
        self._jumped([keys.session(sid), *keys.of(sid, "open", "dirty", "sent", "valid")], [fence, by])

    def idle(self, sid: str, fence: int, limit_ms: int) -> bool:
        """Asks to be woken by the phone's next request. False when it was there less than so many ms ago."""
        return bool(self._idle([keys.session(sid)], [fence, limit_ms]) == 1)

    def overdue(self, sid: str) -> list[tuple[str, str]]:
        """(stanza id, recipient) of messages whose receipt was asked for and did not come while they were valid."""
        found = [each.decode() for each in self._overdue(keys.of(sid, "valid", "asked"), [])]
        return list(zip(found[::2], found[1::2], strict=True))

    def commands(self, sid: str, most: int = 100) -> list[bytes]:
        """Commands that wait in the outbox, oldest first. They stay there until done() removes them."""
        found: list[bytes] = guarded(lambda: self._client.lrange(keys.of(sid, "out")[0], 0, most - 1))
        return found

    def sending(self, sid: str, fence: int, command: bytes, number: int) -> None:
        """Notes the number of the stanza that a command is sent as. Fenced when another holder has the session: then it
        must not be sent."""
        self._sending([keys.session(sid), *keys.of(sid, "flight")], [fence, _digest(command), number])

    def in_flight(self, sid: str, commands: Sequence[bytes]) -> dict[bytes, int]:
        """Of these commands the ones that were sent, with the numbers of their stanzas."""
        if not commands:
            return {}
        digests = [_digest(command) for command in commands]
        found = guarded(lambda: self._client.hmget(keys.of(sid, "flight")[0], digests))
        return {command: int(number) for command, number in zip(commands, found, strict=True) if number is not None}

    def unsent(self, sid: str) -> None:
        """A new stream counts from the beginning: no number of the old one means anything."""
        guarded(lambda: self._client.delete(*keys.of(sid, "flight")))

    def done(self, sid: str, command: bytes) -> None:
        """The XMPP server has the stanza of this command."""

        def remove() -> None:
            out, flight = keys.of(sid, "out", "flight")
            pipe = self._client.pipeline(transaction=False)
            pipe.lrem(out, 1, command)  # type: ignore[arg-type]
            pipe.hdel(flight, _digest(command))
            pipe.execute()

        guarded(remove)

    def kept(self, sid: str, jids: Sequence[str]) -> dict[str, ContactRecord]:
        """What is kept of contacts."""
        if not jids:
            return {}

        def all_four() -> list[list[bytes | None]]:
            pipe = self._client.pipeline(transaction=False)
            for key in keys.of(sid, "res", "pep", "pres", "sub"):
                pipe.hmget(key, list(jids))
            return pipe.execute()

        found = guarded(all_four)
        return {jid: ContactRecord(*values) for jid, *values in zip(jids, *found, strict=True)}

    def wishes(self, sid: str) -> dict[str, bytes]:
        """The session's subscriptions, by bare JID; those of whole lists begin with a slash."""
        found = guarded(lambda: self._client.hgetall(keys.of(sid, "sub")[0]))
        return {jid.decode(): record for jid, record in found.items()}

    def known(self, sid: str, name: str) -> list[str]:
        """The contacts that a hash of the session has: ros, res or pres."""
        return [jid.decode() for jid in guarded(lambda: self._client.hkeys(keys.of(sid, name)[0]))]

    def item(self, sid: str, jid: str) -> bytes | None:
        """The roster record of a contact."""
        found: bytes | None = guarded(lambda: self._client.hget(keys.of(sid, "ros")[0], jid))
        return found

    def hash(self, sid: str, name: str) -> dict[str, bytes]:
        """A whole hash of the session, such as its joined rooms."""
        found = guarded(lambda: self._client.hgetall(keys.of(sid, name)[0]))
        return {field.decode(): value for field, value in found.items()}

    def load(self, sid: str) -> tuple[int, int]:
        """What the phone has not answered: how many server transactions, and the memory that they take, bytes."""
        items, octets = self._load(keys.of(sid, "i", "q", "rc"))
        return int(items), int(octets)

    def waiting_items(self, sid: str) -> int:
        """How many server transactions the phone has not answered, those that were handed out included."""
        return int(guarded(lambda: self._client.hlen(keys.of(sid, "i")[0])))

    def occupants(self, sid: str, names: Sequence[str]) -> dict[str, bytes | None]:
        """The records of occupants, who are named room/nick."""
        if not names:
            return {}
        values = guarded(lambda: self._client.hmget(keys.of(sid, "occ")[0], list(names)))
        return dict(zip(names, values, strict=True))

    def read(self, sid: str, name: str) -> bytes | None:
        """One field of the session."""
        found: bytes | None = guarded(lambda: self._client.hget(keys.session(sid), name))
        return found

    def copy(self, old: str, new: str) -> None:
        """The caches and commands of one session to another that takes its place. Both may be on different nodes."""

        def move() -> None:
            for name in ("ros", "res", "pres", "pep", "rc", "asked", "flight", "rooms", "occ"):
                found = self._client.hgetall(keys.of(old, name)[0])
                if found:
                    self._client.hset(keys.of(new, name)[0], mapping=found)  # type: ignore[arg-type]
            for name in ("seen", "valid", "had"):
                scored: Any = self._client.zrange(keys.of(old, name)[0], 0, -1, withscores=True)
                if scored:
                    self._client.zadd(keys.of(new, name)[0], dict(scored))
            commands = self._client.lrange(keys.of(old, "out")[0], 0, -1)
            if commands:
                self._client.rpush(keys.of(new, "out")[0], *commands)
            names = [*STREAM_FIELDS, CUTS]
            values = self._client.hmget(keys.session(old), names)
            kept = {name: value for name, value in zip(names, values, strict=True) if value is not None}
            if kept:
                self._client.hset(keys.session(new), mapping=kept)  # type: ignore[arg-type]

        guarded(move)

    def undelivered(self, sid: str) -> dict[str, bytes]:
        """Messages that the phone has not answered, and invitations (k-), id -> stored form. Presence (p-) and events (e-) are
        not among them."""
        found = guarded(lambda: self._client.hgetall(keys.of(sid, "i")[0]))
        return {id_.decode(): stored for id_, stored in found.items() if id_[1:2] != b"-" or id_[:1] == b"k"}

    def had(self, sids: Iterable[str]) -> dict[str, float]:
        """The copies of messages that the phones of these sessions have read -> when, in ms."""

        def read() -> list[list[tuple[bytes, float]]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                pipe.zrange(keys.of(sid, "had")[0], 0, -1, withscores=True)
            return pipe.execute()

        return {copy.decode(): when for found in guarded(read) for copy, when in found}

    def age(self, sid: str) -> None:
        """What a session left whose record is gone stays as long as an offline message, and then goes by itself."""

        def expire() -> None:
            pipe = self._client.pipeline(transaction=False)
            for key in keys.of(sid, *SESSION_KEYS):
                pipe.pexpire(key, LEFTOVER_MS)
            pipe.execute()

        guarded(expire)

    def forget(self, sid: str) -> None:
        """Removes everything but the mark of how the session ended."""
        guarded(lambda: self._client.delete(*keys.of(sid, *SESSION_KEYS)))
