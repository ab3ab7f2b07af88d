"""SCRAM's salted passwords: made outside the event loop, and remembered, so that a mass log-in stays cheap."""

import hashlib
import hmac
import secrets
from collections import OrderedDict

import gevent

Key = tuple[bytes, str, bytes, int]


class SaltedPasswords:
    """PBKDF2 in gevent's thread pool with a cache. Keeps no password, only a keyed digest of it."""

    def __init__(self, size: int = 4096) -> None:
        self._size = size
        self._known: OrderedDict[Key, bytes] = OrderedDict()
        self._secret = secrets.token_bytes(32)  # the digest is worth nothing outside this process

    def __call__(self, hash_name: str, password: bytes, salt: bytes, rounds: int) -> bytes:
        key = (hmac.digest(self._secret, password, "sha256"), hash_name, salt, rounds)
        found = self._known.get(key)
        if found is None:
            pool = gevent.get_hub().threadpool
            found = pool.apply(hashlib.pbkdf2_hmac, (hash_name, password, salt, rounds))
            self._known[key] = found
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(key)
        return found
