"""What a holder writes: only under the newest fence, and no stanza twice."""

import re

import pytest

from onesoup.csp.lists import Item
from onesoup.csp.session import Capabilities
from onesoup.store import keys, records
from onesoup.store.bounds import MOST_ROSTER
from onesoup.store.errors import Fenced, NoSession
from onesoup.store.servers import SaslMechanisms
from onesoup.store.session.contacts import ContactRecord, Subscription
from onesoup.store.session.inbox import NothingWaits
from onesoup.store.session.request_effects import RequestEffects
from onesoup.store.session.session_values import ClaimedSession, NewSession
from onesoup.store.session.stream_changes import ALWAYS, LIVE, SEEN_STANZA_MS, UNSURE, Delivery, StreamChanges, kept_since
from onesoup.store.session.waiting_items import MAX_ITEMS_BESIDE_PICTURE
from tests.support import in_redis
from tests.support.in_redis import RECORD, SESSION

ROMEO = Item("romeo@x", "Romeo", ("Friends",), "both", False, "")


def everything():
    return StreamChanges(
        handled_count=7,
        stream_state=b"\xff state",
        roster={"romeo@x": records.pack_item(ROMEO)},
        resources={"romeo@x": b"res"},
        presence={"romeo@x": b"here"},
        items=[Delivery("m1", "romeo@x", b"text", b"receipt", "a 1")],
    )


def snapshot(client):
    # A hash has no order.
    return {name: client.hgetall(name) if client.type(name) == b"hash" else client.dump(name) for name in client.keys("*")}


def test_all_changes_of_one_read_are_stored(feed, sid, client, sessions):
    feed.store(sid, 1, everything())
    assert in_redis.fields(sessions, sid, ["h", "sm"]) == [b"7", b"\xff state"]
    assert feed.contacts.roster(sid) == {ROMEO.jid: ROMEO}
    assert feed.contacts.read(sid, ["romeo@x", "nurse@x"]) == {
        "romeo@x": ContactRecord(b"res", presence=b"here"),
        "nurse@x": ContactRecord(),
    }
    assert in_redis.values(sessions, sid, "pres", ["romeo@x"]) == [b"here"]
    assert feed.items.undelivered(sid) == {"m1": b"romeo@x\ntext"}


def test_removals_are_stored(feed, sid, client):
    feed.store(sid, 1, everything())
    feed.store(sid, 1, StreamChanges(unroster=["romeo@x"], resources={"romeo@x": b""}))
    assert feed.contacts.roster_item(sid, "romeo@x") is None
    assert feed.contacts.online_jids(sid) == []


def test_an_empty_change_is_false_and_a_change_of_anything_is_true():
    assert not StreamChanges()
    assert StreamChanges(handled_count=1)
    assert StreamChanges(unroster=["x"])
    assert StreamChanges(items=[Delivery("m", "j", b"")])


# --- the fence ---


@pytest.mark.parametrize(
    "write",
    [
        lambda feed, sid: feed.store(sid, 1, everything()),
        lambda feed, sid: feed.items.take_in(sid, 1, {"m9": b"romeo@x\ntext"}),
        lambda feed, sid: feed.end(sid, 1, 601),
        lambda feed, sid: feed.claim_session(sid, 1),
        lambda feed, sid: feed.items.reveal(sid, 1, "m1", b"romeo@x\nother", b"job"),
        lambda feed, sid: feed.outbox.replace(sid, 1, b"job", [b"other"]),
    ],
    ids=["store", "take_in", "end", "claim", "reveal", "replace"],
)
def test_a_holder_with_an_old_fence_changes_nothing(feed, sid, client, write):
    feed.claim_session(sid, 2)
    before = snapshot(client)
    with pytest.raises(Fenced):
        write(feed, sid)
    assert snapshot(client) == before


def test_a_new_owner_writes_its_number_and_reads_the_session(feed, sid, sessions):
    assert feed.claim_session(sid, 5) == ClaimedSession(SESSION, None, None, Capabilities(), None, None, False)
    assert in_redis.fields(sessions, sid, ["fence"]) == [b"5"]
    feed.store(sid, 5, everything())


def test_fences_are_compared_as_numbers(feed, sid):
    feed.claim_session(sid, 10)
    with pytest.raises(Fenced):
        feed.store(sid, 9, everything())


def test_nothing_is_claimed_or_stored_of_a_session_that_is_gone(feed, client):
    assert feed.claim_session("ffnobody", 1) is None
    with pytest.raises(NoSession):
        feed.store("ffnobody", 1, everything())
    with pytest.raises(NoSession):
        feed.items.take_in("ffnobody", 1, {"m": b"x"})
    feed.end("ffnobody", 1, 600)
    assert client.keys("*") == []


