"""Timer queue: one deadline per key. Has no clock; what is not due costs nothing."""

import heapq
import itertools
import math
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeAlias, TypeVar

K = TypeVar("K", bound=Hashable)


# [when, number, key]; the key is None where another deadline counts, so that nothing is kept alive by a time that has lost its
# meaning. The number is there because keys need no order.
Entry: TypeAlias = list[Any]
MAX_DEAD_ENTRIES = 1000


class DeadlineQueue(Generic[K]):
    """One deadline for each key; the last one that was set counts."""

    def __init__(self, on_set: Callable[[float], object] = lambda _when: None) -> None:
        """`on_set` is called with each deadline that is set."""
        self._on_set = on_set
        self._entries: dict[K, Entry] = {}
        self._heap: list[Entry] = []
        self._numbers = itertools.count()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, key: K, when: float) -> None:
        if self._when(key) != when:
            self._forget(key)
            self._entries[key] = entry = [when, next(self._numbers), key]
            heapq.heappush(self._heap, entry)
            self._tidy()
            self._on_set(when)

    def by(self, key: K, when: float) -> None:
        """Sets the deadline to `when`, unless it is earlier already."""
        if when < self._when(key):
            self.put(key, when)

    def drop(self, key: K) -> None:
        self._forget(key)
        self._tidy()

    def due(self, now: float) -> list[K]:
        """Removes and returns the keys whose deadline has passed."""
        found = []
        while self._heap and self._heap[0][0] <= now:
            key = heapq.heappop(self._heap)[2]
            if key is not None:
                del self._entries[key]
                found.append(key)
        return found

    def next(self) -> float:
        """The first deadline, or an earlier time: one that was replaced by a later one may still count here."""
        return self._heap[0][0] if self._heap else math.inf

    def _when(self, key: K) -> float:
        entry = self._entries.get(key)
        return math.inf if entry is None else entry[0]

    def _forget(self, key: K) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            entry[2] = None

    def _tidy(self) -> None:
        """Deadlines that were replaced or dropped do not pile up."""
        if len(self._heap) > 2 * len(self._entries) + MAX_DEAD_ENTRIES:
            self._heap = [entry for entry in self._heap if entry[2] is not None]
            heapq.heapify(self._heap)
