"""What holders remember of XMPP servers, by domain: sasl:{domain}, the strongest SASL mechanism that worked there."""

import redis

from onesoup.store import bounds, keys
from onesoup.store.redis.client import guarded

# A server that nobody has logged in to for so long may begin anew.
MECHANISM_MS = 90 * 86_400_000


class SaslMechanisms:
    """sasl:{domain}, a string, for 90 days after the last log-in."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client

    def mechanism(self, domain: str) -> str:
        """The mechanism that is remembered for the domain, empty for none."""
        found = guarded(lambda: self._client.get(keys.account(domain, "sasl")))
        return found.decode("ascii", "replace") if isinstance(found, bytes) else ""

    def remember(self, domain: str, mechanism: str) -> None:
        if len(domain.encode()) > bounds.DOMAIN_BYTES:
            return
        guarded(lambda: self._client.set(keys.account(domain, "sasl"), mechanism, px=MECHANISM_MS))

    def forget(self, domain: str) -> bool:
        """Whatever the domain's server offers next is taken for its best. False when nothing was remembered."""
        return bool(guarded(lambda: self._client.delete(keys.account(domain, "sasl"))))