# --- duplicates ---


def test_a_stanza_is_stored_once(feed, sid, deliver):
    """After a resumed stream, or as a carbon of what came by itself."""
    deliver("m1", seen="a 1")
    deliver("m2", seen="a 1")
    deliver("m3", seen="a 3")
    assert sorted(feed.items.undelivered(sid)) == ["m1", "m3"]


def test_it_is_stored_once_also_within_one_read(feed, sid):
    twice = [Delivery(each, "romeo@x", b"text", b"", "a 1") for each in ("m1", "m2")]
    feed.store(sid, 1, StreamChanges(items=twice))
    assert list(feed.items.undelivered(sid)) == ["m1"]


def test_it_is_stored_once_also_after_it_was_answered(feed, sid, deliver, patient):
    deliver("m1", seen="a 1")
    patient.take(sid, answered=patient.take(sid).tid)
    deliver("m2", seen="a 1")
    assert patient.take(sid) == NothingWaits(0)


def stored(feed, sid, id, said, seen="m romeo@x 1"):
    feed.store(sid, 1, StreamChanges(items=[Delivery(id, "romeo@x", b"text", seen=seen, said=said)]))


def seconds(client, ago=0):
    return kept_since(client.time()[0] - ago)


def test_what_comes_live_is_new_whatever_came_before(feed, sid):
    """A client that counts from 1 after each start says the same under the same id again."""
    for number in range(4):
        stored(feed, sid, f"m{number}", LIVE)
    assert list(feed.items.undelivered(sid)) == ["m0", "m1", "m2", "m3"]


def test_what_came_live_and_then_from_where_it_was_kept_is_one(feed, sid, client):
    stored(feed, sid, "m1", LIVE)
    stored(feed, sid, "m2", seconds(client, ago=100))
    stored(feed, sid, "m3", UNSURE)
    assert list(feed.items.undelivered(sid)) == ["m1"]


def test_what_was_kept_is_told_apart_by_its_time(feed, sid, client):
    """Two days of the same good morning, fetched and fetched again."""
    for number, ago in enumerate((172_800, 86_400, 172_800, 86_400)):
        stored(feed, sid, f"m{number}", seconds(client, ago))
    assert list(feed.items.undelivered(sid)) == ["m0", "m1"]
    stored(feed, sid, "m4", LIVE)
    stored(feed, sid, "m5", seconds(client, ago=1000))  # not what came live just now
    assert list(feed.items.undelivered(sid)) == ["m0", "m1", "m4", "m5"]


def test_what_may_have_come_before_is_compared_with_that_only(feed, sid):
    stored(feed, sid, "m1", UNSURE)
    stored(feed, sid, "m2", UNSURE)
    stored(feed, sid, "m3", UNSURE, seen="m romeo@x 2")
    assert list(feed.items.undelivered(sid)) == ["m1", "m3"]


@pytest.mark.parametrize("said", [ALWAYS, LIVE, UNSURE, kept_since(1)])
@pytest.mark.parametrize("seen", ["", "a 1"])
def test_changes_that_are_stored_twice_count_once(feed, sid, client, said, seen):
    """The answer of Redis was lost, so they are stored again."""
    for _ in range(2):
        stored(feed, sid, "m1", said, seen)
    assert client.llen(keys.of(sid, "q")[0]) == 1


def test_long_names_take_no_room_and_all_of_them_go(feed, sid, client):
    """They are made of what strangers write."""
    name = keys.of(sid, "seen")[0]
    for number in range(300):
        stored(feed, sid, f"m{number}", ALWAYS, seen=f"{number} " + "x" * 200_000 + "\ud800")
    assert client.memory_usage(name, samples=0) < 100_000
    assert client.zcard(name) == 300
    assert 0 < client.pttl(name) <= SEEN_STANZA_MS


def test_a_stanza_without_any_name_is_always_new(feed, sid, deliver):
    deliver("m1", "m2", seen="")
    assert len(feed.items.undelivered(sid)) == 2


def test_a_doubled_stanza_wakes_nobody(sid, deliver, sessions, listen):
    sessions.stcp_lines.bind(sid, "cir:1")
    deliver("m1", seen="a 1")
    sessions.open(sid, "1", "d")  # the phone came
    heard = listen("cir:1")
    deliver("m2", seen="a 1")
    assert heard() == []


# --- the account's messages ---


