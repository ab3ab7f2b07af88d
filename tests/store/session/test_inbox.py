"""Items for the phone: one at a time, repeated under a new TransactionID until answered, never lost and never reused."""

import gevent
import pytest

from onesoup.csp.session import Capabilities
from onesoup.store import keys, records
from onesoup.store.errors import NoSession
from onesoup.store.session.contacts import Subscription
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.inbox import (
    MAX_STALE_TRANSACTION_IDS,
    ClosedTransaction,
    Inbox,
    InboxItem,
    NothingWaits,
    RedeliveryPolicy,
)
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.store.session.session_lua import MAX_DELIVERED_COPIES
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from tests.support import in_redis
from tests.support.in_redis import RECORD

# Every attribute.
ALL = Subscription([])


def queue(client, sid):
    return client.lrange(keys.of(sid, "q")[0], 0, -1)


def outbox(client, sid):
    return client.lrange(keys.of(sid, "out")[0], 0, -1)


# --- messages ---


def test_an_empty_inbox_has_nothing(inbox, sid):
    assert inbox.take(sid) == NothingWaits(0)


def test_messages_come_one_at_a_time_in_order(patient, sid, deliver):
    deliver("m1", "m2")
    deliver("m3")
    items = [patient.take(sid) for _ in range(3)]
    assert [each.id for each in items] == ["m1", "m2", "m3"]
    assert [each.payload for each in items] == [b"text m1", b"text m2", b"text m3"]
    assert [each.more for each in items] == [True, True, False]
    assert patient.take(sid) == NothingWaits(0)


def test_an_item_comes_with_what_its_answer_needs(patient, sid, deliver, sessions):
    caps = Capabilities(parser=5000)
    update = SessionUpdate(capabilities=caps)
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(spellings={"romeo@x": "WV:Romeo@X"}, update=update))
    deliver("m1")
    item = patient.take(sid)
    assert (item.record, item.caps, item.spelling) == (RECORD, records.pack_caps(caps), "WV:Romeo@X")


def test_an_unanswered_message_comes_again_under_a_new_transaction_id(inbox, sid, deliver):
    deliver("m1")
    items = [inbox.take(sid) for _ in range(4)]
    assert {each.id for each in items} == {"m1"}
    assert len({each.tid for each in items}) == 4


def test_it_is_not_repeated_before_its_time(patient, sid, deliver, client):
    """Android polls before it acknowledges: an instant repeat would be shown twice."""
    deliver("m1")
    patient.take(sid)
    assert patient.take(sid) == NothingWaits(0)
    client.zadd(keys.of(sid, "open")[0], {"m1": 1})
    assert patient.take(sid).id == "m1"
    assert patient.take(sid) == NothingWaits(0)


def test_a_message_that_is_never_answered_stays_for_the_account(inbox, sid, deliver, feed):
    deliver("m1", "m2")
    taken = [inbox.take(sid) for _ in range(8)]
    assert [each.id for each in taken] == ["m1"] * 4 + ["m2"] * 4
    assert inbox.take(sid) == NothingWaits(0)
    assert feed.items.undelivered(sid) == {"m1": b"romeo@x\ntext m1", "m2": b"romeo@x\ntext m2"}


def test_no_transaction_id_is_ever_reused(inbox, sid, deliver, client):
    deliver(*(f"m{number}" for number in range(5)))
    seen = []
    while (item := inbox.take(sid, answered=seen[-1] if len(seen) % 3 == 2 else "")) != NothingWaits(0):
        seen.append(item.tid)
    assert len(seen) == len(set(seen)) > 10
    assert all(tid.startswith("s") and len(tid) <= 50 for tid in seen)


def test_a_redis_that_has_lost_its_last_second_uses_no_transaction_id_again(inbox, sid, deliver, client):
    """A phone drops one that it has seen, without an answer."""
    deliver("m1", "m2")
    first = inbox.take(sid)
    client.hdel(keys.session(sid), "seq")
    gevent.sleep(0.15)
    assert inbox.take(sid).tid != first.tid


