"""What the short addresses stand for that an account's phones were given."""

from collections.abc import Mapping, Sequence

import redis

from onesoup.store import bounds, keys
from onesoup.store.account.bounded_hash import BoundedHash, HashLimits
from onesoup.store.redis.client import guarded

# Phones keep addresses in their memory: a short one means something for so long after it was last given out or used.
ALIAS_MS = 400 * 86_400_000
_LIMITS = HashLimits(
    fields=bounds.MOST_ALIASES, name=bounds.ALIAS_BYTES, value=bounds.ALIASED_BYTES, expiry_ms=ALIAS_MS, evict=True
)


class AddressAliases:
    """alias:{jid}, a hash of an account: letters -> the address that they stand for."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._hash = client, BoundedHash(client)

    def keep(self, jid: str, aliases: Mapping[str, str]) -> None:
        """What these letters stand for in the account `jid`. Older ones make room."""
        fitting = {name: text.encode("utf-8", "replace") for name, text in aliases.items()}
        fitting = {name: octets for name, octets in fitting.items() if len(octets) <= bounds.ALIASED_BYTES}
        self._hash.put(keys.account(jid, "alias"), fitting, _LIMITS)

    def find(self, jid: str, letters: Sequence[str]) -> dict[str, str]:
        """What these letters stand for, of those that are known."""
        if not letters:
            return {}
        found = guarded(lambda: self._client.hmget(keys.account(jid, "alias"), list(letters)))
        return {name: octets.decode() for name, octets in zip(letters, found, strict=True) if octets is not None}
