"""A request opens a session and commits what it did, each in one script; who comes too late or twice is told what was."""

import re
import time

import pytest

from onesoup.csp.session import Capabilities
from onesoup.runtime.ids import made_at, ordered_id
from onesoup.store import keys, records
from onesoup.store.bounds import MOST_OUT
from onesoup.store.errors import NoSession, OutboxFull
from onesoup.store.session.contacts import Subscription
from onesoup.store.session.gateway_side import GatewaySessionStore, OpenedRequest
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.inbox import Inbox, NothingWaits, RedeliveryPolicy
from onesoup.store.session.request_effects import RequestEffects, SessionUpdate
from onesoup.store.session.session_lua import END_MARK_MS, EXPIRY_GRACE_MS
from onesoup.store.session.stream_changes import StreamChanges
from tests.support import in_redis
from tests.support.in_redis import SESSION

DIGEST = "d1"


def code_of(call, *args):
    with pytest.raises(NoSession) as gone:
        call(*args)
    return gone.value.code


def expire(client, sid):
    """The time of the session is over, without anybody's waiting for it."""
    client.hset(keys.session(sid), "due", 1)


def due(client, sid):
    return int(client.hget(keys.session(sid), "due"))


# --- open ---


def test_an_open_session_gives_the_fields_that_were_asked_for(sessions, sid):
    opened = sessions.open(sid, "1", DIGEST)
    assert (opened.session, opened.capabilities, opened.waiting) == (SESSION, Capabilities(), 0)


def test_what_waits_is_counted(sessions, sid, deliver):
    deliver("m1", "m2")
    assert sessions.open(sid, "1", DIGEST).waiting == 2


def test_what_was_handed_out_does_not_wait(sessions, sid, deliver, patient):
    """Or Android would poll in a loop until it has acknowledged."""
    deliver("m1")
    patient.take(sid)
    assert sessions.open(sid, "1", DIGEST).waiting == 0


def test_what_is_to_be_repeated_waits(sessions, sid, deliver, inbox):
    deliver("m1")
    inbox.take(sid)
    assert sessions.open(sid, "1", DIGEST).waiting == 1


def test_a_session_that_never_was_is_604(sessions, client):
    assert code_of(sessions.open, "ffnobody", "1", DIGEST) == 604


def test_an_expired_session_is_600_also_when_nobody_swept_it(sessions, sid, client):
    expire(client, sid)
    assert code_of(sessions.open, sid, "1", DIGEST) == 600
    assert code_of(sessions.open, sid, "2", DIGEST) == 600


@pytest.mark.parametrize("code", [600, 601, 604])
def test_an_ended_session_remembers_why(sessions, feed, sid, client, code):
    feed.end(sid, 1, code)
    feed.delete_records(sid)
    assert code_of(sessions.open, sid, "1", DIGEST) == code
    assert 0 < client.pttl(keys.session(sid)) <= END_MARK_MS


def test_the_mark_of_an_expired_session_goes_by_itself(sessions, sid, client):
    assert 60_000 < client.pttl(keys.session(sid)) <= 60_000 + EXPIRY_GRACE_MS + END_MARK_MS


def test_every_request_restarts_the_keep_alive_timer(sessions, sid, client):
    client.hset(keys.session(sid), "due", due(client, sid) - 50_000)
    before = due(client, sid)
    sessions.open(sid, "1", DIGEST)
    assert due(client, sid) >= before + 50_000


def test_a_look_without_touching_does_not(sessions, sid, client):
    before = due(client, sid)
    client.hset(keys.session(sid), "due", before - 50_000)
    sessions.lives(sid)
    assert due(client, sid) == before - 50_000


def test_many_sessions_are_read_at_once_and_one_that_cannot_be_read_hides_no_other(sessions, sid, client):
    client.hset(keys.session("a7odd"), "r", b"of nobody")
    assert sessions.records.sessions([sid, "a7gone", "a7odd", sid]) == [SESSION, None, None, SESSION]
    assert sessions.records.sessions([]) == []


# --- commit ---


def test_a_reply_is_replayed_byte_for_byte(sessions, sid):
    sessions.commit(sid, "1", DIGEST, b"\x03\x11 answer \xff", RequestEffects())
    assert sessions.open(sid, "1", DIGEST).reply == b"\x03\x11 answer \xff"


