"""What the workers of one gateway count together: each adds in memory, and writes to the files that they share twice a second.

prometheus_client writes at each step, under a lock; with three steps to a poll that was a tenth of what it cost. A worker that is
killed takes its last half second of counts with it.
"""

import os
from bisect import bisect_left
from collections import Counter as Counted
from collections.abc import Callable
from typing import Any, Protocol

import gevent
from prometheus_client import Counter, Histogram, values

SECONDS = 0.5


class _Unwritten(Protocol):
    def write(self) -> None: ...


_held_back = False
_unwritten: set[_Unwritten] = set()
# What writes, once it was started, and whether it is on its way. A process that counts nothing is not woken.
_timer: Any = None
_waits = False


def install() -> None:
    """To be called before anything that counts is imported. Changes nothing in a process that shares its counts with nobody."""
    global _held_back
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        values.ValueClass = _held(values.MultiProcessValue())
        _held_back = True


def start() -> None:
    """From now on what this process counts is written."""
    global _timer
    _timer = gevent.get_hub().loop.timer(SECONDS)
    _soon()


def write() -> None:
    """What has not been written yet, now."""
    global _waits
    while _unwritten:
        _unwritten.pop().write()
    if _waits:
        _waits = False
        _timer.stop()


def steps(counter: Counter) -> Callable[[], None]:
    """counter.inc, for what happens at each request."""
    return _Steps(counter).step if _held_back else counter.inc


def times(histogram: Histogram) -> Callable[[float], None]:
    """histogram.observe, for what happens at each request."""
    return _Times(histogram).observe if _held_back else histogram.observe


def _soon() -> None:
    """Something was counted, the first since the last were written."""
    global _waits
    if _timer is not None and not _waits:
        _waits = True
        _timer.start(write)


def _waiting(counted: _Unwritten) -> None:
    if not _unwritten:
        _soon()
    _unwritten.add(counted)


class _Steps:
    __slots__ = ("_count", "_counter")

    def __init__(self, counter: Counter) -> None:
        self._counter, self._count = counter, 0

    def step(self) -> None:
        if not self._count:
            _waiting(self)
        self._count += 1

    def write(self) -> None:
        count, self._count = self._count, 0
        self._counter.inc(count)


class _Times:
    __slots__ = ("_histogram", "_seen")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._seen: list[float] = []

    def observe(self, seconds: float) -> None:
        if not self._seen:
            _waiting(self)
        self._seen.append(seconds)

    def write(self) -> None:
        """As observe() of each of them, bucket by bucket."""
        seen, self._seen = self._seen, []
        bounds = self._histogram._upper_bounds
        self._histogram._sum.inc(sum(seen))
        for place, count in Counted(bisect_left(bounds, each) for each in seen).items():
            self._histogram._buckets[place].inc(count)


def _held(shared: Any) -> Any:
    """A number as prometheus_client keeps it, in a file, that holds back what is added."""

    class Held(shared):  # made for the files of one directory
        _sum = 0.0

        def inc(self, amount: float) -> None:
            self._sum += amount
            _waiting(self)

        def set(self, value: float, timestamp: float | None = None) -> None:
            self._sum = 0.0
            super().set(value, timestamp)

        def get(self) -> float:
            return float(super().get()) + self._sum

        def write(self) -> None:
            added, self._sum = self._sum, 0.0
            super().inc(added)

    return Held