def test_short_transaction_ids_are_numbers_of_three_digits_that_close_their_items(inbox, sid, deliver, client, feed):
    """A phone that speaks plain text syntax can say no others. They count down, and begin again."""
    deliver("m1", "m2")
    first = inbox.take(sid, short=True)
    second = inbox.take(sid, answered=first.tid, short=True)
    assert (first.tid, second.tid) == ("999", "998")
    assert list(feed.items.undelivered(sid)) == ["m2"]
    client.hset(keys.session(sid), "seq", 1998)
    assert [inbox.take(sid, short=True).tid for _ in range(3)] == ["1", "0", "999"]
    inbox.take(sid, answered="0", only_answer=True)
    assert feed.items.undelivered(sid) == {}


# --- answers ---


def test_a_message_is_done_when_its_transaction_is_answered(inbox, sid, deliver, client, feed):
    deliver("m1")
    tid = inbox.take(sid).tid
    assert inbox.take(sid, answered=tid) == NothingWaits(0)
    assert feed.items.undelivered(sid) == {}
    for name in ("open", "try", "tid", "i", "q"):
        assert client.exists(keys.of(sid, name)[0]) == 0


def test_a_message_is_done_by_its_message_id_whatever_the_transaction(inbox, sid, deliver, feed):
    """In Request mode, or with a TransactionID that nobody knows."""
    deliver("m1", "m2")
    inbox.take(sid)
    inbox.take(sid, answered="unknown", message_id="m1", only_answer=True)
    assert list(feed.items.undelivered(sid)) == ["m2"]


def test_a_message_that_was_never_handed_out_can_be_answered(inbox, sid, deliver, feed):
    deliver("m1", "m2")
    inbox.take(sid, message_id="m2", only_answer=True)
    assert inbox.take(sid).id == "m1"
    assert list(feed.items.undelivered(sid)) == ["m1"]


def test_the_next_item_comes_with_the_answer_to_the_last(patient, sid, deliver):
    deliver("m1", "m2")
    first = patient.take(sid)
    second = patient.take(sid, answered=first.tid, message_id="m1")
    assert second.id == "m2"
    assert not second.more


def test_only_an_answer_hands_nothing_out(patient, sid, deliver):
    deliver("m1", "m2")
    first = patient.take(sid)
    assert patient.take(sid, answered=first.tid, message_id="m1", only_answer=True) == NothingWaits(0)
    assert patient.take(sid).id == "m2"


def test_an_early_answer_to_a_repeated_message_ends_the_repeats(inbox, sid, deliver):
    deliver("m1")
    first = inbox.take(sid)
    inbox.take(sid)
    assert inbox.take(sid, answered=first.tid, message_id="m1") == NothingWaits(0)


@pytest.mark.parametrize("tid", ["", "s99999", "nok1", "1"])
def test_an_answer_to_nothing_is_harmless(patient, sid, deliver, tid):
    deliver("m1")
    assert patient.take(sid, answered=tid, only_answer=True) == NothingWaits(0)
    assert patient.take(sid).id == "m1"


def test_a_stale_answer_does_not_close_another_item(patient, sid, deliver, feed):
    deliver("m1", "m2")
    first = patient.take(sid)
    patient.take(sid, answered=first.tid, message_id="m1")
    patient.take(sid, answered=first.tid, message_id="m1", only_answer=True)
    assert list(feed.items.undelivered(sid)) == ["m2"]


def test_a_message_id_that_is_no_message_spoils_nothing(patient, sid, deliver, feed, sessions):
    """Not even one that looks like a mark of ours in the queue."""
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(subscriptions={"romeo@x": Subscription([])}, presence_due=["romeo@x"]))
    patient.take(sid, message_id="P", only_answer=True)
    assert patient.take(sid).contacts[0].jid == "romeo@x"


# --- receipts ---


def test_a_receipt_goes_out_when_the_message_was_delivered_and_not_before(patient, sid, deliver, client, listen):
    deliver("m1", receipt=b"receipt 1")
    item = patient.take(sid)
    assert outbox(client, sid) == []
    heard = listen("wake:a7")
    patient.take(sid, answered=item.tid, message_id="m1", only_answer=True)
    assert outbox(client, sid) == [b"receipt 1"]
    assert heard() == [sid.encode()]


def test_a_receipt_goes_out_once(patient, sid, deliver, client):
    deliver("m1", receipt=b"receipt 1")
    item = patient.take(sid)
    for _ in range(3):
        patient.take(sid, answered=item.tid, message_id="m1", only_answer=True)
    assert outbox(client, sid) == [b"receipt 1"]


