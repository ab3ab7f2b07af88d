"""The link between a phone log-in and an XMPP account, and the passwords of both, sealed."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgpack
import redis

from onesoup.store import keys
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.account.lists import DEFAULT_TARGET as DEFAULT_TARGET
from onesoup.store.account.lists import USER_TARGET as USER_TARGET
from onesoup.store.account.login_tokens import forget_login_tokens
from onesoup.store.redis.client import RedisScript, guarded, store_errors
from onesoup.store.redis.commands import RedisCommand, send
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

LINK_RECORD_VERSION = 1


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """A phone log-in and what it stands for. `phone_password` verifies digests, "" none; `password` logs in to XMPP.

    `origin` tells who made it: an admin, the user on the page, or a first log-in that was remembered. `number` is the phone
    number that the network may vouch with, "" for none; `made` is seconds since 1970."""

    jid: str
    password: str
    phone_password: str
    origin: str = "admin"
    number: str = ""
    made: int = 0


@reader
def _fields(record: bytes) -> dict[str, Any]:
    """Of a link: what can be read without a key."""
    fields = unpack(record, LINK_RECORD_VERSION)
    return fields | {"sealed": bytes(memoryview(fields["sealed"]))}


@reader
def _link(fields: Mapping[str, Any], plain: bytes) -> LinkedAccount:
    password, phone_password = msgpack.unpackb(plain, raw=False, unicode_errors="surrogatepass")
    more = fields.get("o", "admin"), fields.get("n", ""), fields.get("t", 0)
    return LinkedAccount(fields["jid"], password, phone_password, *more)


_SWAP = """
-- KEYS 1 a record  ARGV 1 as it was read  2 as it shall be     Returns 0 when somebody has changed it meanwhile.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""


_FREE_NUMBER = """
-- KEYS 1 the log-in of a number  ARGV 1 whose it is no more     Whoever was given the number since then keeps it.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class Accounts:
    """Links of phone log-ins: link:{jid}, a string by the JID that the phone's user id means, with passwords sealed by the key
    ring; number:{number}, a string, the log-in of a phone number. They do not expire. A link that is
    replaced or removed takes along its number and the XMPP server's log-in tokens, which stand for its password."""

    def __init__(self, client: redis.Redis, ring: KeyRing) -> None:
        self._client, self._ring, self._swap = client, ring, RedisScript(client, _SWAP, "accounts.swap")
        self._free_number = RedisScript(client, _FREE_NUMBER, "accounts.free_number")

    def link(
        self,
        login: str,
        jid: str,
        password: str,
        phone_password: str,
        *,
        origin: str = "admin",
        number: str = "",
        made: int = 0,
    ) -> None:
        """Stores or replaces the link of `login`, a bare JID."""
        plain = msgpack.packb([password, phone_password], use_bin_type=True, unicode_errors="surrogatepass")
        fields = {"jid": jid, "sealed": self._ring.seal(plain, f"link:{login}"), "o": origin, "n": number, "t": made}
        record = pack(LINK_RECORD_VERSION, fields)
        before: bytes | None = guarded(lambda: self._client.set(keys.account(login, "link"), record, get=True))
        if before is not None:
            self._forget_tokens_and_number(login, before)
        if number:
            guarded(lambda: self._client.set(keys.account(number, "number"), login))

    def find(self, login: str) -> LinkedAccount | None:
        return self.read(login, send(self._client, self.record_command(login)))

    def record_command(self, login: str) -> RedisCommand:
        """The record of a link, for read()."""
        return RedisCommand(("GET", keys.account(login, "link")))

    def read(self, login: str, record: bytes | None) -> LinkedAccount | None:
        """The link that a record tells. KeyRingError when no key opens it."""
        if record is None:
            return None
        fields = _fields(record)
        return _link(fields, self._ring.open(fields["sealed"], f"link:{login}"))

    def opens(self, login: str) -> bool:
        """Whether the ring opens the link of this log-in; True when it has none."""
        try:
            self.find(login)
        except KeyRingError:
            return False
        return True

    def of_number(self, number: str) -> str | None:
        """The log-in that was given this phone number last. Its link tells whether it still has it."""
        found = guarded(lambda: self._client.get(keys.account(number, "number")))
        return found.decode() if found else None

    def unlink(self, login: str) -> bool:
        """False where there is no link. What hangs on it goes first: whoever is interrupted can call this again."""
        record = send(self._client, self.record_command(login))
        self._forget_tokens_and_number(login, record)
        return bool(guarded(lambda: self._client.delete(keys.account(login, "link"))))

    def _forget_tokens_and_number(self, login: str, record: bytes | None) -> None:
        """Log-in tokens of the XMPP server and the phone number. A link that cannot be read tells only its own account."""
        fields: dict[str, Any] = {}
        with suppress(BadRecord):
            fields = {} if record is None else _fields(record)
        for jid in {login, fields.get("jid", login)}:
            forget_login_tokens(self._client, jid)
        if number := fields.get("n"):
            self._free_number([keys.account(number, "number")], [login])

    def logins(self) -> Iterator[str]:
        """Every log-in that has a link, in no order. For admins: it goes through all keys."""
        with store_errors():
            for key in self._client.scan_iter(match=keys.account("*", "link"), count=1000):
                yield key.decode().partition("{")[2].removesuffix("}")

    def reseal(self, login: str) -> bool:
        """Seals a link with the newest key; False when it is already, or gone. KeyRingError when no key opens it."""
        key = keys.account(login, "link")
        record = guarded(lambda: self._client.get(key))
        fields = {} if record is None else _fields(record)
        if not fields or self._ring.is_newest(fields["sealed"]):
            return False
        fields["sealed"] = self._ring.reseal(fields["sealed"], f"link:{login}")
        version = fields.pop("v")
        return bool(self._swap([key], [record, pack(version, fields)]) == 1)
