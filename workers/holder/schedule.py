"""Who is to be looked at when. Knows neither who they are nor what the time is; what is not due costs nothing."""

import heapq
import itertools
import math
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class DeadlineQueue(Generic[K]):
    """One time for each key; the last one that was set counts."""

    def __init__(self, told: Callable[[float], object] = lambda _when: None) -> None:
        """`told` hears each time that is set."""
        self._told = told
        self._times: dict[K, float] = {}
        self._heap: list[tuple[float, int, K]] = []
        self._numbers = itertools.count()  # keys need no order

    def __len__(self) -> int:
        return len(self._times)

    def put(self, key: K, when: float) -> None:
        if self._times.get(key) != when:
            self._times[key] = when
            heapq.heappush(self._heap, (when, next(self._numbers), key))
            self._tidy()
            self._told(when)

    def by(self, key: K, when: float) -> None:
        """At that time or earlier."""
        if when < self._times.get(key, math.inf):
            self.put(key, when)

    def drop(self, key: K) -> None:
        self._times.pop(key, None)
        self._tidy()

    def due(self, now: float) -> list[K]:
        """Those whose time has come. They have none then until one is put."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            when, _, key = heapq.heappop(self._heap)
            if self._times.get(key) == when:
                del self._times[key]
                found.append(key)
        return found

    def next(self) -> float:
        """When somebody is due, or earlier: a time that was set and then put off may still count here."""
        return self._heap[0][0] if self._heap else math.inf

    def _tidy(self) -> None:
        """Times that no longer count, and keys that have gone, do not pile up."""
        if len(self._heap) > 2 * len(self._times) + 1000:
            self._heap = [entry for entry in self._heap if self._times.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)
