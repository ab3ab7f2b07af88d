"""What happened in each minute of the last day, counted over all processes: minutes:{SERIES}:DAY, a string of 1,440 numbers of
four bytes, for two days. A process adds its counts once a minute, in one pipelined command; nothing is written for a request."""

import struct
from collections.abc import Iterable, Mapping

import redis

from onesoup.store.redis.client import guarded

MINUTES_OF_DAY = 1440
# The day before is read too.
SERIES_SECONDS = 2 * 86_400
_NUMBER = 4

# Every series there is: name -> what it counts. A level is what there is at each minute, summed over the processes that have it.
MINUTE_SERIES = {
    "phones": "Phones on line",
    "polls": "Polls",
    "requests": "Other requests",
    "sent": "Messages sent by phones",
    "delivered": "Messages delivered to phones",
    "wakeups": "Wake-ups",
    "logins": "Log-ins",
    "denied": "Log-ins that failed",
}


class MinuteCounts:
    """Minutes are numbered from 1970 on."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def add(self, minute: int, counts: Mapping[str, int]) -> None:
        """Adds counts of series in MINUTE_SERIES; any other is left out. Numbers end at 2^32."""
        day, place = divmod(minute, MINUTES_OF_DAY)
        some = {name: count for name, count in counts.items() if count > 0 and name in MINUTE_SERIES}
        if not some:
            return

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            for name, count in some.items():
                key = _key(name, day)
                pipe.execute_command("BITFIELD", key, "OVERFLOW", "SAT", "INCRBY", "u32", f"#{place}", min(count, 2**31))
                pipe.expire(key, SERIES_SECONDS)
            pipe.execute()

        guarded(write)

    def last_day(self, until: int, names: Iterable[str] = tuple(MINUTE_SERIES)) -> dict[str, list[int]]:
        """The numbers of each series in the 1,440 minutes up to `until`, which is the last."""
        day, place = divmod(until, MINUTES_OF_DAY)
        wanted = tuple(names)

        def read() -> list[bytes | None]:
            pipe = self._client.pipeline(transaction=False)
            for name in wanted:
                pipe.get(_key(name, day - 1))
                pipe.get(_key(name, day))
            found: list[bytes | None] = pipe.execute()
            return found

        found = guarded(read)
        both = zip(wanted, found[::2], found[1::2], strict=True)
        return {name: (_numbers(before) + _numbers(today))[place + 1 :][:MINUTES_OF_DAY] for name, before, today in both}


def _key(name: str, day: int) -> str:
    return f"minutes:{{{name}}}:{day}"


def _numbers(stored: bytes | None) -> list[int]:
    """The 1,440 numbers of a day, 0 for those that are not written yet."""
    size = MINUTES_OF_DAY * _NUMBER
    return list(struct.unpack(f">{MINUTES_OF_DAY}I", (stored or b"")[:size].ljust(size, b"\0")))