def test_a_new_session_begins_with_what_waited(feed, client, patient):
    feed.create("a7new", NewSession(RECORD, 1, 1000), [("m1", b"romeo@x\none"), ("m2", b"romeo@x\ntwo")])
    assert [patient.take("a7new").payload for _ in range(2)] == [b"one", b"two"]


def test_what_waited_for_the_account_is_not_doubled(feed, sid, patient):
    waiting = {"m1": b"romeo@x\none", "m2": b"romeo@x\ntwo"}
    feed.items.take_in(sid, 1, waiting)
    feed.items.take_in(sid, 1, waiting)
    items = [patient.take(sid) for _ in range(3)]
    assert [each.payload for each in items[:2]] == [b"one", b"two"]
    assert items[2] == NothingWaits(0)


def test_presence_is_not_kept_for_the_account(feed, sid, sessions, patient, deliver):
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(subscriptions={"romeo@x": Subscription([])}, presence_due=["romeo@x"]))
    patient.take(sid)
    deliver("m1")
    assert list(feed.items.undelivered(sid)) == ["m1"]


def test_items_that_come_in_wake_the_phone(feed, sid, sessions, listen):
    sessions.stcp_lines.bind(sid, "cir:1")
    heard = listen("cir:1")
    feed.items.take_in(sid, 1, {"m1": b"romeo@x\none"})
    (told,) = heard()
    assert re.fullmatch(rb"m:\d+ " + sid.encode(), told)


# --- the end ---


def test_the_credentials_go_with_the_session(feed, client):
    feed.create("a7new", NewSession(RECORD, 1, 1000, b"sealed", b"salted and sealed"))
    feed.end("a7new", 1, 601)
    assert in_redis.fields(feed, "a7new", ["cred", "salted"]) == [None, None]
    assert feed.status("a7new")[:2] == (601, 0)


def test_the_first_reason_for_the_end_stays(feed, sid):
    feed.end(sid, 1, 601)
    feed.end(sid, 1, 600)
    assert feed.status(sid).code == 601


def test_the_state_that_a_sweep_reads(feed, sid, client):
    code, left = feed.status(sid)[:2]
    assert code is None
    assert 0 < left <= 60_000
    client.hset(keys.session(sid), "due", 1)
    assert feed.status(sid)[:2] == (600, 0)
    assert feed.status("ffnobody")[:2] == (604, 0)


def test_nothing_but_the_mark_is_left_of_a_session(feed, sid, client, sessions, patient, inbox):
    feed.store(sid, 1, everything())
    sessions.commit(
        sid,
        "1",
        "d",
        b"ok",
        RequestEffects(
            subscriptions={"romeo@x": Subscription([])},
            presence_due=["romeo@x"],
            spellings={"romeo@x": "wv:R@x"},
            commands=[b"x"],
        ),
    )
    for _ in range(3):
        inbox.take(sid)
    feed.end(sid, 1, 600)
    feed.delete_records(sid)
    assert [key for key in client.keys("*") if client.pttl(key) < 0] == []
    client.delete(keys.reply(sid, "1", "d"))
    assert client.keys("*") == [keys.session(sid).encode()]


# --- commands ---


def test_commands_wait_in_order_until_they_are_done(feed, sid, sessions):
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(commands=[b"one", b"two", b"two"]))
    assert feed.outbox.commands(sid) == [b"one", b"two", b"two"]
    feed.outbox.remove(sid, b"two")
    assert feed.outbox.commands(sid) == [b"one", b"two"]
    assert feed.outbox.commands(sid, most=1) == [b"one"]


def test_a_sweep_finds_sessions_with_commands(feed, sid, sessions):
    feed.create("a7other", NewSession(RECORD, 1, 1000))
    sessions.push(sid, b"x")
    assert feed.outbox.sessions_with_commands([sid, "a7other"]) == [sid]
    assert feed.outbox.sessions_with_commands([]) == []


def test_a_session_that_takes_the_place_of_another_has_its_caches_and_commands(feed, sid, sessions):
    feed.store(sid, 1, everything())
    sessions.push(sid, b"x")
    feed.create("a7new", NewSession(RECORD, 1, 1000), feed.items.undelivered(sid).items())
    feed.copy(sid, "a7new")
    assert feed.contacts.roster_item("a7new", "romeo@x") == ROMEO
    assert feed.contacts.read("a7new", ["romeo@x"])["romeo@x"].resources == b"res"
    assert feed.outbox.commands("a7new") == [b"x"]
    assert in_redis.fields(sessions, "a7new", ["sm", "h"]) == [b"\xff state", b"7"]


