"""Answers that go on: events come as they happen, the end is noticed, and each piece has its own time."""

import itertools
import socket
import time
from contextlib import suppress
from types import SimpleNamespace

import gevent
import gevent.event
import pytest

from onesoup.http_server import connection
from onesoup.http_server.connection import HttpLimits
from onesoup.http_server.event_stream import EVENT_STREAM_TYPE, KEEP_ALIVE, EventStream, packed_event
from onesoup.http_server.wsgi import HttpServer
from tests.support.peer import WITHIN


def test_an_event_is_one_line_of_data():
    assert packed_event({"a": "x\ny\u2028"}, "more") == 'event: more\ndata: {"a": "x\\ny\u2028"}\n\n'.encode()
    assert packed_event(1) == b"data: 1\n\n"


class Served:
    """A server whose one page is a stream of these pieces."""

    def __init__(self, pieces, **limits):
        self.closed = gevent.event.Event()
        self._pieces = pieces
        self._server = HttpServer(("127.0.0.1", 0), self._app, limits=HttpLimits(**limits))
        self._server.start()
        self.place = ("127.0.0.1", self._server.server_port)

    def _app(self, environ, start_response):
        start_response("200 OK", [("Content-Type", EVENT_STREAM_TYPE)])
        return EventStream(self._each())

    def _each(self):
        try:
            yield from self._pieces
        finally:
            self.closed.set()

    def stop(self):
        self._server.stop(timeout=1)


@pytest.fixture
def serve():
    made = []

    def start(pieces, **limits):
        made.append(Served(pieces, **limits))
        return made[-1]

    yield start
    for each in made:
        each.stop()


def asked(served, **options):
    link = socket.create_connection(served.place, WITHIN)
    for option, value in options.items():
        link.setsockopt(socket.SOL_SOCKET, getattr(socket, option), value)
    link.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    return link


def slowly(pieces, pause):
    for piece in pieces:
        yield piece
        gevent.sleep(pause)


def test_events_come_as_they_happen_and_the_end_of_the_stream_ends_the_connection(serve):
    more = gevent.event.Event()

    def pieces():
        yield b"data: 1\n\n"
        more.wait(WITHIN)
        yield b"data: 2\n\n"

    served = serve(pieces())
    with asked(served) as link, link.makefile("rb") as answer:
        head = list(iter(answer.readline, b"\r\n"))
        assert b"Connection: close\r\n" in head
        assert [answer.readline(), answer.readline()] == [b"data: 1\n", b"\n"]
        more.set()
        assert answer.read() == b"data: 2\n\n"
    assert served.closed.wait(WITHIN)


def test_a_page_that_is_closed_ends_its_stream(serve):
    served = serve(slowly(itertools.repeat(KEEP_ALIVE), 0.01))
    asked(served).close()
    assert served.closed.wait(WITHIN)


def test_each_piece_has_the_time_of_a_whole_answer(serve, monkeypatch):
    """A browser that was slow once, as on a laptop that slept, is not closed for a later piece that it takes in time."""
    large, passed = b":" + b"x" * 8_000_000 + b"\n\n", 0.0
    monkeypatch.setattr(connection, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed))

    def pieces():
        nonlocal passed
        for _ in range(3):
            yield large  # more than the sockets hold: the server waits for the browser
            passed += 600.0

    served, taken = serve(pieces(), request_seconds=300.0), 0
    with asked(served, SO_RCVBUF=65536) as link:
        while data := link.recv(262_144):
            taken += len(data)
    assert taken > 3 * len(large)


def test_a_browser_that_does_not_read_is_given_up(serve):
    served = serve(itertools.repeat(b":" + b"x" * 1_000_000 + b"\n\n"), request_seconds=1.0)
    link = asked(served, SO_RCVBUF=65536)
    assert served.closed.wait(WITHIN)
    with suppress(OSError):
        link.close()
