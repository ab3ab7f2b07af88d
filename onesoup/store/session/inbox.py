"""Server transactions waiting for one phone. They leave when the phone answers, not when they are sent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis.client import RedisScript, pack_argument
from onesoup.store.session.cut_item import CUT_ITEM_LUA
from onesoup.store.session.inbox_lua import POLL_SCRIPT, TAKE_SCRIPT
from onesoup.store.session.session_lua import SESSION_LUA, WAKE_LUA

# TransactionIDs of items that are gone: so many may stay behind.
MAX_STALE_TRANSACTION_IDS = 200

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


_NOTHING, _NOBODY_WAITS = NothingWaits(), NothingWaits(0.0)


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
        self._poll = RedisScript(client, numbers + POLL_SCRIPT, "inbox.poll")
        self._take = RedisScript(client, numbers + TAKE_SCRIPT, "inbox.take")
        self._cut, self._later = RedisScript(client, _CUT, "inbox.cut"), RedisScript(client, _LATER, "inbox.later")

    def poll(self, sid: str, hold: str = "", short: bool = False, address: str = "") -> InboxItem | NothingWaits:
        """As take(), of a phone that has answered nothing. Cheaper in the ordinary cases; any other costs a journey more."""
        names = [keys.session(sid), *keys.of(sid, "q", "open", "i", "tid", "spell")]
        raw = self._poll(names, [address, hold, "s" if short else ""])
        if raw is None:
            return _NOTHING
        if raw == 0:
            return _NOBODY_WAITS
        if raw == -1:
            return self.take(sid, hold, short=short, address=address)
        return NothingWaits(raw / 1000) if isinstance(raw, int) else _item(raw, None)

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
