"""Metrics that the workers of one gateway share: each worker counts in memory and writes to the shared files twice a second.

prometheus_client writes at each step, under a lock; with three steps to a poll that was a tenth of a poll's cost. A worker that
is killed loses the counts of its last half second.
"""

import os
from bisect import bisect_left
from collections import Counter as Counted
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

import gevent
from prometheus_client import Counter, Histogram, values

WRITE_SECONDS = 0.5


class _Unwritten(Protocol):
    def write(self) -> None: ...


_batching = False
_unwritten: set[_Unwritten] = set()
# The timer that writes, and whether it runs. A process that counts nothing is not woken.
_timer: Any = None
_timer_runs = False


def install_batching() -> None:
    """Call it before any module with metrics is imported. Changes nothing in a process that shares its metrics with no other."""
    global _batching
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        values.ValueClass = _batched(values.MultiProcessValue())
        _batching = True


def start_writing() -> None:
    """Starts to write what this process counts."""
    global _timer
    _timer = gevent.get_hub().loop.timer(WRITE_SECONDS)
    _start_timer()


def write_counts() -> None:
    """Writes at once what has not been written yet."""
    global _timer_runs
    while _unwritten:
        _unwritten.pop().write()
    if _timer_runs:
        _timer_runs = False
        _timer.stop()


def batched_inc(counter: Counter) -> Callable[[], None]:
    """counter.inc, batched. For counters that each request steps."""
    return _BatchedCounter(counter).step if _batching else counter.inc


def batched_observe(histogram: Histogram) -> Callable[[float], None]:
    """histogram.observe, batched. For histograms that each request observes."""
    return _BatchedHistogram(histogram).observe if _batching else histogram.observe


def _start_timer() -> None:
    """Starts the timer at the first count after a write."""
    global _timer_runs
    if _timer is not None and not _timer_runs:
        _timer_runs = True
        _timer.start(write_counts)


def _note_unwritten(counted: _Unwritten) -> None:
    if not _unwritten:
        _start_timer()
    _unwritten.add(counted)


class _BatchedCounter:
    __slots__ = ("_count", "_counter")

    def __init__(self, counter: Counter) -> None:
        self._counter, self._count = counter, 0

    def step(self) -> None:
        if not self._count:
            _note_unwritten(self)
        self._count += 1

    def write(self) -> None:
        count, self._count = self._count, 0
        self._counter.inc(count)


class _BatchedHistogram:
    __slots__ = ("_histogram", "_seen")

    def __init__(self, histogram: Histogram) -> None:
        self._histogram = histogram
        self._seen: list[float] = []

    def observe(self, seconds: float) -> None:
        if not self._seen:
            _note_unwritten(self)
        self._seen.append(seconds)

    def write(self) -> None:
        """Has the effect of observe() for each value, with one step for each bucket."""
        seen, self._seen = self._seen, []
        bounds = self._histogram._upper_bounds
        self._histogram._sum.inc(sum(seen))
        for place, count in Counted(map(partial(bisect_left, bounds), seen)).items():
            self._histogram._buckets[place].inc(count)


def _batched(shared: Any) -> Any:
    """prometheus_client's class for a number in a shared file, with additions batched in memory."""

    class BatchedValue(shared):  # made for the files of one directory
        _sum = 0.0

        def inc(self, amount: float) -> None:
            self._sum += amount
            _note_unwritten(self)

        def set(self, value: float, timestamp: float | None = None) -> None:
            self._sum = 0.0
            super().set(value, timestamp)

        def get(self) -> float:
            return float(super().get()) + self._sum

        def write(self) -> None:
            added, self._sum = self._sum, 0.0
            super().inc(added)

    return BatchedValue
