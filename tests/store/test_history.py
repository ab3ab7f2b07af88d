"""What happened to users, on a real Redis: what is found under which name, what pushes out what, and whom Redis knows."""

from dataclasses import replace

import pytest

from onesoup.csp.history_events import HistoryEvent, HistoryKind
from onesoup.store import bounds, keys
from onesoup.store.account.keyring import KeyRing
from onesoup.store.account.login_limits import LoginLimits
from onesoup.store.history import NAME_INDEX, History, HistoryNote

NOW = 1_700_000_000
HOUR = 3600
ALICE, HOME, AWAY = "alice@example.org", "192.0.2.7", "203.0.113.9"


@pytest.fixture
def store(client):
    return History(client, KeyRing([("k1", b"k" * 32)]), 24 * HOUR)


@pytest.fixture
def known(client):
    """alice has logged in before, from the network `home`."""
    LoginLimits(client).passed(ALICE, "home")


def login(when=NOW, **more):
    given = {"user": ALICE, "address": HOME, "session": "1ece70f2", "handset": "s60", "csp": "1.2", "code": 200}
    return HistoryEvent(HistoryKind.LOGIN, when, when, **given | more)


def failure(when=NOW, **more):
    given = {"user": ALICE, "address": HOME, "handset": "s60", "scheme": "pwd", "code": 409, "reason": "wrong password"}
    return HistoryEvent(HistoryKind.FAILURE, when, when, **given | more)


def put(store, *events, place="", now=NOW, login=""):
    store.add([HistoryNote(event, place, login) for event in events], now)


def test_a_log_in_is_found_by_user_number_and_address(store):
    event = login(number="+4917012345678")
    put(store, event, failure(NOW + 1))
    assert store.of_account(ALICE, NOW) == [failure(NOW + 1), event]
    assert store.of_number("+4917012345678", NOW) == [event]
    assert store.of_address(HOME, NOW) == [failure(NOW + 1), event]
    assert store.of_account("bob@example.org", NOW) == store.of_address(AWAY, NOW) == []


def test_a_log_in_under_another_name_than_the_accounts_is_found_by_both(store):
    put(store, login(user="robert@example.net"), login=ALICE)
    assert store.of_account(ALICE, NOW) == store.of_account("robert@example.net", NOW) != []


def test_an_address_of_ipv6_stands_for_its_network(store):
    put(store, login(address="2001:db8:1:2:3::4"))
    assert store.of_address("2001:db8:1:2::9", NOW) == [login(address="2001:db8:1:2:3::4")]
    assert store.of_address("2001:db8:1:3::9", NOW) == []


def test_an_address_has_no_wake_ups(store):
    put(store, replace(login(), kind=HistoryKind.WAKE, bearer="stcp", reason="sent"))
    assert store.of_address(HOME, NOW) == []
    assert len(store.of_account(ALICE, NOW)) == 1


def test_the_same_again_is_one_event_with_a_count(store, known):
    put(store, failure(NOW, reason="too many wrong passwords, wait 12 min"))
    put(store, failure(NOW + 60, reason="too many wrong passwords, wait 11 min", request="r2"), now=NOW + 60)
    (found,) = store.of_account(ALICE, NOW + 60)
    assert (found.first, found.last, found.times, found.request) == (NOW, NOW + 60, 2, "r2")
    assert found.reason.endswith("11 min")


def test_events_are_forgotten_after_their_time(store, client):
    put(store, login(), failure())
    for key in client.keys("history*"):
        assert 0 < client.ttl(key) <= 24 * HOUR, key
    assert store.of_account(ALICE, NOW + 24 * HOUR + 1) == []


def test_events_of_one_kind_push_out_those_of_no_other(store, known):
    put(store, login(), replace(login(), kind=HistoryKind.END, reason="logout"))
    put(store, *[failure(NOW + n, address=f"203.0.113.{n}") for n in range(100)])
    put(store, *[replace(login(NOW + n), kind=HistoryKind.WAKE, bearer=str(n)) for n in range(100)])
    kinds = [event.kind for event in store.of_account(ALICE, NOW)]
    assert kinds.count(HistoryKind.LOGIN) == kinds.count(HistoryKind.END) == 1
    assert kinds.count(HistoryKind.WAKE) == bounds.MOST_HISTORY_EVENTS["w"]
    put(store, *[login(NOW + n, session=f"{n:08x}") for n in range(100)])
    kinds = [event.kind for event in store.of_account(ALICE, NOW)]
    assert kinds.count(HistoryKind.FAILURE) == bounds.MOST_HISTORY_FAILURES["s"]


