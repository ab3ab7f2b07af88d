"""The key ring for stored credentials: AES-256-GCM, bound to what it was stored for.

The file holds `kid:base64key` lines, newest first; it is never in Redis. Stored form: b"v1." kid b"." nonce ciphertext.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12


class KeyRingError(Exception):
    """The key ring file cannot be used, or a record cannot be opened with it. Never shows key or plain text."""


class KeyRing:
    """Seals and opens small secrets. `purpose` (account and kind of record) is authenticated: a record that was moved
    to another account does not open."""

    def __init__(self, keys: list[tuple[str, bytes]]) -> None:
        if not keys:
            raise KeyRingError("the key ring is empty")
        self._newest = keys[0][0]
        self._ciphers = {kid: AESGCM(key) for kid, key in keys}
        # The oldest key: what is derived from it must stay the same when a new one is put on top.
        self._root = keys[-1][1]

    @classmethod
    def load(cls, path: str | Path) -> "KeyRing":
        try:
            lines = Path(path).read_text(encoding="ascii").split()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyRingError(f"key ring {path}: {type(error).__name__}") from None
        return cls([_line(line, number) for number, line in enumerate(lines, 1)])

    @staticmethod
    def create(path: str | Path) -> None:
        """Writes a new key ring with one key, readable by its owner only. An existing file stays."""
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "w") as file:
            file.write(f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")

    def seal(self, plain: bytes, purpose: str) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain, purpose.encode())
        return b"v1." + self._newest.encode() + b"." + nonce + sealed

    def open(self, stored: bytes, purpose: str) -> bytes:
        version, _, rest = stored.partition(b".")
        kid, dot, body = rest.partition(b".")
        cipher = self._ciphers.get(kid.decode("ascii", "replace"))
        if version != b"v1" or not dot or cipher is None:
            raise KeyRingError("record sealed with a key that is not on the ring")
        try:
            return cipher.decrypt(body[:NONCE], body[NONCE:], purpose.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise KeyRingError("record does not belong here, or was changed") from None

    def digest(self, text: str, purpose: str) -> bytes:
        """A keyed digest: equal for equal texts, worthless without the ring."""
        return hmac.digest(self._root, purpose.encode() + b"\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _line(line: str, number: int) -> tuple[str, bytes]:
    kid, colon, text = line.partition(":")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not colon or not kid.isalnum() or len(key) != 32:
        raise KeyRingError(f"key ring line {number}: wanted kid:base64 of 32 octets")
    return kid, key
