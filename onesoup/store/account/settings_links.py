"""Settings documents that a phone fetches over plain HTTP by a short link: for ten minutes, by the first address that asks.

The link is all that a phone shows, since its browser has neither cookie nor today's TLS. Names of keys are keyed digests and
documents are sealed, so Redis tells neither links nor what is in them."""

from dataclasses import dataclass

import redis

from onesoup.store import bounds
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.bounds import TooMuch
from onesoup.store.redis.client import RedisScript, guarded
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

VERSION = 1
LINK_MS = 600_000
# Phones and their gateways ask twice at times: once to look, once to save. So long whoever came first may come again.
AGAIN_MS = 60_000

_TAKE = """
-- KEYS 1 link  ARGV 1 who asks  2 how long the first may come again, ms
-- Returns the document, or nil when there is none or somebody else came first.
local h = redis.call('HMGET', KEYS[1], 'd', 'o')
if not h[1] or (h[2] and h[2] ~= ARGV[1]) then return nil end
if not h[2] then
  redis.call('HSET', KEYS[1], 'o', ARGV[1])
  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
end
return h[1]
"""


@dataclass(frozen=True, slots=True)
class LinkedSettings:
    """A document in WBXML, and the parameters SEC and MAC of its content type."""

    document: bytes
    security: int
    mac: str


class SettingsLinks:
    def __init__(self, client: redis.Redis, ring: KeyRing) -> None:
        self._client, self._ring, self._take = client, ring, RedisScript(client, _TAKE, "settings.take")

    def keep(self, token: str, settings: LinkedSettings) -> None:
        """Whoever names `token` within ten minutes gets the settings. TooMuch for a document that no phone takes."""
        fields = {"d": settings.document, "s": settings.security, "m": settings.mac}
        record = self._ring.seal(pack(VERSION, fields), _purpose(token))
        if len(record) > bounds.SETTINGS_BYTES:
            raise TooMuch("a settings document")
        key = self._key(token)

        def write() -> None:
            pipe = self._client.pipeline(transaction=True)
            pipe.hset(key, "d", record)
            pipe.pexpire(key, LINK_MS)
            pipe.execute()

        guarded(write)

    def take(self, token: str, address: str) -> LinkedSettings | None:
        """The settings behind a link, for the first address that asks. `address` is a digest."""
        record = self._take([self._key(token)], [address, AGAIN_MS])
        try:
            return None if record is None else _settings(self._ring.open(record, _purpose(token)))
        except (BadRecord, KeyRingError):
            return None

    def _key(self, token: str) -> str:
        return f"settings:{self._ring.digest(token, 'settings-link').hex()[:32]}"


@reader
def _settings(record: bytes) -> LinkedSettings:
    fields = unpack(record, VERSION)
    return LinkedSettings(bytes(memoryview(fields["d"])), fields["s"], fields["m"])


def _purpose(token: str) -> str:
    return f"settings:{token}"
