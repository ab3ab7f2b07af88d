"""Requests wait for the new master while Sentinels look for one: that takes seconds, and phones wait longer for an answer.

Only the first seconds of an outage are waited for. One that lasts longer is answered at once, so that phones learn of it and
nothing heaps up. Behind a single server nobody takes over, and nobody waits."""

import time
from collections.abc import Callable

import gevent
import structlog
from gevent.event import Event

from onesoup.observability.bugs import log_bug
from onesoup.store.errors import StoreDown
from onesoup.store.redis.refusals import is_passing

log = structlog.get_logger()

# Longer than a failover of the set-up in docs/operation/redis.md. With the answer behind it shorter than the 10 s that a phone is
# promised.
FAILOVER_SECONDS = 6.0
# Requests of one worker that may wait. More are refused: each has a connection of the worker.
MAX_WAITING_REQUESTS = 1000
# Between two looks whether the store works: while requests wait, and afterwards.
LOOK_SECONDS, LATER_LOOK_SECONDS = 0.1, 1.0


class StorePatience:
    """What one worker knows of the present outage of the store."""

    def __init__(self, works: Callable[[], object], seconds: float = FAILOVER_SECONDS) -> None:
        """`works` raises StoreDown until the store takes writes. `seconds` of an outage are waited for, 0 for none."""
        self._works, self._seconds = works, seconds
        self._ends: float | None = None  # when nobody waits any longer; None while there is no outage
        self._over = Event()
        self._waiting = 0

    def wait(self, error: StoreDown, began: float) -> bool:
        """For a request that came at `began` (monotonic) and met this: True when the store works again and the request may be
        tried anew, False when it is to be refused."""
        if not self._seconds or not is_passing(error):
            return False
        ends = min(self._outage(), began + self._seconds)
        left = ends - time.monotonic()
        if left <= 0 or self._waiting >= MAX_WAITING_REQUESTS:
            return False
        self._waiting += 1
        try:
            return bool(self._over.wait(left))
        finally:
            self._waiting -= 1

    def _outage(self) -> float:
        """When waiting for this outage ends. The first that meets it has the store watched."""
        if self._ends is None:
            self._ends = time.monotonic() + self._seconds
            self._over = Event()
            gevent.spawn(self._watch, time.monotonic())
        return self._ends

    def _watch(self, since: float) -> None:
        reason = ""
        gevent.sleep(LOOK_SECONDS)  # so that what fails although the store works is not tried without a pause
        while (found := self._failure()) is not None:
            if not reason:
                log.warning("store-down", reason=found, held=self._waiting)
            reason = found
            gevent.sleep(LOOK_SECONDS if time.monotonic() - since < self._seconds else LATER_LOOK_SECONDS)
        if reason:
            log.info("store-back", reason=reason, held=self._waiting, seconds=round(time.monotonic() - since, 1))
        self._ends = None
        self._over.set()

    def _failure(self) -> str | None:
        """How the store fails now, None when it does not."""
        try:
            self._works()
        except StoreDown as error:
            return str(error)
        except Exception as error:  # whoever waits tries by itself
            log_bug(error)
        return None


NO_PATIENCE = StorePatience(lambda: None, 0.0)
