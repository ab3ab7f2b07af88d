"""What waits for a phone is counted so that the count is never lower than the truth, and rarely asked for."""

import pytest

from onesoup.store.session.stream_changes import Delivery
from workers.holder.session import inbox_limit
from workers.holder.session.inbox_limit import InboxLimit


class Store:
    def __init__(self):
        self.items, self.octets, self.asked = 0, 0, 0

    def load(self):
        self.asked += 1
        return self.items, self.octets


@pytest.fixture
def store():
    return Store()


def fill(limit, store, number, octets=10):
    """Reads of ten messages each, as long as they are taken; how many were."""
    taken = 0
    while taken < number and not limit.full():
        items = [Delivery(str(n), "a@b", b"x" * octets) for n in range(10)]
        limit.add(items)
        store.items += len(items)
        store.octets += octets * len(items)
        taken += len(items)
    return taken


def test_items_are_limited(store):
    limit = InboxLimit(store.load)
    assert inbox_limit.MOST_ITEMS <= fill(limit, store, 10_000) <= inbox_limit.MOST_ITEMS + inbox_limit.INBOX_STEP_ITEMS
    assert limit.full()


def test_octets_are_limited(store):
    limit = InboxLimit(store.load)
    assert (
        inbox_limit.MOST_ITEM_BYTES
        <= fill(limit, store, 10_000, 10_000) * 10_000
        <= inbox_limit.MOST_ITEM_BYTES + inbox_limit.INBOX_STEP_BYTES + 100_000
    )


def test_a_phone_that_keeps_up_is_never_refused_and_the_store_rarely_asked(store):
    limit = InboxLimit(store.load)
    for _ in range(1000):
        assert fill(limit, store, 10, 10_000) == 10
        store.items = store.octets = 0
    assert store.asked <= 1000 * 10 * (10_000 + inbox_limit.INBOX_ITEM_OVERHEAD + 20) / inbox_limit.INBOX_STEP_BYTES + 1


def test_it_goes_on_when_the_phone_has_fetched_enough(store):
    limit = InboxLimit(store.load)
    fill(limit, store, 10_000)
    store.items = inbox_limit.MOST_ITEMS - 1
    assert not limit.full()
    assert fill(limit, store, 1000, 10_000) < 1000
    store.items, store.octets = 1, inbox_limit.MOST_ITEM_BYTES
    assert limit.full(), "that one is large"
    store.octets = 1000
    assert not limit.full()


@pytest.mark.parametrize("waits", ["items", "octets"])
def test_who_takes_a_session_over_counts_what_waits_there(store, waits):
    setattr(store, waits, inbox_limit.MOST_ITEM_BYTES)
    limit = InboxLimit(store.load)
    limit.ask_again()
    assert limit.full()


def test_of_a_new_session_nothing_is_asked(store):
    assert not InboxLimit(store.load).full()
    assert store.asked == 0
