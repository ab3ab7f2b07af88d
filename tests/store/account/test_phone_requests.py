"""What phones did in the last day, on a real Redis: what is merged, what goes, what never goes, and whom Redis knows."""

from dataclasses import replace

import pytest

from onesoup.csp.phone_events import EventKind, PhoneEvent
from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.phone_requests import DAY_SECONDS, INDEX, PhoneRequests, SessionPolls

NOW = 1_700_000_000
ALICE = "alice@example.org"


@pytest.fixture
def store(client):
    return PhoneRequests(client, KeyRing([("k1", b"k" * 32)]))


@pytest.fixture
def alice(store):
    return store.of_account(ALICE)


def wrong(when=NOW, **more):
    given = {"name": "Login-Request", "code": 409, "scheme": "pwd", "user": "wv:alice", "offered": ("MD5", "SHA")}
    return PhoneEvent(EventKind.LOGIN, when, when, **given | more)


def test_what_was_added_is_there_the_newest_first(store, alice):
    first, second = (
        wrong(),
        wrong(NOW + 1, code=200, version="1.1", encoding="wbxml", octets=300, agent="MOT-V3", via="gw", at="x"),
    )
    store.add({alice: [first, second]}, NOW + 1)
    assert store.of(alice, NOW + 1) == [second, first]
    assert store.of(store.of_account("bob@example.org"), NOW) == []


def test_the_same_again_is_one_event_with_a_count(store, alice):
    store.add({alice: [wrong(NOW)]}, NOW)
    store.add({alice: [replace(wrong(NOW + 50), first=NOW + 40, times=2, octets=9)]}, NOW + 50)
    (found,) = store.of(alice, NOW + 50)
    assert (found.first, found.last, found.times, found.octets) == (NOW, NOW + 50, 3, 9)


def test_after_a_day_an_event_is_gone_and_a_count_begins_anew(store, alice, client):
    store.add({alice: [wrong(NOW), wrong(NOW, code=516)]}, NOW)
    assert 0 < client.ttl(keys.account(alice, "phone")) <= DAY_SECONDS
    later = NOW + DAY_SECONDS + 1
    assert store.of(alice, later) == []
    store.add({alice: [wrong(later)]}, later)
    (found,) = store.of(alice, later)
    assert (found.first, found.times) == (later, 1)
    assert client.hlen(keys.account(alice, "phone")) == 1


def test_strangers_push_out_nothing_that_took_a_password(store, alice):
    mine = wrong(code=200, account=alice)
    store.add({alice: [mine]}, NOW)
    for number in range(10):
        store.add({alice: [wrong(NOW + number, account=alice, agent=f"{number} {each}") for each in range(60)]}, NOW + number)
    found = store.of(alice, NOW + 10)
    assert mine in found
    assert len(found) == 1 + bounds.MOST_STRANGE_EVENTS
    assert {each.last for each in found if each != mine} == {NOW + 9}


def test_phones_that_were_written_longest_ago_make_room(client):
    store = PhoneRequests(client, KeyRing([("k1", b"k" * 32)]), most_phones=5)
    names = [store.of_address(f"192.0.2.{number}") for number in range(8)]
    for number, who in enumerate(names):
        store.add({who: [wrong(NOW)]}, NOW + number)
    assert [bool(store.of(who, NOW)) for who in names] == [False] * 3 + [True] * 5
    assert client.zcard(INDEX) == 5


def test_redis_knows_neither_account_nor_address(store, client):
    store.add({store.of_account(ALICE): [wrong(user="")], store.of_address("192.0.2.77"): [wrong(user="")]}, NOW)
    everything = b"".join(key + b"".join(client.hvals(key)) for key in client.keys("phone:*")) + b"".join(
        client.zrange(INDEX, 0, -1)
    )
    assert b"alice" not in everything
    assert b"192.0.2" not in everything


def test_a_record_of_somebody_else_is_left_out(store, alice, client):
    store.add({alice: [wrong()]}, NOW)
    for number, odd in enumerate((b"", b"x", b"1 2 3", b"1 2 3 \xff", b"a b c d", b"1 2 3 \x81\xa1v\x09")):
        client.hset(keys.account(alice, "phone"), f"s{number}", odd)
    assert store.of(alice, NOW) == [wrong()]
    store.add({alice: [wrong(NOW + 1)]}, NOW + 1)
    assert [each.times for each in store.of(alice, NOW + 1)] == [2]


def test_polls_are_told_for_sessions_that_somebody_looks_at(store, client):
    store.look_at(["one", "two"], NOW)
    assert store.looked_at(NOW + 1) == ["one", "two"]
    assert store.looked_at(NOW + 31) == []
    store.tell_polls("worker-a", {"one": (3, NOW)})
    store.tell_polls("worker-a", {"one": (4, NOW + 9)})
    store.tell_polls("worker-b", {"one": (10, NOW + 5)})
    client.hset(*keys.of("two", "try"), "m1", 3)
    assert store.polls(["one", "two"]) == [SessionPolls(14, NOW + 9, 0), SessionPolls(0, 0, 1)]
    assert 0 < client.ttl(*keys.of("one", "polls")) <= 60