def test_a_status_in_the_place_of_message_delivered_sends_no_receipt(patient, sid, deliver, client, feed):
    deliver("m1", receipt=b"receipt 1")
    patient.take(sid, answered=patient.take(sid).tid, only_answer=True)
    assert outbox(client, sid) == []
    assert feed.items.undelivered(sid) == {}


# --- held polls ---


def test_a_held_poll_is_woken_once(patient, sid, deliver, listen):
    assert patient.take(sid, hold="worker:1") == NothingWaits()
    heard = listen("worker:1")
    deliver("m1")
    deliver("m2")
    assert heard() == [b"poll " + sid.encode()]


def test_a_held_poll_knows_when_an_open_item_is_overdue(patient, sid, deliver):
    deliver("m1")
    first = patient.take(sid)
    waits = patient.take(sid, hold="worker:1").wait
    assert 0 < waits <= 60
    assert patient.take(sid, hold="worker:1").wait <= waits
    patient.take(sid, answered=first.tid, message_id="m1", only_answer=True)
    assert patient.take(sid, hold="worker:1") == NothingWaits()


def test_who_does_not_hold_is_not_woken(patient, sid, deliver, listen):
    heard = listen("worker:1")
    patient.take(sid)
    deliver("m1")
    assert heard() == []


def test_nothing_is_held_for_a_phone_with_a_cir_channel(patient, sid, sessions):
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(update=SessionUpdate(polls_return_at_once=True)))
    assert patient.take(sid, hold="worker:1") == NothingWaits(0)


def test_a_poll_that_finds_something_is_not_held(patient, sid, deliver, sessions):
    deliver("m1")
    assert patient.take(sid, hold="worker:1").id == "m1"
    assert in_redis.fields(sessions, sid, ["hold"]) == [None]


def test_the_end_of_a_session_wakes_a_held_poll(patient, sid, feed, listen):
    patient.take(sid, hold="worker:1")
    heard = listen("worker:1")
    feed.end(sid, 1, 601)
    assert heard() == [b"poll " + sid.encode()]
    with pytest.raises(NoSession) as gone:
        patient.take(sid)
    assert gone.value.code == 601


def test_a_poll_of_no_session_is_refused(inbox, client):
    with pytest.raises(NoSession) as gone:
        inbox.take("ffnobody")
    assert gone.value.code == 604


# --- presence ---


@pytest.fixture
def watch(sessions, sid):
    """The phone subscribes; nothing is known of anybody yet, and what waits from that is taken away."""

    def go(*jids, wishes=ALL):
        sessions.commit(sid, "sub", repr(jids), b"ok", RequestEffects(subscriptions=dict.fromkeys(jids, wishes)))

    return go


@pytest.fixture
def show(feed, sid):
    def go(**presence):
        return feed.store(sid, 1, StreamChanges(presence={f"{name}@x": value for name, value in presence.items()}))

    return go


def told(item):
    return {each.jid: each.presence for each in item.contacts}


def test_presence_is_told_to_who_subscribed(patient, sid, watch, show):
    watch("romeo@x")
    show(romeo=b"here", nurse=b"here")
    item = patient.take(sid)
    (contact,) = item.contacts
    assert (contact.jid, contact.presence, contact.subscription, contact.spelling) == ("romeo@x", b"here", ALL.pack(), None)
    assert item.payload is None
    assert patient.take(sid) == NothingWaits(0)


def test_the_newest_state_is_told_once(patient, sid, watch, show, client):
    watch("romeo@x", "nurse@x")
    for state in (b"here", b"away", b"gone"):
        show(romeo=state, nurse=b"nurse " + state)
    assert queue(client, sid) == [b"P"]
    assert told(patient.take(sid)) == {"romeo@x": b"gone", "nurse@x": b"nurse gone"}
    assert patient.take(sid) == NothingWaits(0)


def test_a_state_that_is_no_news_is_not_told(patient, sid, watch, show):
    watch("romeo@x")
    show(romeo=b"here")
    patient.take(sid, answered=patient.take(sid).tid)
    assert show(romeo=b"here") == -1
    assert patient.take(sid) == NothingWaits(0)


def test_repeated_presence_shows_the_newest(inbox, sid, watch, show):
    watch("romeo@x")
    show(romeo=b"here")
    assert told(inbox.take(sid)) == {"romeo@x": b"here"}
    show(romeo=b"gone")
    assert told(inbox.take(sid)) == {"romeo@x": b"gone"}


