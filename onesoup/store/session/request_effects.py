"""What a request does besides its answer, and the script that applies it."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from onesoup.csp.lists import Cut
from onesoup.csp.messages import Text
from onesoup.csp.presence import Shown
from onesoup.csp.session import Capabilities, Session
from onesoup.csp.status import StatusCode
from onesoup.observability.request_id import current_request
from onesoup.store import bounds, records
from onesoup.store.bounds import NAMED_BYTES, SPELLING_BYTES, TooMuch
from onesoup.store.redis.client import pack_argument
from onesoup.store.session.contacts import LIST_MARK, Subscription
from onesoup.store.session.cut_item import CUT_ITEM_LUA
from onesoup.store.session.session_lua import WAKE_LUA

# How long the first notification waits for the presence of contacts that nothing is known of (xmpp-mapping.md 5.2).
UNKNOWN_PRESENCE_MS = 2000

COMMIT_SCRIPT = (
    WAKE_LUA
    + CUT_ITEM_LUA
    + f"local MOST_OUT, MOST_OUT_BYTES = {bounds.MOST_OUT}, {bounds.MOST_OUT_BYTES}\n"
    + f"local MOST_REPLY_BYTES = {bounds.MOST_REPLY_BYTES}\n"
    + f"local MOST_STRANGERS, MOST_ASKED = {bounds.MOST_STRANGERS}, {bounds.MAX_REPORTS_WANTED}\n"
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
if e.told then wake(KEYS[1], ARGV[1], 'm', e.request) end
if e.out and #e.out > 0 then redis.call('PUBLISH', 'wake:' .. string.sub(ARGV[1], 1, 2), ARGV[1]) end
if e['end'] then
  redis.call('HSET', KEYS[1], 'end', e['end'])
  part(KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], MARK)
end
return false
"""
)


class WakeAddress(NamedTuple):
    """Where a phone is reached beside STCP: its UDP port, 0 for none; its phone number, "" for none; the address that its
    requests come from; and the seconds that it is to let pass between two polls."""

    udp_port: int
    number: str
    address: str
    poll_min: int


@dataclass(slots=True)
class SessionUpdate:
    """Fields of a session that a request changes; None leaves one as it is."""

    session: Session | None = None
    # The session expires after so long without a request.
    ttl_ms: int | None = None
    capabilities: Capabilities | None = None
    # Contacts in one notification of presence.
    contacts_at_once: int | None = None
    # Whether the phone fetches its messages, which are only announced to it.
    fetches_messages: bool | None = None
    # Whether a poll is answered at once although nothing waits: the phone is woken.
    polls_return_at_once: bool | None = None
    # Whether the phone can be woken by something beside STCP, and where.
    has_other_bearers: bool | None = None
    wake_address: WakeAddress | None = None
    # Since when the phone has had no STCP line, ms; 0 for a phone that needs none.
    no_line_since_ms: int | None = None
    reads_segments: bool | None = None
    # The last message whose answer may not have reached the phone; b"" for none.
    unsaid: bytes | None = None
    # How contact lists are cut, and for which form of answers.
    list_cuts: tuple[str, Mapping[str, Cut]] | None = None
    # What the phone has published of its user.
    own_presence: Mapping[str, Any] | None = None
    # Delivery method and length of groups that have their own.
    group_methods: Mapping[str, tuple[str, int]] | None = None

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return any(getattr(self, name) is not None for name in _FIELDS)

    def pack(self) -> dict[str, bytes | str | int]:
        """The fields of the session's hash, see session_records.py."""
        found: dict[str, bytes | str | int | None] = {
            "r": None if self.session is None else records.pack_session(self.session),
            "ttl": self.ttl_ms,
            "caps": None if self.capabilities is None else records.pack_caps(self.capabilities),
            "batch": self.contacts_at_once,
            "notify": _flag(self.fetches_messages),
            "nohold": _flag(self.polls_return_at_once),
            "alt": _flag(self.has_other_bearers),
            "noline": "" if self.no_line_since_ms == 0 else self.no_line_since_ms,
            "segm": _flag(self.reads_segments),
            "unsaid": self.unsaid,
            "cut": None if self.list_cuts is None else records.pack_cuts(*self.list_cuts),
            "own": None if self.own_presence is None else records.pack_plain(dict(self.own_presence)),
            "gd": None if self.group_methods is None else _pack_group_methods(self.group_methods),
        }
        if self.wake_address is not None:
            found |= dict(zip(("udp", "num", "addr", "pmin"), self.wake_address, strict=True))
        return {name: value for name, value in found.items() if value is not None}


