"""The HTTP server, byte by byte over a socket: what it takes, what it refuses, how it is bounded, and how it leaves."""

import functools
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import gevent
import pytest
from gevent import socket

from onesoup.http_server.connection import BURST_SECONDS, HttpLimits
from onesoup.http_server.wsgi import HttpServer, end_waiting
from onesoup.observability.request_id import current_request
from tests.support.turns import most_between_turns


def application(environ, start_response):
    """Says what it got: method, path, type, number, body."""
    try:
        body = environ["wsgi.input"].read(20)
    except OSError:
        start_response("400 Bad Request", [("Content-Length", "0")])
        return [b""]
    told = [environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("CONTENT_TYPE", "-"), environ.get("HTTP_X_MSISDN", "-")]
    answer = " ".join(told).encode() + b" " + body
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]


@contextmanager
def served(app: Callable[..., Any], **options: Any) -> Iterator[HttpServer]:
    options = {"limits": HttpLimits(request_seconds=60), **options}
    server = HttpServer(socket.create_server(("127.0.0.1", 0), backlog=200), app, **options)
    server.start()
    yield server
    server.stop(timeout=1)


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with served(application) as server:
        yield server


def talk_to(server: HttpServer, octets: bytes) -> bytes:
    """Sends these octets and nothing more; gives all that comes back until the server closes."""
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.settimeout(60)
        link.sendall(octets)
        link.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: link.recv(65536), b""))


@pytest.fixture
def talk(server) -> Callable[[bytes], bytes]:
    return functools.partial(talk_to, server)


def post(*fields: str, body: bytes = b"", target: str = "/", version: str = "1.1") -> bytes:
    return "\r\n".join([f"POST {target} HTTP/{version}", *fields, "", ""]).encode() + body


def statuses(answer: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d\d\d) ", answer)


def test_a_request_is_answered(talk):
    answer = talk(post("Host: x", "Content-Type: text/xml", "Content-Length: 5", body=b"hello"))
    assert statuses(answer) == [b"200"]
    assert answer.endswith(b"POST / text/xml - hello")


def test_two_requests_on_one_connection(talk):
    answer = talk(post("Content-Length: 3", body=b"one") + post("Content-Length: 3", body=b"two"))
    assert statuses(answer) == [b"200", b"200"]
    assert b"one" in answer
    assert answer.endswith(b"two")


