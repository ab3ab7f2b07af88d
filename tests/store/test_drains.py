"""Hosts that are taken out of service, in Redis."""

import pytest

from onesoup.store import bounds, operator_bounds
from onesoup.store.drains import DRAINS_KEY, Drain, Drains
from onesoup.store.keys import ORDERS_CHANNEL

ONE = Drain("one.example.org", "root@one", 1_800_000_000)


def test_a_drain_lasts_until_it_is_ended(client, listen):
    heard, drains = listen(ORDERS_CHANNEL), Drains(client)
    assert drains.begin(ONE)
    assert not drains.begin(Drain(ONE.host, "alice@two", 1_800_000_100)), "the first one stays"
    assert drains.of(ONE.host) == ONE
    assert drains.all() == [ONE]
    assert client.pttl(DRAINS_KEY) == -1
    assert drains.of("two.example.org") is None
    assert drains.end(ONE.host)
    assert not drains.end(ONE.host)
    assert drains.all() == []
    assert len(heard()) == 4


def test_there_are_never_too_many(client):
    drains = Drains(client)
    for number in range(operator_bounds.MOST_DRAINS):
        drains.begin(Drain(f"host{number}", "root", 1))
    with pytest.raises(bounds.TooMuch):
        drains.begin(ONE)
    with pytest.raises(bounds.TooMuch):
        drains.begin(Drain("h" * 2000, "root", 1))


def test_a_record_that_cannot_be_read_is_a_drain_all_the_same(client):
    client.hset(DRAINS_KEY, ONE.host, b"\xc1")
    assert Drains(client).of(ONE.host) == Drain(ONE.host, "", 0)