def test_a_repeated_request_tells_the_holder_once_more(sessions, sid, listen):
    """On a cluster a worker may die between the commit and the news of it."""
    sessions.commit(sid, "1", DIGEST, b"ok", RequestEffects(commands=[b"send"]))
    heard = listen(keys.wake_channel(0xA7))
    sessions.open(sid, "2", "d2")
    assert heard() == []
    sessions.open(sid, "1", DIGEST)
    assert heard() == [sid.encode()]


def test_an_empty_reply_is_replayed_too(sessions, sid):
    sessions.commit(sid, "1", DIGEST, b"", RequestEffects())
    assert sessions.open(sid, "1", DIGEST).reply == b""


@pytest.mark.parametrize(("tid", "digest"), [("2", DIGEST), ("1", "d2"), (None, DIGEST)])
def test_another_transaction_or_another_body_is_no_repeat(sessions, sid, tid, digest):
    sessions.commit(sid, "1", DIGEST, b"one", RequestEffects())
    assert isinstance(sessions.open(sid, tid, digest), OpenedRequest)


def test_a_logout_is_answered_again_when_it_is_repeated(sessions, sid):
    """The reply is given whatever became of the session."""
    sessions.commit(sid, "9", DIGEST, b"bye", RequestEffects(end_code=604))
    assert sessions.open(sid, "9", DIGEST).reply == b"bye"
    assert code_of(sessions.open, sid, "10", "d2") == 604


def test_of_two_equal_requests_at_once_one_acts(sessions, sid, client):
    """Both were opened before either was committed: the second does nothing and answers as the first."""
    first = sessions.commit(
        sid, "1", DIGEST, b"first", RequestEffects(commands=[b"send"], update=SessionUpdate(own_presence={"text": "1"}))
    )
    second = sessions.commit(
        sid,
        "1",
        DIGEST,
        b"second",
        RequestEffects(commands=[b"send"], update=SessionUpdate(own_presence={"text": "2"}), end_code=604),
    )
    assert (first, second) == (b"first", b"first")
    assert client.lrange(keys.of(sid, "out")[0], 0, -1) == [b"send"]
    assert client.hget(keys.session(sid), "own") == records.pack_plain({"text": "1"})
    assert isinstance(sessions.open(sid, "2", DIGEST), OpenedRequest)


def test_the_effects_of_a_request_happen_together(sessions, sid, client):
    effects = RequestEffects(
        update=SessionUpdate(unsaid=b"\x82\xff", polls_return_at_once=True),
        commands=[b"one", b"two"],
        subscriptions={"romeo@x": Subscription([])},
        spellings={"romeo@x": "WV:Romeo@X"},
        presence_due=["romeo@x"],
    )
    sessions.commit(sid, "1", DIGEST, b"ok", effects)
    assert in_redis.fields(sessions, sid, ["unsaid", "nohold"]) == [b"\x82\xff", b"1"]
    assert client.lrange(keys.of(sid, "out")[0], 0, -1) == [b"one", b"two"]
    assert in_redis.values(sessions, sid, "sub", ["romeo@x"]) == [Subscription([]).pack()]
    assert in_redis.whole(sessions, sid, "spell") == {b"romeo@x": b"WV:Romeo@X"}
    assert sessions.open(sid, "2", DIGEST).waiting == 1


def test_the_first_notification_waits_for_presence_that_is_on_its_way(client, sid, feed):
    sessions = GatewaySessionStore(client, unknown_presence_ms=60_000)
    feed.store(sid, 1, StreamChanges(roster={"romeo@x": b"r", "nurse@x": b"n"}, presence={"nurse@x": b"here"}))
    wishes = RequestEffects(
        subscriptions={"romeo@x": Subscription([]), "nurse@x": Subscription([])}, presence_due=["romeo@x", "nurse@x"]
    )
    sessions.commit(sid, "1", DIGEST, b"ok", wishes)
    inbox = Inbox(client, RedeliveryPolicy())
    assert [each.jid for each in inbox.take(sid).contacts] == ["nurse@x"]
    assert inbox.take(sid) == NothingWaits(0)
    feed.store(sid, 1, StreamChanges(presence={"romeo@x": b"here"}))
    assert [each.jid for each in inbox.take(sid).contacts] == ["romeo@x"]


