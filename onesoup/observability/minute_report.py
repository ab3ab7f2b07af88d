"""Adds what this process has counted to the counts of all, once a minute (`onesoup.store.minute_counts`). The figures are those
of its own metrics: the code counts in one place."""

import time
from collections import Counter as Counted
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import gevent
import redis
from prometheus_client import Counter, Histogram

from onesoup.runtime import scheduler
from onesoup.runtime.scheduler import PeriodicTask
from onesoup.store.errors import StoreDown
from onesoup.store.minute_counts import MinuteCounts

LAST_REPORT_SECONDS = 1.0
# A histogram's count and a counter's total; the samples beside them are no counts.
_COUNTS = ("_total", "_count")
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SeriesSource:
    """Where a series comes from: the samples of a metric whose labels are `wanted`."""

    series: str
    metric: Counter | Histogram
    wanted: Callable[[Labels], bool] = lambda _: True

    def total(self) -> int:
        """Counted since the start of this process."""
        samples = (sample for family in self.metric.collect() for sample in family.samples)
        return round(sum(each.value for each in samples if each.name.endswith(_COUNTS) and self.wanted(each.labels)))


# What has been told of each source. One process may have several roles, which tell of the same metrics: each count is told once.
_told: dict[SeriesSource, int] = {}


class MinuteReport:
    """Of one role of a process. `levels`: series -> what there is just now."""

    def __init__(
        self,
        client: redis.Redis,
        sources: Iterable[SeriesSource] = (),
        levels: Mapping[str, Callable[[], int]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._counts, self._sources, self._levels, self._clock = MinuteCounts(client), tuple(sources), levels or {}, clock
        for each in self._sources:
            _told.setdefault(each, each.total())
        self._minute = int(clock()) // 60
        self._task: PeriodicTask | None = None

    def start(self) -> Self:
        """From now on it is reported by itself."""
        self._task = scheduler.every(scheduler.TASK_SECONDS, self.look)
        return self

    def look(self) -> None:
        """Reports the minute that has ended, if one has. StoreDown when Redis does not take it: it is in the next report then."""
        ended, self._minute = self._minute, int(self._clock()) // 60
        if self._minute != ended:
            self._report(ended)

    def _report(self, minute: int) -> None:
        taken = {each: each.total() - _told[each] for each in self._sources}
        counts = Counted({name: level() for name, level in self._levels.items()})
        for source, count in taken.items():
            counts[source.series] += count
            _told[source] += count
        try:
            self._counts.add(minute, counts)
        except StoreDown:
            for source, count in taken.items():
                _told[source] -= count
            raise

    def stop(self) -> None:
        """The process ends: its part of this minute is reported. What cannot be is lost."""
        if self._task is not None:
            scheduler.stop_tasks([self._task], LAST_REPORT_SECONDS)
        self._levels = {}  # who has taken over reports them
        with suppress(StoreDown, redis.RedisError), gevent.Timeout(LAST_REPORT_SECONDS, False):
            self._report(int(self._clock()) // 60)