def test_presence_that_is_never_answered_is_dropped(inbox, sid, watch, show, feed, client):
    watch("romeo@x")
    show(romeo=b"here")
    for _ in range(4):
        assert inbox.take(sid).contacts
    assert inbox.take(sid) == NothingWaits(0)
    assert client.hlen(keys.of(sid, "i")[0]) == 0
    assert feed.items.undelivered(sid) == {}


def test_a_contact_is_told_once_in_five_seconds(patient, sid, watch, show, feed, client):
    """CIR traffic costs money; the last state wins."""
    watch("romeo@x")
    show(romeo=b"here")
    patient.take(sid, answered=patient.take(sid).tid)
    wait = show(romeo=b"away")
    assert 4000 < wait <= 5000
    assert patient.take(sid) == NothingWaits(0)
    assert show(romeo=b"here again") <= 5000
    assert 0 < feed.items.mark_due_presence(sid) <= 5000
    client.zadd(keys.of(sid, "dirty")[0], {"romeo@x": 1})
    assert feed.items.mark_due_presence(sid) == -1
    assert told(patient.take(sid)) == {"romeo@x": b"here again"}


@pytest.mark.parametrize("gap", [0, 60_000])
def test_the_gap_is_a_setting(client, sid, patient, watch, show, gap):
    watch("romeo@x")
    show(romeo=b"here")
    patient.take(sid, answered=patient.take(sid).tid)
    later = HolderSessionStore(client, gap).store(sid, 1, StreamChanges(presence={"romeo@x": b"away"}))
    assert later == -1 if gap == 0 else 50_000 < later <= 60_000
    assert isinstance(patient.take(sid), NothingWaits) == bool(gap)


def test_the_gap_is_of_each_contact(patient, sid, watch, show):
    watch("romeo@x", "nurse@x")
    show(romeo=b"here")
    patient.take(sid)
    show(romeo=b"away", nurse=b"here")
    assert told(patient.take(sid)) == {"nurse@x": b"here"}


def test_the_first_flood_is_collected(patient, sid, watch, feed):
    watch("romeo@x")
    later = feed.store(sid, 1, StreamChanges(presence={"romeo@x": b"here"}, notbefore=2000))
    assert 0 < later <= 2000
    assert patient.take(sid) == NothingWaits(0)


def test_many_contacts_are_told_in_portions(client, sid, watch, show):
    inbox = Inbox(client, RedeliveryPolicy(repeat_ms=60_000, contacts=3))
    names = [f"c{number}" for number in range(7)]
    watch(*(f"{name}@x" for name in names))
    show(**dict.fromkeys(names, b"here"))
    items = [inbox.take(sid) for _ in range(3)]
    assert [len(each.contacts) for each in items] == [3, 3, 1]
    assert [each.more for each in items] == [True, True, False]
    assert {each.jid for item in items for each in item.contacts} == {f"{name}@x" for name in names}


def test_messages_go_before_presence(patient, sid, watch, show, deliver):
    watch("romeo@x")
    deliver("m1")
    show(romeo=b"here")
    deliver("m2")
    items = [patient.take(sid) for _ in range(3)]
    assert [each.id if each.payload else "presence" for each in items] == ["m1", "m2", "presence"]


def test_a_change_while_presence_is_under_way_is_told_later(patient, sid, watch, show, client, feed):
    watch("romeo@x")
    show(romeo=b"here")
    item = patient.take(sid)
    show(romeo=b"gone")
    patient.take(sid, answered=item.tid)
    client.zadd(keys.of(sid, "dirty")[0], {"romeo@x": 1})
    feed.items.mark_due_presence(sid)
    assert told(patient.take(sid)) == {"romeo@x": b"gone"}


def test_somebody_of_whom_nothing_is_known_is_told_too(patient, sid, sessions):
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(subscriptions={"romeo@x": Subscription([])}, presence_due=["romeo@x"]))
    assert told(patient.take(sid)) == {"romeo@x": None}


# --- what it costs ---


def evalsha(client):
    stats = client.info("commandstats")
    return stats.get("cmdstat_evalsha", {}).get("calls", 0)


