"""The proxy lets everything through as it is, and breaks it as it is told."""

import socket
import time
from collections.abc import Iterator

import gevent
import pytest
from gevent.server import DatagramServer, StreamServer

from onesoup.load.proxy import NO_FAULT, Fault, TcpProxy, UdpProxy
from onesoup.runtime.ports import free_port


def echo(link: socket.socket, _address: object) -> None:
    while data := link.recv(65536):
        link.sendall(data)


@pytest.fixture
def server() -> Iterator[tuple[str, int]]:
    running = StreamServer(("127.0.0.1", 0), echo)
    running.start()
    yield running.address
    running.stop()


@pytest.fixture
def proxy(server: tuple[str, int]) -> Iterator[TcpProxy]:
    with TcpProxy(server) as running:
        yield running


def client(proxy: TcpProxy) -> socket.socket:
    return socket.create_connection(proxy.address, 10)


def read(link: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := link.recv(65536)):
        data += more
    return data


def say(link: socket.socket) -> None:
    """ConnectionError when the connection is ended, in whichever way."""
    link.sendall(b"x")
    if not link.recv(1):
        raise ConnectionError


def test_octets_pass_as_they_are_and_so_does_the_end(proxy: TcpProxy) -> None:
    data = bytes(range(256)) * 2000
    with client(proxy) as link:
        writing = gevent.spawn(link.sendall, data)
        assert read(link, len(data)) == data
        writing.join()
        link.shutdown(socket.SHUT_WR)
        assert link.recv(1) == b""


def test_latency_delays_and_keeps_the_order(proxy: TcpProxy) -> None:
    with client(proxy) as link:
        proxy.fault = Fault(latency=0.1, jitter=0.05)
        began = time.monotonic()
        for number in range(10):
            link.sendall(b"%d" % number)
            gevent.sleep(0.01)
        assert read(link, 10) == b"0123456789"
        assert time.monotonic() - began >= 0.2


def test_a_narrow_band_takes_its_time(proxy: TcpProxy) -> None:
    with client(proxy) as link:
        proxy.fault = Fault(rate=20_000)
        began = time.monotonic()
        link.sendall(b"x" * 8000)
        assert len(read(link, 8000)) == 8000
        assert time.monotonic() - began >= 0.4


@pytest.mark.parametrize("cut", ["reset", "half-close"])
def test_an_answer_ends_in_its_middle(proxy: TcpProxy, cut: str) -> None:
    proxy.fault = Fault(answer_ends_after=5, cut=cut)
    with client(proxy) as link:
        link.sendall(b"0123456789")
        got = b""
        try:
            while data := link.recv(100):
                got += data
            assert cut == "half-close"
            link.sendall(b"still taken")
        except ConnectionError:
            assert cut == "reset"
        assert got == b"01234"


def test_silence_passes_nothing_until_it_ends(proxy: TcpProxy) -> None:
    with client(proxy) as link:
        proxy.fault = Fault(silent=True)
        link.sendall(b"hello")
        link.settimeout(0.3)
        with pytest.raises(TimeoutError):
            link.recv(10)
        with client(proxy) as late:
            late.sendall(b"late")
            proxy.fault = NO_FAULT
            link.settimeout(60)
            assert read(link, 5) == b"hello"
            assert read(late, 4) == b"late"


def test_reset_refuse_and_half_close(proxy: TcpProxy) -> None:
    with client(proxy) as link:
        link.sendall(b"x")
        assert link.recv(1) == b"x"
        proxy.half_close()
        assert link.recv(1) == b""
    with client(proxy) as link:
        link.sendall(b"x")
        assert link.recv(1) == b"x"
        proxy.reset()
        with pytest.raises(ConnectionError):
            link.recv(1)
    proxy.fault = Fault(refuse=True)
    with client(proxy) as link, pytest.raises(ConnectionError):
        say(link)


def test_a_server_that_is_away_is_a_reset() -> None:
    with TcpProxy(("127.0.0.1", free_port())) as proxy, client(proxy) as link, pytest.raises(ConnectionError):
        say(link)


@pytest.fixture
def datagrams() -> Iterator[tuple[str, int]]:
    server = DatagramServer(("127.0.0.1", 0), lambda data, address: server.sendto(data, address))
    server.start()
    yield server.address[:2]
    server.stop()


def answers(proxy: UdpProxy, *sent: bytes, count: int) -> list[bytes]:
    """So many, however long they take, and what comes soon after them."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.connect(proxy.address)
        link.settimeout(60)
        for each in sent:
            link.send(each)
            gevent.sleep(0.02)
        while len(found) < count:
            found.append(link.recv(100))
        link.settimeout(0.5)
        try:
            while True:
                found.append(link.recv(100))
        except TimeoutError:
            return found


def test_datagrams_pass_double_swap_and_vanish(datagrams: tuple[str, int]) -> None:
    with UdpProxy(datagrams) as proxy:
        assert answers(proxy, b"1", b"2", count=2) == [b"1", b"2"]
        proxy.fault = Fault(double=1.0)
        assert answers(proxy, b"1", count=4) == [b"1"] * 4
        proxy.fault = Fault(loss=1.0)
        assert answers(proxy, b"1", count=0) == []
        proxy.fault = Fault(swap=1.0)
        # Swapped on the way to the server, and on the way back again.
        assert sorted(answers(proxy, b"1", b"2", count=2)) == [b"1", b"2"]
        proxy.fault = NO_FAULT
        assert answers(proxy, b"1", count=1) == [b"1"]
