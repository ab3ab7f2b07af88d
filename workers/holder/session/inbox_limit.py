"""How much one phone may leave unfetched: a flood for a phone that does not come must not fill Redis for everybody."""

from collections.abc import Callable, Iterable

from onesoup.store.bounds import MOST_ITEM_BYTES, MOST_ITEMS
from onesoup.store.session.holder_side import Delivery

# What is above MOST_ITEMS and MOST_ITEM_BYTES is refused, and its sender told so (RFC 6121 8.5.2.2: a message is delivered,
# stored or answered with an error). So much may come between two questions to the store.
STEP_ITEMS, STEP_OCTETS = 100, 64 * 1024
# What Redis needs for an item beside its text, bytes.
AROUND = 150


class InboxLimit:
    """Asks `load`, which returns the items that the phone has not answered and their memory, after each step only, and adds
    what has come since. The first question is asked at once: the session may have been another holder's."""

    def __init__(self, load: Callable[[], tuple[int, int]]) -> None:
        self._load = load
        self._items = self._octets = self._new_octets = 0
        self._new_items = STEP_ITEMS

    def ask_again(self) -> None:
        """The session has items that it had not before, such as those of the session before."""
        self._new_items = STEP_ITEMS

    def full(self) -> bool:
        """Whether the next message has to be refused. StoreDown."""
        if not (self._new_items >= STEP_ITEMS or self._new_octets >= STEP_OCTETS or self._above()):
            return False
        self._items, self._octets = self._load()
        self._new_items = self._new_octets = 0
        return self._above()

    def add(self, items: Iterable[Delivery]) -> None:
        """These were stored."""
        for each in items:
            self._new_items += 1
            self._new_octets += len(each.payload) + len(each.receipt) + 2 * len(each.id) + len(each.jid) + AROUND

    def _above(self) -> bool:
        return self._items >= MOST_ITEMS or self._octets >= MOST_ITEM_BYTES
