"""Calls at planned moments, thousands of them behind one timer of the event loop."""

import heapq
import itertools
import time
from collections.abc import Callable

import gevent


class CrowdClock:
    """`at` and `after` may be called from anywhere in the thread; calls are made in the event loop and must not wait."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._loop = gevent.get_hub().loop
        self._timer = self._loop.timer(0.0)
        self._armed = float("inf")

    def at(self, moment: float, call: Callable[[], object]) -> None:
        """`moment` as time.monotonic() counts. What is late is made up at once."""
        heapq.heappush(self._waiting, (moment, next(self._numbers), call))
        if moment < self._armed:
            self._arm(moment)

    def after(self, seconds: float, call: Callable[[], object]) -> None:
        self.at(time.monotonic() + seconds, call)

    def _arm(self, moment: float) -> None:
        self._timer.stop()
        self._timer.close()
        self._armed = moment
        self._timer = self._loop.timer(max(moment - time.monotonic(), 0.0))
        self._timer.start(self._run, update=True)

    def _run(self) -> None:
        self._armed = float("inf")
        now = time.monotonic()
        try:
            while self._waiting and self._waiting[0][0] <= now:
                heapq.heappop(self._waiting)[2]()
        finally:
            if self._waiting and self._waiting[0][0] < self._armed:
                self._arm(self._waiting[0][0])
