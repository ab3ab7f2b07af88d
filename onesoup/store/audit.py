"""What operators did with the commands: who, when, what. Bounded. Of texts that they typed, only the reason of a block."""

from dataclasses import asdict, dataclass

import redis

from onesoup.store import operator_bounds
from onesoup.store.redis import msgpack
from onesoup.store.redis.client import guarded

AUDIT_KEY = "audit"
AUDIT_SECONDS = 365 * 86_400
AUDIT_RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """`at` in seconds since 1970; `by` the operator and the host; `what` the command; `whom` whose it was, "" for everybody's;
    `more` what else is worth knowing, as `name=value`."""

    at: int
    by: str
    what: str
    whom: str = ""
    more: str = ""


class AuditLog:
    """audit, a list, newest first: the last MOST_AUDITED actions, for a year after the last one."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def note(self, entry: AuditEntry) -> None:
        """Fields that are too long are cut."""
        fields = {name: _cut(value) for name, value in asdict(entry).items()}
        packed = msgpack.pack(AUDIT_RECORD_VERSION, fields)

        def write() -> None:
            pipe = self._client.pipeline(transaction=False)
            pipe.lpush(AUDIT_KEY, packed)
            pipe.ltrim(AUDIT_KEY, 0, operator_bounds.MOST_AUDITED - 1)
            pipe.expire(AUDIT_KEY, AUDIT_SECONDS)
            pipe.execute()

        guarded(write)

    def last(self, count: int) -> list[AuditEntry]:
        """The newest entries, newest first. What a later version has written in a way of its own is left out."""
        return self.page(0, count)

    def page(self, start: int, count: int) -> list[AuditEntry]:
        """As `last`, without the newest `start`."""
        found: list[bytes] = guarded(lambda: self._client.lrange(AUDIT_KEY, start, start + count - 1)) if count > 0 else []
        return [entry for each in found if (entry := _readable(each)) is not None]


def _cut(value: str | int) -> str | int:
    return value[: operator_bounds.AUDIT_FIELD_LETTERS] if isinstance(value, str) else value


def _readable(packed: bytes) -> AuditEntry | None:
    try:
        return _entry(packed)
    except msgpack.BadRecord:
        return None


@msgpack.reader
def _entry(packed: bytes) -> AuditEntry:
    found = msgpack.unpack(packed, AUDIT_RECORD_VERSION)
    return AuditEntry(found["at"], found["by"], found["what"], found.get("whom", ""), found.get("more", ""))
