"""Signs that a trusted proxy passes on what phones write into the headers for numbers. One small key for the cluster, written by
gateways and read by `onesoup doctor`."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from onesoup.store import bounds
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

NUMBER_DOUBTS_KEY = "number-doubts"
NUMBER_DOUBT_VERSION = 1
# How long a sign is shown.
NUMBER_DOUBT_SECONDS = 86_400

_NOTE = """
-- KEYS 1 number-doubts  ARGV 1 proxy and sign  2 record  3 most fields  4 seconds
-- Notes a sign. A new one is left out when there are as many as there may be.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 or redis.call('HLEN', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('EXPIRE', KEYS[1], ARGV[4])
end
return 1
"""


@dataclass(frozen=True, slots=True)
class NumberDoubt:
    """`proxy` is an address, `sign` what was seen (onesoup.csp.text.stated_numbers), `seen` seconds since 1970."""

    proxy: str
    sign: str
    header: str
    seen: float


class NumberDoubts:
    """number-doubts, a hash; a field is a proxy and a sign."""

    def __init__(self, client: redis.Redis, clock: Callable[[], float] = time.time) -> None:
        self._client, self._clock = client, clock
        self._note = RedisScript(client, _NOTE, "number-doubts.note")

    def note(self, proxy: str, sign: str, header: str) -> None:
        field = f"{proxy} {sign}"[: bounds.NUMBER_DOUBT_BYTES]
        record = pack(NUMBER_DOUBT_VERSION, {"h": header[: bounds.NUMBER_DOUBT_BYTES], "t": self._clock()})
        self._note([NUMBER_DOUBTS_KEY], [field, record, bounds.MOST_NUMBER_DOUBTS, NUMBER_DOUBT_SECONDS])

    def all(self) -> list[NumberDoubt]:
        """Those of the last day, by proxy."""
        found = []
        for field, record in guarded(lambda: self._client.hgetall(NUMBER_DOUBTS_KEY)).items():
            proxy, _, sign = field.decode("utf-8", "replace").partition(" ")
            try:
                header, seen = _fields(record)
            except BadRecord:
                continue  # of another release
            if seen > self._clock() - NUMBER_DOUBT_SECONDS:
                found.append(NumberDoubt(proxy, sign, header, seen))
        return sorted(found, key=lambda each: (each.proxy, each.sign))


@reader
def _fields(record: bytes) -> tuple[str, float]:
    fields = unpack(record, NUMBER_DOUBT_VERSION)
    return str(fields["h"]), float(fields["t"])
