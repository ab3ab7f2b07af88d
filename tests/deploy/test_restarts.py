"""Behind a real nginx with the files of deploy/: processes are restarted one right after the other, and nobody is refused."""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from onesoup.runtime.ports import free_port
from tests.support.edge import EDGE_SERVERS, NO_EDGE, WHY_NO_EDGE, Edge

pytestmark = pytest.mark.skipif(NO_EDGE, reason=WHY_NO_EDGE)

ROUNDS = 3
ASKED = 4  # in a row while one of the two is away


class Backend:
    """A gateway or a CIR process, as far as nginx sees it: it listens or it does not. Connections are answered and closed."""

    def __init__(self, answer: bytes) -> None:
        self.port, self._answer = free_port(), answer
        self._listener: socket.socket | None = None
        self.start()

    def start(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        assert self._listener is not None
        self._listener.shutdown(socket.SHUT_RDWR)  # ends the wait in accept(), and with it the port
        self._listener.close()

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                link = listener.accept()[0]
                with link:
                    link.recv(4096)
                    link.sendall(self._answer)


def http_status(port: int) -> object:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("POST", "/", b"x")
    status = link.getresponse().status
    link.close()
    return status


def cir_status(port: int) -> object:
    """Of a request for SHTTP."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("GET", "/cir/x")
    status = link.getresponse().status
    link.close()
    return status


def stcp_answer(port: int) -> object:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        return link.recv(100)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
# What is asked, and how a backend answers.
WAYS: dict[str, tuple[Callable[[int], object], bytes, object]] = {
    "gateway": (http_status, OK, 200),
    "SHTTP": (cir_status, OK, 200),
    "STCP": (stcp_answer, b"OK\r\n", b"OK\r\n"),
}


@contextmanager
def nginx(file: str, backends: dict[str, tuple[Backend, Backend]], directory: Path) -> Iterator[dict[str, int]]:
    """The port for each way."""
    edge = Edge(directory, {way: tuple(each.port for each in pair) for way, pair in backends.items()}, file)
    try:
        edge.start()
        yield {"gateway": edge.web, "SHTTP": edge.web, "STCP": edge.stcp}
    finally:
        edge.kill()


@pytest.mark.parametrize(("file", "way"), [(file, way) for file, ways in EDGE_SERVERS.items() for way in ways])
def test_a_rolling_restart_refuses_nobody(file: str, way: str, tmp_path: Path) -> None:
    """nginx leaves out a server that has just failed. When it is back and the other one goes, none would be left."""
    ask, _, good = WAYS[way]
    with ExitStack() as ending:
        made = {each: (Backend(WAYS[each][1]), Backend(WAYS[each][1])) for each in EDGE_SERVERS[file]}
        for pair in made.values():
            for backend in pair:
                ending.callback(backend.stop)
        port = ending.enter_context(nginx(file, made, tmp_path))[way]
        answers = []
        for number in range(2 * ROUNDS):
            away = made[way][number % 2]
            away.stop()
            answers += [ask(port) for _ in range(ASKED)]
            away.start()
        assert answers == [good] * len(answers)


FOR_PHONE = b"for the phone"
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(FOR_PHONE), FOR_PHONE)


@pytest.mark.parametrize(("other", "status", "body"), [(OK, 200, b""), (REFUSAL, 503, FOR_PHONE)])
@pytest.mark.parametrize("file", EDGE_SERVERS)
def test_a_log_in_that_a_draining_gateway_refuses_goes_to_the_next(
    file: str, other: bytes, status: int, body: bytes, tmp_path: Path
) -> None:
    """It answers 503. Where all drain, the phone gets what the last one said."""
    with ExitStack() as ending:
        made = {way: (Backend(WAYS[way][1]), Backend(WAYS[way][1])) for way in EDGE_SERVERS[file] if way != "gateway"}
        made["gateway"] = (Backend(REFUSAL), Backend(other))
        for pair in made.values():
            for backend in pair:
                ending.callback(backend.stop)
        port = ending.enter_context(nginx(file, made, tmp_path))["gateway"]
        for _ in range(2 * ASKED):
            link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            link.request("POST", "/", b"x")
            answer = link.getresponse()
            assert (answer.status, answer.read()) == (status, body)
            link.close()
