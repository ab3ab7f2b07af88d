"""Requests wait for a failover of the store: no longer than its first seconds, and not for what no failover mends."""

import time

import gevent
import pytest

from onesoup.handlers import store_patience
from onesoup.handlers.store_patience import NO_PATIENCE, StorePatience
from onesoup.store.errors import StoreDown

AWAY = StoreDown("ConnectionError")
# Longer than any of this takes.
LONG_SECONDS = 60.0


class Store:
    """Works or does not."""

    def __init__(self) -> None:
        self.down, self.looks = True, 0

    def works(self) -> bool:
        self.looks += 1
        if self.down:
            raise StoreDown("NOREPLICAS")
        return True


@pytest.fixture
def store() -> Store:
    return Store()


def waiting(patience: StorePatience, count: int = 1) -> list[gevent.Greenlet]:
    found = [gevent.spawn(patience.wait, AWAY, time.monotonic()) for _ in range(count)]
    gevent.idle()
    return found


def test_all_that_wait_go_on_when_the_store_is_back_and_one_greenlet_looks_for_it(store: Store) -> None:
    patience = StorePatience(store.works, LONG_SECONDS)
    requests = waiting(patience, 20)
    gevent.sleep(3 * store_patience.LOOK_SECONDS)
    assert not any(each.ready() for each in requests)
    assert store.looks < 20
    store.down = False
    gevent.joinall(requests, timeout=LONG_SECONDS)
    assert [each.value for each in requests] == [True] * 20


def test_only_the_first_seconds_of_an_outage_are_waited_for(store: Store) -> None:
    patience = StorePatience(store.works, 0.3)
    assert patience.wait(AWAY, time.monotonic()) is False
    began = time.monotonic()
    assert patience.wait(AWAY, began) is False  # at once: the outage is old
    assert time.monotonic() - began < store_patience.LOOK_SECONDS
    store.down = False
    while patience._ends is not None:
        gevent.sleep(0.05)
    store.down = True
    (next_one,) = waiting(patience)
    store.down = False
    assert next_one.get(timeout=LONG_SECONDS) is True


def test_a_request_waits_no_longer_than_its_phone_is_promised(store: Store) -> None:
    patience = StorePatience(store.works, LONG_SECONDS)
    assert patience.wait(AWAY, time.monotonic() - LONG_SECONDS) is False


@pytest.mark.parametrize("refusal", ["OOM", "MISCONF", "NOAUTH", "BUSY"])
def test_what_no_failover_mends_is_refused_at_once(refusal: str, store: Store) -> None:
    assert StorePatience(store.works, LONG_SECONDS).wait(StoreDown(refusal), time.monotonic()) is False
    assert store.looks == 0


def test_behind_a_single_server_nobody_waits() -> None:
    assert NO_PATIENCE.wait(AWAY, time.monotonic()) is False


def test_no_more_wait_than_a_worker_has_room_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_patience, "MAX_WAITING_REQUESTS", 2)
    patience = StorePatience(store.works, LONG_SECONDS)
    first, second, third = waiting(patience, 3)
    assert (first.ready(), second.ready(), third.value) == (False, False, False)
    store.down = False
    gevent.joinall([first, second], timeout=LONG_SECONDS)
