"""Shards and who holds them."""

import time

import pytest

from onesoup.store import keys
from onesoup.store.session.shards import Leases, Shards


@pytest.fixture
def one(client):
    return Leases(client, "one", 60_000)


@pytest.fixture
def two(client):
    return Leases(client, "two", 60_000)


def test_a_shard_has_one_holder(one, two):
    lease = one.acquire(7)
    assert lease.shard == 7
    assert two.acquire(7) is None
    assert one.acquire(7) is None
    assert two.acquire(8) is not None


def test_the_fence_grows_with_every_owner(one, two):
    fences = []
    for holder in (one, two, one, two):
        lease = holder.acquire(7)
        fences.append(lease.fence)
        holder.release(lease)
    assert fences == sorted(set(fences))


def test_only_the_owner_renews_and_releases(one, two):
    lease = one.acquire(7)
    assert one.renew(lease)
    assert not two.renew(lease)
    two.release(lease)
    assert two.acquire(7) is None
    one.release(lease)
    assert not one.renew(lease)


def test_renewing_makes_it_last(one, client):
    lease = one.acquire(7)
    client.pexpire(keys.shard(7, "lease"), 5000)
    one.renew(lease)
    assert client.pttl(keys.shard(7, "lease")) > 50_000


def test_an_expired_lease_is_free_for_the_next_with_a_higher_fence(one, two, client):
    first = one.acquire(7)
    client.pexpire(keys.shard(7, "lease"), 1)
    end = time.monotonic() + 60
    while (second := two.acquire(7)) is None:
        assert time.monotonic() < end
    assert second.fence > first.fence
    assert not one.renew(first)


def test_free_shards(one, two):
    assert len(one.free()) == keys.SHARDS
    one.acquire(0)
    two.acquire(255)
    assert one.free() == list(range(1, 255))


def test_two_holders_know_of_each_other(one, two, client):
    assert [each.alive()[0] for each in (one, two, one)] == [1, 2, 2]
    two.leave()
    assert one.alive()[0] == 1


def test_a_holder_that_is_silent_does_not_count(one, client):
    Leases(client, "dead", -1).alive()
    assert one.alive()[0] == 1


def test_two_holders_share_all_shards(one, two):
    """Each takes its half, and nothing is left or held twice."""
    one.alive(), two.alive()
    mine = [one.acquire(number) for number in one.free()[:128]]
    yours = [two.acquire(number) for number in two.free()]
    assert len(mine) == len(yours) == 128
    assert {each.shard for each in mine} | {each.shard for each in yours} == set(range(256))


def test_log_ins_wait_for_the_holder_of_the_shard(client, listen):
    shards = Shards(client)
    heard = listen("wake:07")
    shards.ask(7, b"job 1")
    shards.ask(7, b"job 2")
    assert heard() == [b"login", b"login"]
    assert shards.waiting_logins([6, 7, 8]) == [7]
    shards.ask(7, b"job 3")
    assert [shards.next_logins(7, 2), shards.next_logins(7, 2), shards.next_logins(7, 2)] == [
        [b"job 1", b"job 2"],
        [b"job 3"],
        [],
    ]


def test_a_log_in_that_nobody_takes_goes_by_itself(client):
    Shards(client).ask(7, b"job")
    assert 0 < client.pttl(keys.shard(7, "logins")) <= 60_000


def test_the_sessions_of_a_shard(client):
    shards = Shards(client)
    shards.add(7, "07a")
    shards.add(7, "07b")
    shards.remove(7, "07a")
    assert shards.sessions(7) == ["07b"]


def test_a_phone_that_comes_again_comes_to_the_same_shard():
    assert keys.shard_of("alice@x", "JiMMY") == keys.shard_of("alice@x", "JiMMY")
