"""Connections of a crowd on a real socket: kept, shared, and repeated when they break."""

from collections.abc import Callable, Iterator

import gevent
import pytest
from gevent.event import Event
from gevent.server import StreamServer

from onesoup.load.crowd.http_pool import CROWD_RESENDS, HttpPool

Serve = Callable[[int, bytes], bytes | None]


class Site:
    """A server that answers each request with what `serve(connection, body)` says, and hangs up for None."""

    def __init__(self) -> None:
        self.serve: Serve = lambda connection, body: b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        self.accepted, self.bodies = 0, list[bytes]()
        self.server = StreamServer(("127.0.0.1", 0), self._handle)
        self.server.start()
        self.pool = HttpPool(f"http://127.0.0.1:{self.server.server_port}/", ["127.0.0.2", "127.0.0.3"], 10)

    def _handle(self, link: gevent.socket.socket, _address: tuple[str, int]) -> None:
        self.accepted += 1
        mine, stream = self.accepted, link.makefile("rb")
        while stream.readline():
            length = 0
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b": ")
                length = int(value) if name == b"Content-Length" else length
            self.bodies.append(stream.read(length))
            answer = self.serve(mine, self.bodies[-1])
            if answer is None:
                break
            link.sendall(answer)
        link.close()

    def post(self, *bodies: bytes) -> list[tuple[int, bytes]]:
        """All at once; the answers in the order of the bodies."""
        found: list[tuple[int, bytes]] = [(-1, b"")] * len(bodies)
        events = [Event() for _ in bodies]

        def finish(place: int) -> Callable[[int, bytes], None]:
            def finished(status: int, body: bytes) -> None:
                assert not events[place].is_set(), "an answer comes once"
                found[place] = (status, body)
                events[place].set()

            return finished

        for place, body in enumerate(bodies):
            self.pool.post(b"X-Phone: 1\r\n", body, finish(place))
        for event in events:
            assert event.wait(30)
        return found


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.pool.close()
    made.server.stop()


def test_one_connection_serves_one_after_the_other(site: Site) -> None:
    assert [site.post(b"a"), site.post(b"b")] == [[(200, b"a")], [(200, b"b")]]
    assert (site.accepted, site.pool.open) == (1, 1)


def test_what_comes_at_once_shares_no_connection(site: Site) -> None:
    bodies = [b"%d" % number for number in range(30)]
    assert site.post(*bodies) == [(200, body) for body in bodies]
    assert site.accepted == 10, "no more than allowed; the others have waited"


def test_an_answer_in_pieces(site: Site) -> None:
    site.serve = lambda connection, body: b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000 + b"\r\nContent-Length: 1\r\n\r\ny"
    assert site.post(b"a") == [(200, b"y")]


def test_a_broken_connection_is_answered_with_the_same_bytes_again(site: Site) -> None:
    echo = site.serve
    site.serve = lambda connection, body: echo(connection, body) if connection > 1 else None
    assert site.post(b"a") == [(200, b"a")]
    assert site.bodies == [b"a", b"a"]


def test_connections_that_break_for_ever_are_a_failure(site: Site) -> None:
    site.serve = lambda connection, body: None
    assert site.post(b"a") == [(0, b"")]
    assert site.accepted == CROWD_RESENDS + 1


def test_a_server_that_is_away_is_a_failure(site: Site) -> None:
    assert site.post(b"a") == [(200, b"a")]
    site.server.stop()
    site.serve = lambda connection, body: None
    assert site.post(b"b") == [(0, b"")]
    assert site.pool.open == 0


def test_an_answer_that_does_not_come_is_given_up(site: Site) -> None:
    never = Event()
    site.serve = lambda connection, body: b"" if never.wait() else None
    done: list[int] = []
    site.pool.post(b"", b"a", lambda status, body: done.append(status))
    gevent.sleep(0)
    site.pool.sweep(float("inf"))
    assert (done, site.pool.open) == ([0], 0)


def test_a_server_that_closes_is_not_asked_on_that_connection_again(site: Site) -> None:
    site.serve = lambda connection, body: b"HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    assert site.post(b"a") == [(503, b"")]
    assert site.pool.open == 0
