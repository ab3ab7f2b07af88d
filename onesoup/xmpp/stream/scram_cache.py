"""SCRAM's salted passwords: made outside the event loop, and remembered, so that a mass log-in stays cheap."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import NamedTuple

import gevent

from onesoup.xmpp.stream.sasl import PasswordProof, saslprep

Key = tuple[bytes, str, bytes, int]

# More than a holder has sessions: when a server was away all of them log in again, one after the other. An entry takes 0.4 KB.
MOST_SALTED_PASSWORDS = 16_384


class SaltedPassword(NamedTuple):
    """SCRAM's SaltedPassword (RFC 5802 section 3) with what it was made for. Like the password, it is enough to log in."""

    hash_name: str
    salt: bytes
    rounds: int
    value: bytes


class SaltedPasswords:
    """PBKDF2 in gevent's thread pool with a cache. Keeps no password, only a keyed digest of it."""

    def __init__(self, size: int = MOST_SALTED_PASSWORDS) -> None:
        self._size = size
        self._known: OrderedDict[Key, bytes] = OrderedDict()
        self._secret = secrets.token_bytes(32)  # the digest is worth nothing outside this process

    def __call__(self, hash_name: str, password: bytes, salt: bytes, rounds: int) -> bytes:
        key = self._key(hash_name, password, salt, rounds)
        found = self._known.get(key)
        if found is None:
            pool = gevent.get_hub().threadpool
            found = pool.apply(hashlib.pbkdf2_hmac, (hash_name, password, salt, rounds))
            self._remember(key, found)
        else:
            self._known.move_to_end(key)
        return found

    def of(self, password: str, proof: PasswordProof) -> SaltedPassword:
        """What a server that has given this proof makes of the password."""
        made = self(proof.hash_name, saslprep(password).encode(), proof.salt, proof.rounds)
        return SaltedPassword(proof.hash_name, proof.salt, proof.rounds, made)

    def learn(self, password: str, salted: SaltedPassword) -> None:
        """Remembers what of() has made of this very password, here or in another process."""
        key = self._key(salted.hash_name, saslprep(password).encode(), salted.salt, salted.rounds)
        self._remember(key, salted.value)

    def _key(self, hash_name: str, password: bytes, salt: bytes, rounds: int) -> Key:
        return hmac.digest(self._secret, password, "sha256"), hash_name, salt, rounds

    def _remember(self, key: Key, made: bytes) -> None:
        self._known[key] = made
        if len(self._known) > self._size:
            self._known.popitem(last=False)