def test_an_empty_poll_is_one_round_trip(inbox, sid, client):
    inbox.poll(sid)  # loads the script
    before = evalsha(client)
    with client.monitor() as monitor:
        inbox.poll(sid, hold="worker:1")
        client.echo("end")
        commands = []
        while not (heard := monitor.next_command())["command"].startswith("ECHO"):
            commands.append(heard)
    # A new connection introduces itself; Valkey shows that too.
    others = ("CLIENT ", "PING")
    sent = [each["command"] for each in commands if each["client_type"] != "lua" and not each["command"].startswith(others)]
    assert len(sent) == 1
    assert sent[0].startswith("EVALSHA")
    assert evalsha(client) == before + 1


def test_a_poll_and_an_answer_that_find_a_message_are_one_each(patient, sid, deliver, client):
    deliver("m1", "m2", "m3")
    first = patient.poll(sid)
    before = evalsha(client)
    patient.take(sid, answered=first.tid, message_id="m1")
    assert evalsha(client) == before + 1
    assert patient.poll(sid).id == "m3"
    assert evalsha(client) == before + 2


# What a session may have agreed on, or have outstanding, when its phone polls.
SESSIONS = {
    "ordinary": {},
    "one that is never held": {"nohold": "1"},
    "one whose last poll was held": {"hold": "worker:0"},
    "one that was woken": {"cir": "m1700000000000", "via": "stcp"},
    "one that has another address now": {"addr": "192.0.2.7", "deaf": "1"},
    "one with the same address": {"addr": "192.0.2.1", "deaf": "1"},
    "one with bearers beside STCP": {"alt": "1", "pmin": "20", "polls": "3"},
    "one with bearers that answers a call": {"alt": "1", "cir": "m17", "called": "m17", "polls": "3"},
    "one that was idle": {"idle": "1"},
    "one that has something in hand": {"busy": "1"},
    "one that has ended": {"end": "601"},
    "one that is long overdue": {"due": "1000"},
    "one from before the last expiry": {"due": "LONG"},
}


@pytest.mark.parametrize("hold", ["", "worker:1"])
@pytest.mark.parametrize("items", [0, 1, 2], ids=["empty", "one is open", "one is open, one waits"])
@pytest.mark.parametrize("fields", SESSIONS.values(), ids=SESSIONS.keys())
def test_a_poll_does_what_taking_does(patient, feed, client, listen, fields, items, hold):
    """Two sessions of the same state; one is polled for, from the other is taken."""
    seen = []
    for sid, ask in (("a7one", patient.poll), ("a7two", patient.take)):
        feed.create(sid, NewSession(RECORD, 1, 60_000))
        heard = listen("wake:a7")
        if items:
            feed.store(sid, 1, StreamChanges(items=[Delivery(f"m{n}", "romeo@x", b"text", b"", "") for n in range(items)]))
            patient.take(sid)
        now = int(client.hget(keys.session(sid), "due")) - 60_000
        client.hset(
            keys.session(sid), mapping={"fence": 1} | fields | ({"due": now - 3_600_000} if fields.get("due") == "LONG" else {})
        )
        client.pexpire(keys.session(sid), 100_000_000)
        try:
            found = ask(sid, hold=hold, address="192.0.2.1")
        except NoSession as error:
            found = error.code
        kept = client.hgetall(keys.session(sid))
        moved = client.pttl(keys.session(sid)) < 99_000_000
        due = int(kept.pop(b"due")) - now
        kind = (
            (found.id, found.more)
            if isinstance(found, InboxItem)
            else 0 < found.wait < 61
            if isinstance(found, NothingWaits)
            else found
        )
        seen.append((kind, kept, due > 50_000, moved, [each.replace(sid.encode(), b"SID") for each in heard()]))
    assert seen[0] == seen[1]


