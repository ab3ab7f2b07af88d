"""The live trace as server-sent events: what comes, and what ends it."""

import http.client
import json
import time
from functools import partial

import gevent
import pytest

from onesoup.operators import trace
from onesoup.store.audit import AuditLog
from onesoup.store.traces import TRACES_KEY, Traces
from tests.support.browser import served
from tests.support.in_redis import living_session
from tests.support.peer import WITHIN
from workers.gateway.console import trace_stream
from workers.gateway.console.serving import CONSOLE_COOKIE

from .visitor import SITE, Visitor

ALICE = "alice@example.org"


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nobody has to wait for other processes here."""
    monkeypatch.setattr(trace, "TRACING_STARTS_SECONDS", 0.0)
    monkeypatch.setattr(trace, "TRACE_WAIT_SECONDS", 0.02)
    monkeypatch.setattr(trace_stream, "PAGE_LOOK_SECONDS", 0.0)


@pytest.fixture
def make_console(make_console):
    return partial(make_console, domain="example.org")


class Stream:
    """A browser that reads the events of /console/users/trace."""

    def __init__(self, url, visitor, who=ALICE):
        self._link = http.client.HTTPConnection(url.removeprefix("http://"), timeout=WITHIN)
        headers = {"Host": SITE, "Cookie": f"{CONSOLE_COOKIE}={visitor.cookies.get(CONSOLE_COOKIE, '')}"}
        self._link.request("GET", f"/console/users/trace?who={who}", headers=headers)
        self.answer = self._link.getresponse()

    def next(self):
        """(name, data) of the next event."""
        name = ""
        while line := self.answer.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                return name, json.loads(value)
        return "end", None

    def close(self):
        self.answer.close()
        self._link.close()


@pytest.fixture
def url(console):
    with served(console) as place:
        yield place


@pytest.fixture
def watch(url):
    streams = []

    def begin(visitor, **more):
        streams.append(Stream(url, visitor, **more))
        return streams[-1]

    yield begin
    for each in streams:
        each.close()


def test_events_come_one_by_one_also_to_who_may_only_look(reader, client, watch):
    living_session(client, ALICE, "00one")
    stream = watch(reader, who="wv:alice")
    assert stream.answer.status == 200
    assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
    assert stream.answer.headers["Cache-Control"] == "no-store"
    assert stream.next() == ("following", f"following {ALICE}, 1 sessions")
    for number in (1, 2):
        Traces(client).tell(ALICE, json.dumps({"at": number, "what": "request"}).encode())
        assert stream.next() == ("", {"at": number, "what": "request"})
    (entry, *_) = AuditLog(client).last(1)
    assert (entry.what, entry.whom) == ("trace", ALICE)
    assert entry.by.startswith("read-only@")


def test_a_stream_holds_up_nobody(operator, client, watch):
    watch(operator).next()
    assert operator.open("/console").status_code == 200


def test_a_trace_ends_with_its_time(operator, watch, monkeypatch):
    monkeypatch.setattr(trace_stream, "MAX_TRACE_SECONDS", 0.0)
    stream = watch(operator)
    assert stream.next() == ("over", trace_stream.TRACE_TIME_OVER)
    assert stream.next() == ("end", None)


def test_who_is_logged_out_sees_no_more(operator, access, watch):
    stream = watch(operator)
    assert stream.next()[0] == "following"
    access.end(operator.cookies[CONSOLE_COOKIE])
    assert stream.next() == ("over", trace_stream.TRACE_LOGGED_OUT)


def test_who_is_not_logged_in_is_told_nothing(console, client, watch):
    stream = watch(Visitor(console))
    assert stream.answer.status == 303
    assert client.exists(TRACES_KEY) == 0


def test_what_is_no_user_is_told(operator, client, watch):
    assert watch(operator, who="sip:x").next() == ("over", "901 not a wv: address")
    assert client.exists(TRACES_KEY) == 0


def test_there_are_a_few_at_a_time_and_a_closed_page_makes_room(operator, watch, monkeypatch):
    monkeypatch.setattr(trace_stream, "MAX_OPEN_TRACES", 1)
    first = watch(operator)
    assert first.next()[0] == "following"
    assert watch(operator).next() == ("over", trace_stream.TOO_MANY_TRACES)
    first.close()
    end = time.monotonic() + WITHIN
    while watch(operator).next()[0] == "over":
        assert time.monotonic() < end, "the closed page is still counted"
        gevent.sleep(0.05)


def test_without_redis_it_ends_and_says_so(operator, client, watch):
    stream = watch(operator)
    assert stream.next()[0] == "following"
    client.client_kill_filter(_type="pubsub")
    assert stream.next() == ("over", trace_stream.TRACE_STORE_DOWN)


def test_a_page_elsewhere_cannot_read_it(operator, url):
    page = operator.client.simulate_get("/console/users/trace", headers={"Host": "evil.example"}, cookies=operator.cookies)
    assert page.status_code == 421
