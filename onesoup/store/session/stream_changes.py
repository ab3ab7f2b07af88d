"""What one read from an XMPP stream changes in a session, and the script that stores it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from onesoup.observability.request_id import current_request
from onesoup.store import bounds
from onesoup.store.bounds import JID_BYTES
from onesoup.store.redis.client import pack_argument
from onesoup.store.session.session_lua import FENCED_LUA, WAKE_LUA

# How long a stanza is remembered so that it is not delivered twice (after a resumed stream, a crash, a carbon).
SEEN_STANZA_MS = 600_000

# A text that came from where it was kept repeats one that came live at most so far from its own time, ms: clocks differ.
SAME_MESSAGE_MS = 300_000

# How a name is compared that a Delivery was seen under. ALWAYS: the same name is the same thing. LIVE: it has come just now, and
# no server says a thing twice on its own. UNSURE: it may have come live before. See also `kept_since`.
ALWAYS, LIVE, UNSURE = "", "l", "u"

STORE_SCRIPT = (
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
if #due > 0 then wake(KEYS[1], ARGV[1], 'p', c.request) end
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
if fresh then wake(KEYS[1], ARGV[1], fresh, c.request) end
return later
"""
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


@dataclass(slots=True)
class StreamChanges:
    """What one read from the stream changes. Values are records; `resources` b"" removes a contact's resources, `rooms` b"" a
    room with all its occupants, who are named room/nick in `occupants`. The phone is not told of `quiet` contacts: nothing that
    it has subscribed has changed."""

    # The stream itself: its state, packed; stanzas that were handled; published presence, packed; the largest file that the
    # server takes. None leaves one as it is.
    stream_state: bytes | None = None
    handled_count: int | None = None
    shown_presence: bytes | None = None
    upload_limit: int | None = None
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
        return bool(self.packed_fields()) or not self.only_fields

    @property
    def only_fields(self) -> bool:
        """Nothing changes but fields of the session, if anything does."""
        contacts = self.roster or self.unroster or self.resources or self.presence or self.extras
        return not (contacts or self.rooms or self.occupants or self.items)

    def packed_fields(self) -> dict[str, bytes | str | int]:
        """What changes of the stream, by the names of fields of the session's hash."""
        named = {
            "sm": self.stream_state,
            "h": self.handled_count,
            "shown": self.shown_presence,
            "upload": self.upload_limit,
        }
        return {name: value for name, value in named.items() if value is not None}

    def packed_roster(self) -> bytes:
        """The roster alone, for a script: JID, record, JID, record ... As pack()."""
        return pack_argument(list(chain.from_iterable(_within(self.roster, JID_BYTES, bounds.ITEM_BYTES).items())))

    def pack(self) -> bytes:
        """For the script. What is longer than onesoup.store.bounds allows is left out."""
        body: dict[str, Any] = {
            "fields": self.packed_fields(),
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
            "request": current_request(),
        }
        return pack_argument({name: value for name, value in body.items() if value})