def _flag(value: bool | None) -> str | None:
    return None if value is None else "1" if value else ""


def _pack_group_methods(methods: Mapping[str, tuple[str, int]]) -> bytes:
    return records.pack_plain({name: list(how) for name, how in methods.items()})


class ToldReport(NamedTuple):
    """That the message `message_id` has reached its recipient; an item of the phone's inbox under `id`."""

    id: str
    recipient: str
    message_id: str
    time: int


@dataclass(slots=True)
class RequestEffects:
    """What a request does besides its answer, applied in one script. Lists keep their order."""

    update: SessionUpdate = field(default_factory=SessionUpdate)
    # Packed commands for the holder (onesoup.xmpp.commands).
    commands: list[bytes] = field(default_factory=list)
    # By bare JID, and by token of a contact list.
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    list_subscriptions: dict[str, Subscription] = field(default_factory=dict)
    unsubscribed: list[str] = field(default_factory=list)
    unsubscribed_lists: list[str] = field(default_factory=list)
    # Contacts whose presence the phone is to be told.
    presence_due: list[str] = field(default_factory=list)
    # How the phone writes addresses.
    spellings: dict[str, str] = field(default_factory=dict)
    # Messages whose delivery the phone wants to hear of: stanza id -> recipient, and how long a receipt may take to come.
    reports_wanted: dict[str, str] = field(default_factory=dict)
    report_within_ms: dict[str, int] = field(default_factory=dict)
    # Items that the phone does not want.
    dropped_items: list[str] = field(default_factory=list)
    # Items that have not been handed out, id -> the parts that take their place, as (id, stored form).
    split_items: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    # Items that the phone has fetched and that are too long, id -> payload, and parts as (id, payload). The first takes the
    # item's place, the others wait in front of everything.
    cut_items: dict[str, tuple[bytes, list[tuple[str, bytes]]]] = field(default_factory=dict)
    # What onesoup itself says to the phone.
    told: list[Text | ToldReport] = field(default_factory=list)
    # How contacts are shown that onesoup itself answers for, by bare JID.
    shown: dict[str, Shown] = field(default_factory=dict)
    # Why the session is over; None while it goes on.
    end_code: int | None = None

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
        changed = self.update.pack()
        if any(isinstance(value, bytes | str) and len(value) > bounds.FIELD_BYTES for value in changed.values()):
            raise TooMuch
        wishes = self.subscriptions | {LIST_MARK + token: wish for token, wish in self.list_subscriptions.items()}
        body: dict[str, Any] = {
            "reply": reply,
            "fields": changed,
            "out": self.commands,
            "sub": {name: wish.pack() for name, wish in wishes.items() if _short(name)},
            "unsub": [*self.unsubscribed, *(LIST_MARK + token for token in self.unsubscribed_lists)],
            "dirty": [jid for jid in self.presence_due if _short(jid)],
            "spell": {jid: text for jid, text in self.spellings.items() if _short(jid) and _short(text, SPELLING_BYTES)},
            "asked": {id_: jid for id_, jid in self.reports_wanted.items() if _short(jid)},
            "valid": self.report_within_ms,
            "dropped": self.dropped_items,
            "split": [[id_, [list(part) for part in parts]] for id_, parts in self.split_items.items()],
            "cut": [[id_, old, [list(part) for part in parts]] for id_, (old, parts) in self.cut_items.items()],
            "told": [_pack_told(item) for item in self.told],
            "request": current_request() if self.told else "",
            "shown": {jid: records.pack_shown(shown) for jid, shown in self.shown.items()},
            "end": self.end_code,
        }
        return pack_argument({name: value for name, value in body.items() if value or value == b""})


def _pack_told(item: Text | ToldReport) -> list[str | bytes]:
    if isinstance(item, Text):
        return [item.id, records.pack_stored(item)]
    event = records.pack_event("report", item.recipient, item.time, id=item.message_id, code=StatusCode.SUCCESSFUL)
    return [item.id, records.stored(item.recipient, event)]


def _short(text: str, most: int = NAMED_BYTES) -> bool:
    return len(text) <= most and len(text.encode("utf-8", "surrogatepass")) <= most


_FIELDS = tuple(each.name for each in fields(SessionUpdate))
_KINDS = tuple(each.name for each in fields(RequestEffects))