def test_a_receipt_goes_along_to_the_next_session(feed, sid, client, patient):
    """The phone logs in again before it has acknowledged: the sender still hears when it does."""
    feed.store(sid, 1, everything())
    feed.create("a7new", NewSession(RECORD, 1, 1000), feed.items.undelivered(sid).items())
    feed.copy(sid, "a7new")
    patient.take("a7new", message_id="m1", only_answer=True)
    assert feed.outbox.commands("a7new") == [b"receipt"]


def test_a_stanza_that_the_session_before_had_is_not_doubled(feed, sid, deliver):
    deliver("m1", seen="a 1")
    feed.create("a7new", NewSession(RECORD, 1, 1000), feed.items.undelivered(sid).items())
    feed.copy(sid, "a7new")
    feed.store("a7new", 1, StreamChanges(items=[Delivery("m2", "romeo@x", b"text", b"", "a 1")]))
    assert list(feed.items.undelivered("a7new")) == ["m1"]


def test_a_report_is_stored_only_if_it_was_asked_for_and_once(feed, sid, sessions, client):
    sessions.commit(sid, "1", "d", b"ok", RequestEffects(reports_wanted={"m7": "romeo@x"}))
    report = Delivery("e-1", "romeo@x", b"report", needs="m7")
    feed.store(sid, 1, StreamChanges(items=[Delivery("e-0", "tybalt@x", b"report", needs="m7")]))  # not from whom it went to
    feed.store(sid, 1, StreamChanges(items=[report, Delivery("e-2", "romeo@x", b"report", needs="m7")]))
    feed.store(sid, 1, StreamChanges(items=[Delivery("e-3", "romeo@x", b"report", needs="m8")]))
    assert client.hkeys(keys.of(sid, "i")[0]) == [b"e-1"]
    assert feed.items.undelivered(sid) == {}


def test_what_a_lost_record_leaves_goes_after_a_month(feed, sid, client):
    feed.store(sid, 1, everything())
    feed.expire_leftovers(sid)
    left = [client.pttl(name) for name in keys.of(sid, "i", "ros", "pres")]
    assert all(29 * 86_400_000 < each <= 30 * 86_400_000 for each in left)


# --- commands on their way ---


def test_a_command_on_its_way_has_its_number_until_it_is_done(feed, sid, client):
    client.rpush(keys.of(sid, "out")[0], b"one", b"two", b"three")
    feed.outbox.note_sending(sid, 1, b"one", 7)
    feed.outbox.note_sending(sid, 1, b"two", 8)
    assert feed.outbox.numbers_in_flight(sid, feed.outbox.commands(sid)) == {b"one": 7, b"two": 8}
    feed.outbox.remove(sid, b"one")
    assert feed.outbox.numbers_in_flight(sid, [b"one", b"two", b"three"]) == {b"two": 8}
    feed.outbox.forget_numbers(sid)
    assert feed.outbox.numbers_in_flight(sid, feed.outbox.commands(sid)) == {}
    assert feed.outbox.commands(sid) == [b"two", b"three"]


def test_a_holder_with_an_old_fence_sends_nothing(feed, sid):
    feed.claim_session(sid, 2)
    with pytest.raises(Fenced):
        feed.outbox.note_sending(sid, 1, b"one", 7)
    with pytest.raises(NoSession):
        feed.outbox.note_sending("ffnobody", 1, b"one", 7)
    assert feed.outbox.numbers_in_flight(sid, [b"one"]) == {}


def test_an_idle_phone_wakes_the_holder_once_when_it_comes_back(feed, sid, client, sessions, listen):
    heard = listen(keys.wake_channel(0xA7))
    assert not feed.mark_idle(sid, 1, 60_000)
    client.hincrby(keys.session(sid), "due", -30_000)
    assert 30_000 <= feed.status(sid)[2] < 60_000
    assert feed.mark_idle(sid, 1, 30_000)
    assert heard() == []
    sessions.open(sid, "1", "d")
    assert heard() == [sid.encode()]
    sessions.open(sid, "2", "d")
    assert heard() == []
    sessions.stcp_lines.bind(sid, "cir:1")
    assert feed.status(sid)[2] == -1


def test_what_is_known_of_a_server(client):
    servers = SaslMechanisms(client)
    assert servers.mechanism("x.example") == ""
    servers.remember("x.example", "SCRAM-SHA-256")
    assert servers.mechanism("x.example") == "SCRAM-SHA-256"
    assert servers.mechanism("y.example") == ""
    assert servers.forget("x.example")
    assert not servers.forget("x.example")
    assert servers.mechanism("x.example") == ""


# --- items that wait for a command, and commands that become others ---


