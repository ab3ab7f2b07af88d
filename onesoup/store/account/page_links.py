"""Links that let a browser open the account page where it is not served otherwise: signed with the key ring, good for fifteen
minutes, once. Whoever has followed one gets a pass, which is good for an hour.

A link gives no account away: on the page one still signs in with an XMPP password. Redis only knows which links were used."""

import base64
import binascii
import hmac
import secrets

import redis

from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import guarded

LINK_SECONDS, PASS_SECONDS = 900, 3600
_LINK, _PASS = "page-link", "page-pass"
# Seconds since 1970, a name, and the beginning of a keyed digest of both: 30 letters, which leaves a link on one line.
_TIME_BYTES, _NAME_BYTES, _DIGEST_BYTES = 4, 6, 12
_LETTERS = 30


def new_link(ring: KeyRing, now: float) -> str:
    """What a new link ends with. `now` is seconds since 1970, here and below."""
    return _signed(ring, _LINK, int(now) + LINK_SECONDS, secrets.token_bytes(_NAME_BYTES))


class PageLinks:
    """Takes links and passes."""

    def __init__(self, client: redis.Redis, ring: KeyRing) -> None:
        self._client, self._ring = client, ring

    def use(self, text: str, now: float) -> str:
        """A pass for whoever follows this link; "" when it was used before, is too old or is none of ours."""
        name = _name(self._ring, _LINK, text, now)
        if not name:
            return ""
        first = guarded(lambda: self._client.set(f"pagelink:{name.hex()}", 1, ex=LINK_SECONDS, nx=True))
        return _signed(self._ring, _PASS, int(now) + PASS_SECONDS, name) if first else ""

    def admits(self, text: str, now: float) -> bool:
        """Whether this is a pass that is still good."""
        return bool(_name(self._ring, _PASS, text, now))


def _signed(ring: KeyRing, purpose: str, until: int, name: bytes) -> str:
    plain = until.to_bytes(_TIME_BYTES, "big") + name
    return base64.urlsafe_b64encode(plain + ring.digest(plain.hex(), purpose)[:_DIGEST_BYTES]).decode().rstrip("=")


def _name(ring: KeyRing, purpose: str, text: str, now: float) -> bytes:
    """The name in what we have signed, empty when its time is over or somebody else has made it."""
    if len(text) != _LETTERS or not text.isascii():
        return b""
    try:
        plain = base64.urlsafe_b64decode(text + "==")
    except binascii.Error:
        return b""
    until, name = int.from_bytes(plain[:_TIME_BYTES], "big"), plain[_TIME_BYTES:][:_NAME_BYTES]
    return name if hmac.compare_digest(text, _signed(ring, purpose, until, name)) and now <= until else b""