def test_chunks(talk):
    assert talk(post("Transfer-Encoding: chunked", body=b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")).endswith(b" abcde")


def test_lines_that_end_in_a_line_feed_alone(talk):
    assert talk(b"POST / HTTP/1.1\nHost: x\nContent-Length: 2\n\nhi").endswith(b" hi")


def test_a_whole_url_as_a_proxy_gets_it(talk):
    assert b"POST /csp - -" in talk(post("Content-Length: 0", target="http://phones.example/csp"))


def test_http_1_0_is_closed_unless_it_asks_otherwise(talk):
    both = post("Content-Length: 0", version="1.0") * 2
    assert statuses(talk(both)) == [b"200"]
    kept = post("Content-Length: 0", "Connection: keep-alive", version="1.0") * 2
    answer = talk(kept)
    assert statuses(answer) == [b"200", b"200"]
    assert answer.count(b"Connection: keep-alive\r\n") == 2


def test_what_goes_without_saying_costs_no_bytes(talk):
    assert b"Connection" not in talk(post("Content-Length: 0"))


def test_whoever_expects_to_be_told_to_go_on_is_told(server):
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.settimeout(60)
        for _ in range(2):
            link.sendall(post("Content-Length: 2", "Expect: 100-continue"))
            assert link.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
            link.sendall(b"hi")
            assert link.recv(1000).endswith(b" hi")


def test_a_body_that_has_come_already_needs_no_word(talk):
    both = post("Content-Length: 2", "Expect: 100-continue", body=b"hi") + post("Content-Length: 0")
    assert statuses(talk(both)) == [b"200", b"200"]


def test_a_name_with_an_underscore_is_dropped(talk):
    """A proxy that checks X-MSISDN knows nothing of X_MSISDN."""
    assert b"POST / - - " in talk(post("X_MSISDN: 4479", "Content-Length: 0"))
    assert b"POST / - 4479 " in talk(post("X-MSISDN: 4479", "Content-Length: 0"))


@pytest.mark.parametrize(
    "octets",
    [
        post("Content-Length: 3", "content-length: 4", body=b"one"),
        post("Content-Length: 3", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"),
        post("Transfer-Encoding: chunked", body=b"0\r\n\r\n", version="1.0"),
        post("Content-Length : 3", body=b"one"),
        post("Content-Length: +3", body=b"one"),
        post("Content-Length: 3_0", body=b"one"),
        post("Content-Length: -1"),
        post("Content-Length: "),
        post("Host: a", "Host: b"),
        post("Content-Type: text/xml", "Content-Type: text/html"),
        post("X-One: a\x00b"),
        post("X-One: a\rX-Two: b"),
        post("no colon"),
        post(": no name"),
        post("X-Long: " + "a" * 9000),
        post(*(f"X-{number}: a" for number in range(101))),
        b"POST /\r\n\r\n",
        b"GET /\r\n\r\n",
        b"POST / HTTP/2.0\r\n\r\n",
        b"POST  / HTTP/1.1\r\n\r\n",
        b"POST / x HTTP/1.1\r\n\r\n",
        b"POST ftp://x/ HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n",
    ],
)
def test_what_two_servers_could_read_in_two_ways_is_refused(talk, octets):
    answer = talk(octets + post("Content-Length: 0"))
    assert statuses(answer) == [b"400"]
    assert b"Connection: close" in answer


def test_a_line_without_end_is_too_long(talk):
    assert statuses(talk(b"POST /" + b"a" * 20_000)) in ([b"414"], [b"400"])


@pytest.mark.parametrize("chunk", [b"zz\r\n", b"3\r\nabcd\r\n", b"-3\r\nabc\r\n"])
def test_chunks_that_are_none_end_the_connection(talk, chunk):
    answer = talk(post("Transfer-Encoding: chunked", body=chunk) + post("Content-Length: 0"))
    assert statuses(answer)[:1] != [b"500"]
    assert b"POST / - -" not in answer.partition(b"400")[2]


def test_a_body_that_stops_halfway_is_no_bug(talk):
    assert statuses(talk(post("Content-Length: 50", body=b"half"))) == [b"400"]


def test_what_is_left_of_a_body_is_read_over(talk):
    answer = talk(post("Content-Length: 50000", body=b"a" * 50_000) + post("Content-Length: 3", body=b"two"))
    assert statuses(answer) == [b"200", b"200"]
    assert answer.endswith(b"two")


def test_a_body_without_end_costs_the_connection(server):
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.settimeout(60)
        link.sendall(post("Transfer-Encoding: chunked"))
        many = (b"1000\r\n" + b"a" * 4096 + b"\r\n") * 1000
        with pytest.raises(ConnectionError):
            link.sendall(many * 50)  # 200 MB: more than the kernel buffers, so the server has to read, or to close


def test_a_connection_that_waits_for_too_long_is_closed(server):
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.settimeout(60)
        link.sendall(b"POST / HTTP/1.1\r\nContent-Le")
        while not server.waiting:
            gevent.sleep(0.01)
        end_waiting(server.waiting, 0.0)
        gevent.sleep(0.05)
        assert server.waiting  # not long enough
        end_waiting(server.waiting, math.inf)
        assert b" 400 " in link.recv(1000)
        assert link.recv(1000) == b""
    assert not server.waiting


def test_a_worker_that_leaves_says_so_in_its_answers(server, talk):
    server.alive = lambda: False
    answer = talk(post("Content-Length: 0") * 2)
    assert statuses(answer) == [b"200"]
    assert b"Connection: close" in answer


def test_a_request_that_came_just_then_is_answered(server):
    """The worker ends idle connections; what the kernel had already is served."""
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.settimeout(60)
        while not server.waiting:
            gevent.sleep(0.01)
        link.sendall(post("Content-Length: 3", body=b"one"))
        end_waiting(server.waiting, math.inf)
        assert link.recv(1000).endswith(b"one")


# --- bounds ---

REQUEST_SECONDS = 0.5
SOON = HttpLimits(request_seconds=REQUEST_SECONDS)
LATE = 20.0  # what a busy machine may add


def closed_after(server: HttpServer, first: bytes, drip: bytes) -> float:
    """Seconds until the server closes on a client that sends `first` at once, and `drip` every 50 ms."""
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        began = time.monotonic()
        link.sendall(first)
        link.settimeout(0.05)
        while time.monotonic() < began + 60:
            try:
                if not link.recv(1000):
                    break
            except TimeoutError:
                link.sendall(drip)
            except OSError:
                break
        return time.monotonic() - began


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"POST / HTTP/1.1\r\nX-Slow: ", b"a"),
        (post("Content-Length: 10000"), b"a"),
        (post("Transfer-Encoding: chunked"), b"1\r\na\r\n"),
        (post("Transfer-Encoding: chunked", body=b"1;"), b"a"),
        (post("Transfer-Encoding: chunked", body=b"0\r\n"), b"A: b\r\n"),
        (post("Content-Length: 10000"), b""),
    ],
)
def test_fifty_slow_requests_end_with_the_deadline(first, drip):
    """One deadline for all of a request: that something comes now and then prolongs nothing."""
    with served(application, limits=SOON) as server:
        clients = [gevent.spawn(closed_after, server, first, drip) for _ in range(50)]
        gevent.joinall(clients, timeout=90, raise_error=True)
    assert max(client.value for client in clients) < REQUEST_SECONDS + LATE


