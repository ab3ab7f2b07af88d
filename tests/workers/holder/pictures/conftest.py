"""A web server that does to its guests whatever a test wants."""

from collections.abc import Callable, Iterator

import gevent
import pytest
from gevent import socket
from gevent.server import StreamServer

from onesoup.xmpp.stream.tls import Tls
from workers.holder.http_client import HttpClient

TLS = b"\x16\x03"


class Hostile:
    """Answers each connection with `answer(connection, request)`; keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answer: Callable[[socket.socket, bytes], None] = lambda link, request: None
        self.server = StreamServer(("127.0.0.1", 0), self._serve)
        self.server.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/view.png"

    def says(self, *octets: bytes) -> None:
        """Every guest gets this."""

        def answer(link: socket.socket, _request: bytes) -> None:
            for each in octets:
                link.sendall(each)

        self.answer = answer

    def gives(self, body: bytes, *headers: str, status: str = "200 OK") -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.says("\r\n".join(lines).encode() + body)

    def _serve(self, link: socket.socket, _address: object) -> None:
        request = b""
        try:
            while b"\r\n\r\n" not in request and not request.startswith(TLS) and (more := link.recv(65536)):
                request += more
            self.requests.append(request)
            self.answer(link, request)
        except OSError:
            return
        finally:
            link.close()


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    server = Hostile()
    yield server
    server.server.stop()


@pytest.fixture
def web(hostile: Hostile) -> HttpClient:
    """Allowed to reach that server, and nothing else at home."""
    return HttpClient(Tls(), [hostile.host])


@pytest.fixture
def forever() -> Callable[..., Callable[[socket.socket, bytes], None]]:
    """An answer that begins so and never ends."""

    def begins(head: bytes, more: bytes, pause: float = 0.0) -> Callable[[socket.socket, bytes], None]:
        def answer(link: socket.socket, _request: bytes) -> None:
            link.sendall(head)
            while True:
                link.sendall(more)
                gevent.sleep(pause)

        return answer

    return begins
