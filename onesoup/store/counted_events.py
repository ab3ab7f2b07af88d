"""Events in hashes, of which equal ones are one with a count, and how many hashes there are: what both the pages for owners and
the history for operators keep.

A hash has parts, named by the first letter of a field, so that events of one kind never push out those of another. The number of
hashes is limited by an index: those that were written longest ago go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import redis

from onesoup.store.redis.client import RedisScript, Value, guarded

MOST_TIMES = 1_000_000

_ADD = (
    f"local MOST_TIMES = {MOST_TIMES}"
    + """
-- KEYS 1 events  2 a key that must be there, or none  ARGV 1 now, s  2 how long, s  3 parts, as "p40 s24": letter and most events
-- 4 name  5 first  6 last  7 times  8 record  9 place  10 name ...
-- An event that is there already gets more times. One from a place that stands in KEYS 2 becomes one of the part k.
-- Returns 0, and does nothing, when KEYS 2 is not there.
local key, now, long = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
for n = 4, #ARGV, 6 do
  local name, first, times = ARGV[n], ARGV[n + 1], tonumber(ARGV[n + 3])
  if KEYS[2] and ARGV[n + 5] ~= '' and redis.call('HEXISTS', KEYS[2], 'p:' .. ARGV[n + 5]) == 1 then
    name = 'k' .. string.sub(name, 2)
  end
  local before = redis.call('HGET', key, name)
  if before then
    local began, had = string.match(before, '^(%d+) %d+ (%d+) ')
    if began and tonumber(began) > now - long then first, times = began, math.min(times + tonumber(had), MOST_TIMES) end
  end
  redis.call('HSET', key, name, first .. ' ' .. ARGV[n + 2] .. ' ' .. string.format('%d', times) .. ' ' .. ARGV[n + 4])
end
redis.call('EXPIRE', key, long)
local most, parts = {}, {}
for letter, count in string.gmatch(ARGV[3], '(%a)(%d+)') do most[letter], parts[letter] = tonumber(count), {} end
local all = redis.call('HGETALL', key)
for n = 1, #all, 2 do
  local last = tonumber(string.match(all[n + 1], '^%d+ (%d+) ') or '0')
  local part = parts[string.sub(all[n], 1, 1)]
  if last < now - long or not part then redis.call('HDEL', key, all[n]) else table.insert(part, {last, all[n]}) end
end
for letter, found in pairs(parts) do
  if #found > most[letter] then
    table.sort(found, function(a, b) if a[1] == b[1] then return a[2] > b[2] end return a[1] > b[1] end)
    for n = most[letter] + 1, #found do redis.call('HDEL', key, found[n][2]) end
  end
end
return 1
"""
)

_TOUCH = """
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
class CountedEvent:
    """`name` is the same for equal events; its first letter is the part. `place`: where it came from, for hashes that go with an
    account."""

    name: str
    first: int
    last: int
    times: int
    record: bytes
    place: str = ""

    def arguments(self) -> tuple[Value, ...]:
        return self.name, self.first, self.last, self.times, self.record, self.place


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one hash. `account`: a key of the same slot, with known places, without which nothing is stored; "" for none."""

    key: str
    events: Sequence[CountedEvent]
    account: str = ""


class CountedEvents:
    """`most`: how many events a part may have, by its letter."""

    def __init__(self, client: redis.Redis, most: Mapping[str, int], seconds: int, name: str) -> None:
        self._client, self._seconds = client, seconds
        self._parts = " ".join(f"{letter}{count}" for letter, count in most.items())
        self._add, self._touch = RedisScript(client, _ADD, f"{name}.add"), RedisScript(client, _TOUCH, f"{name}.index")

    def add(self, batches: Sequence[EventBatch], now: int) -> list[bool]:
        """Which of the batches were stored: those whose account is known, or that need none."""
        calls: list[tuple[Sequence[str], Sequence[Value]]] = []
        for batch in batches:
            args: list[Value] = [now, self._seconds, self._parts]
            for event in batch.events:
                args += event.arguments()
            calls.append(([batch.key, *filter(None, [batch.account])], args))
        return [bool(stored) for stored in self._add.many(calls)] if calls else []

    def touch(self, index: str, names: Sequence[str], most: int, now: int) -> list[str]:
        """These hashes have been written. Returns the names of those that are too many, whose hashes are to go."""
        return [name.decode() for name in self._touch([index], [now, most, self._seconds, *names])] if names else []

    def of(self, key: str) -> dict[str, CountedEvent]:
        """The events of a hash by the names of their fields; what is none is left out."""
        found = guarded(lambda: self._client.hgetall(key))
        read = ((name.decode("ascii", "replace"), stored) for name, stored in found.items())
        return {name: event for name, stored in read if (event := _event(name, stored)) is not None}


def _event(name: str, stored: bytes) -> CountedEvent | None:
    first, last, times, record = [*stored.split(b" ", 3), b"", b"", b""][:4]
    if not (first.isdigit() and last.isdigit() and times.isdigit()):
        return None
    return CountedEvent(name, int(first), int(last), int(times), record)
