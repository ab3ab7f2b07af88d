"""Timers and tries of wake-ups beside STCP, on a real Redis."""

import pytest

from onesoup.observability.request_id import continued_request
from onesoup.store.errors import NoSession
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.store.wakeup.wakes import WakeStore, WakeTries


@pytest.fixture
def wakes(client):
    return WakeStore(client)


@pytest.fixture
def woken(client, sid, deliver):
    """A session with other bearers, for which something waits."""
    client.hset(f"s:{{{sid}}}", mapping={"alt": "1", "udp": "3717", "addr": "10.0.0.1", "num": "+15550100123", "pmin": "10"})
    deliver("m1")
    return sid


def test_a_step_is_taken_once_and_again_after_its_lease(wakes):
    wakes.due.soon("a7x", 0)
    lease, sids, _ = wakes.due.take(60_000)
    assert sids == ["a7x"]
    assert wakes.due.take(60_000)[1] == []
    wakes.due.settle("a7x", lease, 0)
    assert wakes.due.take(60_000)[1] == ["a7x"]


def test_a_process_that_dies_leaves_its_steps_to_others(wakes):
    wakes.due.soon("a7x", 0)
    wakes.due.take(0)
    assert wakes.due.take(60_000)[1] == ["a7x"]


def test_whoever_still_works_on_a_step_keeps_it(wakes):
    for name in ("a7x", "b8y"):
        wakes.due.soon(name, 0)
    lease, *_ = wakes.due.take(0)
    assert wakes.due.renew({"a7x": lease, "b8y": lease - 1}, 60_000) > lease
    assert wakes.due.take(60_000).names == ["b8y"], "which is another one's by now"


def test_news_during_a_step_count_for_whoever_keeps_it(wakes):
    wakes.due.soon("a7x", 0)
    lease, *_ = wakes.due.take(60_000)
    wakes.due.soon("a7x", 0)
    wakes.due.renew({"a7x": lease}, 60_000)
    assert wakes.due.take(60_000).names == ["a7x"]


def test_it_is_told_when_the_next_is_due(wakes):
    assert wakes.due.take(60_000).after == -1
    wakes.due.soon("a7x", 30_000)
    assert 0 < wakes.due.take(60_000).after <= 30_000
    wakes.due.soon("b8y", 0)
    assert 0 < wakes.due.take(10_000).after <= 10_000, "what was taken comes back"


def test_news_during_a_step_are_not_lost(wakes):
    wakes.due.soon("a7x", 0)
    lease, *_ = wakes.due.take(60_000)
    wakes.due.soon("a7x", 0)
    wakes.due.settle("a7x", lease, None)
    assert wakes.due.take(60_000)[1] == ["a7x"]


def test_the_earlier_time_counts(wakes):
    wakes.due.soon("a7x", 60_000)
    assert wakes.due.take(60_000)[1] == []
    wakes.due.soon("a7x", 0)
    wakes.due.soon("a7x", 60_000)
    assert wakes.due.take(60_000)[1] == ["a7x"]


def test_a_step_that_is_settled_for_good_does_not_come_again(wakes, client):
    wakes.due.soon("a7x", 0)
    lease, *_ = wakes.due.take(0)
    wakes.due.settle("a7x", lease, None)
    assert client.zcard("cir:due") == 0


def test_what_a_step_sees(wakes, woken):
    look = wakes.facts(woken)
    assert (look.waiting, look.kind, look.address, look.udp_port, look.number) == (True, "m", "10.0.0.1", 3717, "+15550100123")
    assert (look.tries, look.lines, look.poll_min) == (None, (), 10)
    assert look.wake == f"m{look.began}"
    assert 0 <= look.now - look.began < 60_000
    with pytest.raises(NoSession):
        wakes.facts("ffnobody")


def test_nothing_may_be_tried_once_the_phone_has_come(wakes, woken, inbox):
    look = wakes.facts(woken)
    assert wakes.note_tries(woken, WakeTries(look.wake, sms=1, sms_at=look.now))
    assert wakes.facts(woken).tries == WakeTries(look.wake, sms=1, sms_at=look.now)
    inbox.take(woken)
    assert not wakes.note_tries(woken, WakeTries(look.wake, sms=2))
    assert wakes.facts(woken).wake == ""


