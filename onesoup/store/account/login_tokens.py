"""Tokens with which XMPP servers let an account's clients log in without the password (XEP-0484), sealed by the key ring.

Each comes with what tells the password that it stands for from any other; it is no use to anybody who does not send that."""

import re
from dataclasses import dataclass

import redis

from onesoup.store import keys
from onesoup.store.account.bounded_hash import BoundedHash, HashLimits
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.redis.client import guarded, store_errors
from onesoup.store.redis.msgpack import BadRecord, pack, reader, unpack

VERSION = 1
# The longest time for which a token is kept; the caller may want it shorter.
MAX_TOKEN_SECONDS = 86_400
TOKENS_OF_ACCOUNT, AGENT_BYTES, TOKEN_RECORD_BYTES = 16, 36, 2048
# What a pattern of Redis would not take as it is written.
_GLOB_SIGNS, _ESCAPED = re.compile(r"[*?\[\]^\\-]"), r"\\\g<0>"
_LIMITS = HashLimits(TOKENS_OF_ACCOUNT, AGENT_BYTES, TOKEN_RECORD_BYTES, MAX_TOKEN_SECONDS * 1000, evict=True)


@dataclass(frozen=True, slots=True)
class StoredLoginToken:
    """`until`: seconds since the epoch. The last four are of the password: SCRAM's hash, salt, rounds and StoredKey."""

    mechanism: str
    secret: str
    until: float
    hash_name: str
    salt: bytes
    rounds: int
    stored_key: bytes


class LoginTokens:
    """login-tokens:{jid}, a hash: the id of a client -> its token, sealed. A day after the last one they all go."""

    def __init__(self, client: redis.Redis, ring: KeyRing) -> None:
        self._client, self._ring, self._bounded = client, ring, BoundedHash(client)

    def get(self, jid: str, agent: str) -> StoredLoginToken | None:
        """None too for one that this key ring does not open."""
        sealed = guarded(lambda: self._client.hget(keys.account(jid, "login-tokens"), agent))
        try:
            return None if sealed is None else _token(self._ring.open(sealed, _purpose(jid, agent)))
        except (BadRecord, KeyRingError):
            return None

    def put(self, jid: str, agent: str, token: StoredLoginToken) -> None:
        """Instead of the one before. TooMuch for one that is longer than any server makes them."""
        fields = {name: getattr(token, name) for name in token.__slots__}
        sealed = self._ring.seal(pack(VERSION, fields), _purpose(jid, agent))
        self._bounded.put(keys.account(jid, "login-tokens"), {agent: sealed}, _LIMITS)

    def drop(self, jid: str, agent: str) -> None:
        guarded(lambda: self._client.hdel(keys.account(jid, "login-tokens"), agent))

    def forget(self, jid: str) -> None:
        """Those of all clients."""
        forget_login_tokens(self._client, jid)


def forget_login_tokens(client: redis.Redis, jid: str) -> None:
    """Removes those of all clients of an account."""
    guarded(lambda: client.delete(keys.account(jid, "login-tokens")))


def forget_login_tokens_of_domain(client: redis.Redis, domain: str) -> None:
    """Removes those of all accounts of a domain. For operators: it goes through all keys."""
    named = keys.account(f"*@{_GLOB_SIGNS.sub(_ESCAPED, domain)}", "login-tokens")
    with store_errors():
        for key in client.scan_iter(match=named, count=1000):
            client.delete(key)


@reader
def _token(record: bytes) -> StoredLoginToken:
    fields = unpack(record, VERSION)
    return StoredLoginToken(**{name: fields[name] for name in StoredLoginToken.__slots__})


def _purpose(jid: str, agent: str) -> str:
    return f"login-token:{jid}/{agent}"