def test_a_phone_whose_server_takes_nothing_is_told_to_wait_and_can_log_out(sessions, sid, client):
    for number in range(MOST_OUT):
        sessions.commit(sid, str(number), DIGEST, b"ok", RequestEffects(commands=[b"x"]))
    for effects in (
        RequestEffects(commands=[b"x"]),
        RequestEffects(update=SessionUpdate(own_presence={"text": "new"}), commands=[b"x"]),
    ):
        with pytest.raises(OutboxFull):
            sessions.commit(sid, "one too many", DIGEST, b"ok", effects)
    assert in_redis.fields(sessions, sid, ["own"]) == [None]
    assert client.llen(keys.of(sid, "out")[0]) == MOST_OUT
    sessions.commit(sid, "no command", DIGEST, b"ok", RequestEffects(update=SessionUpdate(own_presence={"text": "new"})))
    sessions.commit(sid, "log-out", DIGEST, b"ok", RequestEffects(commands=[b"bye"], end_code=604))
    assert client.llen(keys.of(sid, "out")[0]) == MOST_OUT + 1


def test_commands_wake_the_holder_of_the_shard_once(sessions, sid, listen):
    heard = listen("wake:a7")
    sessions.commit(sid, "1", DIGEST, b"ok", RequestEffects(commands=[b"one", b"two"]))
    sessions.commit(sid, "2", DIGEST, b"ok", RequestEffects())
    assert heard() == [sid.encode()]


def test_a_command_outside_a_commit_wakes_it_too(sessions, sid, listen, client):
    heard = listen("wake:a7")
    sessions.push(sid, b"ask")
    assert heard() == [sid.encode()]
    assert client.lrange(keys.of(sid, "out")[0], 0, -1) == [b"ask"]


def test_nobody_commits_to_a_session_that_is_over(sessions, sid, client):
    expire(client, sid)
    assert code_of(sessions.commit, sid, "1", DIGEST, b"ok", RequestEffects(commands=[b"x"])) == 600
    assert code_of(sessions.push, sid, b"x") == 600
    assert client.exists(keys.of(sid, "out")[0]) == 0


def test_a_new_keep_alive_time_takes_effect_at_once(sessions, sid, client):
    now = client.time()[0] * 1000
    sessions.commit(sid, "1", DIGEST, b"ok", RequestEffects(update=SessionUpdate(ttl_ms=9_000_000)))
    assert due(client, sid) >= now + 9_000_000
    sessions.commit(sid, "2", DIGEST, b"ok", RequestEffects(update=SessionUpdate(ttl_ms=150_000)))
    assert due(client, sid) <= now + 160_000


def test_who_unsubscribes_is_not_told_what_waited(sessions, sid, client, patient):
    sessions.commit(
        sid, "1", DIGEST, b"ok", RequestEffects(subscriptions={"romeo@x": Subscription([])}, presence_due=["romeo@x"])
    )
    sessions.commit(sid, "2", DIGEST, b"ok", RequestEffects(unsubscribed=["romeo@x"]))
    assert in_redis.values(sessions, sid, "sub", ["romeo@x"]) == [None]
    assert not hasattr(patient.take(sid), "tid")


def test_the_mark_of_the_end_holds_for_an_hour(sessions, sid, client):
    sessions.commit(sid, "1", DIGEST, b"ok", RequestEffects(end_code=601))
    assert code_of(sessions.open, sid, "2", DIGEST) == 601
    assert END_MARK_MS - 5000 < client.pttl(keys.session(sid)) <= END_MARK_MS


# --- STCP lines ---


def woken(sessions, sid):
    return sessions.stcp_lines.wake_unanswered(sid, "cir:1")


def test_a_line_is_bound_and_told_whether_something_waits(sessions, sid, deliver):
    assert sessions.stcp_lines.bind(sid, "cir:1") == (SESSION, False, "")
    deliver("m1")
    assert sessions.stcp_lines.bind(sid, "cir:1") == (SESSION, True, "")


def test_a_line_is_woken_once_for_a_burst(sessions, sid, deliver, listen):
    sessions.stcp_lines.bind(sid, "cir:1")
    heard = listen("cir:1")
    deliver("m1")
    deliver("m2", "m3")
    assert bare(heard()) == [b"m " + sid.encode()]
    assert woken(sessions, sid)


def bare(heard):
    """What was published, without how long ago the phone went away."""
    return [re.sub(rb"^([mp]):\d+ ", rb"\1 ", each) for each in heard]


