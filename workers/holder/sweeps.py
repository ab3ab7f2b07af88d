"""Finds log-ins and commands whose wake-up was lost: Redis publishes only to those that listen at that moment."""

import time
from collections.abc import Callable

import gevent
import structlog

from onesoup.runtime import scheduler
from onesoup.runtime.scheduler import PeriodicTask
from onesoup.store.errors import StoreDown
from workers.holder.session.services import HolderServices
from workers.holder.sessions import SessionTable
from workers.holder.shard_leases import ShardLeases

log = structlog.get_logger()

# Each sweep looks for all log-ins, and for commands of a part of the sessions: of each session once in so many sweeps. When a
# connection broke, the next sweep looks at all of them: this is for what gets lost without a sign. On a cluster, publishing is a
# step of its own, and a worker that dies before it leaves no sign; on one Redis both happen or neither.
LOST_WAKE_SWEEP_SECONDS = scheduler.TASK_SECONDS
SWEEPS_PER_ROUND, CLUSTER_SWEEPS_PER_ROUND = 100, 20
# When news may have been lost, each session is checked within this time.
CHECK_AFTER_GAP_SECONDS = 60.0


class LostWakeSweep:
    """Looks for work whose announcement was lost. `serve_logins` takes the log-ins of a shard."""

    def __init__(
        self,
        services: HolderServices,
        sessions: SessionTable,
        leases: ShardLeases,
        serve_logins: Callable[[int], None],
        sweeps_per_round: int,
    ) -> None:
        self._services, self._sessions, self._leases = services, sessions, leases
        self._serve_logins, self._round = serve_logins, sweeps_per_round
        self._turn, self._all_sessions = 0, True
        self._task: PeriodicTask | None = None

    def start(self) -> PeriodicTask:
        self._task = scheduler.every(LOST_WAKE_SWEEP_SECONDS, self.sweep)
        return self._task

    def after_gap(self) -> None:
        """News of any session may have been lost: all are swept at once, and checked soon."""
        self._all_sessions = True
        soon = time.monotonic() + CHECK_AFTER_GAP_SECONDS
        for session in self._sessions.all():
            session.schedule.check_by(soon)
        if self._task is not None:
            self._task.by(0.0)

    def sweep(self) -> None:
        """One sweep. What Redis does not answer is left to the next one."""
        all_sessions, self._all_sessions = self._all_sessions, False
        self._turn = (self._turn + 1) % self._round
        sids = self._sessions.sids() if all_sessions else self._sessions.sids()[self._turn :: self._round]
        shards, feed = self._services.shards, self._services.feed
        try:
            waiting, wanting = scheduler.run_together(
                lambda: shards.waiting_logins(list(self._leases.owned)), lambda: feed.outbox.sessions_with_commands(sids)
            )
            for shard in waiting:
                gevent.spawn(self._serve_logins, shard)
            for sid in wanting:
                if sid in self._sessions:
                    self._sessions[sid].outbox.wake()
        except StoreDown as error:
            self._all_sessions |= all_sessions
            log.warning("store-down", reason=str(error))
