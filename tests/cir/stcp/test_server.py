"""The STCP server on real sockets and a real Redis: who is bound, who is woken, when and how often."""

import socket
import time

import gevent
import pytest
from gevent.server import StreamServer

from cir.stcp import binding, server, waker
from cir.stcp.limits import ConnectionLimits
from cir.stcp.server import StcpServer
from onesoup.csp.session import Capabilities, Session
from onesoup.store import records
from onesoup.store.redis.channels import Subscriber
from onesoup.store.redis.client import connect
from onesoup.store.session.gateway_side import GatewaySessionStore
from onesoup.store.session.holder_side import HolderSessionStore
from onesoup.store.session.inbox import Inbox, NothingWaits, RedeliveryPolicy
from onesoup.store.session.session_values import NewSession
from onesoup.store.session.stream_changes import Delivery, StreamChanges
from onesoup.store.wakeup.cir_processes import CirProcesses
from onesoup.store.wakeup.wakes import WakeStore
from tests.support import in_redis
from tests.support.flood import flood

SID, COOKIE = "a7phone", "wv:nokia.<1>&2 ü"
QUIET = 0.25


class Station:
    """A CIR process without the process."""

    def __init__(self, url, **more):
        self.client = connect(url)
        self.sessions, self.feed = GatewaySessionStore(self.client), HolderSessionStore(self.client)
        self.inbox = Inbox(self.client, RedeliveryPolicy())
        self.stcp = StcpServer(self.sessions, CirProcesses(self.client), **more)
        self.heard = self.stcp.wake
        self.subscriber = Subscriber(url, lambda *said: self.heard(*said))
        self.subscriber.want([self.stcp.channel])
        self._greenlet = gevent.spawn(self.subscriber.run)
        self._listener = StreamServer(("127.0.0.1", 0), self.stcp.serve)
        self._listener.start()
        self.phones = []
        while not self.subscriber.connected:
            gevent.sleep(0.01)

    def close(self):
        for phone in self.phones:
            phone.sock.close()
        self._listener.stop(timeout=0)
        self._greenlet.kill()
        self.subscriber._drop()

    def dial(self, source="127.0.0.1"):
        sock = socket.create_connection(self._listener.address, timeout=60, source_address=(source, 0))
        self.phones.append(Line(sock))
        return self.phones[-1]

    def session(self, sid=SID, version="1.2", cookie=COOKIE, handset="unknown"):
        session = Session("alice@x", "wv:alice@x", version, "r", cookie=cookie, handset=handset)
        self.feed.create(sid, NewSession(records.pack_session(session), 1, 60_000))

    def deliver(self, *ids, sid=SID):
        self.feed.store(sid, 1, StreamChanges(items=[Delivery(each, "romeo@x", b"x") for each in ids]))

    def phone_polls(self, sid=SID):
        """As long as it gets something."""
        while not isinstance(item := self.inbox.take(sid), NothingWaits):
            while not isinstance(item, NothingWaits):
                item = self.inbox.take(sid, answered=item.tid, message_id=item.id)

    def phone_takes_one(self, sid=SID):
        """And has not answered it yet."""
        return self.inbox.take(sid)


class Line:
    """A phone's end."""

    def __init__(self, sock):
        self.sock = sock

    def say(self, line):
        self.sock.sendall(line)
        return self

    def hear(self, seconds=60.0):
        """The next segment, b"" at the end of the connection, None when nothing came."""
        self.sock.settimeout(seconds)
        try:
            return self.sock.recv(4096)
        except TimeoutError:
            return None
        except ConnectionResetError:
            return b""

    def helo(self, sid=SID):
        self.say(f"HELO {sid}\r\n".encode())
        assert self.hear() == b"OK\r\n"
        return self


@pytest.fixture
def make_station(redis_server, monkeypatch):
    """Stations with other limits than the usual ones."""
    monkeypatch.setattr(waker, "CHUNK_READER_PAUSE_SECONDS", QUIET)
    monkeypatch.setattr(waker, "WAKEUP_GAP_SECONDS", 0.05)
    connect(redis_server.url).flushall()
    made = []

    def make(**more):
        made.append(Station(redis_server.url, **more))
        made[-1].session()
        return made[-1]

    yield make
    for station in made:
        station.close()


@pytest.fixture
def station(make_station):
    return make_station()


WVCI = f"WVCI 1.2 {COOKIE}\r\n".encode()


def quiet(line, seconds=QUIET * 2):
    assert line.hear(seconds) is None
    return line


