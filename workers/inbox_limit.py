"""How much one phone may leave unfetched: a flood for a phone that does not come must not fill Redis for everybody."""

from collections.abc import Callable, Iterable

from onesoup.store.feed import Delivery

# What is above is refused, and its sender told so (RFC 6121 8.5.2.2: a message is delivered, stored or answered with an error).
MOST_ITEMS = 2000
MOST_OCTETS = 4 * 1024 * 1024
# So much may come between two questions to the store.
STEP_ITEMS, STEP_OCTETS = 100, 256 * 1024
# A phone that has so few waiting keeps up: what was counted before is gone.
FEW = 20


class InboxLimit:
    """An estimate that is never lower than the truth: asks `waiting`, the number of items of the session that the phone has not
    answered, after each step only. A holder that takes a session over counts octets from the beginning."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._waiting = waiting
        self._items = self._octets = self._new_items = self._new_octets = 0

    def full(self) -> bool:
        """Whether the next message has to be refused. StoreDown."""
        if not (self._new_items >= STEP_ITEMS or self._new_octets >= STEP_OCTETS or self._above()):
            return False
        self._items, self._new_items, self._new_octets = self._waiting(), 0, 0
        if self._items <= FEW:
            self._octets = 0
        return self._above()

    def add(self, items: Iterable[Delivery]) -> None:
        """These were stored."""
        for each in items:
            self._new_items += 1
            self._new_octets += len(each.payload)
            self._octets += len(each.payload)

    def _above(self) -> bool:
        return self._items >= MOST_ITEMS or self._octets >= MOST_OCTETS
