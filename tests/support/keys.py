"""Key ring files in tests."""

from pathlib import Path

from onesoup.store.account.keyring import KeyRing


def add_key(path: str | Path) -> str:
    """Puts a new key on top, as `onesoup accounts rotate --new-key` does when every process knows it; its id."""
    KeyRing.offer_key(path)
    return KeyRing.promote_key(path)