def test_a_line_from_elsewhere_is_counted_and_served(station):
    counted = binding.FOREIGN_LINES._value.get()
    station.client.hset(f"s:{{{SID}}}", "addr", "127.0.0.7")
    station.dial("127.0.0.7").helo()
    assert binding.FOREIGN_LINES._value.get() == counted
    line = quiet(station.dial("127.0.0.8").helo())
    assert binding.FOREIGN_LINES._value.get() == counted + 1
    station.deliver("m1")
    assert line.hear() == WVCI


# --- a cookie in the place of the id ---


def cookie_station(station, *agreed, sid=SID, address="127.0.0.1", cookie="wv:nokia.12345"):
    """The station takes cookies, and this session has agreed and has one."""
    wakes = WakeStore(station.client)
    station.stcp.binder.cookies = wakes
    caps = records.pack_caps(Capabilities(methods=tuple(agreed)))
    station.client.hset(f"s:{{{sid}}}", mapping={"caps": caps, "addr": address})
    wakes.put_cookie(cookie, sid)
    return f"HELO {cookie}\r\n".encode()


def test_a_cookie_is_taken_for_an_id_where_the_operator_wants_it(station):
    helo = cookie_station(station, "STCP")
    line = station.dial().say(helo)
    assert line.hear() == b"OK\r\n"
    assert line.say(helo).hear() == b"OK\r\n", "again"
    assert line.say(b"HELO a7phone\r\n").hear() == b"OK\r\n"
    quiet(line)
    station.deliver("m1")
    assert line.hear() == WVCI


def test_a_cookie_is_nothing_where_he_does_not(station):
    helo = cookie_station(station, "STCP")
    station.stcp.binder.cookies = None
    assert station.dial().say(helo).hear() == b""


def test_a_cookie_counts_for_its_own_phone_only(station):
    """From where its phone last was, with STCP agreed, while it lives, and while no other session has it."""
    helo = cookie_station(station, "STCP", address="127.0.0.9")
    assert station.dial().say(helo).hear() == b""
    assert station.dial("127.0.0.9").say(helo).hear() == b"OK\r\n"
    cookie_station(station, "SHTTP")
    assert station.dial().say(helo).hear() == b""
    cookie_station(station, "STCP")
    station.session("a7other")
    cookie_station(station, "STCP", sid="a7other")
    assert station.dial().say(helo).hear() == b""
    station.feed.end("a7other", 1, 601)
    assert station.dial().say(helo).hear() == b"OK\r\n"
    station.feed.end(SID, 1, 601)
    assert station.dial().say(helo).hear() == b""


# --- HELO, OK, PING ---


def test_helo_and_ping_are_answered(station):
    line = station.dial().helo()
    for ping in (b"PING\r\n", b"PING \r\n", b"ping\n"):
        assert line.say(ping).hear() == b"OK\r\n"


@pytest.mark.parametrize("sid", ["a7nobody", "", "x" * 100, COOKIE.split("<", maxsplit=1)[0]])
def test_an_id_that_is_no_session_is_closed_without_a_line(station, sid):
    assert station.dial().say(f"HELO {sid}\r\n".encode()).hear() == b""


def test_a_session_that_is_over_is_closed(station):
    station.feed.end(SID, 1, 601)
    assert station.dial().say(f"HELO {SID}\r\n".encode()).hear() == b""


def test_another_first_line_than_helo_closes_the_connection(station):
    assert station.dial().say(b"GET / HTTP/1.0\r\n\r\n").hear() == b""


def test_who_says_nothing_is_closed(station, monkeypatch):
    monkeypatch.setattr(server, "HELO_DEADLINE_SECONDS", 0.1)
    assert station.dial().hear() == b""


def test_a_bound_line_is_in_the_session_until_it_goes(station):
    line = station.dial().helo()
    assert in_redis.fields(station.sessions, SID, ["stcp"]) == [station.stcp.channel.encode()]
    line.sock.close()
    with gevent.Timeout(60):
        while in_redis.fields(station.sessions, SID, ["stcp"])[0]:
            gevent.sleep(0.01)


# --- WVCI ---


def test_what_waits_wakes_the_phone_with_its_cookie(station):
    line = station.dial().helo()
    quiet(line)
    station.deliver("m1")
    assert line.hear() == WVCI


@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3"])
def test_the_version_is_that_of_the_session(station, version):
    station.session("a7other", version, "c")
    line = station.dial().helo("a7other")
    station.deliver("m1", sid="a7other")
    assert line.hear() == f"WVCI {version} c\r\n".encode()


def test_without_a_cookie_the_session_id_stands_for_it(station):
    station.session("a7other", cookie="")
    line = station.dial().helo("a7other")
    station.deliver("m1", sid="a7other")
    assert line.hear() == b"WVCI 1.2 a7other\r\n"