def waiting_for_a_job(feed, sid):
    feed.store(sid, 1, StreamChanges(items=[Delivery("m1", "romeo@x", b"link", b"receipt", "a 1", job=b"job")]))


def test_an_item_with_a_job_is_stored_and_not_handed_out(feed, sid, patient):
    waiting_for_a_job(feed, sid)
    assert isinstance(patient.take(sid), NothingWaits)
    assert feed.outbox.commands(sid) == [b"job"]
    assert feed.items.undelivered(sid) == {"m1": b"romeo@x\nlink"}
    waiting_for_a_job(feed, sid)
    assert feed.outbox.commands(sid) == [b"job"]  # the same stanza again


@pytest.mark.parametrize(("form", "told"), [(b"romeo@x\npicture", b"picture"), (b"", b"link")])
def test_when_the_job_is_done_the_item_is_handed_out_once(feed, sid, patient, listen, form, told):
    waiting_for_a_job(feed, sid)
    assert isinstance(patient.take(sid, hold="w1"), NothingWaits)
    heard = listen("w1")
    assert feed.items.reveal(sid, 1, "m1", form, b"job")
    assert heard() == [f"poll {sid}".encode()]
    assert patient.take(sid).payload == told
    assert feed.outbox.commands(sid) == []
    assert not feed.items.reveal(sid, 1, "m1", b"romeo@x\nagain", b"job")
    assert feed.items.undelivered(sid) == {"m1": form or b"romeo@x\nlink"}


def test_an_item_that_the_phone_did_not_want_stays_away(feed, sid, patient):
    waiting_for_a_job(feed, sid)
    patient.take(sid, message_id="m1", only_answer=True)
    assert not feed.items.reveal(sid, 1, "m1", b"romeo@x\npicture", b"job")
    assert feed.items.undelivered(sid) == {}


def test_a_session_that_moved_tells_a_waiting_item_as_it_is_or_as_it_becomes_and_once(feed, sid, patient):
    waiting_for_a_job(feed, sid)
    feed.create(other := sid[:2] + "other", NewSession(RECORD, 1, 60_000), feed.items.undelivered(sid).items())
    feed.copy(sid, other)
    assert feed.items.reveal(other, 1, "m1", b"romeo@x\npicture", b"job")
    assert patient.take(other).payload == b"picture"
    assert isinstance(patient.take(other), NothingWaits)


def test_a_command_becomes_others_in_its_place(feed, sid, sessions):
    for command in (b"before", b"media", b"after"):
        sessions.push(sid, command)
    assert feed.outbox.replace(sid, 1, b"media", [b"one", b"two"])
    assert feed.outbox.commands(sid) == [b"before", b"one", b"two", b"after"]
    assert not feed.outbox.replace(sid, 1, b"media", [b"three"])
    assert feed.outbox.commands(sid) == [b"before", b"one", b"two", b"after"]


def test_a_phone_that_does_not_come_fills_redis_with_links_not_with_pictures(feed, sid, deliver):
    deliver(*(f"x{number}" for number in range(MAX_ITEMS_BESIDE_PICTURE - 1)))
    waiting_for_a_job(feed, sid)
    feed.store(sid, 1, StreamChanges(items=[Delivery("m2", "romeo@x", b"link", job=b"other job")]))
    feed.items.reveal(sid, 1, "m1", b"romeo@x\npicture", b"job")
    assert feed.items.stored(sid, "m1") == b"romeo@x\nlink"


# --- rosters ---


def test_a_whole_roster_takes_the_place_of_the_one_before(feed, sid, client):
    feed.store(sid, 1, StreamChanges(roster={"old@x": b"old", "c1@x": b"before"}))
    roster = {f"c{number}@x": b"%d" % number for number in range(2500)}
    feed.replace_roster(sid, 1, roster, ["old@x"], [])
    assert {jid.decode(): value for jid, value in client.hgetall(keys.of(sid, "ros")[0]).items()} == roster


def test_contacts_have_an_end(feed, sid, client):
    """Whatever a server pushes, one after the other; those who are there may change for ever."""
    feed.replace_roster(sid, 1, {f"c{number}@x": b"r" for number in range(MOST_ROSTER - 1)}, (), [])
    for number in range(3):
        feed.store(sid, 1, StreamChanges(roster={f"new{number}@x": b"r"}))
    assert client.hlen(keys.of(sid, "ros")[0]) == MOST_ROSTER
    feed.store(sid, 1, StreamChanges(roster={"c5@x": b"changed"}))
    assert in_redis.values(feed, sid, "ros", ["c5@x"]) == [b"changed"]
