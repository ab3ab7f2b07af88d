"""Settings documents that wait for a CIR process to send them by SMS, and how many an account and a number may have in a day.

A document may hold a phone password, so records are sealed with the key ring. Owns the queue; what becomes of the SMS, and what
they cost, is decided where they are sent."""

from dataclasses import dataclass

import redis

from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.bounds import TooMuch
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack
from onesoup.store.session.session_lua import CIR_CHANNEL

VERSION = 1
OTA_QUEUE = "cir:ota"
# A user who waits for longer has asked again.
OTA_SEND_MS = 120_000
# Documents in a day: that an account may ask for, and that a number may be sent. Each costs several SMS.
MAX_OTA_PER_ACCOUNT, MAX_OTA_PER_NUMBER = 3, 3
DAY_MS = 86_400_000
_PURPOSE = "ota-job"

_COUNT = """
-- KEYS 1 counter  ARGV 1 allowed  2 day, ms     Counts one. Returns 1, or 0 when there are too many: then none is counted.
if tonumber(redis.call('GET', KEYS[1]) or 0) >= tonumber(ARGV[1]) then return 0 end
if redis.call('INCR', KEYS[1]) == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 1
"""

_UNCOUNT = """
-- KEYS 1 counter
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end
return 1
"""

_SEND = """
-- KEYS 1 outgoing  ARGV 1 record  2 how long it is worth anything, ms  3 channel  4 most that wait
-- Returns 1, or 0 when the queue is full: then nothing is stored. The news is that of codes, which a CIR process of before
-- understands too: that one looks for codes, finds none, and another takes the settings.
if redis.call('LLEN', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], 'code')
return 1
"""


@dataclass(frozen=True, slots=True)
class SettingsJob:
    """One settings document to send. `document` is its WBXML; `security` and `mac` are its signature (the parameters SEC and MAC
    of the push), -1 and "" for none. Worth nothing after `until`, seconds since 1970."""

    jid: str
    number: str
    document: bytes
    security: int
    mac: str
    until: int
    # The id of the request that asked for it, for logs.
    request: str = ""

    def pack(self) -> bytes:
        fields = {"j": self.jid, "n": self.number, "d": self.document, "s": self.security, "m": self.mac, "u": self.until}
        return pack(VERSION, fields | ({"q": self.request} if self.request else {}))

    @classmethod
    def unpack(cls, record: bytes) -> "SettingsJob":
        """BadRecord for a record of another version, or for no record."""
        return _job(record)


@reader
def _job(record: bytes) -> SettingsJob:
    fields = unpack(record, VERSION)
    document = bytes(memoryview(fields["d"]))
    return SettingsJob(fields["j"], fields["n"], document, fields["s"], fields["m"], fields["u"], fields.get("q", ""))


class SettingsQueue:
    """Gateway workers put jobs in, CIR processes take them out. Both need the same key ring."""

    def __init__(self, client: redis.Redis, ring: KeyRing) -> None:
        self._client, self._ring = client, ring
        self._count, self._uncount = RedisScript(client, _COUNT, "ota.count"), RedisScript(client, _UNCOUNT, "ota.uncount")
        self._send = RedisScript(client, _SEND, "ota.send")

    def allow(self, jid: str, number: str) -> bool:
        """Counts one document for the account and the number. False when either has had too many today: then none is counted."""
        account = keys.account(jid, "ota")
        if self._count([account], [MAX_OTA_PER_ACCOUNT, DAY_MS]) != 1:
            return False
        if self._count([_to(number)], [MAX_OTA_PER_NUMBER, DAY_MS]) == 1:
            return True
        self._uncount([account])
        return False

    def wait(self, jid: str, number: str) -> float:
        """Seconds until the account may certainly send settings to this number again."""
        names = keys.account(jid, "ota"), _to(number)
        return max(0, *(int(guarded(lambda name=name: self._client.pttl(name))) for name in names)) / 1000  # type: ignore[misc]

    def take_back(self, jid: str, number: str) -> None:
        """A document has certainly not been sent to the number: it does not count."""
        self._uncount([keys.account(jid, "ota")])
        self._uncount([_to(number)])

    def send(self, job: SettingsJob) -> None:
        """Hands a document to the CIR processes. TooMuch when it is too long, or too many wait."""
        record = self._ring.seal(job.pack(), _PURPOSE)
        if len(record) > bounds.SETTINGS_BYTES:
            raise TooMuch("a settings document")
        if self._send([OTA_QUEUE], [record, OTA_SEND_MS, CIR_CHANNEL, bounds.MOST_SETTINGS]) != 1:
            raise TooMuch("settings documents that wait")

    def next_to_send(self) -> SettingsJob | None:
        """The oldest job that waits; it is gone from here, so that it is never sent twice. Records that cannot be read, or that
        no key opens, are passed over."""
        while (record := guarded(lambda: self._client.lpop(OTA_QUEUE))) is not None:
            try:
                return SettingsJob.unpack(self._ring.open(record, _PURPOSE))
            except (BadRecord, KeyRingError):
                continue
        return None


def _to(number: str) -> str:
    return f"otas:{{{number}}}"