@pytest.fixture
def s60(station):
    station.session(handset="s60")
    return station


def test_what_waited_before_helo_wakes_after_it_and_not_with_it(s60):
    """S60 takes any octets for the answer to HELO and looks no further."""
    station = s60
    station.deliver("m1")
    line = station.dial()
    began = time.monotonic()
    line.say(f"HELO {SID}\r\n".encode())
    assert line.hear() == b"OK\r\n"
    assert line.hear() == WVCI
    assert time.monotonic() - began >= QUIET * 0.9


def test_other_phones_are_woken_right_after_helo(station, monkeypatch):
    monkeypatch.setattr(waker, "CHUNK_READER_PAUSE_SECONDS", 60)
    station.deliver("m1")
    line = station.dial().helo()  # OK comes in a segment of its own
    assert line.hear() == WVCI
    station.phone_polls()
    assert line.say(b"PING\r\n").hear() == b"OK\r\n"
    station.deliver("m2")
    assert line.hear() == WVCI


def test_a_poll_that_found_nothing_ends_the_quiet(s60, monkeypatch):
    """It shows that the OK was read: it came long enough behind it."""
    monkeypatch.setattr(waker, "CHUNK_READER_PAUSE_SECONDS", 60)
    monkeypatch.setattr(waker, "OK_READ_SECONDS", 0.1)
    line = s60.dial().helo()
    gevent.sleep(0.15)
    s60.phone_polls()
    s60.deliver("m1")
    assert line.hear() == WVCI


def test_a_poll_of_before_does_not(s60):
    s60.phone_polls()
    began = time.monotonic()
    line = s60.dial().helo()
    s60.deliver("m1")
    assert line.hear() == WVCI
    assert time.monotonic() - began >= QUIET * 0.8


def test_after_every_ok_there_is_quiet(s60):
    station = s60
    line = station.dial().helo()
    quiet(line)
    began = time.monotonic()
    line.say(b"PING\r\n")
    assert line.hear() == b"OK\r\n"
    station.deliver("m1")
    assert line.hear() == WVCI
    assert time.monotonic() - began >= QUIET * 0.8


def test_one_wake_for_a_burst(station):
    line = station.dial().helo()
    quiet(line)
    for number in range(5):
        station.deliver(f"m{number}", f"n{number}")
    assert line.hear() == WVCI
    quiet(line)


def test_no_wake_for_what_the_phone_has_fetched(s60, monkeypatch):
    monkeypatch.setattr(waker, "CHUNK_READER_PAUSE_SECONDS", 1.5)
    line = s60.dial().helo()
    s60.deliver("m1")
    s60.phone_polls()
    quiet(line, 2.0)


def test_a_message_behind_an_empty_poll_wakes_at_once(station, monkeypatch):
    """However short a while ago the phone was woken."""
    monkeypatch.setattr(waker, "WAKEUP_GAP_SECONDS", 60)
    line = station.dial().helo()
    for number in range(3):
        station.deliver(f"m{number}")
        assert line.hear() == WVCI
        station.phone_polls()


def test_a_phone_with_an_item_in_hand_is_left_alone(station, monkeypatch):
    """It comes to answer, and takes the next one with it: one wake for a burst, however slowly it comes in."""
    monkeypatch.setattr(waker, "WAKEUP_GAP_SECONDS", 1.5)
    line = station.dial().helo()
    station.deliver("m0")
    assert line.hear() == WVCI
    item = station.phone_takes_one()
    for number in range(1, 20):
        station.deliver(f"m{number}")
        item = station.inbox.take(SID, answered=item.tid, message_id=item.id)
    quiet(line, 2.0)


def test_one_that_does_not_come_back_is_woken_all_the_same(station, monkeypatch):
    monkeypatch.setattr(waker, "WAKEUP_GAP_SECONDS", QUIET)
    line = station.dial().helo()
    began = time.monotonic()
    station.deliver("m1")
    assert line.hear() == WVCI
    station.phone_takes_one()
    station.deliver("m2")
    assert line.hear() == WVCI
    assert time.monotonic() - began >= QUIET * 0.8


def test_news_of_a_process_of_the_last_version_is_understood(station, monkeypatch):
    """It names no time: the phone may have something in hand."""
    monkeypatch.setattr(waker, "WAKEUP_GAP_SECONDS", 0.1)
    line = station.dial().helo()
    station.heard = lambda *_: None
    station.deliver("m1")
    station.stcp.wake("", f"m {SID}".encode())
    assert line.hear() == WVCI


