"""Which processes of onesoup run, on which host, and which keys they know. Each says so again and again; who is silent is
forgotten."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import NamedTuple

import redis

from onesoup.store import bounds
from onesoup.store.redis import msgpack
from onesoup.store.redis.client import RedisScript

# Hashed by one tag, so that one script may touch both on a cluster.
PROCESSES_KEY, SEEN_KEY = "processes:{p}", "processes-seen:{p}"
# A process that has not been heard for so long is forgotten. It is heard four times as often.
PROCESS_TTL_MS = 60_000
PROCESS_RECORD_VERSION = 1

_FORGET = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local function forget(names)
  for _, name in ipairs(names) do
    redis.call('HDEL', KEYS[1], name)
    redis.call('ZREM', KEYS[2], name)
  end
end
forget(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - TTL))
""".replace("TTL", str(PROCESS_TTL_MS))

_TELL = (
    _FORGET
    + f"local MOST, TTL = {bounds.MOST_PROCESSES}, {PROCESS_TTL_MS}\n"
    + """
-- KEYS 1 records  2 when each was heard, ms   ARGV 1 name  2 record, "" for a process that ends
-- The processes unheard for longest go when there are too many.
if ARGV[2] == '' then
  forget({ARGV[1]})
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[1])
local over = redis.call('ZCARD', KEYS[2]) - MOST
if over > 0 then forget(redis.call('ZRANGE', KEYS[2], 0, over - 1)) end
redis.call('PEXPIRE', KEYS[1], 2 * TTL)
redis.call('PEXPIRE', KEYS[2], 2 * TTL)
return 1
"""
)

_ALL = (
    _FORGET
    + """
-- KEYS 1 records  2 when each was heard, ms   Returns {record, ms since it was heard, record ...}.
local found, seen = {}, redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
for n = 1, #seen, 2 do
  local record = redis.call('HGET', KEYS[1], seen[n])
  if record then
    found[#found + 1] = record
    found[#found + 1] = now - tonumber(seen[n + 1])
  end
end
return found
"""
)


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """What a process says of itself. `unit` is the pid that operators know: a worker of a gateway has its master's. `admin`: host
    and port of the admin port. `keys`: the keys it knows, the one it seals with first, each as KeyRing.known() says it; none
    where it uses no key ring. `started` in seconds since 1970. `left` and `had`: how many shards or lines a process has
    left, of how many, while its host drains; else -1. `holder`: the name by which a holder has shards, "" for other roles."""

    role: str
    host: str
    pid: int
    unit: int
    admin: tuple[str, ...]
    version: str
    keys: tuple[str, ...]
    started: int
    left: int = -1
    had: int = -1
    holder: str = ""

    @property
    def name(self) -> str:
        return f"{self.host}/{self.role}/{self.pid}"

    @property
    def shown(self) -> str:
        """For operators."""
        worker = f", worker {self.pid}" if self.pid != self.unit else ""
        return f"{self.role} {self.unit} on {self.host}{worker}"

    @property
    def key_ids(self) -> tuple[str, ...]:
        return tuple(each.partition(":")[0] for each in self.keys)


class SeenProcess(NamedTuple):
    """A process, and how many seconds ago it was heard."""

    record: ProcessRecord
    ago: float


class ProcessRegistry:
    """processes:{p}, a hash: name -> record; processes-seen:{p}, a zset: name -> when it was heard, ms of Redis."""

    def __init__(self, client: redis.Redis) -> None:
        self._tell, self._all = RedisScript(client, _TELL, "processes.tell"), RedisScript(client, _ALL, "processes.all")

    def tell(self, process: ProcessRecord) -> None:
        """This process lives."""
        fields = asdict(replace(process, keys=process.keys[: bounds.MOST_PROCESS_KEYS]))
        self._tell([PROCESSES_KEY, SEEN_KEY], [process.name, msgpack.pack(PROCESS_RECORD_VERSION, fields)])

    def leave(self, process: ProcessRecord) -> None:
        self._tell([PROCESSES_KEY, SEEN_KEY], [process.name, ""])

    def all(self) -> list[SeenProcess]:
        """Those that were heard within PROCESS_TTL_MS, by host, role and pid."""
        return sorted(self._read(), key=lambda each: each.record.name)

    def _read(self) -> Iterator[SeenProcess]:
        found = self._all([PROCESSES_KEY, SEEN_KEY])
        for packed, ms in zip(found[::2], found[1::2], strict=True):
            try:
                yield SeenProcess(_process(packed), int(ms) / 1000)
            except msgpack.BadRecord:
                continue


@msgpack.reader
def _process(packed: bytes) -> ProcessRecord:
    found = msgpack.unpack(packed, PROCESS_RECORD_VERSION)
    return ProcessRecord(
        role=found["role"],
        host=found["host"],
        pid=found["pid"],
        unit=found["unit"],
        admin=tuple(found.get("admin", ())),
        version=found.get("version", ""),
        keys=tuple(found.get("keys", ())),
        started=found.get("started", 0),
        left=found.get("left", -1),
        had=found.get("had", -1),
        holder=found.get("holder", ""),
    )