def test_failures_from_elsewhere_do_not_push_out_those_of_the_users_own_phone(store, known):
    put(store, failure(), place="home")
    put(store, *[failure(NOW + 1 + n, address=f"203.0.113.{n}") for n in range(100)], place="elsewhere")
    found = store.of_account(ALICE, NOW)
    assert failure() in found
    assert len(found) == 1 + bounds.MOST_HISTORY_FAILURES["s"]


def test_made_up_names_push_out_each_other_and_no_user(store, known, client):
    put(store, failure())
    put(store, failure(user="nobody0@example.org"))
    for start in range(0, bounds.MOST_HISTORY_NAMES + 1, 200):
        put(store, *[failure(user=f"made-up{start + n}@example.org") for n in range(201)], now=NOW + 1)
    assert failure() in store.of_account(ALICE, NOW)
    assert store.of_account("nobody0@example.org", NOW) == []
    assert len(store.of_account("made-up1200@example.org", NOW)) == 1
    names = [key for key in client.keys("history-failed:{*") if b"@" in key]
    assert len(names) <= bounds.MOST_HISTORY_NAMES + 1


def test_a_name_that_has_logged_in_is_no_made_up_name_any_more(store, client):
    put(store, failure())
    assert client.zrange(NAME_INDEX, 0, -1) == [ALICE.encode()]
    put(store, login())
    assert client.zrange(NAME_INDEX, 0, -1) == []
    assert failure() in store.of_account(ALICE, NOW)


def test_addresses_with_failures_push_out_no_address_with_log_ins(store):
    put(store, login())
    for start in range(0, bounds.MOST_HISTORY_STRANGERS + 1, 200):
        put(store, *[failure(user="x", address=f"10.{start // 200}.0.{n}") for n in range(201)], now=NOW + 1)
    assert store.of_address(HOME, NOW) == [login()]


def test_redis_knows_neither_numbers_nor_addresses_nor_reasons(store, client):
    put(store, login(number="+4917012345678", reason="resumed"), failure())
    everything = b"".join(
        [
            key + repr(client.hgetall(key) if client.type(key) == b"hash" else client.zrange(key, 0, -1)).encode()
            for key in client.keys("history*")
        ]
    )
    for secret in (HOME, "4917012345678", "wrong", "s60"):
        assert secret.encode() not in everything


def test_a_record_under_another_name_does_not_open(store, client):
    put(store, login())
    client.rename(keys.account(ALICE, "history"), keys.account("bob@example.org", "history"))
    assert store.of_account("bob@example.org", NOW) == []


def test_what_is_forgotten_is_nowhere(store, known, client):
    bob = login(user="bob@example.org", session="b0b00000")
    put(store, login(number="+4917012345678"), failure(NOW + 1), bob, failure(user="bob@example.org"))
    assert store.forget(ALICE, NOW) == 2 + 1 + 2
    assert store.of_account(ALICE, NOW) == store.of_number("+4917012345678", NOW) == []
    assert {event.user for event in store.of_address(HOME, NOW)} == {"bob@example.org"}
    assert store.forget(ALICE, NOW) == 0


def test_names_with_braces_are_found_too(store):
    """They are hash tags of a cluster."""
    odd = [failure(user=f"{name}@example.org") for name in ("}", "{", "{a}b")]
    put(store, *odd)
    assert [store.of_account(event.user, NOW) for event in odd] == [[event] for event in odd]


def test_half_a_surrogate_pair_costs_no_other_note(store):
    put(store, failure(user="\ud83d@example.org", reason="\ud83d"), failure(handset="\ud83d"))
    assert [event.handset for event in store.of_account(ALICE, NOW)] == ["?"]
    assert len(store.of_address(HOME, NOW)) == 2


def test_a_name_that_is_no_account_is_found_by_the_address(store, client):
    put(store, failure(user="wv:nobody at all", code=531))
    assert store.of_address(HOME, NOW) == [failure(user="wv:nobody at all", code=531)]
    assert not client.keys("*nobody*")