def test_a_wake_is_repeated_when_the_phone_does_not_come(station, monkeypatch):
    monkeypatch.setattr(waker, "WAKEUP_REPEAT_SECONDS", 0.3)
    line = station.dial().helo()
    station.deliver("m1")
    assert line.hear() == WVCI
    assert line.hear() == WVCI
    assert line.hear(0.8) is None


def test_it_is_not_repeated_when_the_phone_came(station, monkeypatch):
    monkeypatch.setattr(waker, "WAKEUP_REPEAT_SECONDS", 1.5)
    line = station.dial().helo()
    station.deliver("m1")
    assert line.hear() == WVCI
    station.phone_polls()
    assert line.hear(2.0) is None


def test_the_next_burst_wakes_at_once(station):
    """And does not wait for the time at which the last one would have been repeated."""
    line = station.dial().helo()
    for number in range(3):
        station.deliver(f"m{number}")
        assert line.hear() == WVCI
        station.phone_polls()
        quiet(line, 0.1)


def test_a_lost_wake_is_found_by_the_beat(station):
    line = station.dial().helo()
    station.heard = lambda *_: None
    station.deliver("m1")
    quiet(line)
    station.stcp.upkeep()
    assert line.hear() == WVCI


def test_the_process_is_registered_by_its_beat(station):
    lines = CirProcesses(station.client)
    station.stcp.upkeep()
    assert lines.any()
    station.stcp.close()
    assert not lines.any()


# --- several lines ---


def test_a_new_line_from_the_same_address_replaces_the_old_one(station):
    old = station.dial().helo()
    new = station.dial().helo()
    assert old.hear() == b""
    station.deliver("m1")
    assert new.hear() == WVCI
    assert in_redis.fields(station.sessions, SID, ["stcp"]) == [station.stcp.channel.encode()]


def test_lines_from_two_addresses_are_both_woken(station):
    """A thief of the SessionID cannot silence the phone."""
    one, two = station.dial("127.0.0.1").helo(), station.dial("127.0.0.2").helo()
    station.deliver("m1")
    assert (one.hear(), two.hear()) == (WVCI, WVCI)


def test_a_third_address_takes_the_place_of_the_oldest(station):
    lines = [station.dial(f"127.0.0.{number}").helo() for number in (1, 2, 3)]
    assert lines[0].hear() == b""
    station.deliver("m1")
    assert [each.hear() for each in lines[1:]] == [WVCI, WVCI]


def test_a_line_may_change_its_session(station):
    station.session("a7other", cookie="c")
    line = station.dial().helo()
    line.helo("a7other")
    assert in_redis.fields(station.sessions, SID, ["stcp"]) == [None]
    station.deliver("m1", sid="a7other")
    assert line.hear() == b"WVCI 1.2 c\r\n"


def test_lines_end_with_their_session(station):
    line = station.dial().helo()
    station.feed.end(SID, 1, 601)
    assert line.hear() == b""


def test_a_line_that_ends_while_its_successor_says_helo_does_not_take_it_along(station):
    """A phone that closes and dials again at once."""
    for _ in range(20):
        old = station.dial().helo()
        new = station.dial()
        old.sock.close()
        new.helo()
        gevent.sleep(0.01)
        assert in_redis.fields(station.sessions, SID, ["stcp"]) == [station.stcp.channel.encode()]
        new.sock.close()


# --- several processes ---


@pytest.fixture
def two(station, redis_server):
    """A second process on the same Redis."""
    other = Station(redis_server.url)
    yield other
    other.close()


def test_a_wake_reaches_the_process_that_has_the_line(station, two):
    line = two.dial().helo()
    station.deliver("m1")
    assert line.hear() == WVCI


def test_a_line_at_another_process_replaces_one_of_the_same_address(station, two):
    old = station.dial().helo()
    new = two.dial().helo()
    assert old.hear() == b""
    station.deliver("m1")
    assert new.hear() == WVCI
    assert in_redis.fields(station.sessions, SID, ["stcp"]) == [two.stcp.channel.encode()]


def test_lines_of_two_addresses_at_two_processes_are_both_woken(station, two):
    one = station.dial("127.0.0.1").helo()
    other = two.dial("127.0.0.2").helo()
    station.deliver("m1")
    assert (one.hear(), other.hear()) == (WVCI, WVCI)
    one.sock.close()
    with gevent.Timeout(60):
        while in_redis.fields(station.sessions, SID, ["stcp"]) != [two.stcp.channel.encode()]:
            gevent.sleep(0.01)


def test_all_lines_end_with_their_session_wherever_they_are(station, two):
    lines = station.dial("127.0.0.1").helo(), two.dial("127.0.0.2").helo()
    station.feed.end(SID, 1, 601)
    assert [line.hear() for line in lines] == [b"", b""]