def test_of_two_processes_that_saw_the_same_one_tries(wakes, woken):
    one = two = wakes.facts(woken)
    assert wakes.note_tries(woken, first := WakeTries(one.wake, udp=1), seen=one.tried)
    assert not wakes.note_tries(woken, WakeTries(two.wake, udp=1, udp_at=5), seen=two.tried)
    assert wakes.note_tries(woken, WakeTries(one.wake, udp=2), seen=first.pack())
    assert wakes.facts(woken).tries == WakeTries(one.wake, udp=2)


def test_a_request_says_where_the_phone_is(wakes, woken, inbox):
    wakes.note_deaf(woken, True)
    inbox.take(woken, address="10.0.0.1")
    assert wakes.facts(woken).deaf == 1
    inbox.take(woken, address="10.0.0.9")
    assert (wakes.facts(woken).address, wakes.facts(woken).deaf) == ("10.0.0.9", 0)


def test_polls_in_a_row_are_counted(wakes, woken, inbox, sessions):
    for _ in range(3):
        inbox.take(woken)
    assert wakes.facts(woken).polls == 3
    sessions.open(woken, "t1", "d")
    assert wakes.facts(woken).polls == 0


def test_sessions_whose_news_was_lost_are_found(wakes, woken, client):
    assert wakes.unheard([woken, "ffnobody"]) == [woken]
    client.hdel(f"s:{{{woken}}}", "cir")
    assert wakes.unheard([woken]) == []
    assert wakes.unheard([]) == []


def test_one_process_sweeps(wakes):
    assert [wakes.may_sweep(60) for _ in range(3)] == [True, False, False]


def test_bearers_that_did_not_work_are_remembered_for_a_while(wakes):
    for _ in range(2):
        wakes.unanswered("alice@x", ["WAPSMS"])
    assert wakes.bad_bearers("alice@x") == frozenset()
    assert wakes.unanswered("alice@x", ["WAPSMS", "SUDP"]) == 3
    assert wakes.bad_bearers("alice@x") == {"WAPSMS"}
    wakes.answered("alice@x")
    assert wakes.bad_bearers("alice@x") == frozenset()


def test_a_token_says_whether_something_waits(wakes, woken, inbox, feed):
    assert wakes.waits_for_token("x" * 32) is None
    wakes.put_token("t" * 32, woken)
    assert wakes.waits_for_token("t" * 32) == (woken, True)
    inbox.take(woken)
    assert wakes.waits_for_token("t" * 32) == (woken, False)
    feed.end(woken, 1, 601)
    assert wakes.waits_for_token("t" * 32) == (woken, True), "the phone polls and is told"


def test_a_wake_tells_which_request_it_comes_from(wakes, woken, feed, inbox, client):
    """One that comes from none, such as a message of somebody else's, names none: not that of the wake before."""
    assert wakes.facts(woken).request == ""
    inbox.poll(woken)
    with continued_request("5bc0e6aa8a5e4a3b"):
        feed.store(woken, 1, StreamChanges(items=[Delivery("m2", "romeo@x", b"text m2")]))
    assert wakes.facts(woken).request == "5bc0e6aa8a5e4a3b"
    inbox.poll(woken)
    with continued_request("6bc0e6aa8a5e4a3b"):
        feed.items.take_in(woken, 1, {"m3": b"romeo@x\ntext m3"})
    assert wakes.facts(woken).request == "6bc0e6aa8a5e4a3b"
    inbox.poll(woken)
    feed.store(woken, 1, StreamChanges(items=[Delivery("m4", "romeo@x", b"text m4")]))
    assert wakes.facts(woken).request == ""


def test_a_wake_of_the_version_before_names_no_request(wakes, woken, client):
    client.hdel(f"s:{{{woken}}}", "wakereq")
    assert wakes.facts(woken).request == ""
