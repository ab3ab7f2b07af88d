"""nginx in front of the server, with the configuration that comes with onesoup: it sees one request for each that was sent, and
what both of them take, both read in the same way."""

import random
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from onesoup.demo.process import Process
from onesoup.demo.servers import connects
from onesoup.http_server.requests import path_of
from onesoup.http_server.wsgi import HttpServer
from onesoup.observability.request_id import current_request
from onesoup.runtime.ports import free_port
from tests.http_server import test_framing_fuzz as fuzz
from tests.http_server.reading import Served, read
from tests.http_server.test_requests import BEHIND, CHUNKS, GOOD, HEADS, chunked, post
from tests.support.topologies import until

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="needs nginx")

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "nginx.conf"
FUZZED = 200


class Recorder:
    """What reaches the server: (target, body), in order."""

    def __init__(self) -> None:
        self.seen: Served = []
        # Of the last one.
        self.request_id = ""
        self.access_log = Path()

    def __call__(self, environ, start_response):
        try:
            body = environ["wsgi.input"].read()
        except OSError:
            start_response("400 Bad Request", [("Content-Length", "0")])
            return [b""]
        query, self.request_id = environ["QUERY_STRING"], current_request()
        self.seen.append((environ["PATH_INFO"] + (f"?{query}" if query else ""), body))
        start_response("200 OK", [("Content-Length", "2"), ("X-Onesoup", str(len(self.seen)))])
        return [b"ok"]


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture(scope="module")
def nginx(recorder: Recorder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Its port."""
    directory, port = tmp_path_factory.mktemp("nginx"), free_port()
    recorder.access_log = directory / "access.log"
    server = HttpServer(("127.0.0.1", 0), recorder, id_proxies=("127.0.0.1",))
    server.start()
    text = SHIPPED.read_text().partition("\nstream {")[0]
    for shipped, ours in {
        "server 127.0.0.1:8080": f"server 127.0.0.1:{server.server_port}",
        "listen 80 default_server": f"listen 127.0.0.1:{port}",
        "/var/log/nginx/onesoup.log": str(recorder.access_log),
        # What is cut short ends soon.
        "client_header_timeout 10s": "client_header_timeout 100ms",
        "client_body_timeout 15s": "client_body_timeout 100ms",
        "keepalive_timeout 120s": "keepalive_timeout 100ms",
    }.items():
        assert shipped in text
        text = text.replace(shipped, ours)
    (directory / "nginx.conf").write_text(f"daemon off;\npid {directory / 'pid'};\nevents {{ }}\n{text}")
    argv = [shutil.which("nginx") or "", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", "stderr"]
    process = Process("nginx", argv, {}, directory / "nginx.log")
    process.start()
    process.wait_until(lambda: connects("127.0.0.1", port))
    yield port
    process.stop()
    server.stop(timeout=1)


@pytest.fixture
def through(nginx: int, recorder: Recorder) -> Callable[[bytes], Served]:
    """What reaches the server of these bytes, which a client sends to nginx. Each has its answer."""

    def go(data: bytes) -> Served:
        recorder.seen.clear()
        with closing(socket.create_connection(("127.0.0.1", nginx), 10)) as link:
            link.sendall(data)
            answers = b"".join(iter(lambda: link.recv(65536), b""))
        numbers = [int(number) for number in re.findall(rb"\r\nX-Onesoup: (\d+)\r\n", answers)]
        assert numbers == list(range(1, len(recorder.seen) + 1)), data
        return list(recorder.seen)

    return go


@pytest.mark.parametrize("name", GOOD)
def test_what_has_one_reading_is_read_once(through, name):
    data, body = GOOD[name]
    if b"HTTP/1.0" in data:
        data = data.replace(b"HTTP/1.0\r\n", b"HTTP/1.0\r\nConnection: keep-alive\r\n")
    data = data.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nHost: a\r\n", 1).replace(b"HTTP/1.1\nC", b"HTTP/1.1\nHost: a\nC", 1)
    found = through(data + BEHIND.replace(b"\r\n", b"\r\nHost: a\r\n", 1))
    # nginx refuses some of it, and then all that is behind it.
    assert found in ([("/", body), ("/behind", b"hi")], [("/", body)], [])


# nginx answers HTTP/0.9 without a head, and asks us in HTTP/1.1.
DOUBTFUL = {**HEADS, **{name: chunked(body) for name, body in CHUNKS.items()}}
del DOUBTFUL["HTTP/0.9"]


@pytest.mark.parametrize("data", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_two_could_read_in_two_ways_is_no_two_requests(through, data):
    data = data.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nHost: a\r\n", 1)
    found = through(data + BEHIND.replace(b"\r\n", b"\r\nHost: a\r\n", 1))
    assert len(found) <= 2
    assert [target for target, _ in found] in ([], ["/"], ["/behind"], ["/", "/behind"])
    alike(found, data)


def alike(found: Served, data: bytes) -> None:
    """What we would have read of it without nginx is the same, as far as both took it."""
    alone, _ = read(data)
    ours = [(path_of(target) if target[:1] in "/h" else target, body) for target, body in alone]
    common = min(len(found), len(ours))
    assert found[:common] == ours[:common], data


def test_damaged_requests_are_read_alike(through):
    rng = random.Random(6)
    reached = 0
    for _ in range(FUZZED):
        data, _ = fuzz.damaged(rng, fuzz.connection(rng)[0])
        found = through(data)
        reached += len(found)
        alike(found, data)
    assert reached > FUZZED / 4


def test_a_line_end_behind_a_body_is_skipped(through):
    """As old proxies write it."""
    one = post("Host: a", "Content-Length: 5", body=b"hello\r\n")
    assert through(one * 3) == [("/", b"hello")] * 3


def test_the_log_of_nginx_and_ours_call_a_request_the_same(through, recorder):
    """By an id of nginx's own: what the phone says it is does not count."""
    through(b"GET /named HTTP/1.1\r\nHost: a\r\nX-Request-ID: made-up-by-the-phone\r\nConnection: close\r\n\r\n")
    assert re.fullmatch("[0-9a-f]{32}", recorder.request_id)
    until(lambda: f'"request":"{recorder.request_id}"}}\n' in recorder.access_log.read_text())