# --- presence, limits, the PROXY header ---


def test_presence_waits_for_more_of_it_and_a_message_does_not(station, monkeypatch):
    monkeypatch.setattr(waker, "PRESENCE_DELAY_SECONDS", 0.5)
    line = station.dial().helo()
    quiet(line)
    began = time.monotonic()
    station.client.publish(station.stcp.channel, f"p {SID}")
    station.client.hset(f"s:{{{SID}}}", "cir", "p1")
    station.client.rpush(f"q:{{{SID}}}", "P")
    assert line.hear() == WVCI
    assert time.monotonic() - began >= 0.45
    station.phone_polls()
    station.client.hset(f"s:{{{SID}}}", "cir", "p1")
    station.deliver("m1")
    assert line.hear() == WVCI, "a message does not wait behind presence"


def test_an_address_that_guesses_is_left_out(make_station):
    station = make_station(limits=ConnectionLimits(1000, 200))
    for _ in range(5):
        assert station.dial().say(b"HELO a7guess\r\n").hear() == b""
    assert station.dial().say(f"HELO {SID}\r\n".encode()).hear() == b""
    assert station.dial("127.0.0.9").helo()


def test_connections_that_are_closed_no_longer_count(station):
    limits = station.stcp.limits
    lines = [station.dial(f"127.0.0.{number}").helo() for number in (1, 2)]
    idle = station.dial()
    idle.say(b"\r\n")
    with gevent.Timeout(60):
        while (limits.connections, limits.unbound) != (3, 1):
            gevent.sleep(0.01)
    for line in (*lines, idle):
        line.sock.close()
    with gevent.Timeout(60):
        while (limits.connections, limits.unbound) != (0, 0):
            gevent.sleep(0.01)


def test_behind_a_proxy_the_phones_own_address_counts(make_station):
    station = make_station(proxies=frozenset({"127.0.0.1"}))
    header = b"PROXY TCP4 192.0.2.7 10.0.0.1 40000 3171\r\n"
    one = station.dial().say(header + f"HELO {SID}\r\n".encode())
    assert one.hear() == b"OK\r\n"
    two = station.dial().say(header.replace(b".7", b".8"))
    two.helo()
    assert one.hear(0.2) is None, "another address: both stay"
    assert {line.address for line in station.stcp.lines.of(SID)} == {"192.0.2.7", "192.0.2.8"}
    assert station.dial().say(b"HELO no header\r\n").hear() == b""


def test_a_connection_that_bypasses_the_proxy_needs_no_header(make_station):
    station = make_station(proxies=frozenset({"127.0.0.1"}))
    assert station.dial("127.0.0.2").helo()


# --- lines that never stop ---


def slowest_ok(line, times=40):
    """Seconds until a PING of another phone is answered, nearly at worst: the machine may be busy once or twice."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        assert line.say(b"PING\r\n").hear(20.0) == b"OK\r\n"
        took.append(time.monotonic() - began)
        gevent.sleep(0.01)
    return sorted(took)[-3]


@pytest.mark.parametrize(
    ("first", "again"), [(b"", b"\n"), (b"", b"\r\n"), (b"HELO a8flood\r\n", b"PING\r\n"), (b"HELO a8flood\r\n", b"\n")]
)
def test_a_line_that_never_stops_leaves_others_their_turn(station, first, again):
    station.session("a8flood")
    other = station.dial().helo()
    with flood(station._listener.address, again, first, count=4):
        gevent.sleep(0.2)
        assert slowest_ok(other) < 5.0  # else it waits for as long as they go on, which is for ever


@pytest.mark.parametrize("again", [b"\n", b"\r\n", b" \n"])
def test_whoever_never_stops_has_no_longer_for_its_helo(station, monkeypatch, again):
    monkeypatch.setattr(server, "HELO_DEADLINE_SECONDS", 0.5)
    with flood(station._listener.address, again, count=4) as running:
        assert running.ended(within=60) is not None


def test_the_proxys_header_has_as_long_as_a_helo(redis_server, monkeypatch):
    """By the clock: that something comes now and then prolongs nothing."""
    monkeypatch.setattr(server, "HELO_DEADLINE_SECONDS", 0.4)
    station = Station(redis_server.url, proxies={"127.0.0.1"})
    line = station.dial()

    def drip():
        for byte in b"PROXY TCP4 " + b"1" * 90:
            line.say(bytes([byte]))
            gevent.sleep(0.05)

    with pytest.raises(OSError):  # noqa: PT011
        drip()  # all of it would take 5 s
    station.close()
