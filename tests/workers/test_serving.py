"""The HTTP server of the gateway, octet by octet: what it takes, what it refuses, and how it leaves."""

import io
import math
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace

import gevent
import pytest
from gevent import socket
from hypothesis import given
from hypothesis import strategies as st

from workers import serving
from workers.serving import BadRequest, Server, read_headers


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


@pytest.fixture
def server() -> Iterator[Server]:
    worker = SimpleNamespace(alive=True, waiting={})
    listener = socket.create_server(("127.0.0.1", 0))
    server = Server(listener, worker=worker, environ={}, application=application, handler_class=serving.Handler)
    server.start()
    yield server
    server.stop(timeout=1)


@pytest.fixture
def talk(server) -> Callable[[bytes], bytes]:
    """Sends these octets and nothing more; gives all that comes back until the server closes."""

    def go(octets: bytes) -> bytes:
        with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
            link.settimeout(10)
            link.sendall(octets)
            link.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: link.recv(65536), b""))

    return go


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
    assert statuses(talk(kept)) == [b"200", b"200"]


def test_whoever_expects_to_be_told_to_go_on_is_told(talk):
    answer = talk(post("Content-Length: 2", "Expect: 100-continue", body=b"hi"))
    assert statuses(answer) == [b"100", b"200"]


def test_a_name_with_an_underscore_is_dropped(talk):
    """A proxy that checks X-MSISDN knows nothing of X_MSISDN."""
    assert b"POST / - - " in talk(post("X_MSISDN: 4479", "Content-Length: 0"))
    assert b"POST / - 4479 " in talk(post("X-MSISDN: 4479", "Content-Length: 0"))


@pytest.mark.parametrize(
    "octets",
    [
        post("Content-Length: 3", "Content-Length: 3", body=b"one"),
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
        post("X-One: a", " folded"),
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
        link.settimeout(10)
        link.sendall(post("Transfer-Encoding: chunked"))
        many = (b"1000\r\n" + b"a" * 4096 + b"\r\n") * 1000
        with pytest.raises(ConnectionError):
            link.sendall(many)


def test_a_connection_that_waits_for_too_long_is_closed(server):
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.settimeout(10)
        link.sendall(b"POST / HTTP/1.1\r\nContent-Le")
        while not server.waiting:
            gevent.sleep(0.01)
        serving.end_waiting(server.waiting, 0.0)
        gevent.sleep(0.05)
        assert server.waiting  # not long enough
        serving.end_waiting(server.waiting, math.inf)
        assert b" 400 " in link.recv(1000)
        assert link.recv(1000) == b""
    assert not server.waiting


def test_a_worker_that_leaves_says_so_in_its_answers(server, talk):
    server.worker.alive = False
    answer = talk(post("Content-Length: 0") * 2)
    assert statuses(answer) == [b"200"]
    assert b"Connection: close" in answer


def test_a_request_that_came_just_then_is_answered(server):
    """The worker ends idle connections; what the kernel had already is served."""
    with closing(socket.create_connection(("127.0.0.1", server.server_port))) as link:
        link.settimeout(10)
        while not server.waiting:
            gevent.sleep(0.01)
        link.sendall(post("Content-Length: 3", body=b"one"))
        serving.end_waiting(server.waiting, math.inf)
        assert link.recv(1000).endswith(b"one")


NAME = st.text("ABCabc019-!#_", min_size=1, max_size=20).map("X-{}".format)
VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)


@given(st.lists(st.tuples(NAME, VALUE), max_size=20))
def test_any_fields_are_read_as_they_were_written(fields):
    octets = "".join(f"{name}: {value}\r\n" for name, value in fields).encode() + b"\r\nrest"
    stream = io.BytesIO(octets)
    assert read_headers(stream).fields == fields
    assert stream.read() == b"rest"


@given(st.binary(max_size=300))
def test_any_octets_are_fields_or_a_bad_request(octets):
    try:
        read_headers(io.BytesIO(octets + b"\r\n\r\n"))
    except BadRequest:
        return
