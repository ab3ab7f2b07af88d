"""Block and grant lists of an account. The XMPP server's block list is the truth for what it has confirmed; what the phone
asked for and the server has not confirmed yet, or never will, is kept beside it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import redis

from onesoup.csp.blocking import Rules
from onesoup.store import bounds, keys
from onesoup.store.account.bounded_hash import BoundedHash, HashLimits
from onesoup.store.bounds import TooMuch
from onesoup.store.redis.client import RedisScript, guarded, pack_argument, publish

# One hash an account: b:<jid> and g:<jid>, use:b, use:g with T or F, and name:<room> or name:<room/nick> with a GroupID.
BLOCK, GRANT, SPELLED_GROUP = "b", "g", "name"
# Where the JID of an account is published whose lists have changed.
BLOCK_CHANGES_CHANNEL = "blocks"
WISHED_BY_PHONE, CONFIRMED_BY_SERVER = b"p", b"s"
# What Redis needs for an entry beside its name, bytes.
BLOCK_ENTRY_OVERHEAD_BYTES = 100
# "name:" and the like stand before what the phone has named.
BLOCK_LIMITS = HashLimits(bounds.MOST_BLOCKS, bounds.NAMED_BYTES + 8, bounds.SPELLING_BYTES)

_SYNC = """
-- KEYS 1 lists of an account    ARGV 1 bare JIDs that the server blocks (msgpack)  2 most entries
-- What the server had confirmed and does not block any more is gone; what it blocks is there. Wishes stay, and so does
-- everything while the list is not in use: then the server has nobody of it. Returns how many have come and gone.
local there, changed = {}, 0
for _, jid in ipairs(cmsgpack.unpack(ARGV[1])) do
  there['b:' .. jid] = true
  if redis.call('HLEN', KEYS[1]) < tonumber(ARGV[2]) or redis.call('HEXISTS', KEYS[1], 'b:' .. jid) == 1 then
    changed = changed + redis.call('HSET', KEYS[1], 'b:' .. jid, 's')
  end
end
if redis.call('HGET', KEYS[1], 'use:b') == 'F' then return changed end
for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
  if name:sub(1, 2) == 'b:' and not there[name] and redis.call('HGET', KEYS[1], name) == 's' then
    changed = changed + redis.call('HDEL', KEYS[1], name)
  end
end
return changed
"""

_LIFT = """
-- KEYS 1 lists of an account    ARGV bare JIDs
-- The server blocks these no more. It says so too when the phone has put the list out of use: then they stay on it. Returns how
-- many have gone.
if redis.call('HGET', KEYS[1], 'use:b') == 'F' then return 0 end
local changed = 0
for _, jid in ipairs(ARGV) do changed = changed + redis.call('HDEL', KEYS[1], 'b:' .. jid) end
return changed
"""


class BlockLists:
    """block:{jid}, a hash that does not expire: b:<jid> and g:<jid> are entries of the block list and of the grant list, p
    while the phone wishes them and s when the server has confirmed them; use:b and use:g say T or F whether a list is in use;
    name:<room> is how the phone writes a group."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._sync = client, RedisScript(client, _SYNC, "blocks.sync")
        self._lift = RedisScript(client, _LIFT, "blocks.lift")
        self._bounded = BoundedHash(client)

    def read(self, jid: str) -> tuple[dict[str, set[str]], dict[str, bool]]:
        """({list: bare JIDs}, {list: in use}) with lists BLOCK and GRANT; a list whose use was never said is left out."""
        found = guarded(lambda: self._client.hgetall(_key(jid)))
        members: dict[str, set[str]] = {BLOCK: set(), GRANT: set()}
        use: dict[str, bool] = {}
        for raw, value in found.items():
            kind, _, name = raw.decode().partition(":")
            if kind == "use":
                use[name] = value == b"T"
            elif kind in members:
                members[kind].add(name)
        return members, use

    def rules(self, jid: str) -> Rules:
        """Whom an account hears."""
        members, use = self.read(jid)
        spelled = self.spelled(jid) if members[BLOCK] or members[GRANT] else {}
        return Rules(frozenset(members[BLOCK]), frozenset(members[GRANT]), use.get(BLOCK, True), use.get(GRANT, False), spelled)

    def spelled(self, jid: str) -> dict[str, str]:
        """Of groups and screen names on the lists, how the phone writes the group."""
        found = guarded(lambda: self._client.hgetall(_key(jid)))
        pairs = ((raw.decode().partition(":"), value.decode()) for raw, value in found.items())
        return {name: value for (kind, _, name), value in pairs if kind == SPELLED_GROUP}

    def spell(self, jid: str, entries: Mapping[str, str]) -> None:
        self._set(jid, {f"{SPELLED_GROUP}:{name}": gid.encode() for name, gid in entries.items()})

    def add(self, jid: str, kind: str, others: Iterable[str]) -> None:
        """Wishes of the phone."""
        self._set(jid, {f"{kind}:{other}": WISHED_BY_PHONE for other in others})

    def remove(self, jid: str, kind: str, others: Iterable[str]) -> None:
        names = [f"{kind}:{other}" for other in others]
        if names:
            guarded(lambda: self._client.hdel(_key(jid), *names))
            self._changed(jid)

    def use(self, jid: str, kind: str, in_use: bool) -> None:
        self._set(jid, {f"use:{kind}": b"T" if in_use else b"F"})

    def confirm(self, jid: str, others: Iterable[str]) -> None:
        """The server blocks these now. What does not fit is not kept: the server blocks it all the same."""
        with suppress(TooMuch):
            self._set(jid, {f"{BLOCK}:{other}": CONFIRMED_BY_SERVER for other in others})

    def lift(self, jid: str, others: Iterable[str]) -> None:
        """The server blocks these no more."""
        if self._lift([_key(jid)], list(others)):
            self._changed(jid)

    def sync(self, jid: str, others: Iterable[str]) -> None:
        """The server blocks these, and nobody else. What does not fit is not kept, as in confirm()."""
        if self._sync([_key(jid)], [pack_argument(list(_fitting(others))), bounds.MOST_BLOCKS]):
            self._changed(jid)

    def _set(self, jid: str, entries: dict[str, bytes]) -> None:
        """TooMuch when the lists would be too long."""
        if entries:
            self._bounded.put(_key(jid), entries, BLOCK_LIMITS)
            self._changed(jid)

    def _changed(self, jid: str) -> None:
        publish(self._client, BLOCK_CHANGES_CHANNEL, jid.encode())


def _fitting(others: Iterable[str]) -> Iterator[str]:
    """As many of a server's list as are kept."""
    room = bounds.MOST_HASH_BYTES
    for other in others:
        size = len(other.encode("utf-8", "surrogatepass"))
        room -= size + BLOCK_ENTRY_OVERHEAD_BYTES
        if size <= bounds.NAMED_BYTES and room > 0:
            yield other


def _key(jid: str) -> str:
    return keys.account(jid, "block")
