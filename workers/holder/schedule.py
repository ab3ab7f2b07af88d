"""Timer queue: one deadline per key. Has no clock; what is not due costs nothing."""

import heapq
import itertools
import math
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class DeadlineQueue(Generic[K]):
    """One deadline for each key; the last one that was set counts."""

    def __init__(self, on_set: Callable[[float], object] = lambda _when: None) -> None:
        """`on_set` is called with each deadline that is set."""
        self._on_set = on_set
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
            self._on_set(when)

    def by(self, key: K, when: float) -> None:
        """Sets the deadline to `when`, unless it is earlier already."""
        if when < self._times.get(key, math.inf):
            self.put(key, when)

    def drop(self, key: K) -> None:
        self._times.pop(key, None)
        self._tidy()

    def due(self, now: float) -> list[K]:
        """Removes and returns the keys whose deadline has passed."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            when, _, key = heapq.heappop(self._heap)
            if self._times.get(key) == when:
                del self._times[key]
                found.append(key)
        return found

    def next(self) -> float:
        """The first deadline, or an earlier time: one that was replaced by a later one may still count here."""
        return self._heap[0][0] if self._heap else math.inf

    def _tidy(self) -> None:
        """Deadlines that were replaced or dropped do not pile up."""
        if len(self._heap) > 2 * len(self._times) + 1000:
            self._heap = [entry for entry in self._heap if self._times.get(entry[2]) == entry[0]]
            heapq.heapify(self._heap)
