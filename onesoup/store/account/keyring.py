"""The key ring for stored credentials: AES-256-GCM, bound to what it was stored for.

The file holds `kid:base64key` lines, newest first; it is never in Redis. Stored form: b"v1." kid b"." nonce ciphertext.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_FILE_CHECK_SECONDS = 5.0


class KeyRingError(Exception):
    """The key ring file cannot be used, or a record cannot be opened with it. Never shows key or plain text."""


class KeyRing:
    """Seals and opens small secrets. `purpose` (account and kind of record) is authenticated: a record that was moved
    to another account does not open. A ring from a file follows the file: a new key needs no restart."""

    def __init__(self, keys: list[tuple[str, bytes]]) -> None:
        self._path: Path | None = None
        self._file_state: tuple[int, ...] = ()
        self._check_at = 0.0
        self._take(keys)

    def _take(self, keys: list[tuple[str, bytes]]) -> None:
        if not keys:
            raise KeyRingError("the key ring is empty")
        self._newest = keys[0][0]
        self._ciphers = {kid: AESGCM(key) for kid, key in keys}
        self._known = tuple(f"{kid}:{hmac.digest(key, b'fingerprint', hashlib.sha256).hex()[:8]}" for kid, key in keys)
        # The oldest key: what is derived from it must stay the same when a new one comes, on top or, at first, second.
        self._root = _oldest(keys)

    @classmethod
    def load(cls, path: str | Path) -> "KeyRing":
        state = _state(path)
        ring = cls(_read(path))
        ring._path, ring._file_state = Path(path), state
        return ring

    def known(self) -> tuple[str, ...]:
        """The keys, the newest first: id and a fingerprint, which tells keys of one id apart and nothing else."""
        return self._known

    def follow(self, at_once: bool = False) -> None:
        """Reads the file again when it has changed; looks every few seconds, or at once when a key is missing. A file that
        cannot be used, such as one that is just being written, leaves the ring as it is."""
        now = time.monotonic()
        if self._path is None or (now < self._check_at and not at_once):
            return
        self._check_at = now + KEY_FILE_CHECK_SECONDS
        try:
            seen = _state(self._path)
            if seen != self._file_state:
                self._take(_read(self._path))
                self._file_state = seen
        except KeyRingError:
            return

    @staticmethod
    def create(path: str | Path) -> None:
        """Writes a new key ring with one key, readable by its owner only. An existing file stays."""
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return
        with os.fdopen(handle, "w") as file:
            file.write(f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")

    @staticmethod
    def offer_key(path: str | Path) -> str:
        """The id of a key that stands behind the first line and was made after it: a new one, unless there is one already.
        Nothing is sealed with it yet; whoever knows the file can open what will be."""
        lines = _read(path)
        if waiting := _waiting(lines):
            return waiting
        kid = f"k{max((_number(name) for name, _ in lines), default=0) + 1}"  # never a number that a record may know already
        text = Path(path).read_text(encoding="ascii").split()
        _write(path, [text[0], f"{kid}:{base64.b64encode(secrets.token_bytes(32)).decode()}", *text[1:]])
        return kid

    @staticmethod
    def promote_key(path: str | Path) -> str:
        """Puts the key that waits behind the first line on top: from now on it seals. Its id, or that of the first when none
        waits."""
        lines = _read(path)
        waiting = _waiting(lines)
        if waiting:
            text = Path(path).read_text(encoding="ascii").split()
            _write(path, sorted(text, key=lambda line: line.partition(":")[0] != waiting))
        return waiting or lines[0][0]

    def is_newest(self, stored: bytes) -> bool:
        """Whether a record is sealed with the newest key."""
        self.follow()
        return stored.startswith(b"v1." + self._newest.encode() + b".")

    def reseal(self, stored: bytes, purpose: str) -> bytes:
        return self.seal(self.open(stored, purpose), purpose)

    def seal(self, plain: bytes, purpose: str) -> bytes:
        self.follow()
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, plain, purpose.encode())
        return b"v1." + self._newest.encode() + b"." + nonce + sealed

    def open(self, stored: bytes, purpose: str) -> bytes:
        version, _, rest = stored.partition(b".")
        kid, dot, body = rest.partition(b".")
        name = kid.decode("ascii", "replace")
        if version == b"v1" and dot:
            self.follow(at_once=name not in self._ciphers)
        cipher = self._ciphers.get(name)
        if version != b"v1" or not dot or cipher is None:
            raise KeyRingError("record sealed with a key that is not on the ring")
        try:
            return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise KeyRingError("record does not belong here, or was changed") from None

    def digest(self, text: str, purpose: str) -> bytes:
        """A keyed digest: equal for equal texts, worthless without the ring."""
        return hmac.digest(self._root, purpose.encode() + b"\0" + text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _read(path: str | Path) -> list[tuple[str, bytes]]:
    try:
        lines = Path(path).read_text(encoding="ascii").split()
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRingError(f"key ring {path}: {type(error).__name__}") from None
    return [_line(line, number) for number, line in enumerate(lines, 1)]


def _state(path: str | Path) -> tuple[int, ...]:
    """What changes when a file does."""
    try:
        status = os.stat(path)
    except OSError as error:
        raise KeyRingError(f"key ring {path}: {type(error).__name__}") from None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _line(line: str, number: int) -> tuple[str, bytes]:
    kid, colon, text = line.partition(":")
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not colon or not kid.isalnum() or len(key) != 32:
        raise KeyRingError(f"key ring line {number}: wanted kid:base64 of 32 octets")
    return kid, key


def _number(kid: str) -> int:
    """Of a key that onesoup has made: k1, k2 ...; 0 for others."""
    return int(kid[1:]) if kid[:1] == "k" and kid[1:].isdecimal() else 0


def _oldest(keys: list[tuple[str, bytes]]) -> bytes:
    """The last of those without a number, which were there before onesoup made any; else the one with the lowest."""
    unnumbered = [key for kid, key in keys if not _number(kid)]
    return unnumbered[-1] if unnumbered else min(keys, key=lambda each: _number(each[0]))[1]


def _waiting(keys: list[tuple[str, bytes]]) -> str:
    """The newest key that onesoup has made after the one on top; "" for none."""
    if not keys:
        raise KeyRingError("the key ring is empty")
    later = [kid for kid, _ in keys[1:] if _number(kid) > _number(keys[0][0])]
    return max(later, key=_number, default="")


def _write(path: str | Path, lines: list[str]) -> None:
    """Replaces a ring file in one step. Its mode and owner stay, but nobody else may read it, whoever could before."""
    path = Path(path).resolve()
    status, beside = path.stat(), path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    os.chmod(beside, status.st_mode & 0o770)
    with suppress(PermissionError):
        os.chown(beside, status.st_uid, status.st_gid)
    os.replace(beside, path)
