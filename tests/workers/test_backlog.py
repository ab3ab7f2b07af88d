"""What waits for a phone is counted so that the count is never lower than the truth, and rarely asked for."""

import pytest

from onesoup.store.feed import Delivery
from workers import backlog
from workers.backlog import Backlog


class Store:
    def __init__(self):
        self.items, self.asked = 0, 0

    def waiting(self):
        self.asked += 1
        return self.items


@pytest.fixture
def store():
    return Store()


def fill(log, store, number, octets=10):
    """Reads of ten messages each, as long as they are taken; how many were."""
    taken = 0
    while taken < number and not log.full():
        items = [Delivery(str(n), "a@b", b"x" * octets) for n in range(10)]
        log.add(items)
        store.items += len(items)
        taken += len(items)
    return taken


def test_items_are_limited(store):
    log = Backlog(store.waiting)
    assert backlog.MOST_ITEMS <= fill(log, store, 10_000) <= backlog.MOST_ITEMS + backlog.STEP_ITEMS
    assert log.full()


def test_octets_are_limited(store):
    log = Backlog(store.waiting)
    assert backlog.MOST_OCTETS <= fill(log, store, 10_000, 10_000) * 10_000 <= backlog.MOST_OCTETS + backlog.STEP_OCTETS + 100_000


def test_a_phone_that_keeps_up_is_never_refused_and_the_store_rarely_asked(store):
    log = Backlog(store.waiting)
    for _ in range(1000):
        assert fill(log, store, 10, 10_000) == 10
        store.items = 0
    assert store.asked <= 1000 * 10 * 10_000 / backlog.STEP_OCTETS + 1


def test_it_goes_on_when_the_phone_has_fetched_enough(store):
    log = Backlog(store.waiting)
    fill(log, store, 10_000)
    store.items = backlog.MOST_ITEMS - 1
    assert not log.full()
    store.items = backlog.FEW + 1
    assert fill(log, store, 1000, 10_000) < 1000
    store.items = backlog.FEW + 1
    assert log.full(), "which of them were large is not known"
    store.items = backlog.FEW
    assert not log.full()


def test_who_takes_a_session_over_counts_what_waits_there(store):
    store.items = backlog.MOST_ITEMS
    log = Backlog(store.waiting)
    assert fill(log, store, 1000) <= backlog.STEP_ITEMS