# What may wait for a phone: the ids in its queue, and whether each has an item.
QUEUES = {
    "a message": [("m1", True)],
    "two messages": [("m1", True), ("m2", True)],
    "an event": [("e-1", True), ("P", False)],
    "presence before a message": [("P", False), ("m1", True)],
    "a message that has gone before another": [("m0", False), ("m1", True)],
    "presence that was handed out before": [("p-3", True), ("m1", True)],
}


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("waiting", QUEUES.values(), ids=QUEUES.keys())
def test_a_poll_hands_out_what_taking_does(patient, feed, client, waiting, short):
    """Two sessions of the same state; one is polled for, from the other is taken, until nothing is left."""
    seen = []
    for sid, ask in (("a7one", patient.poll), ("a7two", patient.take)):
        feed.create(sid, NewSession(RECORD, 1, 60_000))
        queue, items, spell, dirty = keys.of(sid, "q", "i", "spell", "dirty")
        client.hset(spell, "romeo@x", "WV:Romeo@X")
        client.hset(keys.session(sid), mapping={"caps": b"caps", "p": 1, "seq": 997})
        client.zadd(dirty, {"romeo@x": 1})
        for id_, has_item in waiting:
            client.rpush(queue, id_)
            if has_item:
                client.hset(items, id_, "romeo@x" if id_.startswith("p-") else f"romeo@x\tcopy\ntext {id_}")
        found = []
        while (item := ask(sid, short=short)) != NothingWaits(0):
            assert item.tid.isdigit() if short else item.tid.startswith("s")
            found.append((item.tid.partition("-")[0], item.id, item.more, item.record, item.caps, item.payload, item.spelling))
        kept = {name: client.hgetall(key) for name, key in zip(("s", "i"), (keys.session(sid), items), strict=True)}
        del kept["s"][b"due"]
        known = set(client.hvals(keys.of(sid, "tid")[0]))
        still_open = set(client.zrange(keys.of(sid, "open")[0], 0, -1))
        seen.append((found, kept, known, still_open, client.lrange(queue, 0, -1)))
    assert seen[0] == seen[1]
    assert seen[0][0]


def test_transaction_ids_that_nobody_answers_do_not_pile_up_by_polls(patient, sid, deliver, client):
    """Phones that answer by MessageID leave them behind."""
    tids = keys.of(sid, "tid")[0]
    for number in range(MAX_STALE_TRANSACTION_IDS + 30):
        deliver(f"m{number}")
        assert patient.poll(sid).id == f"m{number}"
        patient.take(sid, message_id=f"m{number}", only_answer=True)
    assert client.hlen(tids) <= MAX_STALE_TRANSACTION_IDS + 5


def test_the_expiry_of_a_record_keeps_its_distance(patient, sid, client):
    """It is moved on by the first request of each ten minutes."""
    key = keys.session(sid)
    before = client.pttl(key)
    client.hincrby(key, "due", -700_000)
    client.pexpire(key, before - 700_000)
    patient.poll(sid)
    assert client.pttl(key) > before - 60_000
    client.pexpire(key, before - 30_000)
    patient.poll(sid)
    assert client.pttl(key) <= before - 30_000


def test_the_phone_s_word_that_it_has_a_message_tells_how_it_had_heard_of_it(deliver, patient, client, sid):
    """Once: when it says so again, the message is gone already."""
    deliver("m1", "m2")
    client.hset(keys.session(sid), "via", "stcp")
    first = patient.take(sid)
    second = patient.take(sid, answered=first.tid, message_id="m1")
    assert (second.id, second.closed) == ("m2", ClosedTransaction("stcp", client.hget(keys.session(sid), "r")))
    assert patient.take(sid, message_id="m1", only_answer=True).closed is None
    assert patient.take(sid, message_id="m2").closed.via == "stcp"
    assert client.hget(keys.session(sid), "via") is None  # a poll for which nothing was there


def test_an_item_says_that_it_was_handed_out_before(deliver, inbox, sid):
    deliver("m1")
    assert [inbox.take(sid).repeated for _ in range(2)] == [False, True]


# --- items that are too long ---


def test_a_cut_item_keeps_its_id_and_its_rest_comes_next(patient, sid, deliver, client):
    deliver("m1", "m2")
    item = patient.take(sid)
    assert patient.cut(sid, item, [("m1", b"te"), ("x1", b"xt"), ("x2", b" m1")])
    assert patient.take(sid, answered=item.tid, message_id="m1").id == "x1"
    rest = [patient.take(sid) for _ in range(2)]
    assert [(each.id, each.payload) for each in rest] == [("x2", b" m1"), ("m2", b"text m2")]


def test_an_item_is_cut_once(patient, sid, deliver, client):
    """Two workers may hand out the same item, each with what it knew."""
    deliver("m1")
    item = patient.take(sid)
    parts = [("m1", b"te"), ("x1", b"xt")]
    assert patient.cut(sid, item, parts)
    assert not patient.cut(sid, item, parts)
    assert queue(client, sid) == [b"x1"]
    patient.take(sid, answered=item.tid, message_id="m1", only_answer=True)
    assert not patient.cut(sid, item, parts)


