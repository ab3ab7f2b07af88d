"""Passwords as they travel from a worker to a holder, and wait in Redis: sealed by the key ring.

Beside the password of a session stands its salted password, the key that SCRAM makes of it. A holder that takes the session over
need not make that again, which takes one to two milliseconds for each of thousands of sessions."""

from onesoup.store import records
from onesoup.store.account.keyring import KeyRing, KeyRingError
from onesoup.store.redis.msgpack import BadRecord
from onesoup.xmpp.stream.scram_cache import SaltedPassword


def open_password(ring: KeyRing, sealed: bytes, purpose: str) -> str:
    """The password in clear. KeyRingError when it was sealed by another key or for another purpose."""
    return ring.open(sealed, purpose).decode("utf-8", "surrogatepass")


def seal_salted(ring: KeyRing, jid: str, salted: SaltedPassword) -> bytes:
    """The salted password, as it is stored beside the password of a session of the account `jid`."""
    return ring.seal(records.pack_plain(list(salted)), _purpose(jid))


def open_salted(ring: KeyRing, jid: str, sealed: bytes | None) -> SaltedPassword | None:
    """What seal_salted() has sealed. None where nothing is stored, or cannot be read: then the holder makes it again."""
    try:
        found = None if sealed is None else records.unpack_plain(ring.open(sealed, _purpose(jid)), None)
        return None if found is None else SaltedPassword(*found)
    except (KeyRingError, BadRecord, TypeError):
        return None


def _purpose(jid: str) -> str:
    return f"salted:{jid}"
