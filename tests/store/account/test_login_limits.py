"""Failures are counted for an account's own places and for all others apart, waits grow, and an XMPP server sees few of them."""

import pytest

from onesoup.store.account import login_limits
from onesoup.store.account.login_limits import LoginLimits, LoginPolicy, LoginTicket

ALICE = "alice@x"


@pytest.fixture
def watch(client) -> LoginLimits:
    return LoginLimits(client)


def ticket(slot: str, address: str = "a1", domain: str = "x", account: str = ALICE) -> LoginTicket:
    return LoginTicket(account, domain, f"digest-{slot}", "home", address, slot)


def test_the_fifth_failure_makes_wait_and_the_wait_doubles_up_to_a_quarter_of_an_hour(watch, client):
    waits = []
    for _ in range(14):
        watch.failed(ALICE, "abroad", "a1")
        waits.append(watch.enter(ALICE, "abroad").wait)
    assert waits == pytest.approx([0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900, 900], abs=5)
    assert watch.enter("bob@x", "abroad").wait == 0
    assert client.pttl("failed:{alice@x}") > 0


def test_strangers_do_not_lock_the_owner_out(watch):
    watch.passed(ALICE, "home", "good")
    for place in ("abroad", "elsewhere", "abroad", "elsewhere", "abroad"):
        watch.failed(ALICE, place, "a1")
    assert watch.enter(ALICE, "a third place").wait > 10
    assert watch.enter(ALICE, "home").wait == 0
    for _ in range(5):
        watch.failed(ALICE, "home", "a1")
    assert watch.enter(ALICE, "home").wait > 10


def test_a_good_log_in_ends_the_wait_of_its_place(watch):
    for _ in range(5):
        watch.failed(ALICE, "home", "a1")
    watch.passed(ALICE, "home", "good")
    assert watch.enter(ALICE, "home") == login_limits.LoginAttempt(0, True, "good")
    assert watch.enter(ALICE, "abroad") == login_limits.LoginAttempt(0, False, "good")


def test_only_so_many_places_are_known_and_the_one_unseen_for_longest_goes(watch, client):
    for number in range(login_limits.MAX_KNOWN_PLACES + 3):
        client.hset("known:{alice@x}", f"p:old{number}", number)
    for number in range(4):
        watch.passed(ALICE, f"place{number}", "good")
    known = client.hkeys("known:{alice@x}")
    assert {b"good", b"p:place0", b"p:place3"} <= set(known)
    assert b"p:old0" not in known


def test_an_address_that_fails_a_hundred_times_is_stopped(watch, client):
    for number in range(99):
        watch.failed(f"user{number}@x", "home", "a1")
    assert not watch.banned("a1")
    watch.failed("one-more@x", "home", "a1")
    assert watch.banned("a1")
    assert not watch.banned("a2")
    assert 0 < client.ttl("from:a1") <= 600


def test_a_server_sees_fifteen_failures_an_hour_and_no_address_more_than_ten_of_them(watch):
    taken = []
    for address in ("a1", "a2", "a3"):
        for number in range(20):
            one = ticket(f"{address}-{number}", address)
            if watch.reserve(one) == 1:
                taken.append(address)
                watch.settle(one, 409)
    assert (taken.count("a1"), taken.count("a2"), taken.count("a3")) == (10, 5, 0)
    assert watch.reserve(ticket("t", "a4")) == -1
    assert watch.reserve(ticket("t", "a4", domain="other")) == 1


def test_slots_in_use_count_and_come_free(watch):
    tickets = [ticket(f"t{number}", f"a{number}") for number in range(16)]
    assert [watch.reserve(each) for each in tickets] == [1] * 15 + [0]
    watch.settle(tickets[0], 200)
    assert watch.reserve(tickets[15]) == 1
    watch.settle(tickets[1], 504)
    assert watch.reserve(tickets[1]) == 1


def test_a_slot_that_nobody_settles_comes_free_after_a_while(watch, client):
    for number in range(15):
        watch.reserve(ticket(f"t{number}", f"a{number}"))
    ((_, score),) = client.zrange("refused:{x}", 0, 0, withscores=True)
    client.zincrby("refused:{x}", -login_limits.UNSETTLED_LOGIN_MS - 1, client.zrange("refused:{x}", 0, 0)[0])
    assert score > 0
    assert watch.reserve(ticket("late", "late")) == 1


def test_no_limit_where_the_server_is_ours(client):
    ours = LoginLimits(client, LoginPolicy(at_server=0))
    assert not ours.policy.limit_at("x")
    for _ in range(40):
        one = ticket("")
        assert ours.reserve(one) == 1
        ours.settle(one, 409)
    assert not client.exists("refused:{x}")


@pytest.mark.parametrize("code", [409, 403])
def test_a_refused_password_is_remembered_with_the_answer(watch, client, code):
    watch.settle(ticket("t"), code)
    assert watch.wrong("digest-t") == code
    assert watch.wrong("digest-u") == 0
    assert 500 < client.ttl("wrong:digest-t") <= 600


@pytest.mark.parametrize("code", [503, 504, 516, 500])
def test_an_outage_says_nothing_about_the_password(watch, code):
    watch.passed(ALICE, "home", "digest-t")
    watch.settle(ticket("t"), code)
    assert watch.wrong("digest-t") == 0
    assert watch.enter(ALICE, "home") == login_limits.LoginAttempt(0, True, "digest-t")


def test_a_good_password_that_was_changed_is_no_longer_good(watch):
    watch.passed(ALICE, "home", "digest-t")
    watch.settle(ticket("t"), 409)
    assert watch.enter(ALICE, "home").good_password == ""


def test_strays_are_counted_by_the_minute(watch, client):
    assert [watch.stray("a1") for _ in range(3)] == [1, 2, 3]
    assert watch.stray("a2") == 1
    assert client.ttl("stray:a1") <= 60


def test_a_ticket_of_another_version_is_none():
    assert LoginTicket.unpack(ticket("t").pack()) == ticket("t")
    assert LoginTicket.unpack(None) is None
    assert LoginTicket.unpack(["a"]) is None