def rested(heard):
    """How many ms ago the phone went away with nothing to come back for, None where it has something."""
    (said,) = heard
    found = re.fullmatch(rb"m(?::(\d+))? \S+", said)
    return int(found[1]) if found[1] else None


@pytest.fixture
def line(sessions, sid, listen):
    """A session with a line, and what it hears."""
    sessions.stcp_lines.bind(sid, "cir:1")
    return listen("cir:1")


def test_a_line_hears_how_long_ago_the_phone_found_nothing_more(sessions, sid, deliver, line, patient):
    patient.poll(sid)
    time.sleep(0.05)
    deliver("m1")
    assert 50 <= rested(line()) < 5000


def test_a_phone_with_an_item_in_hand_comes_by_itself(sid, deliver, listen, line, patient):
    deliver("m1")
    item = patient.take(sid)
    deliver("m2")
    first, second = line()
    assert (rested([first]) is None, rested([second])) == (False, None)
    patient.take(sid, answered=item.tid)  # with m2 in the reply
    line = listen("cir:1")
    deliver("m3")
    assert rested(line()) is None


def test_its_last_answer_ends_that(sid, deliver, listen, line, patient):
    deliver("m1")
    item = patient.take(sid)
    patient.take(sid, answered=item.tid, message_id="m1")
    line = listen("cir:1")
    deliver("m2")
    assert rested(line()) is not None


def test_so_does_an_empty_poll(sid, deliver, listen, line, patient):
    """Of a phone that gives no answers."""
    deliver("m1")
    patient.take(sid)
    patient.poll(sid)
    line = listen("cir:1")
    deliver("m2")
    assert rested(line()) is not None


def test_a_phone_that_was_told_to_poll_comes_by_itself(sessions, sid, deliver, listen, line):
    deliver("m1")
    assert sessions.open(sid, "7", DIGEST).waiting == 1
    line = listen("cir:1")
    deliver("m2")
    assert rested(line()) is None


def test_a_longer_life_of_the_session_does_not_hide_that(sessions, sid, deliver, listen, line):
    deliver("m1")
    sessions.open(sid, "7", DIGEST)
    sessions.commit(sid, "7", DIGEST, b"ok", RequestEffects(update=SessionUpdate(ttl_ms=60_000)))
    line = listen("cir:1")
    deliver("m2")
    assert rested(line()) is None


def test_it_is_woken_again_after_the_phone_came(sessions, sid, deliver, listen, patient):
    sessions.stcp_lines.bind(sid, "cir:1")
    heard = listen("cir:1")
    deliver("m1")
    patient.take(sid)
    assert not woken(sessions, sid)
    deliver("m2")
    assert bare(heard()) == [b"m " + sid.encode()] * 2


def test_a_held_poll_is_woken_in_place_of_the_line(sessions, sid, deliver, listen, patient):
    sessions.stcp_lines.bind(sid, "cir:1")
    line, worker = listen("cir:1"), listen("worker:1")
    patient.take(sid, hold="worker:1")
    deliver("m1", "m2")
    deliver("m3")
    assert worker() == [b"poll " + sid.encode()]
    # The next message finds no held poll, so the line is told; the phone may have gone meanwhile.
    assert bare(line()) == [b"m " + sid.encode()]


def test_only_the_process_that_has_the_line_gives_it_back(sessions, sid, deliver, listen):
    sessions.stcp_lines.bind(sid, "cir:1")
    sessions.stcp_lines.bind(sid, "cir:2")
    sessions.stcp_lines.unbind(sid, "cir:1")
    heard = listen("cir:2")
    deliver("m1")
    assert bare(heard()) == [b"m " + sid.encode()]
    sessions.stcp_lines.unbind(sid, "cir:2")
    assert in_redis.fields(sessions, sid, ["stcp"]) == [None]


def test_lines_at_two_processes_are_both_woken(sessions, sid, deliver, listen):
    """The first process hears that the phone has a line elsewhere, and from which address."""
    one, two = listen("cir:1"), listen("cir:2")
    sessions.stcp_lines.bind(sid, "cir:1", "10.0.0.1")
    sessions.stcp_lines.bind(sid, "cir:2", "10.0.0.2")
    deliver("m1")
    assert bare(one()) == [b"moved " + sid.encode() + b" 10.0.0.2", b"m " + sid.encode()]
    assert bare(two()) == [b"m " + sid.encode()]


