"""Links that let a browser open the account page where it is not served otherwise: signed with the key ring, good for fifteen
minutes, once. Whoever has followed one gets a pass, which is good for an hour.

A link gives no account away: on the page one still signs in with an XMPP password. Redis only knows which links were used."""

import hmac

import redis

from onesoup.runtime.ids import token
from onesoup.store.account.keyring import KeyRing
from onesoup.store.redis.client import guarded

LINK_SECONDS, PASS_SECONDS = 900, 3600
MOST_LETTERS = 100
_LINK, _PASS = "page-link", "page-pass"


class PageLinks:
    """`now` is seconds since 1970."""

    def __init__(self, client: redis.Redis, ring: KeyRing) -> None:
        self._client, self._ring = client, ring

    def make(self, now: float) -> str:
        """What a new link ends with."""
        return self._signed(_LINK, int(now) + LINK_SECONDS, token(12))

    def use(self, text: str, now: float) -> str:
        """A pass for whoever follows this link; "" when it was used before, is too old or is none of ours."""
        name = self._name(_LINK, text, now)
        if not name:
            return ""
        first = guarded(lambda: self._client.set(f"pagelink:{name}", 1, ex=LINK_SECONDS, nx=True))
        return self._signed(_PASS, int(now) + PASS_SECONDS, name) if first else ""

    def admits(self, text: str, now: float) -> bool:
        """Whether this is a pass that is still good."""
        return bool(self._name(_PASS, text, now))

    def _signed(self, purpose: str, until: int, name: str) -> str:
        return f"{until}.{name}.{self._ring.digest(f'{until}.{name}', purpose).hex()[:32]}"

    def _name(self, purpose: str, text: str, now: float) -> str:
        """The name in what we have signed, "" when that is over or somebody else has made it."""
        until, _, rest = text.partition(".")
        if len(text) > MOST_LETTERS or not text.isascii() or not until.isdigit() or int(until) < now:
            return ""
        name = rest.partition(".")[0]
        return name if hmac.compare_digest(text, self._signed(purpose, int(until), name)) else ""
