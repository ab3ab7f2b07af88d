"""The CIR process's HTTP port over real sockets: SHTTP for phones, reports from gateways."""

import socket
import time
from contextlib import suppress

import pytest
from gevent.server import StreamServer

from cir.http import delivery_reports, gateway_profiles, shttp
from cir.http.server import CirSite
from onesoup.http_server.connection import HttpLimits
from onesoup.http_server.requests import Request
from onesoup.observability import history_notes
from onesoup.store.redis.client import connect
from onesoup.store.wakeup.sms_budget import SmsJobs
from onesoup.store.wakeup.wakes import WakeStore
from tests.cir.vectors import VECTORS

KEY, TOKEN = b"k" * 32, "8f14e45fceea167a5a36dedd4bea2543"


class Client:
    def __init__(self, address):
        self.sock = socket.create_connection(address, timeout=30)

    def ask(self, octets):
        self.sock.sendall(octets)
        return self.hear()

    def hear(self):
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.sock.recv(4096)
            if not more:
                break
            data += more
        return data


@pytest.fixture
def redis(redis_server):
    client = connect(redis_server.url)
    client.flushall()
    client.hset("s:{a7phone}", "due", "9999999999999")
    WakeStore(client).put_token(TOKEN, "a7phone")
    return client


@pytest.fixture
def site(redis):
    server = StreamServer(("127.0.0.1", 0), CirSite(WakeStore(redis), SmsJobs(redis), KEY, frozenset({"127.0.0.1"})).serve)
    server.start()
    opened = []

    def dial():
        opened.append(Client(server.address))
        return opened[-1]

    yield dial
    for each in opened:
        each.sock.close()
    server.stop(timeout=0)


REQUEST = VECTORS["shttp.req"].octets


def test_a_phone_asks_and_is_told_in_exactly_these_octets(site, redis):
    phone = site()
    assert phone.ask(REQUEST) == VECTORS["shttp.resp.nothing"].octets
    redis.rpush("q:{a7phone}", "m1")
    assert phone.ask(REQUEST) == VECTORS["shttp.resp.waiting"].octets
    assert phone.ask(REQUEST.replace(b"GET", b"HEAD")) == VECTORS["shttp.resp.waiting"].octets


def test_the_history_has_that_the_phone_asked_and_was_told_to_come(site, redis, monkeypatch):
    told = []
    monkeypatch.setattr(history_notes, "note_wake", lambda *what: told.append(what))
    site().ask(REQUEST)
    assert told == []
    redis.rpush("q:{a7phone}", "m1")
    site().ask(REQUEST)
    assert told == [("a7phone", "shttp", "fetched")]


def test_a_session_that_is_over_says_poll(site, redis):
    redis.delete("s:{a7phone}")
    assert site().ask(REQUEST).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/cir/" + "x" * 32, "/cir/", "/", "/cir/a7phone", "/hook", "/cir/../" + TOKEN])
def test_what_is_not_there(site, path):
    assert site().ask(shttp.shttp_request(path, "h")).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize(
    "octets", [b"GET\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"x" * 20_000]
)
def test_what_is_no_request_is_refused_and_ends_the_connection(site, octets):
    client = site()
    try:
        found = client.ask(octets)
    except OSError:  # it was closed while we still wrote
        return
    assert found.startswith(b"HTTP/1.1 400 Bad Request\r\n") or found == b""


HEAD = b"POST /cir/%s HTTP/1.1\r\nHost: h\r\n" % TOKEN.encode()
BODY_OF_FIVE = HEAD + b"Content-Length: 5\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        BODY_OF_FIVE + b"Content-Length: 6\r\n\r\nhello",
        BODY_OF_FIVE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n\r\n",
        HEAD + b"Content-Length: 5\x00\r\n\r\nhello",
    ],
)
def test_nothing_behind_a_doubtful_body_is_read(site, octets):
    phone = site()
    phone.sock.sendall(octets + REQUEST)
    found = b"".join(iter(lambda: phone.sock.recv(4096), b""))
    assert found.count(b"HTTP/1.1 ") == found.count(b"HTTP/1.1 400 ") == 1


