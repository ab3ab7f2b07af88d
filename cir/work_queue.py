"""Runs steps when they are due. Does not know what a step does.

Any number of processes share one list of names in Redis (`onesoup.store.wakeup.timers`): a process leases a name and renews the
lease while it works, so that another one goes on within seconds when it is killed."""

import time
from collections.abc import Callable

import structlog
from gevent.event import Event
from gevent.pool import Pool

from onesoup.observability.bugs import log_bug
from onesoup.observability.logs import short
from onesoup.runtime import scheduler
from onesoup.store.errors import StoreDown
from onesoup.store.wakeup.timers import SharedTimers

log = structlog.get_logger()

# A process that has not renewed the lease of a step for this time is gone.
STEP_LEASE_MS = 4000
# How often leases are renewed, and the list is read while it has entries. An empty list is read with each turn of the scheduler
# (onesoup.runtime.scheduler): what another process puts there and leaves by dying is due only when its lease has run out.
WORK_TURN_SECONDS = 1.0

# Does what is due for a name. Returns in how many ms the next step is due, or None when all is done.
Step = Callable[[str], int | None]


class WorkQueue:
    """Runs the steps that are due in `due`, for at most `max_parallel` names at a time."""

    def __init__(
        self,
        due: SharedTimers,
        step: Step,
        max_parallel: int,
        log_name: Callable[[str], str] = short,
        done: Callable[[str], object] | None = None,
    ) -> None:
        """`log_name` writes a name for the log. `done` is called when a name has left the list: something may have come for it
        while its last step ran."""
        self._due, self._step, self._log_name, self._done = due, step, log_name, done
        self._max_parallel, self._pool, self._draining = max_parallel, Pool(max_parallel), False
        # The steps that run, with the ends of their leases; and the names that were due again while their step ran.
        self._leases: dict[str, int] = {}
        self._again: set[str] = set()
        self._renewed = 0.0
        self._news = Event()

    def schedule(self, name: str, ms: int) -> None:
        """A step in `ms` at the latest. StoreDown."""
        self._due.soon(name, ms)
        self.check_now()

    def check_now(self) -> None:
        """Something may be due sooner than was known."""
        self._news.set()

    def run(self) -> None:
        """For ever. Meant for a greenlet of its own."""
        checks = scheduler.every(scheduler.TASK_SECONDS, self.check_now)
        try:
            while True:
                self._news.clear()
                try:
                    wait = self.take_due()
                except StoreDown as error:
                    log.warning("store-down", reason=str(error))
                    wait = WORK_TURN_SECONDS
                self._news.wait(wait)
        finally:
            checks.stop()

    def take_due(self) -> float | None:
        """Begins the steps that are due. Returns in how many seconds to call it again at the latest, None for an empty list."""
        self._renew()
        free = self._max_parallel - len(self._leases)
        if self._draining or free <= 0:
            return WORK_TURN_SECONDS
        taken = self._due.take(STEP_LEASE_MS, free)
        for name in taken.names:
            if name in self._leases:  # two steps of one name never run together
                self._again.add(name)
                continue
            self._leases[name] = taken.lease
            self._again.discard(name)
            self._pool.spawn(self._work, name)
        if taken.after >= 0:
            return min(taken.after / 1000, WORK_TURN_SECONDS)
        return WORK_TURN_SECONDS if self._leases else None

    def _renew(self) -> None:
        now = time.monotonic()
        if not self._leases or now - self._renewed < WORK_TURN_SECONDS / 2:
            return
        self._renewed, mine = now, dict(self._leases)
        end = self._due.renew(mine, STEP_LEASE_MS)
        for name, lease in mine.items():
            if self._leases.get(name) == lease:
                self._leases[name] = end

    def drain(self, seconds: float) -> None:
        """Lets steps that have begun come to their end; the next ones are for another process."""
        self._draining = True
        self._pool.join(seconds)

    def _work(self, name: str) -> None:
        try:
            after = self._step(name)
            self._due.settle(name, self._leases[name], after)
            del self._leases[name]
            if name in self._again:
                self._again.remove(name)
                self._due.soon(name, 0)
            elif after is None and self._done is not None:
                self._done(name)
        except StoreDown as error:
            log.warning("store-down", reason=str(error))  # the lease runs out
        except Exception as error:
            log_bug(error, name=self._log_name(name))
        finally:
            self._leases.pop(name, None)
            self.check_now()
