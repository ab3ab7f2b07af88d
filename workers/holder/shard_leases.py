"""The shards of this holder: takes free ones up to its share, renews their leases, gives back what is above the share.

A session belongs to the holder that has the lease of its shard. A lease that was not renewed in time is lost, even if
Redis says otherwise later: another holder may have the shard already.
"""

import math
import random
import time
from collections.abc import Callable

import structlog
from prometheus_client import Counter, Gauge

from onesoup.runtime import scheduler
from onesoup.runtime.scheduler import PeriodicTask
from onesoup.store import keys
from onesoup.store.errors import StoreDown
from onesoup.store.redis.clock import ClockJumps
from onesoup.store.session.shards import Lease, Leases
from workers.holder.sessions import SessionTable

log = structlog.get_logger()

LEASES_HELD = Gauge("onesoup_leases_held", "Shards that this holder owns", ["holder"])
LEASES_LOST = Counter("onesoup_lease_lost_total", "Leases that went to another holder", ["holder"])

# Shards given back in one turn: sessions move in small groups.
MAX_SHARDS_GIVEN_BACK = 16
# How often a holder looks in one turn for shards that are free, when others take what it goes for.
LOOKS_FOR_FREE_SHARDS = 3


class ShardLeases:
    """The leases of one holder. `owned` is for others to read."""

    def __init__(
        self,
        leases: Leases,
        holder: str,
        ttl_seconds: float,
        sessions: SessionTable,
        on_taken: Callable[[list[Lease]], None],
    ) -> None:
        """`on_taken` is called with the leases that were taken, maybe none, each time that free shards were looked for."""
        self._leases, self._ttl, self._sessions, self._on_taken = leases, ttl_seconds, sessions, on_taken
        self._owned_gauge, self._lost_counter = LEASES_HELD.labels(holder[:8]), LEASES_LOST.labels(holder[:8])
        self.clock = ClockJumps()
        self.owned: dict[int, Lease] = {}
        self._renewed_at: dict[int, float] = {}
        self._expiry_task: PeriodicTask | None = None
        # The holder stops: it takes no log-in any more.
        self.draining = False
        # The host is being taken out of service: its shards go to others, a few with each renewal.
        self.leaving = False
        self._had = 0

    def start(self) -> PeriodicTask:
        """The task that drops leases which were not renewed. It runs when the first of them would expire: never, while they are
        renewed."""
        self._expiry_task = scheduler.when(self.drop_expired)
        self._schedule_expiry()
        return self._expiry_task

    def serves(self, shard: int) -> bool:
        """Whether log-ins of this shard may begin here."""
        return shard in self.owned and not self.draining and not self.leaving

    def leave(self, leaving: bool) -> None:
        """Begins to give everything to the other holders, or to take its share again, with the next renewal."""
        self.leaving, self._had = leaving, len(self.owned)

    def left(self) -> tuple[int, int] | None:
        """How many shards are left to give away, of how many; None while they stay here."""
        return (len(self.owned), max(self._had, len(self.owned))) if self.leaving else None

    def pass_on(self, shard: int) -> None:
        """Gives a shard away at once: a log-in waits in it, which is for the next holder."""
        if self.leaving:
            self.give_back(shard)

    def holds(self, lease: Lease) -> bool:
        """Whether this very lease is still ours; a shard may have been lost and taken again."""
        return self.owned.get(lease.shard) is lease

    def renew(self) -> None:
        """Renews all leases, then gives back or takes shards until this holder has its share. Run every few seconds."""
        now = time.monotonic()
        owned = list(self.owned.values())
        kept, (living, redis_ms) = scheduler.run_together(
            lambda: self._leases.renew_all(owned), lambda: self._leases.alive(takes=not self.leaving)
        )
        self._note_renewed(owned, kept, now)
        if by := self.clock.by(redis_ms, now, time.monotonic()):
            log.warning("clock-jumped", seconds=round(by / 1000))
            for session in self._sessions.all():
                session.schedule.check_now()
            return  # leases that expired by the jump are their owners', who renew them before the next turn
        self._balance(0 if self.leaving else -(-keys.SHARDS // max(living, 1)))
        self._owned_gauge.set(len(self.owned))

    def _note_renewed(self, owned: list[Lease], kept: list[Lease], now: float) -> None:
        for lease in kept:
            if self.holds(lease):
                self._renewed_at[lease.shard] = now
        for lease in set(owned) - set(kept) if len(kept) < len(owned) else set():
            if self.holds(lease):
                self._drop_shard(lease.shard)
        self._schedule_expiry()

    def _balance(self, share: int) -> None:
        for shard in sorted(self.owned)[share:][:MAX_SHARDS_GIVEN_BACK]:
            self.give_back(shard)
        if len(self.owned) < share:
            self._take(share - len(self.owned))

    def _take(self, most: int) -> None:
        """Takes up to so many free shards: any of them, since the holders of a host look at the same moment, and would all go for
        the first ones. Looks again where others were faster."""
        taken: list[Lease] = []
        began = time.monotonic()
        for _ in range(LOOKS_FOR_FREE_SHARDS):
            free = self._leases.free()
            wanted = random.sample(free, min(most - len(taken), len(free)))
            got = self._leases.acquire_all(wanted)
            taken += got
            if len(got) == len(wanted):
                break
        for lease in taken:
            self.owned[lease.shard], self._renewed_at[lease.shard] = lease, began
        self._schedule_expiry()
        self._on_taken(taken)

    def drop_expired(self, now: float | None = None) -> None:
        """Drops the leases that were not renewed within their time. `now` is of the monotonic clock."""
        limit = (time.monotonic() if now is None else now) - self._ttl
        for shard, renewed in list(self._renewed_at.items()):
            if renewed < limit:
                self._drop_shard(shard)
        self._schedule_expiry()

    def _schedule_expiry(self) -> None:
        if self._expiry_task is not None:
            self._expiry_task.at(min(self._renewed_at.values(), default=math.inf) + self._ttl)

    def _drop_shard(self, shard: int) -> None:
        """The lease is lost. Another holder may have the sessions already: the server is told nothing."""
        self._lost_counter.inc()
        self.owned.pop(shard, None)
        self._renewed_at.pop(shard, None)
        for session in self._sessions.in_shard(shard):
            session.drop()

    def give_back(self, shard: int) -> None:
        """Leaves the streams resumable, then releases the lease: the next owner finds everything in Redis."""
        lease = self.owned.pop(shard, None)
        if lease is None:
            return  # it has gone meanwhile
        self._renewed_at.pop(shard, None)
        for session in self._sessions.in_shard(shard):
            session.hand_over()
        self._leases.release(lease)

    def inherit(self, dead: str) -> None:
        """Gives free what a holder has left that was killed; whoever has less than its share takes it."""
        try:
            shards = self._leases.release_all_of(dead)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
            return
        log.info("holder-died", holder=dead[:8], shards=shards)

    def give_back_all(self) -> None:
        """Clean stop: shard by shard, so that the first sessions are with another holder before the last ones go."""
        self.draining = True
        try:
            for shard in list(self.owned):
                self.give_back(shard)
            self._leases.leave()
        except StoreDown as error:
            log.warning("store-down", reason=str(error))