def test_a_client_that_does_not_read_its_answer_is_closed():
    ended = []

    def large(_environ, start_response):
        start_response("200 OK", [("Content-Length", "50000000")])
        began = time.monotonic()
        try:
            yield b"a" * 50_000_000
        finally:
            ended.append(time.monotonic() - began)

    with served(large, limits=SOON) as server, closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.sendall(post("Content-Length: 0"))
        while not ended:
            gevent.sleep(0.01)
    assert ended[0] < REQUEST_SECONDS + LATE


@contextmanager
def connected(server: HttpServer, source: str) -> Iterator[socket.socket]:
    with closing(socket.create_connection(("127.0.0.1", server.server_port), source_address=(source, 0))) as link:
        link.settimeout(60)
        yield link


@contextmanager
def flooded(server: HttpServer, source: str, flood: bytes) -> Iterator[None]:
    """The kernel has as much of it as it takes; the answers are read."""
    link = socket.create_connection(("127.0.0.1", server.server_port), source_address=(source, 0))
    link.setblocking(False)
    with suppress(OSError):
        link.send(flood * (3_000_000 // len(flood)))

    def read() -> None:
        link.setblocking(True)
        with suppress(OSError):
            while link.recv(1 << 16):
                pass

    reading = gevent.spawn(read)
    with closing(link):
        yield
        reading.kill()


@pytest.mark.parametrize("source", ["127.0.0.1", "127.0.0.2"])
@pytest.mark.parametrize(
    "flood",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        post("Content-Length: 3", body=b"one"),
        post("Transfer-Encoding: chunked", body=b"1\r\na\r\n" * 5 + b"0\r\n\r\n"),
        post("Transfer-Encoding: chunked", body=b"1000\r\n" + b"a" * 4096 + b"\r\n" + b"0\r\n\r\n"),
        b"\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    ],
)
def test_a_connection_that_never_stops_leaves_others_their_turn(source, flood):
    """Also one of a proxy of ours, which has no budget."""
    requests = []

    def counting(environ, start_response):
        requests.append(environ)
        return application(environ, start_response)

    with served(counting, proxies={"127.0.0.1"}) as server, flooded(server, source, flood):
        assert most_between_turns(lambda: len(requests), lambda: len(requests) < 100) <= 2


def test_a_connection_has_a_budget_of_requests():
    count: Counter[str] = Counter()

    def counting(environ, start_response):
        count[environ["REMOTE_ADDR"]] += 1
        return application(environ, start_response)

    with served(counting, proxies={"127.0.0.2"}, limits=HttpLimits(requests=20)) as server:
        for source in ("127.0.0.1", "127.0.0.2"):
            with connected(server, source) as link:
                began = time.monotonic()
                link.sendall(post("Content-Length: 0") * 300)
                with gevent.Timeout(60):
                    while count[source] < 90:
                        gevent.sleep(0.05)
                assert count[source] <= 20 * (BURST_SECONDS + time.monotonic() - began) + 1
        with connected(server, "127.0.0.2") as link:
            for _ in range(300):  # one behind the answer to the other, as proxies do
                link.sendall(post("Content-Length: 0"))
                link.recv(1000)
        assert count["127.0.0.2"] >= 380


def test_a_connection_has_a_budget_of_bytes():
    """It waits, and is not closed: what it sends in time is read."""

    def reading(environ, start_response):
        environ["wsgi.input"].read()
        return application(environ, start_response)

    with served(reading, limits=HttpLimits(bytes=100_000, request_seconds=10)) as server:
        began = time.monotonic()
        answers = talk_to(server, post("Content-Length: 200000", body=b"a" * 200_000) * 3)
    assert statuses(answers) == [b"200"] * 3
    assert time.monotonic() - began > 1.0


def test_a_mistake_of_the_application_is_told_and_ends_the_connection(caplog):
    def broken(_environ, _start_response):
        raise KeyError("secret")

    with served(broken) as server:
        answer = talk_to(server, post("Content-Length: 0") * 2)
    assert statuses(answer) == [b"500"]
    assert b"\r\nConnection: close\r\n" in answer


@pytest.mark.parametrize("value", ["a\r\nX-Evil: b", "a\nb", "a\rb"])
def test_an_answer_cannot_be_split(value):
    def splitting(_environ, start_response):
        start_response("200 OK", [("X-Echo", value)])
        return [b""]

    with served(splitting) as server:
        answer = talk_to(server, post("Content-Length: 0"))
    assert statuses(answer) == [b"500"]
    assert b"Evil" not in answer


def test_an_answer_of_unknown_length_ends_with_the_connection():
    def streaming(_environ, start_response):
        start_response("200 OK", [])
        yield b"one"
        yield b"two"

    with served(streaming) as server:
        answer = talk_to(server, post("Content-Length: 0") * 2)
    assert statuses(answer) == [b"200"]
    assert answer.endswith(b"\r\nConnection: close\r\n\r\nonetwo")


@pytest.mark.parametrize(("proxies", "told"), [(("127.0.0.1",), "0123456789abcdef-x"), ((), "")])
def test_only_a_listed_proxy_says_what_the_id_of_a_request_is(proxies, told):
    def app(_environ, start_response):
        id = current_request()
        start_response("200 OK", [])
        return [id.encode()]

    with served(app, id_proxies=proxies) as server:
        answer = talk_to(server, b"GET / HTTP/1.1\r\nHost: x\r\nX-Request-ID: 0123456789abcdef-x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"0123456789abcdef" not in head
    assert body.decode() == told if told else re.fullmatch(r"[0-9a-f]{16}", body.decode())


def test_each_request_of_a_connection_has_an_id_of_its_own():
    def app(_environ, start_response):
        id = current_request().encode()
        start_response("200 OK", [("Content-Length", str(len(id)))])
        return [id]

    with served(app) as server:
        answers = talk_to(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2)
    assert len(set(re.findall(rb"[0-9a-f]{16}", answers))) == 2
