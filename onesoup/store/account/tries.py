"""How often somebody has tried something within an hour, and what became of a try that is repeated."""

import redis

from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import pack, reader, unpack
from onesoup.store.session.session_lua import STORED_REPLY_MS

OUTCOME_VERSION = 1
TRIES_WINDOW_MS = 3_600_000
MAX_OUTCOME_TEXT = 200

_COUNT = """
-- KEYS 1 counter  ARGV 1 window, ms      Counts one and returns how many there were since the first.
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return n
"""


class HourlyTries:
    """tries:*, counters for an hour after the first try; tried:*, strings, what became of a try, for three minutes."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._count = client, RedisScript(client, _COUNT, "tries.count")

    def count(self, what: str, who: str) -> int:
        """Counts this try; how many there were in the hour, this one included."""
        return int(self._count([f"tries:{what}:{who}"], [TRIES_WINDOW_MS]))

    def wait(self, what: str, who: str) -> float:
        """Seconds until the count begins anew."""
        return max(0, int(guarded(lambda: self._client.pttl(f"tries:{what}:{who}")))) / 1000

    def keep(self, what: str, digest: str, code: int, text: str) -> None:
        """What became of a request, for a phone that sends the same octets again."""
        record = pack(OUTCOME_VERSION, {"c": code, "t": text[:MAX_OUTCOME_TEXT]})
        guarded(lambda: self._client.set(f"tried:{what}:{digest}", record, px=STORED_REPLY_MS))

    def outcome(self, what: str, digest: str) -> tuple[int, str] | None:
        record = guarded(lambda: self._client.get(f"tried:{what}:{digest}"))
        return None if record is None else _outcome(record)


@reader
def _outcome(record: bytes) -> tuple[int, str]:
    fields = unpack(record, OUTCOME_VERSION)
    return int(fields["c"]), str(fields["t"])
