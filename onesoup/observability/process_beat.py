"""Says again and again, in Redis, that this process lives, where its admin port is, and which keys it knows (`onesoup doctor`,
`onesoup accounts rotate`)."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Self

import gevent
import redis

from onesoup.observability.process_metrics import installed_version
from onesoup.runtime import scheduler
from onesoup.runtime.scheduler import PeriodicTask
from onesoup.store.account.keyring import KeyRing
from onesoup.store.errors import StoreDown
from onesoup.store.processes import PROCESS_TTL_MS, ProcessRecord, ProcessRegistry

# It is looked with each beat of the process whether there is something new to say; else it is said again after this time.
SAY_AGAIN_SECONDS = PROCESS_TTL_MS / 4000
LEAVE_SECONDS = 1.0


class ProcessBeat:
    """Of one process. `unit`: its master's pid, where it has one; `ring`: the key ring it works with, where it has one; `left`:
    what it still has of how much, while its host drains, else None; `holder`: the name by which a holder has shards."""

    def __init__(
        self,
        client: redis.Redis,
        role: str,
        admin: tuple[str, int],
        ring: KeyRing | None = None,
        unit: int | None = None,
        left: Callable[[], tuple[int, int] | None] = lambda: None,
        holder: str = "",
    ) -> None:
        self._registry, self._ring, self._left = ProcessRegistry(client), ring, left
        pid = os.getpid()
        place = (admin[0], str(admin[1]))
        self._said = ProcessRecord(
            role, socket.gethostname(), pid, unit or pid, place, installed_version(), (), round(time.time()), holder=holder
        )
        self._again = 0.0
        self._task: PeriodicTask | None = None

    def start(self) -> Self:
        """From now on it is said by itself."""
        self._task = scheduler.every(scheduler.TASK_SECONDS, self.beat)
        self._task.by(0.0)
        return self

    def beat(self) -> None:
        """StoreDown when it could not be said."""
        if self._ring is not None:
            self._ring.follow()
        left, had = self._left() or (-1, -1)
        now = replace(self._said, keys=self._ring.known() if self._ring is not None else (), left=left, had=had)
        if now == self._said and time.monotonic() < self._again:
            return
        self._registry.tell(now)
        self._said, self._again = now, time.monotonic() + SAY_AGAIN_SECONDS

    def leave(self) -> None:
        """The process ends. What could not be said runs out."""
        if self._task is not None:
            scheduler.stop_tasks([self._task], LEAVE_SECONDS)
        with suppress(StoreDown, redis.RedisError), gevent.Timeout(LEAVE_SECONDS, False):
            self._registry.leave(self._said)