@pytest.mark.parametrize(
    "octets",
    [
        BODY_OF_FIVE + b"Content-Length: 5\r\n\r\nhello",
        BODY_OF_FIVE + b"\r\nhello\r\n",
        BODY_OF_FIVE + b"Transfer-Encoding: identity\r\n\r\nhello",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        HEAD + b"X-Proxy: a\r\n b\r\n\r\n",
    ],
)
def test_old_proxies_are_understood(site, octets):
    phone = site()
    phone.sock.sendall(octets + REQUEST.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n"))
    found = b"".join(iter(lambda: phone.sock.recv(4096), b""))
    assert found.count(b"HTTP/1.1 204 ") == 2


def test_a_body_beyond_what_is_taken_ends_the_connection(site):
    phone = site()
    assert phone.ask(HEAD + b"Content-Length: 20000\r\n\r\n" + b"a" * 20_000).startswith(b"HTTP/1.1 413 ")


def test_slow_questions_end_with_the_deadline(site, monkeypatch):
    monkeypatch.setattr("cir.http.server.CONNECTION_LIMITS", HttpLimits(request_seconds=0.3))
    phones = [site() for _ in range(20)]
    for phone in phones:
        phone.sock.sendall(HEAD + b"Content-Length: 10000\r\n\r\n")
        phone.sock.settimeout(0.02)
    began = time.monotonic()
    while phones and time.monotonic() < began + 60:  # the drips of each would last for more than an hour
        phones = [phone for phone in phones if drips(phone)]
    assert not phones


def drips(phone) -> bool:
    """Whether a connection on which a byte comes now and then is still open."""
    try:
        phone.sock.sendall(b"a")
        return bool(phone.sock.recv(1000))
    except TimeoutError:
        return True
    except OSError:
        return False


def test_a_phone_that_never_stops_asking_leaves_others_their_turn(site):
    flood, other = site(), site()
    flood.sock.setblocking(False)
    with suppress(OSError):
        flood.sock.send(REQUEST * 20_000)
    took = []
    for _ in range(20):
        began = time.monotonic()
        assert other.ask(REQUEST).startswith(b"HTTP/1.1 204 ")
        took.append(time.monotonic() - began)
    assert sorted(took)[-3] < 5.0  # what stands before it, and the machine may be busy with something else


def test_old_clients_get_their_connection_closed(site):
    client = site()
    assert b"Connection: close" in client.ask(REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert client.sock.recv(1) == b""


def report(st, job="c1", key=KEY):
    return shttp.shttp_request(f"{delivery_reports.REPORT_PATH}?{delivery_reports.kannel_query(job, key, st)}", "h")


def test_reports_move_a_job_forward_in_any_order_and_twice(site, redis):
    jobs, gateway = SmsJobs(redis), site()
    jobs.start("c1", "+15550100123")
    for st in (1, 8, 1, 8):
        assert gateway.ask(report(st)).startswith(b"HTTP/1.1 200 ")
    assert jobs.state("c1") == "delivered"


def test_a_webhook_reports_with_a_body(site, redis):
    jobs, body = SmsJobs(redis), b'{"id":"c1","status":"failed"}'
    jobs.start("c1", "+15550100123")
    target = f"{delivery_reports.REPORT_PATH}?id=c1&sig={delivery_reports.sign_report(KEY, 'c1')}"
    head = f"POST {target} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n"
    assert site().ask(head.encode() + body).startswith(b"HTTP/1.1 200 ")
    assert jobs.state("c1") == "failed"


def test_a_webhook_that_can_sign_has_to(redis):
    """The body alone, then with a signature, and the URL of a state."""
    jobs, secret, body = SmsJobs(redis), "kep6lore", b'{"id":"c1","status":"failed"}'
    jobs.start("c1", "+15550100123")
    port = CirSite(WakeStore(redis), jobs, KEY, frozenset(), report_secret=secret)
    target = f"{delivery_reports.REPORT_PATH}?id=c1&sig={delivery_reports.sign_report(KEY, 'c1')}"
    unsigned = Request("POST", target, "HTTP/1.1", {})
    assert port._answer(unsigned, body, "127.0.0.1") == 400
    signature = gateway_profiles.sign_body(secret, int(time.time()), body)
    signed = Request("POST", target, "HTTP/1.1", {"x-onesoup-signature": signature})
    assert port._answer(signed, b'{"id":"c1","status":"buffered"}', "127.0.0.1") == 400
    assert jobs.state("c1") == ""
    assert port._answer(signed, body, "127.0.0.1") == 200
    assert jobs.state("c1") == "failed"
    jobs.start("c2", "+15550100123")
    path = delivery_reports.report_urls("http://h", KEY, "c2")["delivered"].removeprefix("http://h")
    assert port._answer(Request("GET", path, "HTTP/1.1", {}), b"", "127.0.0.1") == 200
    assert jobs.state("c2") == "delivered"


def test_a_report_of_an_unknown_job_gets_200_so_that_the_gateway_stops(site):
    assert site().ask(report(1, "c9")).startswith(b"HTTP/1.1 200 ")


def test_a_report_that_anybody_could_have_written_is_refused(site, redis):
    SmsJobs(redis).start("c1", "+15550100123")
    assert site().ask(report(1, key=b"x" * 32)).startswith(b"HTTP/1.1 400 ")
    assert SmsJobs(redis).state("c1") == ""


def test_a_report_from_elsewhere_is_refused(redis):
    elsewhere = CirSite(WakeStore(redis), SmsJobs(redis), KEY, frozenset({"10.0.0.1"}))
    request = Request("GET", f"{delivery_reports.REPORT_PATH}?{delivery_reports.kannel_query('c1', KEY, 1)}", "HTTP/1.1", {})
    assert elsewhere._answer(request, b"", "127.0.0.1") == 403
