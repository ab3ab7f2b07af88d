"""What operators who follow a session or a user get to see, and from when on."""

import json
from collections.abc import Callable, Iterator
from itertools import takewhile

import gevent
import pytest
import redis

from onesoup.demo.servers import RedisServer
from onesoup.observability import logs, tracing
from onesoup.store import keys
from onesoup.store.session.session_records import SessionRecords
from onesoup.store.traces import TRACES_KEY, Traces, channel
from tests.support.in_redis import RECORD, SESSION

SID, OTHER = "00" + "a" * 26, "01" + "b" * 26
Events = Callable[[str], Callable[[], list[str]]]


@pytest.fixture
def client(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    """What is followed is a matter of the whole process: each test begins with nothing."""
    monkeypatch.setattr(tracing, "watched", frozenset())
    monkeypatch.setattr(tracing, "_sender", None)
    tracing._users.clear()
    tracing._waiting.clear()
    with redis.Redis.from_url(redis_server.url) as made:
        made.flushdb()
        made.hset(keys.session(SID), "r", RECORD)
        yield made
        if tracing._sender is not None:  # else it would send what the next test has
            tracing._sender.kill()
        made.delete(TRACES_KEY)
        tracing.watched = frozenset()


def update(client: redis.Redis) -> None:
    """What the beat of each process does."""
    tracing._update_watched(Traces(client), SessionRecords(client))


@pytest.fixture
def follow(client: redis.Redis) -> Iterator[Events]:
    """Follows a name; gives a function that returns what was heard, after what has happened until now was sent."""
    listeners = []

    def start(name: str) -> Callable[[], list[str]]:
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(channel(name))
        listeners.append(listener)
        Traces(client).watch([name])
        update(client)

        def heard() -> list[str]:
            tracing.trace_event("end", [name])
            while tracing._waiting:
                gevent.sleep(0.01)
            found = (json.loads(each["data"])["what"] for each in listener.listen() if each["type"] == "message")
            return list(takewhile(lambda what: what != "end", found))

        return heard

    yield start
    for each in listeners:
        each.close()


def test_a_session_is_followed_from_its_first_event_by_whoever_follows_its_user(client, follow):
    """This process has not heard of the session before: another one has logged it in."""
    heard = follow(SESSION.jid)
    tracing.tell_session("request", SID)
    tracing.tell_session("request", OTHER)
    assert heard() == ["request"]


def test_one_who_follows_the_user_and_one_who_follows_the_session_both_hear_it_once(client, follow):
    of_user, of_session = follow(SESSION.jid), follow(logs.short(SID))
    tracing.tell_session("wake", SID)
    assert of_user() == ["wake"]
    assert of_session() == ["wake"]


def test_a_line_of_the_log_is_told_when_its_session_is_known_by_then(client, follow):
    heard = follow(SESSION.jid)
    tracing._logged({"event": "inbox-full", "sid": logs.short(SID)})
    tracing._logged({"event": "other", "sid": logs.short(OTHER)})
    tracing.tell_session("request", SID)
    assert heard() == ["inbox-full", "request"]


def test_what_comes_while_others_are_sent_is_looked_up_too(client, follow, monkeypatch):
    heard, tell = follow(SESSION.jid), Traces.tell

    def tell_and_meet_another(self, name, body):
        tell(self, name, body)
        if b'"first"' in body:
            tracing.tell_session("second", SID)

    monkeypatch.setattr(Traces, "tell", tell_and_meet_another)
    tracing.trace_event("first", [SESSION.jid])
    while tracing._waiting:
        gevent.sleep(0.01)
    assert heard() == ["first", "second"]


def test_a_session_that_has_no_record_yet_is_followed_by_who_knows_its_user(client, follow):
    heard = follow(SESSION.jid)
    tracing.tell_session("stanza-in", OTHER, SESSION.jid)
    assert heard() == ["stanza-in"]


def test_sessions_that_nobody_has_are_asked_for_once(client, follow):
    follow(SESSION.jid)
    tracing.tell_session("request", OTHER)
    while tracing._waiting:
        gevent.sleep(0.01)
    assert not tracing.follows(OTHER)
    assert tracing.follows(SID)
