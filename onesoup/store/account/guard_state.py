"""The limits against guessing as operators see them: what is counted, who waits and for how long; and how to let them in again.

Addresses are keyed digests here, as in `login_limits`."""

from collections.abc import Iterator
from dataclasses import dataclass

import redis

from onesoup.store import keys
from onesoup.store.account.login_limits import CLOCK_LUA, REFUSALS_WINDOW_MS, LoginPolicy, address_failures_key, refused_key
from onesoup.store.redis.client import RedisScript, guarded, store_errors

_LOOK = (
    CLOCK_LUA
    + f"local HOUR = {REFUSALS_WINDOW_MS}"
    + """
-- KEYS 1 failures of a domain   Returns {now, name, when, name, when ...} of what counts.
local found = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', now - HOUR + 1), '+inf', 'WITHSCORES')
table.insert(found, 1, string.format('%.0f', now))
return found
"""
)

_TILL = (
    CLOCK_LUA
    + """
-- KEYS 1 failures of an account   Returns {failures, ms until nobody waits any more}.
local all, count, wait = redis.call('HGETALL', KEYS[1]), 0, 0
for n = 1, #all, 2 do
  if string.sub(all[n], -2) == '/n' then count = count + tonumber(all[n + 1]) end
  if string.sub(all[n], -5) == '/till' then wait = math.max(wait, tonumber(all[n + 1]) - now) end
end
return {count, wait}
"""
)


@dataclass(frozen=True, slots=True)
class GuardCount:
    """Failures of one account, address or domain. `limit`: how many it may have, 0 for any number or none of its own; `wait`:
    seconds until a password that is not known may be tried again, 0 when it may now."""

    kind: str
    name: str
    failures: int
    limit: int
    wait: float

    @property
    def closed(self) -> bool:
        return self.wait > 0


class GuardState:
    """Reads and clears what LoginLimits counts under the same `policy`."""

    def __init__(self, client: redis.Redis, policy: LoginPolicy) -> None:
        self._client, self._policy = client, policy
        self._look, self._till = RedisScript(client, _LOOK, "guard.look"), RedisScript(client, _TILL, "guard.till")

    # --- domains ---

    def domain(self, name: str) -> GuardCount:
        limit = self._policy.limit_at(name)
        times = sorted(when for _, when in self._failures(name)) if limit else []
        return GuardCount("domain", name, len(times), limit, _wait(times, limit))

    def addresses_at(self, name: str) -> list[GuardCount]:
        """The addresses that have failed at a domain: each may use up a part of what the domain may have."""
        limit = self._policy.share_at(name)
        found: dict[str, list[int]] = {}
        for address, when in self._failures(name) if limit else ():
            found.setdefault(address, []).append(when)
        return [
            GuardCount("address at domain", f"{address} {name}", len(times), limit, _wait(sorted(times), limit))
            for address, times in sorted(found.items())
        ]

    def domains(self) -> list[str]:
        """Every domain at which somebody has failed within the hour. Goes through all keys."""
        return sorted(self._named(refused_key("*")))

    def clear_domain(self, name: str) -> bool:
        """False when nothing was counted."""
        return bool(guarded(lambda: self._client.delete(refused_key(name))))

    def _failures(self, name: str) -> list[tuple[str, int]]:
        """(address, ms until it does not count any more) of each failure."""
        now, *found = self._look([refused_key(name)])
        pairs = (
            (name.decode(), int(when) + REFUSALS_WINDOW_MS - int(now)) for name, when in zip(found[::2], found[1::2], strict=True)
        )
        return [(name.split(":")[1], left) for name, left in pairs if name.startswith("f:")]

    # --- addresses ---

    def address(self, digest: str) -> GuardCount:
        key = address_failures_key(digest)
        count, ms = guarded(lambda: self._client.get(key)), guarded(lambda: self._client.pttl(key))
        failures, limit = int(count or 0), self._policy.of_address
        return GuardCount("address", digest, failures, limit, max(int(ms), 0) / 1000 if failures >= limit else 0.0)

    def addresses(self) -> list[GuardCount]:
        """Every address that has failed within ten minutes. Goes through all keys."""
        return [self.address(digest) for digest in sorted(self._named(address_failures_key("*")))]

    def clear_address(self, digest: str) -> bool:
        """Also what it has used up at XMPP servers. False when nothing was counted."""
        gone = int(guarded(lambda: self._client.delete(address_failures_key(digest))))
        for name in self.domains():
            gone += self._release(name, f"{digest}:".encode())
        return gone > 0

    def _release(self, domain: str, address: bytes) -> int:
        """Takes away what the address has at a domain. How much that was."""
        members: list[bytes] = guarded(lambda: self._client.zrange(refused_key(domain), 0, -1))
        mine = [each for each in members if each[2:].startswith(address)]
        return int(guarded(lambda: self._client.zrem(refused_key(domain), *mine))) if mine else 0

    # --- accounts ---

    def account(self, jid: str) -> GuardCount:
        """`wait`: the longest of its places."""
        count, wait = self._till([keys.account(jid, "failed")])
        return GuardCount("account", jid, int(count), 0, int(wait) / 1000)

    def accounts(self) -> list[GuardCount]:
        """Every account that has failed within the hour. Goes through all keys."""
        return [self.account(jid) for jid in sorted(self._named("failed:{*}"))]

    def clear_account(self, jid: str) -> bool:
        """False when nothing was counted."""
        return bool(guarded(lambda: self._client.delete(keys.account(jid, "failed"))))

    def _named(self, pattern: str) -> Iterator[str]:
        with store_errors():
            for key in self._client.scan_iter(match=pattern, count=1000):
                yield key.decode().partition(":")[2].removeprefix("{").removesuffix("}")


def _wait(left: list[int], limit: int) -> float:
    """Seconds until fewer than `limit` count. `left`: in how many ms each goes, the first to go first."""
    return left[len(left) - limit] / 1000 if limit and len(left) >= limit else 0.0
