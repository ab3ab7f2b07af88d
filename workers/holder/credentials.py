"""Passwords as they travel from a worker to a holder, and wait in Redis: sealed by the key ring."""

from onesoup.store.account.keyring import KeyRing


def open_password(ring: KeyRing, sealed: bytes, purpose: str) -> str:
    """The password in clear. KeyRingError when it was sealed by another key or for another purpose."""
    return ring.open(sealed, purpose).decode("utf-8", "surrogatepass")
