"""What phones did in the last day, for their owners: events by account and by network address, and how sessions poll.

Redis knows neither accounts nor addresses here: names of keys are keyed digests. Strangers can make events of any account and
from any address, so each key has two parts, and what took a password is never pushed out by what did not. The number of keys is
limited too: the ones that were written longest ago go."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis

from onesoup.csp.phone_events import COUNTED, KEPT, PhoneEvent, sameness
from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import RedisScript, Value, guarded
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

VERSION = 1
DAY_SECONDS = 86_400
# Every phone or address with events, and when it was last written.
INDEX = "phones-seen"
# Sessions whose polls somebody wants to see.
POLLS_LOOKED_AT = "polls-looked-at"
POLLS_LOOK_SECONDS = 30
POLLS_SECONDS = 60
MOST_ADDED = 64

_ADD = """
-- KEYS 1 events of one phone  ARGV 1 now, s  2 a day, s  3 most with a password  4 most without  5 name  6 first  7 last  8 times
-- 9 record  10 name ...     An event that is there already gets more times. Names begin with p: password, or s: a stranger's.
local key, now, day = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
for n = 5, #ARGV, 5 do
  local first, times = ARGV[n + 1], tonumber(ARGV[n + 3])
  local before = redis.call('HGET', key, ARGV[n])
  if before then
    local began, had = string.match(before, '^(%d+) %d+ (%d+) ')
    if began and tonumber(began) > now - day then first, times = began, math.min(times + tonumber(had), 1000000) end
  end
  redis.call('HSET', key, ARGV[n], first .. ' ' .. ARGV[n + 2] .. ' ' .. string.format('%d', times) .. ' ' .. ARGV[n + 4])
end
redis.call('EXPIRE', key, day)
local all = redis.call('HGETALL', key)
local parts = {p = {}, s = {}}
for n = 1, #all, 2 do
  local last = tonumber(string.match(all[n + 1], '^%d+ (%d+) ') or '0')
  if last < now - day then redis.call('HDEL', key, all[n])
  else table.insert(parts[string.sub(all[n], 1, 1)] or parts.s, {last, all[n]}) end
end
for part, most in pairs({p = tonumber(ARGV[3]), s = tonumber(ARGV[4])}) do
  local found = parts[part]
  if #found > most then
    table.sort(found, function(a, b) if a[1] == b[1] then return a[2] > b[2] end return a[1] > b[1] end)
    for n = most + 1, #found do redis.call('HDEL', key, found[n][2]) end
  end
