"""Limits what waits for one phone: a flood for a phone that does not fetch it must not fill Redis for everybody."""

from collections.abc import Callable, Iterable

from onesoup.store.bounds import MOST_ITEM_BYTES, MOST_ITEMS
from onesoup.store.session.stream_changes import Delivery

# A message above MOST_ITEMS or MOST_ITEM_BYTES is answered with an error (RFC 6121 section 8.5.2.2: a message is delivered,
# stored or answered with an error). So much may come in before the store is asked again.
INBOX_STEP_ITEMS, INBOX_STEP_BYTES = 100, 64 * 1024
# What Redis needs for an item beside its text, bytes.
INBOX_ITEM_OVERHEAD = 150


class InboxLimit:
    """Asks `load`, which returns how many items the phone has not answered and their memory in bytes, after each step only; in
    between it counts what is added. It begins with none."""

    def __init__(self, load: Callable[[], tuple[int, int]]) -> None:
        self._load = load
        self._items = self._bytes = self._new_items = self._new_bytes = 0

    def ask_again(self) -> None:
        """The session has items that were not counted here, such as those of an earlier holder."""
        self._new_items = INBOX_STEP_ITEMS

    def full(self) -> bool:
        """Whether the next message has to be refused. StoreDown."""
        if not (self._new_items >= INBOX_STEP_ITEMS or self._new_bytes >= INBOX_STEP_BYTES or self._above()):
            return False
        self._items, self._bytes = self._load()
        self._new_items = self._new_bytes = 0
        return self._above()

    def add(self, items: Iterable[Delivery]) -> None:
        """These were stored."""
        for each in items:
            self._new_items += 1
            self._new_bytes += len(each.payload) + len(each.receipt) + 2 * len(each.id) + len(each.jid) + INBOX_ITEM_OVERHEAD

    def _above(self) -> bool:
        return self._items >= MOST_ITEMS or self._bytes >= MOST_ITEM_BYTES
