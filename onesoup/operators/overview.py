"""What there is of a running cluster, for the first page of the console: phones, holders, Redis servers, XMPP domains. Each
function reads one part, within bounds that do not grow with the number of phones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis

from onesoup.handlers.login.throttle import login_policy
from onesoup.operators.living import SESSIONS_IN_BATCH, SessionRow, rows_of
from onesoup.operators.processes import HOLDER_LETTERS
from onesoup.settings import Settings
from onesoup.store import keys
from onesoup.store.account.guard_state import GuardCount, GuardState
from onesoup.store.redis.client import writable
from onesoup.store.redis.refusals import error_name
from onesoup.store.redis.topology import replica_lags, servers
from onesoup.store.servers import XmppServerState, XmppServerStates
from onesoup.store.session.shards import Shards

# Of more phones so many are looked at. A session's shard is chosen by a hash, so those of some shards stand for all.
MOST_LOOKED_AT = 1000

Share = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PhonesOnLine:
    """`total` of all; the shares by handset, CSP version and bearer are of those that were looked at, the largest first."""

    total: int
    looked_at: int
    handsets: tuple[Share, ...] = ()
    versions: tuple[Share, ...] = ()
    bearers: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class HolderShare:
    """A holder by the first letters of its name, and what it has."""

    holder: str
    shards: int
    sessions: int


@dataclass(frozen=True, slots=True)
class RedisServerState:
    """One server that keeps data. Memory in bytes, `most` 0 without a limit; `lags` of its replicas in seconds; `refuses` is the
    name by which it takes no writes, "" when it does."""

    role: str
    version: str
    used: int
    most: int
    lags: tuple[int, ...]
    refuses: str


@dataclass(frozen=True, slots=True)
class DomainState:
    """An XMPP domain of the settings: the limit against guessing, how many addresses it holds off, what its server did last."""

    domain: str
    guard: GuardCount
    closed_addresses: int
    server: XmppServerState


def phones_on_line(client: redis.Redis, most: int = MOST_LOOKED_AT) -> PhonesOnLine:
    shards = Shards(client)
    sizes = shards.counts(range(keys.SHARDS))
    wanted, looked_at = [], 0
    for shard, size in enumerate(sizes):
        if size and looked_at < most:
            wanted.append(shard)
            looked_at += size
    sids = [sid for found in shards.sessions_of(wanted) for sid in sorted(found)][:most]
    rows = [row for n in range(0, len(sids), SESSIONS_IN_BATCH) for _, row in rows_of(client, sids[n : n + SESSIONS_IN_BATCH])]
    # Sessions that have run out stay in a shard's index until its holder looks.
    total = round(sum(sizes) * len(rows) / len(sids)) if sids else 0
    return PhonesOnLine(
        total,
        len(rows),
        _shares([row.handset for row in rows]),
        _shares([row.csp for row in rows]),
        _shares([_bearer(row) for row in rows]),
    )


def _bearer(row: SessionRow) -> str:
    if not row.wakes:
        return "none, polls only"
    first = row.wakes[0]
    return f"{first}, on line" if first == "STCP" and row.line else f"{first}, no line" if first == "STCP" else first


def _shares(names: Sequence[str]) -> tuple[Share, ...]:
    return tuple(sorted(Counter(names).items(), key=lambda share: (-share[1], share[0])))


def holder_shares(client: redis.Redis) -> tuple[list[HolderShare], int]:
    """(holders, the one with the most shards first; how many shards nobody has)."""
    shards = Shards(client)
    owners, sizes = shards.holders(range(keys.SHARDS)), shards.counts(range(keys.SHARDS))
    found: dict[str, list[int]] = {}
    for owner, size in zip(owners, sizes, strict=True):
        found.setdefault(owner[:HOLDER_LETTERS], []).append(size)
    free = len(found.pop("", []))
    holders = [HolderShare(name, len(some), sum(some)) for name, some in found.items()]
    return sorted(holders, key=lambda each: (-each.shards, each.holder)), free


def redis_states(client: redis.Redis) -> list[RedisServerState]:
    """Of each server that keeps data. An error of Redis for one that does not answer."""
    return [_redis_state(server) for server in servers(client)]


def _redis_state(server: redis.Redis) -> RedisServerState:
    replication: Any = server.info("replication")
    memory: Any = server.info("memory")
    product: Any = server.info("server")
    try:
        told = writable(server)
    except Exception as error:
        told = error_name(error)
    return RedisServerState(
        str(replication["role"]),
        str(product.get("valkey_version") or product["redis_version"]),
        int(memory["used_memory"]),
        int(memory.get("maxmemory", 0)),
        tuple(replica_lags(replication)),
        told if isinstance(told, str) else "",
    )


def domain_states(client: redis.Redis, settings: Settings) -> list[DomainState]:
    """Of each domain in the settings."""
    domains = listed_domains(settings)
    guard = GuardState(client, login_policy(settings))
    states = XmppServerStates(client).of(domains)
    return [
        DomainState(name, guard.domain(name), sum(each.closed for each in guard.addresses_at(name)), state)
        for name, state in zip(domains, states, strict=True)
    ]


def listed_domains(settings: Settings) -> list[str]:
    return sorted(filter(settings.allowed_domains.listed, settings.allowed_domains))