end
"""

_INDEX = """
-- KEYS 1 index  ARGV 1 now, s  2 most  3 how long, s  4 name ...      Returns the names that are too many.
for n = 4, #ARGV do redis.call('ZADD', KEYS[1], ARGV[1], ARGV[n]) end
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - tonumber(ARGV[3]))
local more = redis.call('ZCARD', KEYS[1]) - tonumber(ARGV[2])
local gone = {}
if more > 0 then
  gone = redis.call('ZRANGE', KEYS[1], 0, more - 1)
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, more - 1)
end
return gone
"""


@dataclass(frozen=True, slots=True)
class SessionPolls:
    """How often a session has polled, and when last, in seconds since 1970 (0 for never); how many items it was handed more than
    once, since it has not acknowledged them."""

    count: int = 0
    last: int = 0
    unanswered: int = 0


class PhoneRequests:
    def __init__(self, client: redis.Redis, ring: KeyRing, most_phones: int = bounds.MOST_PHONES) -> None:
        self._client, self._ring, self._most = client, ring, most_phones
        self._add, self._index = RedisScript(client, _ADD, "phones.add"), RedisScript(client, _INDEX, "phones.index")

    def of_account(self, jid: str) -> str:
        """The name of an account here."""
        return "u" + self._ring.digest(jid, "phone-account").hex()[:31]

    def of_address(self, address: str) -> str:
        """The name of a network address here. `address` may be a digest already."""
        return "n" + self._ring.digest(address, "phone-address").hex()[:31]

    # --- events ---

    def add(self, events: Mapping[str, Sequence[PhoneEvent]], now: int) -> None:
        """Adds events of phones, by the names of `of_account` and `of_address`. Those that are too many or too long are left
        out."""
        calls: list[tuple[Sequence[str], Sequence[Value]]] = []
        for who, some in events.items():
            args: list[Value] = [now, DAY_SECONDS, bounds.MOST_PROVED_EVENTS, bounds.MOST_STRANGE_EVENTS]
            for event in some[:MOST_ADDED]:
                args += _arguments(event)
            calls.append(([_key(who)], args))
        if not calls:
            return
        self._add.many(calls)
        gone = self._index([INDEX], [now, self._most, DAY_SECONDS, *events])
        for name in gone:
            guarded(lambda name=name: self._client.delete(_key(name.decode())))  # type: ignore[misc]

    def of(self, who: str, now: int) -> list[PhoneEvent]:
        """The events of a phone in the last day, the newest first."""
        found = guarded(lambda: self._client.hvals(_key(who)))
        events = []
        for stored in found:
            try:
                events.append(_event(stored))
            except BadRecord:
                continue
        return sorted((each for each in events if each.last > now - DAY_SECONDS), key=lambda each: -each.last)

    # --- polls, which are counted in processes and told here only while somebody looks ---

    def look_at(self, sids: Sequence[str], now: int) -> None:
        """Processes tell how these sessions poll, for half a minute from now."""

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.zadd(POLLS_LOOKED_AT, dict.fromkeys(sids, now + POLLS_LOOK_SECONDS))
            pipe.zremrangebyscore(POLLS_LOOKED_AT, "-inf", now)
            pipe.expire(POLLS_LOOKED_AT, POLLS_LOOK_SECONDS)
            pipe.execute()

        if sids:
            guarded(write)

    def looked_at(self, now: int) -> list[str]:
        return [sid.decode() for sid in guarded(lambda: self._client.zrangebyscore(POLLS_LOOKED_AT, now, "+inf"))]

    def tell_polls(self, process: str, polls: Mapping[str, tuple[int, int]]) -> None:
        """What one process has counted: by session, how many polls, and when the last one was."""

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            for sid, (count, last) in polls.items():
                (key,) = keys.of(sid, "polls")
                pipe.hset(key, process, f"{count} {last}")
                pipe.expire(key, POLLS_SECONDS)
            pipe.execute()

        if polls:
            guarded(write)

    def polls(self, sids: Sequence[str]) -> list[SessionPolls]:
        def read() -> list[list[bytes]]:
            pipe = self._client.pipeline(transaction=False)
            for sid in sids:
                for key in keys.of(sid, "polls", "try"):
                    pipe.hvals(key)
            return pipe.execute()

        found = guarded(read) if sids else []
        return [_polls(told, tries) for told, tries in zip(found[::2], found[1::2], strict=True)]


def _polls(told: list[bytes], tries: list[bytes]) -> SessionPolls:
    counts = [(int(count), int(last)) for count, _, last in (each.partition(b" ") for each in told)]
    return SessionPolls(sum(count for count, _ in counts), max((last for _, last in counts), default=0), len(tries))


def _arguments(event: PhoneEvent) -> list[Value]:
    """What the script takes of one event; nothing of one that is too long."""
    record = pack(VERSION, {name: getattr(event, name) or None for name in (*KEPT, "octets")})
    if len(record) > bounds.PHONE_EVENT_BYTES:
        return []
    name = hashlib.blake2b(repr(sameness(event)).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return [("p" if event.proved else "s") + name, event.first, event.last, event.times, record]


@reader
def _event(stored: bytes) -> PhoneEvent:
    first, last, times, record = stored.split(b" ", 3)
    fields = unpack(record, VERSION)
    known = {name: fields[name] for name in (*KEPT, "octets") if name in fields and name not in COUNTED[:3]}
    offered = tuple(known.pop("offered", ()))
    return PhoneEvent(first=int(first), last=int(last), times=int(times), offered=offered, **known)


def _key(who: str) -> str:
    return keys.account(who, "phone")