def test_a_third_process_takes_the_place_of_the_oldest(sessions, sid, listen):
    oldest = listen("cir:1")
    for number in (1, 2, 3):
        sessions.stcp_lines.bind(sid, f"cir:{number}", f"10.0.0.{number}")
    assert oldest() == [b"moved " + sid.encode() + b" 10.0.0.2", b"moved " + sid.encode() + b" *"]
    assert in_redis.fields(sessions, sid, ["stcp"]) == [b"cir:3 cir:2"]


def test_a_message_wakes_again_behind_presence_and_not_behind_a_message(sessions, sid, client, deliver, listen):
    sessions.stcp_lines.bind(sid, "cir:1")
    heard = listen("cir:1")
    client.hset(f"s:{{{sid}}}", "cir", "p1700000000000")
    deliver("m1")
    deliver("m2")
    assert bare(heard()) == [b"m " + sid.encode()]


def test_a_wake_that_went_unanswered_for_long_is_followed_by_another(sessions, sid, client, deliver, listen):
    sessions.stcp_lines.bind(sid, "cir:1")
    heard = listen("cir:1")
    client.hset(f"s:{{{sid}}}", "cir", "m1700000000000")
    deliver("m1")
    assert bare(heard()) == [b"m " + sid.encode()]


def test_a_phone_with_other_bearers_is_news_for_every_process(sid, client, deliver, listen):
    heard = listen("cir:news")
    deliver("m1")
    client.hset(f"s:{{{sid}}}", "alt", "1")
    deliver("m2")
    assert bare(heard()) == [b"m " + sid.encode()]


def test_no_line_for_a_session_that_is_over(sessions, sid, feed):
    feed.end(sid, 1, 601)
    assert code_of(sessions.stcp_lines.bind, sid, "cir:1") == 601
    assert code_of(sessions.stcp_lines.bind, "ffnobody", "cir:1") == 604


def test_the_end_of_a_session_reaches_the_line(sessions, sid, feed: HolderSessionStore, listen):
    sessions.stcp_lines.bind(sid, "cir:1")
    heard = listen("cir:1")
    feed.end(sid, 1, 601)
    assert heard() == [b"end " + sid.encode()]


def test_a_waiting_item_goes_out_in_parts_in_its_place(sessions, sid, deliver, feed, patient, client):
    deliver("m1", "m2", "m3", receipt=b"receipt")
    parts = [("m2a", b"romeo@x\npart 1"), ("m2b", b"romeo@x\npart 2")]
    sessions.commit(sid, "1", "d", b"", RequestEffects(split_items={"m2": parts, "gone": parts}))
    told = [patient.take(sid) for _ in range(4)]
    assert [each.id for each in told] == ["m1", "m2a", "m2b", "m3"]
    assert [each.payload for each in told][1:3] == [b"part 1", b"part 2"]
    assert set(client.hkeys(keys.of(sid, "rc")[0])) == {b"m1", b"m3", b"m2b"}
    assert "m2" not in feed.items.undelivered(sid)


def test_what_was_handed_out_is_not_cut_under_the_phones_hands(sessions, sid, deliver, feed, patient):
    deliver("m1")
    patient.take(sid)
    sessions.commit(sid, "1", "d", b"", RequestEffects(split_items={"m1": [("a", b"romeo@x\na"), ("b", b"romeo@x\nb")]}))
    assert set(feed.items.undelivered(sid)) == {"m1"}


# --- for operators ---


def test_where_a_phone_is_stands_in_what_operators_see(sessions, sid, client):
    client.hset(keys.session(sid), mapping={"addr": "10.0.0.7", "num": "+15550100123", "via": "stcp"})
    (seen,) = sessions.overview([sid])
    assert (seen.address, seen.number, seen.via) == ("10.0.0.7", "+15550100123", "stcp")
    assert sessions.places([sid, "00gone"]) == [(SESSION.jid, "10.0.0.7", "+15550100123"), None]


def test_a_session_that_is_over_is_in_no_place(sessions, sid, feed: HolderSessionStore):
    feed.end(sid, 1, 601)
    assert sessions.places([sid]) == [None]
    assert sessions.places([]) == []


def test_since_when_a_message_waits_is_told_by_its_id(sessions, sid, deliver):
    assert sessions.items.oldest(sid) is None
    first, second = ordered_id(time.time()), ordered_id(time.time() + 60)
    deliver("p-presence", second, first)
    assert sessions.items.oldest(sid) == made_at(first)