def test_the_receipt_waits_for_the_last_part(patient, sid, feed, client):
    feed.store(sid, 1, StreamChanges(items=[Delivery("m1", "romeo@x", b"text", b"receipt")]))
    item = patient.take(sid)
    patient.cut(sid, item, [("m1", b"te"), ("x1", b"xt")])
    patient.take(sid, answered=item.tid, message_id="m1", only_answer=True)
    assert outbox(client, sid) == []
    patient.take(sid, message_id="x1", only_answer=True)
    assert outbox(client, sid) == [b"receipt"]


def test_a_message_that_was_fetched_is_cut_with_the_answer(patient, sid, deliver, sessions):
    deliver("m1", "m2")
    patient.take(sid)
    sessions.commit(sid, "9", "d", b"ok", RequestEffects(cut_items={"m1": (b"text m1", [("m1", b"te"), ("x1", b"xt")])}))
    assert [patient.take(sid).id for _ in range(2)] == ["x1", "m2"]


def test_the_first_part_of_a_cut_message_is_not_the_message(patient, feed, sid, deliver):
    """Another phone of the account has read it only when this one has read the last part."""
    deliver("m1", copy="one")
    item = patient.take(sid)
    patient.cut(sid, item, [("m1", b"te"), ("x1", b"xt")])
    patient.take(sid, answered=item.tid, message_id="m1", only_answer=True)
    assert feed.delivered_copies([sid]) == {}
    patient.take(sid, message_id="x1", only_answer=True)
    assert set(feed.delivered_copies([sid])) == {"one"}


def test_contacts_that_did_not_fit_come_later(patient, sid, feed, sessions, client):
    jids = [f"c{number}@x" for number in range(4)]
    feed.store(sid, 1, StreamChanges(roster=dict.fromkeys(jids, b"r")))
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(subscriptions=dict.fromkeys(jids, Subscription([]))))
    feed.store(sid, 1, StreamChanges(presence=dict.fromkeys(jids, b"p")))
    item = patient.take(sid)
    told = [each.jid for each in item.contacts]
    patient.later(sid, item, told[1:])
    again = patient.take(sid, answered=item.tid)
    assert [each.jid for each in again.contacts] == told[1:]
    assert client.hget(keys.of(sid, "i")[0], again.id) == "\n".join(told[1:]).encode()


# --- what the phone has read ---


def test_a_copy_that_the_phone_has_read_is_noted(patient, feed, sid, deliver, sessions):
    """In the script that takes the answer. What it has not answered, and what has no name, is not noted."""
    deliver("m1", copy="one")
    deliver("m2", copy="two")
    deliver("m3")
    deliver("m4", copy="four")
    for _ in range(3):
        item = patient.take(sid)
        patient.take(sid, answered=item.tid, message_id=item.id, only_answer=True)
    assert set(feed.delivered_copies([sid])) == {"one", "two"}
    sessions.commit(sid, "1", "d", b"reply", RequestEffects(dropped_items=["m4"]))
    assert set(feed.delivered_copies([sid])) == {"one", "two", "four"}


def test_a_part_that_was_read_is_not_the_message(patient, feed, sid, deliver):
    deliver("m1", copy="one.")
    item = patient.take(sid)
    patient.take(sid, answered=item.tid, message_id=item.id, only_answer=True)
    assert feed.delivered_copies([sid]) == {}


def test_only_the_newest_are_noted_and_they_go_with_the_session(patient, feed, sid, deliver, client):
    for number in range(MAX_DELIVERED_COPIES + 3):
        deliver(f"m{number}", copy=f"copy{number}")
        patient.take(sid, message_id=f"m{number}", only_answer=True)
    noted = feed.delivered_copies([sid])
    assert len(noted) == MAX_DELIVERED_COPIES
    assert f"copy{MAX_DELIVERED_COPIES + 2}" in noted
    feed.delete_records(sid)
    assert feed.delivered_copies([sid]) == {}


def test_the_name_of_a_copy_is_no_part_of_whom_it_is_from(patient, sid, deliver, sessions):
    deliver("m1", copy="one")
    sessions.commit(sid, "1", "d", b"reply", RequestEffects(spellings={"romeo@x": "WV:Romeo@x"}))
    item = patient.take(sid)
    assert (item.payload, item.spelling) == (b"text m1", "WV:Romeo@x")
