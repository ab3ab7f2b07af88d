"""Steps that are due, taken up one after the other. Any number of processes share one list (`onesoup.store.wakeup.timers`): a
name is with
one of them at a time, which says again and again that it still works on it, so that what a killed process has left is taken up
within seconds. Knows nothing of what a step does."""

import time
from collections.abc import Callable

import structlog
from gevent.event import Event
from gevent.pool import Pool

from onesoup.observability.logs import short
from onesoup.runtime import scheduler
from onesoup.store.errors import StoreDown
from onesoup.store.wakeup.timers import SharedTimers

log = structlog.get_logger()

# Whoever has not said for so long that he still works on a step has gone.
LEASE_MS = 4000
# It is said this often, and as often looked what other processes have left, as long as there is anything. When the list is empty
# it is looked at with each beat (onesoup.runtime.scheduler) of this process: what another one puts there and leaves by dying is
# due only when its lease has run out, which is later.
TURN = 1.0

# Does what is due for a name. Returns in how many ms to look again, or None when all is done.
Step = Callable[[str], int | None]


class WorkQueue:
    """Takes up what is due in `due`, `at_once` names at a time."""

    def __init__(
        self,
        due: SharedTimers,
        step: Step,
        at_once: int,
        shown: Callable[[str], str] = short,
        done: Callable[[str], object] | None = None,
    ) -> None:
        """`shown` is a name for the log. `done` is called when a name has left the list, to look whether something has come for
        it while its last step ran."""
        self._due, self._step, self._shown, self._done = due, step, shown, done
        self._at_once, self._pool, self._leaving = at_once, Pool(at_once), False
        # The steps that run, with the ends of their leases; and those that were due again meanwhile.
        self._leases: dict[str, int] = {}
        self._again: set[str] = set()
        self._renewed = 0.0
        self._news = Event()

    def soon(self, name: str, ms: int) -> None:
        """A step in so many ms at the latest. StoreDown."""
        self._due.soon(name, ms)
        self.look()

    def look(self) -> None:
        """Something may be due sooner than was known."""
        self._news.set()

    def run(self) -> None:
        """For ever. Meant for a greenlet of its own."""
        looks = scheduler.every(scheduler.SECONDS, self.look)
        try:
            while True:
                self._news.clear()
                try:
                    wait = self.turn()
                except StoreDown as error:
                    log.warning("store-down", reason=str(error))
                    wait = TURN
                self._news.wait(wait)
        finally:
            looks.stop()

    def turn(self) -> float | None:
        """Takes up what is due. Returns in how many seconds to do so again at the latest, None when nothing is in the list."""
        self._renew()
        free = self._at_once - len(self._leases)
        if self._leaving or free <= 0:
            return TURN
        taken = self._due.take(LEASE_MS, free)
        for name in taken.names:
            if name in self._leases:  # two steps of one name never run together
                self._again.add(name)
                continue
            self._leases[name] = taken.lease
            self._again.discard(name)
            self._pool.spawn(self._work, name)
        if taken.after >= 0:
            return min(taken.after / 1000, TURN)
        return TURN if self._leases else None

    def _renew(self) -> None:
        now = time.monotonic()
        if not self._leases or now - self._renewed < TURN / 2:
            return
        self._renewed, mine = now, dict(self._leases)
        end = self._due.renew(mine, LEASE_MS)
        for name, lease in mine.items():
            if self._leases.get(name) == lease:
                self._leases[name] = end

    def drain(self, seconds: float) -> None:
        """Lets steps that have begun come to their end; the next ones are for another process."""
        self._leaving = True
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
            log.exception("bug", kind=type(error).__name__, name=self._shown(name))
        finally:
            self._leases.pop(name, None)
            self.look()
